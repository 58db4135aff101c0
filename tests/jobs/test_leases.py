"""What keeping leases promises where the store answers some of it only."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from paintgraph.jobs.dispatching.leases import Leases
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.jobs import JobStore


def unused(*_: Any) -> Any:
    raise AssertionError


def test_leases_are_renewed_even_if_those_of_others_cannot_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    swept = asyncio.Event()

    async def sweep() -> Any:
        swept.set()
        raise StoreError("no room")

    monkeypatch.setattr(store.claims, "sweep", sweep)

    async def act() -> float:
        leases = Leases(store, "a", 60.0, {}, unused, unused, unused, unused)
        asked = time.monotonic()
        keeping = asyncio.create_task(leases.keep())
        await swept.wait()
        keeping.cancel()
        return leases._renewed - asked

    assert asyncio.run(act()) >= 0
    store.close()
