"""Where jobs keep bytes: in folders of one machine, or in a bucket that several share."""

from collections.abc import Mapping
from dataclasses import dataclass

from paintgraph.engine.execution.blobs import Blobs, FolderBlobs
from paintgraph.jobs.publishing import Destination, Publisher
from paintgraph.jobs.sources.folders import Folders


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes by digest, and where files of jobs go by the folder of their effect."""

    blobs: Blobs
    destinations: Mapping[str, Destination]


def in_folders(folders: Folders) -> Storage:
    """All that one machine keeps."""
    blobs = FolderBlobs(folders.blobs)
    output = Publisher(folders.outputs, blobs)
    temp = Publisher(folders.temp, blobs, is_lasting=False)
    return Storage(blobs, {"output": output, "temp": temp})
