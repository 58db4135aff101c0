"""Who is first in the queue, however long it is and whoever may take nothing of it now."""

import random
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.jobs.store.claims import take
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.firsts import MOST_KNOWN, Able, Served, first
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.sqlite import SqliteDatabase
from paintgraph.tests.jobs.plans import plans_of
from paintgraph.tests.jobs.postgresql import PostgresqlServer


class Row(NamedTuple):
    """What decides who may take a job, and when it is its turn."""

    client: str = ""
    models: int = 0
    uses: int = 0
    most_running: int = 0
    priority: int = 0
    turn: int = 0
    at_work: bool = False


def fill(store: JobStore, rows: Sequence[Row]) -> None:
    """Have these jobs and no others; their numbers rise."""
    sql = (
        "INSERT INTO jobs (id, state, client, size, priority, turn, created, graph, request, "
        "bytes, models, uses, most_running, worker) "
        "VALUES (?, ?, ?, 'light', ?, ?, 0, ?, ?, 4, ?, ?, ?, ?)"
    )

    def values(number: int, row: Row) -> Sequence[Any]:
        state, worker = ("running", "a/1") if row.at_work else ("queued", None)
        kinds = row.models, row.uses, row.most_running
        return (
            f"{number}",
            state,
            row.client,
            row.priority,
            row.turn,
            b"{}",
            b"{}",
            *kinds,
            worker,
        )

    def update(connection: Connection) -> None:
        connection.execute("DELETE FROM jobs")
        connection.executemany(sql, [values(*each) for each in enumerate(rows)])

    store._database.write(update).result()


def expected(
    rows: Sequence[Row], models: Sequence[int] | None, others: Sequence[int]
) -> int | None:
    """Which of the rows is first."""
    at_work = [row.client for row in rows if row.at_work]

    def may_begin(row: Row) -> bool:
        return not row.most_running or row.most_running > at_work.count(row.client)

    able = [
        (-row.priority, row.turn, number)
        for number, row in enumerate(rows)
        if not row.at_work
        and may_begin(row)
        and (models is None or row.models in models)
        and row.uses not in others
    ]
    return min(able)[2] if able else None


def found(
    store: JobStore, models: Sequence[int] | None, others: Sequence[int], *, locked: bool
) -> int | None:
    sql = "SELECT id FROM jobs WHERE number = ?"

    def ask(connection: Connection) -> int | None:
        served = Served(lambda uses: uses[0][0] not in others)
        row = first(connection, "light", Able(models, served), locked=locked)
        return row and int(connection.execute(sql, (row["number"],)).fetchone()[0])

    return store._database.write(ask).result()


KINDS = (0, 1, 2)
FRONT = [*[Row("z", most_running=1, priority=9)] * 16, Row("z", at_work=True)]
"""Jobs before all others, none of which may begin."""

rows = st.builds(
    Row,
    st.sampled_from("abc"),
    st.sampled_from(KINDS),
    st.sampled_from(KINDS),
    st.sampled_from((0, 1, 1, 2)),
    st.integers(0, 1),
    st.integers(0, 5),
    at_work=st.booleans(),
)


def note_uses(store: JobStore) -> None:
    """Uses of the numbers that rows have, each of its number."""

    def update(connection: Connection) -> None:
        values = [(number, f"{number}", f"[[{number}]]".encode()) for number in KINDS[1:]]
        connection.executemany("INSERT INTO use_sets VALUES (?, ?, ?, 0)", values)

    store._database.write(update).result()


@given(
    st.sampled_from([[], FRONT]),
    st.lists(rows, min_size=1, max_size=60),
    st.sampled_from([None, (0,), (1,), (0, 2)]),
    st.sampled_from([(), (1,), (1, 2)]),
)
@settings(max_examples=60)
def test_the_first_of_all_that_may_begin_is_found(
    front: list[Row], jobs: list[Row], models: Sequence[int] | None, others: Sequence[int]
) -> None:
    jobs = [*front, *jobs]
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.sqlite", "normal")
        note_uses(store)
        fill(store, jobs)

        assert found(store, models, others, locked=False) == expected(jobs, models, others)
        store.close()


