"""What is done already: a small file in each folder of results says what made each of them.

An entry is written before the files that it tells of, each of which is there whole or not at all.
So whatever ends a run, a result counts as done only when its file is what the entry says.
"""

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

from paintgraph.base.files import make_folder
from paintgraph.jobs.publishing import cannot_write
from paintgraph.jobs.sources.finding import digest_of_file

NAME = ".paintgraph.jsonl"

State = Literal["new", "done", "begun", "other"]
"""There is no such file; it is what would be made; it was begun by the same command; or neither."""


class Ledger:
    """What a folder's results were made of, each by the name of its first file.

    One line of JSON for each: {"file", "key", "files": [[name, digest], ...]}; of several of one
    name the last counts, and a line that cannot be read does not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[str, Mapping[str, Any]] = {}
        try:
            lines = (folder / NAME).read_bytes().splitlines()
        except OSError:
            lines = []
        for line in lines:
            entry = _entry(line)
            if entry is not None:
                self._entries[entry["file"]] = entry

    def names(self) -> Collection[str]:
        """The files that were made here."""
        return {name for entry in self._entries.values() for name, _ in entry["files"]}

    def files(self, name: str) -> Collection[str]:
        """The files of one result that was made here."""
        entry = self._entries.get(name)
        return [file for file, _ in entry["files"]] if entry is not None else []

    def state(self, name: str, key: str) -> State:
        """What there is of a result that a key stands for."""
        entry = self._entries.get(name)
        is_there = os.path.lexists(self._folder / name)
        if entry is None or entry["key"] != key:
            return "other" if is_there else "new"
        found = [self._is_whole(file, digest) for file, digest in entry["files"]]
        if all(found):
            return "done"
        # A file of ours that another program changed is no longer ours to replace.
        if False in found:
            return "other"
        return "begun" if is_there else "new"

    def _is_whole(self, name: str, digest: str) -> bool | None:
        """Whether a file is the one that was written; None if it is missing or cut off."""
        path = self._folder / name
        try:
            if digest_of_file(path) == digest:
                return True
            return None if _is_cut_off(path) else False
        except OSError:
            return None

    def note(self, name: str, key: str, files: Sequence[tuple[str, bytes]]) -> None:
        """Say what a result is made of, before its files are written; raises PublishError."""
        digests = [[file, f"sha256:{hashlib.sha256(data).hexdigest()}"] for file, data in files]
        entry = {"file": name, "key": key, "files": digests}
        self._entries[name] = entry
        path = self._folder / NAME
        try:
            make_folder(self._folder)
            with path.open("ab") as file:
                # A line of its own, even behind one that a kill cut off.
                file.write(b"\n" + orjson.dumps(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(path, error) from error


def _entry(line: bytes) -> Mapping[str, Any] | None:
    try:
        entry = orjson.loads(line)
        files = [(str(name), str(digest)) for name, digest in entry["files"]]
        return {"file": str(entry["file"]), "key": str(entry["key"]), "files": files}
    except (ValueError, TypeError, KeyError):
        return None


def _is_cut_off(path: Path) -> bool:
    """Whether a file ends before its picture does."""
    from paintgraph.imaging.errors import PictureError
    from paintgraph.imaging.files.examine import examine

    try:
        examine(path.read_bytes())
    except PictureError as error:
        return error.code == "truncated_picture" or path.stat().st_size == 0
    return False
