"""What collectors are told of the queue."""

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from paintgraph.api.services.queue_metrics import QueueMetrics
from paintgraph.jobs.store.backlog import TARGET_SECONDS
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import JobStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    opened = JobStore(tmp_path / "jobs.sqlite", "normal")
    yield opened
    opened.close()


def told(metrics: QueueMetrics) -> dict[tuple[str, ...], float]:
    families: Iterable[Metric] = metrics.collect()
    return {
        (sample.name.removeprefix("paintgraph_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_what_waits_is_told_by_size_and_model_and_as_a_share_of_the_workers(
    store: JobStore,
) -> None:
    """A model is named without its digest; other files of the same name are added up."""
    sets = [("b@sha256:1", "a@sha256:1"), ("c@sha256:1",), ("c@sha256:2",), ()]

    async def act() -> None:
        for models in sets:
            await store.accept(NewJob({}, {}, size="heavy", models=models))
        for model in ("c@sha256:1", "c@sha256:2"):
            await store.claims.loaded(model, 1.0)
        await store.claims.next("light", "w/1")

    asyncio.run(act())
    numbers = told(QueueMetrics(store, lambda _: 2))

    assert numbers["waiting_jobs", "heavy", "a+b"] == 1
    assert numbers["waiting_jobs", "heavy", "c"] == 2
    assert numbers["waiting_seconds", "heavy", "c"] == 20
    assert numbers["oldest_waiting_seconds", "heavy", ""] >= 0
    assert numbers["backlog_ratio", "heavy"] == 40 / (2 * TARGET_SECONDS)
    assert numbers["backlog_ratio", "light"] == 0
    assert numbers["loads_total", "c"] == 2
    assert numbers["claims_total", "light"] == 0
    assert numbers["claim_seconds_count",] == 1


def test_the_queue_is_read_once_a_second_however_often_is_asked(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    metrics = QueueMetrics(store, lambda _: 0)
    assert ("waiting_jobs", "light", "") not in told(metrics)

    asyncio.run(store.accept(NewJob({}, {})))
    assert ("waiting_jobs", "light", "") not in told(metrics)
    now[0] += 1
    assert told(metrics)["waiting_jobs", "light", ""] == 1
