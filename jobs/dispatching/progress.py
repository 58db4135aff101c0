"""How far jobs are: the part of the time their nodes take, as far as that is known."""

import time
from collections.abc import Mapping
from typing import Any

import orjson

from paintgraph.engine.graph.formats.native import parse_text
from paintgraph.engine.graph.graph import Link
from paintgraph.jobs.store.job import Fact, Job
from paintgraph.jobs.store.jobs import JobStore

_LEAST_SECONDS = 0.001
_UNKNOWN_SECONDS = 1.0
_LATELY = 8  # a new duration counts for one part of so many


class Durations:
    """Seconds that nodes of each kind took lately, from their start to their end."""

    def __init__(self) -> None:
        self._means: dict[str, float] = {}

    def of(self, kind: str) -> float:
        """What a node of this kind may take."""
        return max(_LEAST_SECONDS, self._means.get(kind, _UNKNOWN_SECONDS))

    def learn(self, kind: str, seconds: float) -> None:
        """Take note of what a node took."""
        mean = self._means.get(kind, seconds)
        self._means[kind] = mean + (seconds - mean) / _LATELY


class Progress:
    """How far one run of a graph, a native document in JSON, is; it never goes back.

    The graph is read only if somebody asks.
    """

    def __init__(self, graph: bytes | None, durations: Durations) -> None:
        self._graph = graph or b"{}"
        self._durations = durations
        self._seconds: Mapping[str, float] | None = None
        self._kept: frozenset[str] = frozenset()
        self._began: dict[str, float] = {}
        self._calls: dict[str, int] = {}
        self._parts: dict[str, float] = {}
        self._highest = 0.0

    def take(self, *events: Fact) -> None:
        """Take note of facts and signals of the job."""
        for event in events:
            self._take(event)

    def _take(self, event: Fact) -> None:
        match event["type"]:
            case "kept":
                self._kept, self._seconds = frozenset(event["nodes"]), None
            case "node_started":
                self._began[event["node"]] = time.monotonic()
                self._calls[event["node"]] = max(1, event["elements"])
            case "progress":
                self._step(event)
            case "node_finished":
                node = event["node"]
                self._parts[node] = 1.0
                began = self._began.pop(node, None)
                if began is not None and event["how"] == "computed":
                    self._durations.learn(event["kind"], time.monotonic() - began)

    @property
    def part(self) -> float:
        """What is done of all that has to be done, 0 to 1."""
        if self._seconds is None:
            self._seconds = self._planned()
        done = sum(seconds * self._parts.get(node, 0.0) for node, seconds in self._seconds.items())
        part = done / (sum(self._seconds.values()) or 1.0)
        self._highest = max(self._highest, round(min(1.0, part), 4))
        return self._highest

    def _step(self, event: Fact) -> None:
        """A call of a node is so far; calls come one after the other."""
        node, done, total = event["node"], event["done"], event["total"]
        if isinstance(done, int | float) and isinstance(total, int | float) and total > 0:
            step = (event["element"] + max(0.0, done / total)) / self._calls.get(node, 1)
            self._parts[node] = max(self._parts.get(node, 0.0), min(1.0, step))

    def _planned(self) -> dict[str, float]:
        """The nodes that have to run, and what each may take in seconds.

        These are those that nobody reads, and what they read, up to results that are kept.
        """
        try:
            nodes = orjson.loads(self._graph).get("nodes", {})
        except ValueError:
            return {}  # a damaged row must not hide the others of a list
        reads = {id_: _read_by(fields) for id_, fields in nodes.items()}
        read = {source for sources in reads.values() for source in sources}
        planned: dict[str, float] = {}
        waiting = [id_ for id_ in nodes if id_ not in read]
        while waiting:
            id_ = waiting.pop()
            if id_ in nodes and id_ not in planned and id_ not in self._kept:
                planned[id_] = self._durations.of(nodes[id_].get("node", ""))
                waiting += reads[id_]
        return planned


def so_far(store: JobStore, job: Job, durations: Durations) -> float:
    """What is done of a job that is not at work here, 0 to 1, as far as the store knows."""
    if job.started is None or job.state == "succeeded":
        return float(job.state == "succeeded")
    return replayed(store, job, Progress(store.document(job.id), durations)).part


def replayed(store: JobStore, job: Job, progress: Progress) -> Progress:
    """The progress, with what the store knows of the job's earlier runs."""
    last = 0
    while facts := store.facts(job, last):
        progress.take(*(fact for _, fact in facts))
        last = facts[-1][0]
    return progress


def _read_by(fields: Mapping[str, Any]) -> list[str]:
    """The nodes whose outputs a node reads."""
    given = (
        parse_text(value) for value in fields.values() if isinstance(value, str) and "${" in value
    )
    return [reference.node for reference in given if isinstance(reference, Link)]