@pytest.mark.parametrize("seed", range(3))
def test_so_it_is_where_others_may_hold_it(store: JobStore, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same each time
    note_uses(store)
    for _ in range(8):
        jobs = [
            Row(draw.choice("abc"), draw.choice(KINDS), draw.choice(KINDS), draw.choice((0, 1, 1)))
            for _ in range(40)
        ]
        at_work = [
            *draw.choice(([], FRONT)),
            *(Row(client, at_work=True) for client in draw.sample("abc", 2)),
        ]
        fill(store, [*jobs, *at_work])
        for models, others in ((None, ()), (None, (1, 2)), ((1,), ()), ((0, 2), (1,))):
            wanted = expected([*jobs, *at_work], models, others)
            assert found(store, models, others, locked=True) == wanted


def steps(store: JobStore, jobs: Sequence[Row], models: Sequence[int] | None = None) -> int:
    """How many steps of its virtual machine SQLite takes to find the first of all."""
    count = 0

    def counted() -> int:
        nonlocal count
        count += 1
        return 0

    fill(store, jobs)
    database = store._database
    assert isinstance(database, SqliteDatabase)
    database._reader.set_progress_handler(counted, 1)
    store._database.read(
        lambda c: first(c, "light", Able(models, Served(lambda uses: uses != [[2]])), locked=False)
    )
    database._reader.set_progress_handler(None, 1)
    return count


FULL = Row("a", most_running=1)
AT_WORK = Row("a", at_work=True)


@pytest.mark.parametrize(
    ("many", "models"),
    [
        (FULL, None),
        (Row("a", models=1), (0, 2)),
        (FULL._replace(models=1), (1,)),
        (Row("a", uses=2), None),
        (FULL, (0,)),
    ],
    ids=["of a full client", "of other models", "of one line", "of other nodes", "of no model"],
)
def test_as_many_as_may_not_begin_they_are_passed_over(
    tmp_path: Path, many: Row, models: Sequence[int] | None
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    note_uses(store)

    few, more = (
        steps(store, [AT_WORK, *[many] * count, FULL._replace(client="b", turn=9)], models)
        for count in (50, 2000)
    )

    assert more < 1.5 * few
    store.close()


class Counting:
    """A connection that counts its statements."""

    def __init__(self, connection: Connection) -> None:
        self.count, self._connection = 0, connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        self.count += 1
        return self._connection.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def test_as_many_kinds_of_nodes_as_a_worker_lacks_they_take_a_few_statements(
    store: JobStore,
) -> None:
    many, last = range(1, 501), 501

    def note(connection: Connection) -> None:
        values = [(number, f"{number}", f"[[{number}]]".encode()) for number in (*many, last)]
        connection.executemany("INSERT INTO use_sets VALUES (?, ?, ?, 0)", values)

    def ask(connection: Connection) -> tuple[int, int]:
        counting: Any = Counting(connection)
        served = Served(lambda uses: uses == [[last]])
        row = first(counting, "light", Able(None, served))
        return row["uses"], counting.count

    store._database.write(note).result()
    fill(store, [*(Row("a", uses=number) for number in many), Row("a", uses=last, turn=9)])
    uses, statements = store._database.write(ask).result()

    assert uses == last
    assert statements <= 6


def test_what_is_known_of_uses_does_not_grow_for_ever(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    served = Served(lambda uses: not uses)
    for start in range(1, 3 * MOST_KNOWN, 1000):
        numbers = range(start, start + 1000)
        assert store._database.read(partial(served.which, numbers=numbers)) == {*numbers}

    assert len(served._known) <= MOST_KNOWN
    assert store._database.read(lambda c: served.which(c, (0, 1))) == {0, 1}
    store.close()


def test_while_others_take_the_first_ones_those_after_them_go_before_lower_priorities(
    postgresql: PostgresqlServer,
) -> None:
    store = JobStore(postgresql.new_database())
    high, low = Row("a", priority=1), Row("b")
    fill(store, [*[high] * 20, *[low] * 3, Row("c", priority=1, turn=1)])
    are_locked, goes_on = Event(), Event()

    def take_first(connection: Connection) -> None:
        sql = "SELECT number FROM jobs WHERE client = 'a' ORDER BY number LIMIT ? FOR UPDATE"
        connection.execute(sql, (18,)).fetchall()
        are_locked.set()
        goes_on.wait()

    def take_four(connection: Connection) -> list[tuple[str, int]]:
        rows = []
        for _ in range(4):
            row = first(connection, "light", Able(None, Served(bool)))
            rows.append((row["client"], row["priority"]))
            take(connection, row["number"], "w/1")
        return rows

    taking = store._database.write(take_first)
    are_locked.wait()
    taken = store._database.write(take_four).result()
    goes_on.set()
    taking.result()

    assert taken == [("a", 1), ("a", 1), ("c", 1), ("b", 0)]
    store.close()


def test_what_waits_is_added_up_in_the_order_of_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    plans = plans_of(store, monkeypatch)

    store.waiting()

    assert plans == [["SEARCH jobs USING COVERING INDEX jobs_waiting (size=?)"]]
    store.close()
