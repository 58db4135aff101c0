"""How SQLite looks for what a store is asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from paintgraph.jobs.store.jobs import JobStore


def plans_of(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The lines of each plan of what is read from now on, as `EXPLAIN QUERY PLAN` tells them."""
    plans: list[list[str]] = []
    read = store._database.read

    class Explaining:
        def execute(self, sql: str, values: Any = ()) -> Any:
            if sql.startswith("SELECT"):
                told = read(lambda c: c.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall())
                plans.append([row[3] for row in told])
            return read(lambda c: c.execute(sql, values))

        def __getattr__(self, name: str) -> Any:
            return read(lambda c: getattr(c, name))

    def explained(action: Callable[[Any], Any]) -> Any:
        return action(Explaining())

    monkeypatch.setattr(store._database, "read", explained)
    return plans
