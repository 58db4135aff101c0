"""NOTIFY and LISTEN: what the processes that share a job store tell each other."""

from collections.abc import AsyncGenerator
from contextlib import suppress

import psycopg
from psycopg import sql

from paintgraph.jobs.store.database import Database, UnreachableStoreError

_CHANNEL = "'paintgraph_' || md5(current_schema())"
"""One for each store: a database may have several, and a name has 63 bytes."""


class PostgresqlChannel:
    """A `Channel` of a store. Texts are sent by its connections, one more listens."""

    def __init__(self, url: str, database: Database) -> None:
        self._url = url
        self._database = database

    def tell(self, text: str) -> None:
        """Say something, if the database is there; does not wait."""
        statement = f"SELECT pg_notify({_CHANNEL}, ?)"
        with suppress(RuntimeError):  # the store is closed
            self._database.write(lambda connection: connection.execute(statement, (text,)))

    async def listen(self) -> AsyncGenerator[str, None]:
        """What is said, after an empty text from which on all is heard; raises StoreError."""
        try:
            connecting = psycopg.AsyncConnection.connect(self._url, autocommit=True)
            async with await connecting as connection:
                found = await connection.execute(f"SELECT {_CHANNEL}".encode())
                (name,) = await found.fetchone() or ("",)
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
                yield ""
                async for notice in connection.notifies():
                    yield notice.payload
        except psycopg.Error as error:
            raise UnreachableStoreError("the job store does not answer. Try again soon.") from error
