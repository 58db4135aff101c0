"""Copies that this machine has of a bucket's objects, by when they were fetched."""

import os
from collections.abc import Iterator

from paintgraph.jobs.retention.folders import GRACE_SECONDS, Found, chosen, files_below
from paintgraph.jobs.sources.bucket_trees import BucketTree


class CopiesBelow:
    """The files of a tree's folder that the bucket has byte for byte. Raises BucketError.

    All others stay: what lay there before there was a bucket is nowhere else.
    """

    def __init__(self, tree: BucketTree) -> None:
        self._tree = tree
        self.root = tree.root

    def expired(
        self, before: float | None, most_bytes: int | None, now: float
    ) -> Iterator[list[Found]]:
        """Those fetched before a time, or in excess of the bytes; in steps. Hidden files stay."""
        steps = chosen(
            lambda: files_below(self.root, used=_fetched), before, most_bytes, now - GRACE_SECONDS
        )
        for step in steps:
            yield [each for each in step if self._tree.has_copy(self._name(each))]

    def remove(self, file: Found) -> bool:
        """Remove a copy unless it was fetched again meanwhile; whether it is gone."""
        try:
            if _fetched(file.path.stat()) > file.used:
                return False
            file.path.unlink()
        except OSError:
            return False
        return True

    def _name(self, file: Found) -> str:
        return file.path.relative_to(self.root).as_posix()


def _fetched(stat: os.stat_result) -> float:
    """When a copy came here: its time of writing is that of the object."""
    return stat.st_ctime
