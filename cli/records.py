"""What the last successful run of a graph depended on, so that `explain` can say what changed."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

import orjson

from paintgraph.base.files import write_whole
from paintgraph.cli.faults import tell
from paintgraph.engine.execution.explain import Record
from paintgraph.jobs.sources.folders import Folders
from paintgraph.python.sources import GraphText


def name_of(source: GraphText) -> str:
    """A short name for a graph: the same for the same file."""
    return blake2b(str(Path(source.name).absolute()).encode(), digest_size=12).hexdigest()


def remember(source: GraphText, made_of: Record, folders: Folders) -> None:
    """Keep what a run depended on."""
    try:
        write_whole(_path(source, folders), orjson.dumps(made_of))
    except OSError as error:
        tell(f"warning: what this run depended on is not kept: {error.strerror}")


def remembered(source: GraphText, folders: Folders) -> Record:
    """What the last run depended on; empty if there was none."""
    try:
        found: Mapping[str, Mapping[str, str]] = orjson.loads(_path(source, folders).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _path(source: GraphText, folders: Folders) -> Path:
    return folders.records / f"{name_of(source)}.json"
