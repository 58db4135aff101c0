"""What the job store asks of a database: transactions of SQL that SQLite and PostgreSQL both read.

The SQL is written once. What the two do not share is told by the connection that runs it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Literal, Protocol, TypeVar

from paintgraph.base.errors import Error
from paintgraph.jobs.store.channel import Channel

Result = TypeVar("Result")
Durability = Literal["full", "normal"]


class StoreError(Error):
    """The job store cannot be read or written."""

    code = "store_unavailable"


class UnreachableStoreError(StoreError):
    """The database does not answer now; what was asked for can be asked for again."""

    code = "store_unreachable"


def missing_extra(error: ImportError) -> StoreError:
    """What is told where PostgreSQL's client is not installed."""
    return StoreError(
        f"a job store in PostgreSQL needs the extra 'cluster', which is not here: {error}. "
        "Install it: pip install 'paintgraph[cluster]'.",
        code="missing_extra",
    )


class Cursor(Protocol):
    """What came of a statement; columns of rows are found by place and by name."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Runs statements of a transaction; `?` stands for a value.

    Attributes:
        for_update: ends a SELECT whose rows nobody else changes until the transaction ends.
        skip_locked: the same, without rows that somebody else holds so.
        now: an expression for the database's time, in seconds since 1970.
    """

    for_update: str
    skip_locked: str
    now: str

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Cursor:
        """Run a statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run a statement for each row of values."""

    def lock(self, name: str, *, idle_seconds: float | None = None) -> None:
        """Wait until nobody else holds this name, and hold it until the transaction ends.

        With `idle_seconds` for so long, too, while nothing is asked of the database.
        """

    def version(self) -> int:
        """How many migrations the tables have seen."""

    def bytes_used(self) -> int:
        """How many bytes hold something; 0 where that is not the store's concern."""

    def shrink(self) -> bool:
        """Give some room that holds nothing back to the disk; whether it is worth going on."""


Action = Callable[[Connection], Result]


class Database(Protocol):
    """Where the store's tables are, brought to the newest version when it was opened.

    `channel` reaches the other processes that share it; None where only one opens it.
    """

    @property
    def channel(self) -> Channel | None:
        """See above."""

    def write(self, action: Action[Result], *, early: bool = False) -> "Future[Result]":
        """Do something in a transaction; the future is done once that is on disk.

        An action that raises changes nothing. The future raises StoreError where the database
        cannot be reached or written. With `early` the result may be told before it is on disk, if
        whatever is written later comes after it and sees whether it was lost.
        """

    def read(self, action: Action[Result]) -> Result:
        """Do something with what is committed; raises StoreError.

        May take as long as a network: in an event loop, only by `offload`.
        """

    async def offload(self, read: Callable[[], Result]) -> Result:
        """What a function gives that reads, without an event loop's waiting for another machine."""

    def close(self) -> None:
        """Write what is asked for and let go of the database."""
