"""Objects of a bucket that are too old, or the oldest of too many, as files of a folder are."""

from collections.abc import Iterator
from pathlib import Path

from paintgraph.base.bucket import Bucket
from paintgraph.jobs.retention.folders import GRACE_SECONDS, Found, chosen

_GRACE_SECONDS = 86400 + GRACE_SECONDS
"""What is used is written again once a day: what is younger may be used now."""


class ObjectsBelow:
    """The objects below a folder of a bucket. Raises BucketError."""

    def __init__(self, bucket: Bucket, folder: str) -> None:
        self._bucket = bucket
        self.root = Path(folder)

    def expired(
        self, before: float | None, most_bytes: int | None, now: float
    ) -> Iterator[list[Found]]:
        """Those older than `before`, or in excess of the bytes, in steps; by this machine's clock.

        They are listed twice where there is a bound of bytes, and never held all at once.
        """
        return chosen(self._all, before, most_bytes, now - _GRACE_SECONDS)

    def remove(self, found: Found) -> bool:
        """Remove an object unless it was written again meanwhile; whether it is gone."""
        key = found.path.as_posix()
        now = self._bucket.head(key)
        if now is not None and now.modified - self._bucket.ahead > found.used:
            return False
        self._bucket.remove(key)
        return True

    def _all(self) -> Iterator[Found]:
        for each in self._bucket.below(self.root.as_posix()):
            yield Found(Path(each.key), each.modified - self._bucket.ahead, each.size)
