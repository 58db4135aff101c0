"""Batches over real agents: processes over a database, a bucket and a server without workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from paintgraph.benchmarks import agent_nodes
from paintgraph.benchmarks.measuring import Figure
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests import buckets
from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.jobs.postgresql import postgresql_server

PICTURES = 300
_SMALL = 1_000
_LEASE, _LATER = 10.0, 3.0
"""Seconds: a lease, and how much later than its end another agent has the job at most."""

_TAKEOVERS = 3
_FASTER = 0.85 * 2
_WORKS = {"device": "UseDevice", "processor": "UseProcessor"}

_RECIPE = """
about: What keeps something busy.
inputs: {{image: {{type: image, about: The picture.}}}}
nodes:
  photo: {{node: LoadImage, image: "${{inputs.image}}"}}
  done: {{node: {node}, image: "${{photo.image}}", run: {run}}}
outputs: {{image: "${{done.image}}"}}
"""


def figures(small: int = _SMALL) -> list[Figure]:
    """What a second agent brings, what one picture costs, how soon a job of a dead one is taken."""
    faster: dict[str, tuple[float, ...]] = dict.fromkeys(_WORKS, ())
    rate: tuple[float, ...] = ()
    taken: tuple[float, ...] = ()
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(_cluster(small))
        except pytest.skip.Exception:
            pass
        else:
            first = cluster.start_agent()
            alone = {what: cluster.batch("album", f"{what}1") for what in _WORKS}
            second = cluster.start_agent()
            together = {what: cluster.batch("album", f"{what}2") for what in _WORKS}
            faster = {what: (alone[what] / together[what],) for what in _WORKS}
            rate = (small / cluster.batch("small", "invert"),)
            for agent in (first, second):
                agent.end()
            taken = tuple(cluster.takeover() for _ in range(_TAKEOVERS))
    return [
        Figure(
            f"{PICTURES} pictures of 0.3 s on a device: two agents, times as fast as one",
            faster["device"], "x", _FASTER, more_is_better=True,
        ),
        Figure(
            f"{PICTURES} pictures of 0.15 s of a processor: two agents, times as fast as one",
            faster["processor"], "x", more_is_better=True,
        ),
        Figure(f"pictures of 16 x 16 px by two agents, {small:,} in a batch", rate, "/s",
               more_is_better=True),
        Figure(
            f"an agent is killed, its lease is {_LEASE:.0f} s: another has its job",
            taken, "s", _LEASE + _LATER,
        ),
    ]  # fmt: skip


class _Agent:
    """`paintgraph agent`, as a process."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        told = {f"PAINTGRAPH_{name.upper()}": str(value) for name, value in settings.items()}
        environment = {**os.environ, **told, "PAINTGRAPH_DATA_DIR": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "paintgraph.cli", "agent"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        said = self._process.stdout.readline() if self._process.stdout else ""
        self.name = said.removeprefix("paintgraph works as ").partition(",")[0]

    def end(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class _Cluster:
    """A server without workers, agents, and what both share."""

    def __init__(self, folder: Path, server: Child, store: JobStore) -> None:
        self._folder = folder
        self._server = server
        self._store = store
        self._agents: list[_Agent] = []

    def start_agent(self, **settings: Any) -> _Agent:
        """One more, once its workers take jobs."""
        folder = self._folder / f"agent{len(self._agents)}"  # as on a machine of its own
        agent = _Agent(folder, **settings)
        self._agents.append(agent)
        wait_for(lambda: self._workers(agent) == 2, "its workers are there")
        self._server.until_ready()
        return agent

    def batch(self, album: str, recipe: str) -> float:
        """How many seconds all pictures of a folder take."""
        nodes = {
            "files": {"node": "LoadImagesFromFolder", "folder": album},
            "each": {
                "node": "MapImages",
                "names": "${files.names}",
                "recipe_name": recipe,
                "filename_prefix": recipe,
            },
        }
        began = time.perf_counter()
        ended = self._ended(self._server.submit({"nodes": nodes}))
        taken = time.perf_counter() - began
        if ended["state"] != "succeeded":
            raise RuntimeError(ended["problems"])
        return taken

    def takeover(self) -> float:
        """How many seconds after the end of an agent another one has its job."""
        agents = [self.start_agent(lease_seconds=_LEASE) for _ in range(2)]
        image = {"node": "EmptyImage", "width": 8, "height": 8}
        use = {"node": "UseDevice", "image": "${e.image}", "seconds": 600, "run": os.getpid()}
        outputs = {"image": "${use.image}"}
        job = self._server.submit({"nodes": {"e": image, "use": use}, "outputs": outputs})
        wait_for(lambda: self._holder(job), "the job is at work")
        (victim,) = (agent for agent in agents if agent.name == self._holder(job))
        (other,) = (agent for agent in agents if agent is not victim)
        began = time.perf_counter()
        victim.end(signal.SIGKILL)
        wait_for(lambda: self._holder(job) == other.name, "the other agent has the job")
        taken = time.perf_counter() - began
        self._server.call("DELETE", f"/v1/jobs/{job}")
        self._ended(job)
        other.end()
        return taken

    def close(self) -> None:
        for agent in self._agents:
            agent.end(signal.SIGKILL)

    def _ended(self, job: str) -> Any:
        while (told := self._server.job(f"{job}?wait=60"))["ended"] is None:
            pass
        return told

    def _holder(self, job: str) -> str:
        found = self._store.get(job)
        return ((found and found.worker) or "").partition("/")[0]

    def _workers(self, agent: _Agent) -> int:
        alive = self._store.agents.alive()
        return sum(worker.id.startswith(f"{agent.name}/") for worker in alive)


@contextmanager
def _cluster(small: int) -> Iterator[_Cluster]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        objects = folder / "objects"
        objects.mkdir()
        database = stack.enter_context(postgresql_server(is_durable=True)).new_database()
        _fill(objects / buckets.NAME / "inputs" / "album", PICTURES, (320, 240))
        _fill(objects / buckets.NAME / "inputs" / "small", small, (16, 16))
        endpoint = stack.enter_context(buckets.s3_server(objects, remembers="1h"))
        _write_recipes(folder / "server" / "recipes")
        settings = {
            "jobs": database,
            "objects": f"s3://{buckets.NAME}",
            "nodes": agent_nodes.__file__,
            "log": "off",
            "workers": 1,
            "light_workers": 1,
        }
        told = {f"PAINTGRAPH_{name.upper()}": str(value) for name, value in settings.items()}
        stack.enter_context(
            patch.dict(os.environ, {**told, **buckets.KEYS, "AWS_ENDPOINT_URL": endpoint})
        )
        server = stack.enter_context(running(folder / "server", no_workers="true"))
        store = stack.enter_context(closing(JobStore(database)))
        yield stack.enter_context(closing(_Cluster(folder, server, store)))


def _write_recipes(folder: Path) -> None:
    folder.mkdir(parents=True)
    for run in (1, 2):
        for what, node in _WORKS.items():
            text = _RECIPE.format(node=node, run=run)
            (folder / f"{what}{run}.yaml").write_text(text, encoding="utf-8")
    text = _RECIPE.format(node="ImageInvert", run=0).replace(", run: 0", "")
    (folder / "invert.yaml").write_text(text, encoding="utf-8")


def _fill(folder: Path, count: int, size: tuple[int, int]) -> None:
    """Pictures, each another one, straight into the bucket."""
    folder.mkdir(parents=True)
    width, height = size
    ramp = np.linspace(0, 199, width, dtype=np.uint8)
    for number in range(count):
        samples = np.empty((height, width, 3), np.uint8)
        samples[...] = ramp[None, :, None]
        samples[0, 0] = (number >> 16, number >> 8 & 255, number & 255)
        Image.fromarray(samples).save(folder / f"p{number:06}.png")
