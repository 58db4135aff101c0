"""Writing a run's results: files by suffix, standard output, or lines for people."""

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import typer

from paintgraph.base.errors import Error
from paintgraph.base.files import write_whole
from paintgraph.cli.destinations import STDOUT, Destinations
from paintgraph.cli.faults import plain, tell
from paintgraph.jobs.publishing import PublishError, cannot_write, write_new
from paintgraph.python.results import FORMATS, Picture, numbered


@dataclass(slots=True)
class Written:
    """One named result: its files, or its values."""

    name: str
    files: list[dict[str, Any]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def to_json(self) -> Any:
        """A picture's file, a value, or a list of them."""
        entries = self.files or self.values
        return entries[0] if len(entries) == 1 else entries

    def tell(self, *, aside: bool) -> None:
        """Say where it is, or what it is; `aside` keeps values off standard output."""
        for file in self.files:
            tell(f"{self.name}: {file['file']} ({file['width']}x{file['height']} px)")
        for value in self.values:
            text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
            typer.echo(plain(f"{self.name}: {text}"), err=aside)


def write_results(
    wanted: Destinations, results: Mapping[str, Sequence[Any]], *, metadata: bool
) -> list[Written]:
    """Write every wanted result that there is; `metadata` writes the graph into PNG files."""
    written = []
    for name, entries in results.items():
        result = Written(name)
        if name in wanted.others:
            result.values = list(entries)
        elif name in wanted.files or name in wanted.new:
            result.files = _write_pictures(wanted, name, entries, metadata=metadata)
        if result.files or result.values:
            written.append(result)
    return written


def _write_pictures(
    wanted: Destinations, name: str, pictures: Sequence[Picture], *, metadata: bool
) -> list[dict[str, Any]]:
    """Write each picture of a result; several get numbers."""
    file = wanted.files.get(name, f"{wanted.new.get(name)}.png")
    if file == STDOUT and len(pictures) > 1:
        message = f"-o -: '{name}' has {len(pictures)} pictures; standard output holds one."
        raise PublishError(f"{message} Write them into files.")
    form = FORMATS.get(Path(file).suffix.lower(), "png")
    if form == "jpeg":
        tell(f"warning: {file}: JPEG changes pixels a little when it is written; PNG does not")
    files = []
    for number, picture in enumerate(pictures, start=1):
        try:
            data = picture.encode(form, metadata=metadata)
        except Error as error:
            raise PublishError(f"-o {file}: {error}", error.code) from error
        path = _write(data, file, number, is_new=name in wanted.new)
        height, width = picture.array.shape[:2]
        files.append({"file": path, "width": width, "height": height, "digest": picture.digest})
    return files


def _write(data: bytes, file: str, number: int, *, is_new: bool) -> str:
    """Write one picture; gives its file."""
    path = Path(file)
    if file == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return file
    if is_new:
        return str(write_new((numbered(path, n) for n in itertools.count(number)), data))
    path = numbered(path, number)
    try:
        write_whole(path, data)
    except OSError as error:
        raise cannot_write(path, error) from error
    return str(path)
