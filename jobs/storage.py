"""Where jobs keep bytes: in folders of one machine, or in a bucket that several share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paintgraph.base.bucket import PATIENCE_SECONDS, Bucket, open_bucket
from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.engine.execution.bucket_blobs import BucketBlobs
from paintgraph.jobs.bucket_publishing import BucketPublisher
from paintgraph.jobs.publishing import Destination, Publisher
from paintgraph.jobs.sources.bucket_trees import BucketTree
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.sources.trees import FileTree, FolderTree

TreeName = Literal["inputs", "outputs", "temp", "user"]


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes by digest, and where files of jobs go by the folder of their effect.

    `bucket` is the one that is behind all of it, if there is one; `folders` are this machine's, of
    copies if there is.
    """

    blobs: Blobs
    destinations: Mapping[str, Destination]
    folders: Folders
    bucket: Bucket | None = None

    def tree(self, part: TreeName, owner: str | None = None) -> FileTree:
        """The files of a part by name: a client's own, but what jobs make lies together."""
        folders = self.folders.of_client(owner)
        root: Path = getattr(folders, part)
        if self.bucket is None:
            return FolderTree(root)
        is_own = owner is not None and part in ("inputs", "user")
        return BucketTree(self.bucket, f"clients/{owner}/{part}" if is_own else part, root)

    def check(self) -> None:
        """Raise BucketError if the bucket cannot be used."""
        if self.bucket is not None:
            self.bucket.check()


def open_storage(
    folders: Folders, objects: str | None = None, patience_seconds: float = PATIENCE_SECONDS
) -> Storage:
    """What the bucket of an address keeps, behind the folders; without one these alone.

    Whoever asks a bucket that fails for a moment waits for `patience_seconds`. Raises BucketError
    if the address is none.
    """
    if objects is None:
        return in_folders(folders)
    bucket = open_bucket(objects, patience_seconds=patience_seconds)
    copies = folders.copies
    output = BucketPublisher(bucket, "outputs", copies.outputs)
    temp = BucketPublisher(bucket, "temp", copies.temp)
    blobs = BucketBlobs(bucket, folders.blobs)  # has names that tell what it is
    return Storage(blobs, {"output": output, "temp": temp}, copies, bucket)


def in_folders(folders: Folders) -> Storage:
    """All that one machine keeps."""
    blobs = FolderBlobs(folders.blobs)
    output = Publisher(folders.outputs, blobs)
    temp = Publisher(folders.temp, blobs, is_lasting=False)
    return Storage(blobs, {"output": output, "temp": temp}, folders)
