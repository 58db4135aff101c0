"""What waits and what is claimed, in numbers for Prometheus: what more or fewer workers follow."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
    SummaryMetricFamily,
)

from paintgraph.jobs.store.backlog import TARGET_SECONDS, Loads, Waiting
from paintgraph.jobs.store.job import SIZES, Size
from paintgraph.jobs.store.jobs import JobStore

_SECONDS = 1.0  # how old an answer may be


class _Line(NamedTuple):
    """What waits of one size and model: jobs, their seconds, when the first was accepted."""

    jobs: int = 0
    seconds: float = 0.0
    since: float = float("inf")


class QueueMetrics:
    """Collects numbers of the queue; what waits is read at most once a second.

    `count_of` says how many workers of a size are alive.
    """

    def __init__(self, store: JobStore, count_of: Callable[[Size], int]) -> None:
        self._store = store
        self._count_of = count_of
        self._read_at = -_SECONDS
        self._waiting: list[Waiting] = []
        self._loads: list[Loads] = []

    def collect(self) -> Iterator[Metric]:
        """What is read when it is asked for."""
        if time.monotonic() >= self._read_at + _SECONDS:
            self._waiting, self._loads = self._store.backlog.waiting(), self._store.backlog.loads()
            self._read_at = time.monotonic()
        yield from self._lines()
        yield self._ratio()
        yield from self._claims()
        loads = CounterMetricFamily(
            "paintgraph_loads", "How often workers have loaded a model.", labels=["model"]
        )
        for model, times in _added((each.model, each.times) for each in self._loads):
            loads.add_metric([model], times)
        yield loads

    def _lines(self) -> Iterator[Metric]:
        lines: dict[tuple[str, str], _Line] = defaultdict(_Line)
        for each in self._waiting:
            label = each.size, "+".join(map(_plain, each.models))
            known = lines[label]
            lines[label] = _Line(
                known.jobs + each.jobs,
                known.seconds + each.seconds,
                min(known.since, each.since),
            )
        jobs = _gauge("waiting_jobs", "Jobs that wait.")
        work = _gauge("waiting_seconds", "How long those will take together.")
        oldest = _gauge("oldest_waiting_seconds", "How long the first of those has waited.")
        for names, line in lines.items():
            jobs.add_metric(names, line.jobs)
            work.add_metric(names, line.seconds)
            oldest.add_metric(names, max(0.0, time.time() - line.since))
        yield from (jobs, work, oldest)

    def _ratio(self) -> Metric:
        ratio = GaugeMetricFamily(
            "paintgraph_backlog_ratio",
            f"How long the waiting jobs will take all workers, of {TARGET_SECONDS:g} s.",
            labels=["size"],
        )
        for size in SIZES:
            seconds = sum(each.seconds for each in self._waiting if each.size == size)
            workers = max(1, self._count_of(size))
            ratio.add_metric([size], seconds / (workers * TARGET_SECONDS))
        return ratio

    def _claims(self) -> Iterator[Metric]:
        tally = self._store.claims.tally
        claims = CounterMetricFamily(
            "paintgraph_claims", "Jobs that this process has claimed.", labels=["size"]
        )
        for size in SIZES:
            claims.add_metric([size], tally.claims[size])
        yield claims
        yield SummaryMetricFamily(
            "paintgraph_claim_seconds",
            "How long this process waited for the store when it asked for a job.",
            count_value=tally.asked,
            sum_value=tally.claim_seconds,
        )
        yield CounterMetricFamily(
            "paintgraph_leases_expired",
            "Jobs that this process took back from workers that had not renewed them.",
            tally.expired,
        )
        yield CounterMetricFamily(
            "paintgraph_stale_writes",
            "Writes of this process that were refused, as the job was another worker's by then.",
            tally.stale,
        )


def _gauge(name: str, about: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"paintgraph_{name}", about, labels=["size", "model"])


def _plain(model: str) -> str:
    """A model's name without its digest."""
    return model.partition("@")[0]


def _added(found: Iterable[tuple[str, int]]) -> Iterable[tuple[str, int]]:
    """Numbers by name, those of other files of the same name added up."""
    added: dict[str, int] = defaultdict(int)
    for model, times in found:
        added[_plain(model)] += times
    return added.items()
