"""Stores of jobs that promise the same, wherever they are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.jobs.postgresql import PostgresqlServer


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where an empty store is: a file, or a database of a real server."""
    if request.param == "sqlite":
        return tmp_path / "jobs.sqlite"
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    return server.new_database()


@pytest.fixture
def store(place: Path | str) -> Iterator[JobStore]:
    opened = JobStore(place)
    yield opened
    opened.close()
