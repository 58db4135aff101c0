"""Writing a run's results: files by suffix, standard output, or lines for people."""

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import typer

from paintgraph.base.errors import Error
from paintgraph.base.files import write_whole
from paintgraph.cli.destinations import FORMATS, STDOUT, Destinations
from paintgraph.cli.faults import plain, tell
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.graph.elements import Blocked, Failed
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph, InputRef
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.node.registry import Registry
from paintgraph.imaging.digest import pixel_digest
from paintgraph.imaging.files.metadata import add_text
from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.jobs.publishing.files import PublishError, cannot_write, write_new
from paintgraph.nodes.pictures.files import encode_with_facts

GRAPH_KEY = "paintgraph"


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
    wanted: Destinations, outcome: Outcome, graph: Graph, values: Mapping[str, Any], text: str
) -> list[Written]:
    """Write every wanted result that there is, pictures with `text` in them.

    `graph` is the checked graph, `values` are those of its declared inputs.
    """
    written = []
    for name, reference in graph.outputs.items():
        result = Written(name)
        if isinstance(reference, InputRef):
            result.values = [_plain(values[reference.name])] if name in wanted.others else []
        elif entry := outcome.results.get(reference.node):
            slot = entry.slots[int(reference.output)]
            elements = [e for e in slot if not isinstance(e, Failed | Blocked)]
            if name in wanted.others:
                result.values = [_plain(element.data) for element in elements]
            elif name in wanted.files or name in wanted.new:
                result.files = _write_pictures(wanted, name, elements, text)
        if result.files or result.values:
            written.append(result)
    return written


def graph_text(bound: Graph, registry: Registry) -> str:
    """The graph as pictures carry it."""
    return orjson.dumps(write_native(with_names(bound, registry))).decode()


def _write_pictures(
    wanted: Destinations, name: str, values: Sequence[Value], text: str
) -> list[dict[str, Any]]:
    """Write each picture of a result; several get numbers."""
    pictures = [(picture, value) for value in values for picture in _pictures(value)]
    file = wanted.files.get(name, f"{wanted.new.get(name)}.png")
    if file == STDOUT and len(pictures) > 1:
        message = f"-o -: '{name}' has {len(pictures)} pictures; standard output holds one."
        raise PublishError(f"{message} Write them into files.")
    form = FORMATS.get(Path(file).suffix.lower(), "png")
    if form == "jpeg":
        tell(f"warning: {file}: JPEG changes pixels a little when it is written; PNG does not")
    files = []
    for number, (picture, value) in enumerate(pictures, start=1):
        data = _encoded(file, form, picture, value, text)
        path = _write(data, file, number, is_new=name in wanted.new)
        depth, icc = value.facts.get("depth", 8), value.facts.get("icc")
        files.append(
            {
                "file": path,
                "width": picture.shape[1],
                "height": picture.shape[0],
                "digest": pixel_digest(picture[np.newaxis], depth, icc),
            }
        )
    return files


def _encoded(file: str, form: str, picture: Any, value: Value, text: str) -> bytes:
    try:
        data = encode_with_facts(picture, form, value.facts)  # type: ignore[arg-type] # one of them
    except Error as error:
        raise PublishError(f"-o {file}: {error}", error.code) from error
    return add_text(data, {GRAPH_KEY: text}) if text and form == "png" else data


def _write(data: bytes, file: str, number: int, *, is_new: bool) -> str:
    """Write one picture; gives its file."""
    path = Path(file)
    if file == STDOUT:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return file
    if is_new:
        return str(write_new((_numbered(path, n) for n in itertools.count(number)), data))
    path = _numbered(path, number)
    try:
        write_whole(path, data)
    except OSError as error:
        raise cannot_write(path, error) from error
    return str(path)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_stem(f"{path.stem}_{number}")


def _pictures(value: Value) -> Sequence[Any]:
    array = value.data
    return list(to_image(array) if array.ndim == 3 else array)


def _plain(data: Any) -> Any:
    if isinstance(data, Boxes):
        return data.to_json()
    return list(data) if isinstance(data, tuple) else data
