"""Agents in a real Ray cluster of a head and three nodes, whose processes are killed.

Run by `test_ray.py` in a namespace of its own. The server is no part of the cluster.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests import buckets
from paintgraph.tests.api.hostile.processes import Child, command_of, running, wait_for
from paintgraph.tests.cluster.rays import PORT, Rays, rays
from paintgraph.tests.jobs.postgresql import PostgresqlServer

NODES = Path(__file__).parent / "dear_nodes.py"
LEASE_SECONDS = 60  # of agents: a busy machine may be late to renew
SERVERS_LEASE_SECONDS = 4  # it has no jobs; it looks for what has run out four times in it


class Many:
    """A server without workers, the cluster that works for it, and what came of its jobs."""

    def __init__(
        self, server: Child, cluster: Rays, store: JobStore, folder: Path, bucket: Path
    ) -> None:
        self.server, self.cluster, self._store = server, cluster, store
        self._runs, self._bucket = folder / "runs", bucket
        self._runs.mkdir()

    def submit(self, name: str, count: int, seconds: float = 0.5) -> list[str]:
        """Jobs of a dear node, a slow one and a file each; gives their ids."""
        return [self.server.submit(self._graph(f"{name}{n}", seconds)) for n in range(count)]

    def _graph(self, name: str, seconds: float) -> dict[str, Any]:
        shade = int.from_bytes(name.encode(), "big") % 1000 / 1000
        nodes = {
            "m": {"node": "SolidMask", "value": shade, "width": 8, "height": 8},
            "p": {"node": "MaskToImage", "mask": "${m.mask}"},
            "dear": {"node": "Dear", "image": "${p.image}", "runs": str(self._runs / name)},
            "slow": {"node": "Slow", "image": "${dear.image}", "seconds": seconds},
            "save": {"node": "SaveImage", "images": "${slow.image}", "filename_prefix": name},
        }
        return {"nodes": nodes}

    def check(self, name: str, jobs: Sequence[str]) -> None:
        """All jobs have succeeded, each with one file; no dear node was run twice."""
        ended = [self.server.ended(job) for job in jobs]
        runs = {
            each.name: len(each.read_text().splitlines()) for each in self._runs.glob(f"{name}*")
        }
        files = Counter(each.name.split("_")[0] for each in self._bucket.rglob(f"{name}*_*.png"))
        once = {f"{name}{n}": 1 for n in range(len(jobs))}

        assert [job["state"] for job in ended] == ["succeeded"] * len(jobs), ended
        assert runs == once
        assert files == once

    def lost(self, agent: Mapping[str, Any]) -> None:
        """An agent's process ends; the leases of its jobs run out."""
        wait_for(lambda: not command_of(agent["pid"]), "the agent's process has ended")
        sql, its = "UPDATE jobs SET lease = 0 WHERE worker LIKE ?", (f"{agent['agent']}/%",)
        self._store._database.write(lambda c: c.execute(sql, its).rowcount).result()

    def begun(self, name: str) -> list[Path]:
        """The files of dear nodes that have been run."""
        return [*self._runs.glob(f"{name}*")]


