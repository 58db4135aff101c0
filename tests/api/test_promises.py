"""What is promised when a process is killed or a network is cut, with real ones of all.

A job has a dear node, whose result is kept, one that waits for the test, and a file. Two agents
have one each when something happens to the first.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.base.bucket import open_bucket
from paintgraph.jobs.store.job import Job
from paintgraph.tests import buckets
from paintgraph.tests.api.serving import OUTER_SECONDS, SMALL_NODES, Served, png, serving
from paintgraph.tests.jobs.agent_processes import Link, Process, linked
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server

LEASE = 60.0  # of agents: a busy machine may be late to renew
SERVERS_LEASE = 4.0  # servers have no jobs; they look for what has run out four times in it
SIZES = 2  # of jobs: an agent has a worker for each


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def works(pid: int) -> bool:
    """Whether a process is there, and not only its exit code, which nobody may have asked for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@dataclass(frozen=True)
class Linked:
    """An agent, and its networks to store and bucket."""

    process: Process
    store: Link
    bucket: Link


class Cluster:
    """A database, a bucket, a server that takes jobs, and two agents that do them."""

    def __init__(self, folder: Path, postgresql: PostgresqlServer, s3: str) -> None:
        self.postgresql = postgresql
        self.bucket = f"s3://{buckets.NAME}/promises"
        self.served: Served
        self._folder = folder
        self._database = postgresql.new_database()
        self._s3 = s3
        self._links = ExitStack()
        self._agents: list[Linked] = []
        self._numbers = count()
        self._lines: dict[str, Path] = {}

    def settings(self) -> dict[str, Any]:
        """Of a server without workers."""
        return {
            "jobs": self._database,
            "objects": self.bucket,
            "lease_seconds": SERVERS_LEASE,
            "no_workers": True,
            "grace_seconds": 1.0,
        }

    def env(self, name: str, store: Link | None = None, bucket: Link | None = None) -> Any:
        """The same for a process, which may reach store and bucket by links."""
        settings: dict[str, Any] = {**self.settings(), "port": 0, "data_dir": self._folder / name}
        if store is not None:
            there = f"@127.0.0.1:{store.port}/"
            settings["jobs"] = self._database.partition("?")[0].replace("@/", there)
        endpoint = self._s3 if bucket is None else f"http://127.0.0.1:{bucket.port}"
        given = {f"PAINTGRAPH_{key.upper()}": str(value) for key, value in settings.items()}
        return {**given, **buckets.KEYS, "AWS_ENDPOINT_URL": endpoint}

    def start_agent(self) -> Linked:
        host, _, port = self._s3.removeprefix("http://").partition(":")
        socket = f"{self.postgresql.folder}/.s.PGSQL.5432"
        store = self._links.enter_context(linked(socket))
        bucket = self._links.enter_context(linked((host, int(port))))
        env = self.env("agents", store, bucket) | {"PAINTGRAPH_LEASE_SECONDS": str(LEASE)}
        return Linked(Process("agent", env), store, bucket)

    def agents(self) -> tuple[Linked, Linked]:
        """Two that take jobs; who was ended is replaced."""
        kept = [agent for agent in self._agents if agent.process.lives]
        self._agents = [*kept, *(self.start_agent() for _ in range(2 - len(kept)))]
        names = [agent.process.name for agent in self._agents]
        store = self.served.app[PARTS].store

        def are_there() -> bool:
            alive = [worker.id.partition("/")[0] for worker in store.agents.alive()]
            return all(alive.count(name) == SIZES for name in names)

        until(are_there)
        return self._agents[0], self._agents[1]

    def job(self, served: Served | None = None) -> str:
        """One more job, which waits until it may go on."""
        served = served or self.served
        number = next(self._numbers)
        line = self._folder / f"{number}.line"
        digest = served.upload(png(number))
        nodes = {
            "dear": {"node": "WriteLine", "path": str(line), "seconds": 0.3},
            "gate": {"node": "WaitFor", "path": str(self._gate(line)), "after": "${dear.sum}"},
            "file": {"node": "SaveBlob", "blob": digest, "after": "${gate.sum}"},
        }
        job = served.job({"nodes": nodes, "outputs": {}})
        self._lines[job] = line
        return job

    def _gate(self, line: Path) -> Path:
        return line.with_suffix(".go")

    def read(self, job: str) -> Job:
        found = self.served.app[PARTS].store.get(job)
        assert found is not None
        return found

    def waiting_at_both(self) -> tuple[Linked, Linked, str, str]:
        """The agents, and the job of each, whose dear result is kept."""
        agents = self.agents()
        kept = len(self._results())
        jobs = [self.job(), self.job()]
        until(lambda: len(self._results()) == kept + len(jobs))
        by_agent = {self.agent_of(job): job for job in jobs}
        one, two = agents
        return one, two, by_agent[one.process.name], by_agent[two.process.name]

    def agent_of(self, job: str) -> str:
        return (self.read(job).worker or "").partition("/")[0]

    def pass_on(self, job: str, one: Linked, two: Linked) -> None:
        """Let the lease of the first agent run out; the second takes the job."""
        lease = "UPDATE jobs SET lease = 0 WHERE id = ? AND worker LIKE ?"
        of_one = (job, f"{one.process.name}/%")
        database = self.served.app[PARTS].store._database

        def is_passed_on() -> bool:
            database.write(lambda c: c.execute(lease, of_one).rowcount).result()
            return self.agent_of(job) == two.process.name

        until(is_passed_on)

    def _results(self) -> list[Path]:
        return [*(self._folder / "agents" / "results").glob("*.result")]

    def let_go_on(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            self._gate(self._lines[job]).touch()

    def end(self, *jobs: str) -> None:
        """Let jobs go on; each ends well, its dear node ran once, and it has one file."""
        self.let_go_on(jobs)
        for job in jobs:
            ended = self.served.until(job, "succeeded")
            assert self._lines[job].read_text(encoding="utf-8") == "ran\n"
            assert "digest" in ended["outputs"]["file"]  # else a list of several
        kept = [each.key for each in open_bucket(self.bucket).below("outputs/")]
        succeeded = [job for job in self._lines if self.read(job).state == "succeeded"]
        assert len(kept) == len(succeeded)

    def close(self) -> None:
        for agent in self._agents:
            agent.process.end()
        self._links.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, s3_endpoint: str) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with pytest.MonkeyPatch.context() as patch, postgresql_server(is_durable=True) as postgresql:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": s3_endpoint}).items():
            patch.setenv(name, value)
        made = Cluster(folder, postgresql, s3_endpoint)
        first = made.start_agent()  # or the server would never be ready
        made._agents.append(first)
        try:
            with serving(folder / "server", SMALL_NODES, **made.settings()) as made.served:
                yield made
        finally:
            made.close()


