"""Blobs in a bucket that many machines share; a folder of each spares it to fetch them twice."""

import hashlib
import math
import time
from pathlib import Path

from paintgraph.base.bucket import Bucket
from paintgraph.base.file_kinds import media_type_of
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import (
    PREFIX,
    Blobs,
    FolderBlobs,
    digest_in,
    is_reference,
    reference_of,
    unreadable,
)

_FOLDER = "blobs"
_YOUNG_SECONDS = 86400
"""What is used is written again once a day, or rules of the bucket would take it for old."""


class BucketBlobs(Blobs):
    """Objects `blobs/12/123...` of a bucket, named by their SHA-256.

    What is there is asked of the bucket alone. All methods raise BucketError.
    """

    def __init__(self, bucket: Bucket, folder: Path) -> None:
        self._bucket = bucket
        self._here = FolderBlobs(folder)

    def put(self, data: bytes) -> str:
        """Keep bytes, in the bucket first."""
        reference = reference_of(data)
        if not self.touch(reference):
            self._bucket.put(_key(reference), data, media_type_of(data))
        return self._here.put(data)

    def get(self, reference: str) -> bytes:
        """The bytes of a reference, from the folder if they were here before."""
        digest_in(reference)
        if reference in self._here:
            return self._here.get(reference)
        data = self._bucket.get(_key(reference))
        if data is None:
            raise BindError(
                f"the bytes '{reference}' are no longer kept. Upload the file again, or run again "
                "what made it.",
                code="unreadable_file",
            )
        if PREFIX + hashlib.sha256(data).hexdigest() != reference:
            raise BindError(
                f"the object '{_key(reference)}' of {self._bucket.where} holds other bytes than "
                "its name says. Remove it, and upload the file again.",
                code="file_changed",
            )
        self._here.put(data)
        return data

    def file(self, reference: str) -> Path | None:
        """A copy in the folder."""
        if reference not in self:
            return None
        self.get(reference)
        return self._here.file(reference)

    def size(self, reference: str) -> int | None:
        """How many bytes the object has."""
        found = self._bucket.head(_key(reference)) if is_reference(reference) else None
        return None if found is None else found.size

    def touch(self, reference: str) -> bool:
        """Note that bytes are used now: an object of more than a day is written again."""
        found = self._bucket.head(_key(reference)) if is_reference(reference) else None
        if found is None:
            return False
        if found.modified < time.time() - _YOUNG_SECONDS:
            data = self.get(reference)
            self._bucket.put(_key(reference), data, media_type_of(data))
        return True

    def remove(self, reference: str, *, unused_since: float) -> None:
        """Let go of bytes; the time is this machine's, the object's age is the bucket's."""
        found = self._bucket.head(_key(reference))
        if found and found.modified < math.floor(unused_since + self._bucket.ahead):
            self._bucket.remove(_key(reference))
            self._here.remove(reference, unused_since=unused_since)

    def adopt(self, path: Path) -> str:
        """Keep a copy of a file: no other machine could read it where it is."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BindError(unreadable(path, error), code="unreadable_file") from error
        return self.put(data)

    def expect(self, reference: str, path: Path) -> None:  # noqa: ARG002 - the role has it
        """Keep a copy, under the digest that the file has now."""
        self.adopt(path)

    def link(self, reference: str, seconds: float) -> str | None:
        """The address of the object; None for what is no reference."""
        if not is_reference(reference):
            return None
        return self._bucket.link(_key(reference), seconds=seconds)


def _key(reference: str) -> str:
    digest = reference.removeprefix(PREFIX)
    return f"{_FOLDER}/{digest[:2]}/{digest}"