@pytest.fixture(scope="module")
def many(postgresql: PostgresqlServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    folder = tmp_path_factory.mktemp("many")
    objects = folder / "objects"
    objects.mkdir()
    settings = {
        "jobs": postgresql.new_database(),
        "objects": f"s3://{buckets.NAME}",
        "nodes": str(NODES),
        "lease_seconds": str(LEASE_SECONDS),
        "workers": "1",
        "drain_seconds": "60",
    }
    shared = {f"PAINTGRAPH_{name.upper()}": value for name, value in settings.items()}
    with buckets.s3_server(objects) as endpoint, pytest.MonkeyPatch.context() as patch:
        for name, value in {**shared, **buckets.KEYS, "AWS_ENDPOINT_URL": endpoint}.items():
            patch.setenv(name, value)
        yield from _served(JobStore(settings["jobs"]), folder, objects)


def _served(store: JobStore, folder: Path, objects: Path) -> Iterator[Many]:
    with (
        closing(store),
        rays({"PAINTGRAPH_DATA_DIR": str(folder / "agents")}, 3) as cluster,
        running(
            folder / "server", no_workers="true", lease_seconds=str(SERVERS_LEASE_SECONDS)
        ) as server,
    ):
        said = cluster.paintgraph("cluster", "up", "--agents", "2", "--seconds", "250")
        assert said.returncode == 0, said.stdout + said.stderr
        server.until_ready()
        yield Many(server, cluster, store, folder, objects)


def test_agents_take_jobs_and_are_told_of(many: Many) -> None:
    jobs = many.submit("plain", 4)
    many.check("plain", jobs)

    agents = many.cluster.agents()
    assert [*agents] == ["agent-1-0-0", "agent-1-0-1"]
    assert len({many.cluster.node_of(agent["pid"]) for agent in agents.values()}) == 2
    again = many.cluster.paintgraph("cluster", "up", "--agents", "2")
    assert again.returncode == 0
    assert again.stdout.count("takes jobs") == 2
    assert many.cluster.agents() == agents


def test_a_killed_agent_is_made_anew_and_loses_nothing(many: Many) -> None:
    killed = many.cluster.agents()["agent-1-0-0"]
    jobs = many.submit("agent", 6)
    wait_for(lambda: many.begun("agent"), "jobs are at work")
    os.kill(killed["pid"], signal.SIGKILL)
    many.lost(killed)

    many.check("agent", jobs)
    wait_for(lambda: len(many.cluster.agents()) == 2, "the agent is back")
    assert many.cluster.agents()["agent-1-0-0"]["pid"] != killed["pid"]


def test_the_agent_of_a_lost_node_goes_to_a_spare_one(many: Many) -> None:
    agent = many.cluster.agents()["agent-1-0-1"]
    lost = many.cluster.node_of(agent["pid"])
    jobs = many.submit("node", 6)
    wait_for(lambda: many.begun("node"), "jobs are at work")
    many.cluster.kill(lost, "raylet/raylet")
    many.lost(agent)

    many.check("node", jobs)
    wait_for(lambda: len(many.cluster.agents()) == 2, "an agent is on the spare node")
    nodes = {many.cluster.node_of(each["pid"]) for each in many.cluster.agents().values()}
    assert lost not in nodes
    assert len(nodes) == 2


def test_fewer_agents_end_their_jobs_first(many: Many) -> None:
    jobs = many.submit("fewer", 4, seconds=1.5)
    wait_for(lambda: len(many.begun("fewer")) >= 2, "both agents are at work")

    said = many.cluster.paintgraph("cluster", "up", "--agents", "1")
    assert said.returncode == 0, said.stdout
    assert [*many.cluster.agents()] == ["agent-1-0-0"]
    many.check("fewer", jobs)
    assert all(many.server.job(job)["id"] == job for job in jobs)


def test_without_its_head_agents_go_on_and_what_is_left_is_done_without_ray(many: Many) -> None:
    pids = [agent["pid"] for agent in many.cluster.agents().values()]
    many.cluster.kill(0, "gcs_server")
    jobs = many.submit("head", 3)
    many.check("head", jobs)  # by agents that nobody leads any more

    wait_for(lambda: not any(map(command_of, pids)), "Ray's time-out ends them")
    jobs = many.submit("after", 3)
    plain = subprocess.Popen(
        [sys.executable, "-m", "paintgraph.cli", "agent"], env=many.cluster.environment
    )
    try:
        many.check("after", jobs)
    finally:
        plain.terminate()
        assert plain.wait() == 0
    told = many.cluster.paintgraph("cluster", "status", "--address", f"127.0.0.1:{PORT}")
    assert told.returncode == 1
    assert "no Ray cluster can be used: " in told.stderr
