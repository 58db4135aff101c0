"""Short texts between the processes that share a database, while they are there to hear them."""

from collections.abc import AsyncGenerator
from typing import Protocol

MOST_BYTES = 7900
"""How long a text may be; PostgreSQL takes less than 8000 bytes."""


class Channel(Protocol):
    """What one says all hear who listen, the speaker too; nothing is kept."""

    def tell(self, text: str) -> None:
        """Say something, if the database is there; does not wait."""

    def listen(self) -> AsyncGenerator[str, None]:
        """What is said, after an empty text from which on all is heard; raises StoreError."""