def test_a_worker_that_is_killed_costs_no_job(cluster: Cluster) -> None:
    one, _, job, other = cluster.waiting_at_both()
    fence = cluster.read(job).fence

    for pid in one.process.children():
        os.kill(pid, signal.SIGKILL)
    until(lambda: cluster.read(job).fence > fence)

    cluster.end(job, other)


def test_an_agent_that_is_killed_leaves_its_job_to_others(cluster: Cluster) -> None:
    one, two, job, other = cluster.waiting_at_both()
    children = one.process.children()

    one.process.end()

    cluster.end(other)
    cluster.pass_on(job, one, two)
    until(lambda: not any(map(works, children)))
    cluster.end(job)


@pytest.mark.cluster
def test_an_agent_that_stood_still_for_longer_than_its_lease_writes_nothing(
    cluster: Cluster,
) -> None:
    one, two, job, other = cluster.waiting_at_both()
    children = one.process.children()

    one.process.send(signal.SIGSTOP)
    cluster.end(other)
    cluster.pass_on(job, one, two)
    one.process.send(signal.SIGCONT)

    until(lambda: not all(map(works, children)))  # its worker is ended
    cluster.end(job)


@pytest.mark.cluster
def test_an_agent_that_is_cut_off_from_the_store_ends_its_job_and_comes_back(
    cluster: Cluster,
) -> None:
    one, two, job, other = cluster.waiting_at_both()
    children = one.process.children()

    one.store.cut()
    cluster.end(other)
    cluster.pass_on(job, one, two)
    until(lambda: not all(map(works, children)))  # its worker is ended, whoever has the job
    cluster.end(job)
    one.store.mend()

    cluster.agents()


@pytest.mark.cluster
def test_a_file_waits_for_the_bucket(cluster: Cluster) -> None:
    one, _, job, other = cluster.waiting_at_both()

    one.bucket.cut()
    cluster.let_go_on([job])
    cluster.end(other)
    assert one.bucket.waits.wait(OUTER_SECONDS)
    assert cluster.read(job).state == "running"
    one.bucket.mend()

    cluster.end(job)


@pytest.mark.cluster
def test_a_server_that_is_killed_leaves_its_jobs_to_the_next(cluster: Cluster) -> None:
    cluster.agents()
    second = Process("serve", cluster.env("second"))
    there = Served(second.url, Path(), cluster.served.app)
    until(lambda: there.call("GET", "/readyz").status == 200)
    job = cluster.job(there)

    second.end()

    cluster.end(job)


@pytest.mark.cluster
def test_a_database_that_is_killed_and_comes_back_loses_nothing(cluster: Cluster) -> None:
    _, _, *jobs = cluster.waiting_at_both()

    cluster.postgresql.kill()
    cluster.let_go_on(jobs)
    cluster.postgresql.start()

    until(lambda: cluster.served.call("GET", "/readyz").status == 200)
    cluster.end(*jobs)


def test_a_job_at_an_agent_is_cancelled_at_a_server(cluster: Cluster) -> None:
    _, _, job, other = cluster.waiting_at_both()

    assert cluster.served.call("DELETE", f"/v1/jobs/{job}").status == 202

    cluster.served.until(job, "cancelled")
    cluster.end(other)
