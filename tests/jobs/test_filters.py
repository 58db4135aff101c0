"""Jobs are found by state, recipe, tag and times, by an index for each."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Filter, Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.plans import plans_of
from paintgraph.tests.jobs.postgresql import PostgresqlServer

CREATED = (3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0)
"""Of each job; clocks go back at times."""
SPANS = st.none() | st.tuples(
    st.sampled_from((0.0, 1.0, 3.0, 8.0)), st.sampled_from((1.0, 5.0, 1e11))
)


@contextmanager
def filled(place: Path | str) -> Iterator[JobStore]:
    """A store with jobs of two recipes, two clients and some tags; every other one has ended."""
    opened = JobStore(place)

    async def fill() -> None:
        for number in range(len(CREATED)):
            new = NewJob(
                {},
                {},
                client="ab"[number % 2],
                recipe=("", "wide", "mask")[number % 3],
                tags=[("red", "green"), (), ("red", "red")][number % 3],
            )
            job = (await opened.accept(new)).job
            if number % 2:
                await opened.cancel(job.id)

    def date(connection: Connection) -> None:
        for number, created in enumerate(CREATED, start=1):
            connection.execute(
                "UPDATE jobs SET created = ?, ended = CASE WHEN ended IS NULL THEN NULL ELSE ? END "
                "WHERE number = ?",
                (created, created + number % 4, number),
            )

    asyncio.run(fill())
    opened._database.write(date).result()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def file_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobStore]:
    with filled(tmp_path_factory.mktemp("store") / "jobs.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[JobStore]:
    if request.param == "sqlite":
        yield request.getfixturevalue("file_store")
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        with filled(server.new_database()) as opened:
            yield opened


def passes(job: Job, meant: Filter) -> bool:
    times = ((job.created, meant.created), (job.ended, meant.ended))
    return (
        meant.state in (None, job.state)
        and meant.recipe in ("", job.recipe)
        and (not meant.tag or meant.tag in job.tags)
        and all(
            span is None or (time is not None and span[0] <= time < span[1]) for time, span in times
        )
    )


@settings(deadline=None)
@given(
    meant=st.builds(
        Filter,
        st.sampled_from((None, "queued", "cancelled", "failed")),
        st.sampled_from(("", "wide", "mask", "none")),
        st.sampled_from(("", "red", "green", "blue")),
        SPANS,
        SPANS,
    ),
    owner=st.sampled_from((None, "a", "b")),
    limit=st.integers(1, 9),
    before=st.none() | st.integers(1, 9),
)
def test_jobs_are_those_that_pass_all_filters_newest_first(
    store: JobStore, meant: Filter, owner: str | None, limit: int, before: int | None
) -> None:
    every = store.page()
    fitting = [job for job in every if passes(job, meant) and owner in (None, job.client)]
    fitting = [job for job in fitting if before is None or job.number < before]

    found = store.of(owner).page(meant, before=before, limit=limit)

    assert found == sorted(fitting, key=lambda job: -job.number)[:limit]


@pytest.mark.parametrize(
    ("meant", "index"),
    [
        (Filter(state="queued"), "jobs_by_state"),
        (Filter(recipe="wide"), "jobs_by_recipe"),
        (Filter(tag="red"), "sqlite_autoindex_tags_1|PRIMARY KEY"),
        (Filter(created=(0.0, 1.0)), "jobs_created"),
        (Filter(ended=(0.0, 1.0)), "jobs_ended"),
    ],
)
def test_each_filter_has_an_index(
    file_store: JobStore, monkeypatch: pytest.MonkeyPatch, meant: Filter, index: str
) -> None:
    plans = plans_of(file_store, monkeypatch)
    file_store.page(meant)
    lines = [line for plan in plans for line in plan]

    assert any(name in line for line in lines for name in index.split("|")), lines
    assert not any(line.startswith("SCAN") for line in lines), lines
