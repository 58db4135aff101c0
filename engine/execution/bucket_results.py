"""Results in a bucket, behind the folders of several machines: what one computed no other does."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from paintgraph.base.bucket import Bucket, BucketError

Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)
_YOUNG_SECONDS = 86400
"""What is used is written again once a day, or rules of the bucket would take it for old."""

_SPARED_SECONDS = 60.0
"""How long a bucket that failed is not asked: a run goes on without it, and must not wait long."""


class BucketResults:
    """Objects `results/12/123...` of a bucket, named by the keys of results. Thread-safe.

    A bucket that fails costs what it keeps, never the run: for a minute it counts as empty.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._spared_until = 0.0

    def __contains__(self, key: object) -> bool:
        return self._try(lambda: self._bucket.head(_key(str(key))) is not None) or False

    def get(self, key: str) -> bytes | None:
        """What is kept under a key; None if there is nothing."""

        def read() -> bytes | None:
            found = self._bucket.head(_key(key))
            data = self._bucket.get(_key(key)) if found else None
            if found and data is not None and found.modified < time.time() - _YOUNG_SECONDS:
                self._bucket.put(_key(key), data)
            return data

        return self._try(read)

    def put(self, key: str, data: bytes) -> None:
        """Keep something."""
        self._try(lambda: self._bucket.put(_key(key), data))

    def remove(self, key: str) -> None:
        """Let go of what is damaged."""
        self._try(lambda: self._bucket.remove(_key(key)))

    def _try(self, act: Callable[[], Result]) -> Result | None:
        if time.monotonic() < self._spared_until:
            return None
        try:
            return act()
        except BucketError as error:
            self._spared_until = time.monotonic() + _SPARED_SECONDS
            _LOG.warning("results are kept on this machine alone for now: %s", error)
            return None


def _key(key: str) -> str:
    return f"results/{key[:2]}/{key}"
