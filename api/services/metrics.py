"""What the server has done so far, in numbers for Prometheus."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from paintgraph.api.services.queue_metrics import QueueMetrics
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.store.jobs import JobStore

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


class Metrics:
    """Numbers for Prometheus. Durations are of jobs that ended since the server started."""

    def __init__(self, store: JobStore, dispatcher: Dispatcher, since: float) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._since = since
        self._one_by_one = asyncio.Lock()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._registry.register(QueueMetrics(store, dispatcher.workers_of))
        self._wait = self._histogram("queue_wait", "From acceptance to the first start.")
        self._duration = self._histogram("job_duration", "From the first start to the end.")

    async def text(self) -> bytes:
        """Everything in Prometheus' format."""
        async with self._one_by_one:
            return await asyncio.to_thread(self._text)

    def _text(self) -> bytes:
        for created, started, ended in self._store.ended_since(self._since):
            self._since = ended
            if started is not None:
                self._wait.observe(max(0.0, started - created))
                self._duration.observe(max(0.0, ended - started))
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """What is read when it is asked for."""
        jobs = CounterMetricFamily("paintgraph_jobs", "Jobs that have ended.", labels=["state"])
        counts = self._store.counts()
        for state in ("succeeded", "failed", "cancelled"):
            jobs.add_metric([state], counts.get(state, 0))
        yield jobs
        dispatcher = self._dispatcher
        yield GaugeMetricFamily("paintgraph_queue_depth", "Jobs that wait.", dispatcher.queued)
        yield GaugeMetricFamily("paintgraph_jobs_running", "Jobs at work.", dispatcher.running)
        yield CounterMetricFamily(
            "paintgraph_worker_restarts", "Workers that were lost.", dispatcher.pool.restarts
        )

        yield from _of_models(dispatcher.pool.numbers())

    def _histogram(self, name: str, about: str) -> Histogram:
        return Histogram(
            f"paintgraph_{name}_seconds", about, registry=self._registry, buckets=_SECONDS
        )


def _of_models(workers: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """What the models of all workers take together, and how often they came and went."""
    by_device: Counter[str] = Counter()
    for numbers in workers:
        by_device.update(numbers["bytes"])
    held = GaugeMetricFamily(
        "paintgraph_model_bytes", "Memory that loaded models take.", labels=["device"]
    )
    for device, count in by_device.items():
        held.add_metric([device], count)
    yield held
    for name, about in (
        ("models", "Models in memory."),
        ("loads", "How often models were loaded, since the workers started."),
        ("evictions", "How often models were let go, since the workers started."),
    ):
        value = sum(numbers[name] for numbers in workers)
        title = "models_loaded" if name == "models" else f"model_{name}"
        yield GaugeMetricFamily(f"paintgraph_{title}", about, value)
