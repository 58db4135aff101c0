"""Keeps those who ask from waiting, one after the other, for a database that does not answer."""

import threading
import time

from paintgraph.jobs.store.database import UnreachableStoreError

AWAY = "the job store does not answer. Try again soon."
_PAUSE_SECONDS = 1.0


class Breaker:
    """A circuit breaker: after a failure one asks for all, after a pause, until there is an answer.

    Attributes:
        patience_seconds: how long this one may take; then another one asks.
    """

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._again: float | None = None

    def check(self) -> None:
        """Raise UnreachableStoreError unless the caller is to ask."""
        if self._again is None:
            return
        with self._lock:
            now = time.monotonic()
            if self._again is not None:
                if now < self._again:
                    raise UnreachableStoreError(AWAY)
                self._again = now + self._patience

    def trip(self) -> bool:
        """There was no answer; whether that is new."""
        with self._lock:
            is_new = self._again is None
            self._again = time.monotonic() + _PAUSE_SECONDS
            return is_new

    def mend(self) -> bool:
        """There was an answer; whether that is new."""
        if self._again is None:
            return False
        with self._lock:
            is_new, self._again = self._again is not None, None
            return is_new
