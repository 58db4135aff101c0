"""Agents of two versions over one store: each takes the jobs that its node types serve."""

import signal
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving
from paintgraph.tests.api.test_promises import SIZES, until
from paintgraph.tests.jobs.agent_processes import Process
from paintgraph.tests.jobs.postgresql import PostgresqlServer

ADD = {"nodes": {"n": {"node": "Add", "a": 2, "b": 3}}, "outputs": {"n": "${n.sum}"}}


class Upgraded:
    """A server without workers, and agents that come and go; the first is an older one."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._numbers = count()
        self._store = JobStore(url)
        self._agents: list[Process] = []
        self.first = self.start("agent")
        self.served: Served

    def start(self, what: str) -> Process:
        """An agent, once its workers take jobs."""
        given = {"jobs": self._url, "data_dir": str(self._folder / "agents")}
        agent = Process(what, {f"PAINTGRAPH_{key.upper()}": it for key, it in given.items()})
        self._agents.append(agent)
        alive = self._store.agents.alive
        until(lambda: [agent_of(row.id) for row in alive()].count(agent.name) == SIZES)
        return agent

    def had(self, job: str) -> str:
        """The agent that has or had a job."""
        found = self._store.get(job)
        assert found is not None
        return agent_of(found.worker)

    def wait_for(self) -> tuple[str, Path]:
        """A job of the node that differs, and the file that it waits for."""
        file = self._folder / f"{next(self._numbers)}.go"
        nodes = {"n": {"node": "WaitFor", "path": str(file), "kind": "file"}}
        graph = {"nodes": nodes, "outputs": {"n": "${n.sum}"}}
        until(lambda: self.served.call("POST", "/v1/graphs/validate", json=graph).json["valid"])
        return self.served.job(graph), file

    def close(self) -> None:
        for agent in self._agents:
            agent.end()
        self._store.close()


def agent_of(worker: str | None) -> str:
    return (worker or "").partition("/")[0]


@pytest.fixture
def upgraded(postgresql: PostgresqlServer, tmp_path: Path) -> Iterator[Upgraded]:
    url = postgresql.new_database()
    data = tmp_path / "server"
    with (
        closing(Upgraded(tmp_path, url)) as made,
        serving(data, SMALL_NODES, jobs=url, no_workers=True) as made.served,
    ):
        yield made


def test_an_older_agent_leaves_what_it_does_not_know_to_newer_ones(upgraded: Upgraded) -> None:
    served = upgraded.served
    newer = upgraded.start("newer")
    at_work, go_on = upgraded.wait_for()
    served.until(at_work, "running")
    assert upgraded.had(at_work) == newer.name
    waits, go_on_too = upgraded.wait_for()
    for _ in range(3):  # the newer one is at work: the older one asks again after each
        served.until(served.job(ADD), "succeeded")
    told = served.call("GET", f"/v1/jobs/{waits}").json
    assert (told["state"], "waits_for" in told) == ("queued", False)

    newer.send(signal.SIGTERM)  # it takes nothing more
    go_on.touch()
    served.until(at_work, "succeeded")
    message = (
        "no worker that is alive has the node 'WaitFor' with the input 'kind'; one that has "
        "takes the job"
    )
    until(lambda: served.call("GET", f"/v1/jobs/{waits}").json.get("waits_for") == message)

    upgraded.start("newer")
    go_on_too.touch()
    served.until(waits, "succeeded")


@pytest.mark.cluster
def test_no_job_fails_while_agents_are_replaced_one_by_one(upgraded: Upgraded) -> None:
    """Jobs of both kinds come all the while; old agents end by SIGTERM once new ones are there."""
    served = upgraded.served
    old = [upgraded.first, upgraded.start("agent")]
    jobs = [served.job(ADD) for _ in range(20)]
    for agent in old:
        upgraded.start("newer")
        for _ in range(20):
            job, file = upgraded.wait_for()
            file.touch()
            jobs += [job, served.job(ADD)]
        agent.send(signal.SIGTERM)
        jobs += [served.job(ADD) for _ in range(20)]
    for job in jobs:
        served.until(job, "succeeded")
    assert [agent.end(signal.SIGTERM) for agent in old] == [0, 0]
