"""What a client with a key of its own gets."""

from typing import Any
from uuid import uuid4

from paintgraph.api.guards.keyring import FILE, OWN_SCOPES, add_holder
from paintgraph.jobs.dispatching.quotas import NO_QUOTA, Quota
from paintgraph.tests.api.serving import Answer, Served


class Client:
    """What one client gets."""

    def __init__(self, server: Served, name: str, *scopes: str, quota: Quota = NO_QUOTA) -> None:
        name = f"{name}.{uuid4()}"
        key = add_holder(server.data / FILE, name, scopes or OWN_SCOPES, quota=quota)
        self.server = server
        self.headers = {"X-API-Key": key}

    def call(self, method: str, path: str, **options: Any) -> Answer:
        headers = {**self.headers, **options.pop("headers", {})}
        return self.server.call(method, path, headers=headers, **options)

    def submit(self, graph: Any, **options: Any) -> Any:
        answer = self.call("POST", "/v1/jobs", json=graph, **options)
        assert answer.status in (200, 202), answer.body
        return answer.json

    def jobs(self) -> list[str]:
        return [job["id"] for job in self.call("GET", "/v1/jobs").json["jobs"]]
