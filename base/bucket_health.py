"""Whether a bucket does what paintgraph asks of buckets: an object is written, read and removed."""

import secrets
import time
from collections.abc import Callable, Iterator
from statistics import median

from paintgraph.base.bucket import Bucket, BucketError, open_bucket
from paintgraph.base.findings import Finding, clock_finding

_SIZE = 2**20
_LOOKS = 3
_SLOW_LOOK_SECONDS = 0.3
_SLOW_COPY_SECONDS = 3.0
_DATE_SECONDS = 1  # HTTP tells times without their fractions: up to so much too early
_PATIENCE_SECONDS = 5.0


def examine_bucket(url: str, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the bucket of an address "s3://bucket/prefix"; what was written is removed again.

    `now` is this machine's clock, in seconds since 1970.
    """
    try:
        bucket = open_bucket(url, patience_seconds=_PATIENCE_SECONDS)
    except BucketError as error:
        yield Finding("bucket", str(error), is_fault=True)
        return
    yield from _Trial(bucket, now).findings()


class _Trial:
    """One object, under a name that nobody else uses."""

    def __init__(self, bucket: Bucket, now: Callable[[], float]) -> None:
        self._bucket = bucket
        self._now = now
        self._key = f"doctor/{secrets.token_hex(16)}"
        self._messages: list[str] = []
        self._is_reached = True

    def findings(self) -> Iterator[Finding]:
        bucket, key = self._bucket, self._key
        before = self._now()
        written = self._tried(lambda: bucket.put(key, bytes(_SIZE)))
        after = self._now()
        read = self._tried(lambda: bucket.get(key))
        looked = [self._tried(lambda: bucket.head(key)) for _ in range(_LOOKS)]
        there = bucket.head(key) if written and all(looked) else None
        self._tried(lambda: next(bucket.below("doctor"), None))
        removed = self._tried(lambda: bucket.remove(key))
        if written and not removed:
            self._messages.append(f"The object '{key}' is left there.")
        if self._messages:
            told = " ".join(dict.fromkeys(self._messages))
            yield Finding("bucket", told, is_fault=True)
        else:
            yield Finding("bucket", f"{bucket.where} takes, gives, lists and removes objects")
        if written and read and there is not None:
            yield _speed(median(looked), written + read)
            yield clock_finding("bucket's clock", there.modified, before - _DATE_SECONDS, after)

    def _tried(self, act: Callable[[], object]) -> float:
        """The seconds that it took; 0 if it failed, or the bucket is out of reach as was seen."""
        if not self._is_reached:
            return 0
        began = time.perf_counter()
        try:
            act()
        except BucketError as error:
            self._messages.append(str(error))
            self._is_reached = error.code == "bucket_denied"
            return 0
        return time.perf_counter() - began


def _speed(look: float, copy: float) -> Finding:
    text = f"{look * 1000:.0f} ms for a question, {copy:.2f} s to write and read 1 MiB"
    if look <= _SLOW_LOOK_SECONDS and copy <= _SLOW_COPY_SECONDS:
        return Finding("bucket's speed", text)
    cure = (
        f"; at most {_SLOW_LOOK_SECONDS} s and {_SLOW_COPY_SECONDS:.0f} s should be. Have the "
        "bucket in the region of its users, and look for what slows the network down."
    )
    return Finding("bucket's speed", text + cure, is_warning=True)
