"""Where jobs keep bytes: in folders of one machine, or in a bucket that several share."""

from collections.abc import Mapping
from dataclasses import dataclass

from paintgraph.base.bucket import Bucket, open_bucket
from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.engine.execution.bucket_blobs import BucketBlobs
from paintgraph.jobs.bucket_publishing import BucketPublisher
from paintgraph.jobs.publishing import Destination, Publisher
from paintgraph.jobs.sources.folders import Folders


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes by digest, and where files of jobs go by the folder of their effect.

    `bucket` is the one that is behind both, if there is one.
    """

    blobs: Blobs
    destinations: Mapping[str, Destination]
    bucket: Bucket | None = None

    def check(self) -> None:
        """Raise BucketError if the bucket cannot be used."""
        if self.bucket is not None:
            self.bucket.check()


def open_storage(folders: Folders, objects: str | None = None) -> Storage:
    """What the bucket of an address keeps, behind the folders; without one these alone.

    Raises BucketError if the address is none.
    """
    if objects is None:
        return in_folders(folders)
    bucket = open_bucket(objects)
    output = BucketPublisher(bucket, "outputs", folders.outputs)
    temp = BucketPublisher(bucket, "temp", folders.temp)
    return Storage(BucketBlobs(bucket, folders.blobs), {"output": output, "temp": temp}, bucket)


def in_folders(folders: Folders) -> Storage:
    """All that one machine keeps."""
    blobs = FolderBlobs(folders.blobs)
    output = Publisher(folders.outputs, blobs)
    temp = Publisher(folders.temp, blobs, is_lasting=False)
    return Storage(blobs, {"output": output, "temp": temp})
