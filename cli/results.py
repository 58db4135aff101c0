"""Which results of a run are wanted, where each goes, and writing them there."""

import itertools
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import typer

from paintgraph.base.errors import Error, UsageError
from paintgraph.base.files import write_whole
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import misused, plain, tell
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.publishing import PublishError, cannot_write, write_new
from paintgraph.nodes.pictures.formats import Format
from paintgraph.python.results import (
    FORMATS,
    MAIN,
    Picture,
    format_of,
    numbered,
    with_format,
)

STDOUT = "-"
_PICTURES = ("image", "mask")


@dataclass(frozen=True, slots=True)
class Destinations:
    """The file of each wanted picture, by the result's name, and the results that are no pictures.

    Without -o the main picture goes into a new file named after the recipe: it is in `new`.
    """

    files: Mapping[str, str]
    new: Mapping[str, str]
    others: tuple[str, ...]

    @staticmethod
    def of(asked: Sequence[str], graph: Graph, registry: Registry, stem: str) -> "Destinations":
        """What was asked for; raises UsageError, before anything runs."""
        types = {name: _type(graph, name, registry) for name in graph.outputs}
        pictures = [name for name, type_ in types.items() if type_ in _PICTURES]
        others = tuple(name for name, type_ in types.items() if type_ not in (*_PICTURES, ""))
        main = MAIN if MAIN in pictures else next(iter(pictures), "")
        files: dict[str, str] = {}
        for text in asked:
            name, equals, file = text.partition("=")
            if not equals or not _names_result(name, types):
                name, file = main, text
            if name not in pictures:
                raise _no_picture(text, name, pictures)
            _check_file(file)
            if name in files:
                message = f"-o {text}: the picture '{name}' already goes to '{files[name]}'"
                raise misused("given_twice", f"{message}; one file each is allowed. Drop one.")
            if Path(file) in map(Path, files.values()):
                message = f"-o {text}: another picture already goes to '{file}'"
                raise misused("given_twice", f"{message}. Give each a file of its own.")
            files[name] = file
        return Destinations(files, {main: stem} if main and not asked else {}, others)

    @property
    def to_stdout(self) -> bool:
        """Whether a picture goes to standard output."""
        return STDOUT in self.files.values()

    def targets(self, graph: Graph, registry: Registry) -> list[str]:
        """The nodes that must run: for the wanted results, and those that save by themselves."""
        wanted = {*self.files, *self.new, *self.others}
        named = {
            reference.node: None
            for name, reference in graph.outputs.items()
            if name in wanted and isinstance(reference, Link)
        }
        specs = {id_: registry.spec(node.kind) for id_, node in graph.nodes.items()}
        savers = (id_ for id_, spec in specs.items() if spec is not None and spec.is_target)
        return list(named | dict.fromkeys(savers))


def _type(graph: Graph, name: str, registry: Registry) -> str:
    """The type of a named result; empty for an input that is handed on unseen, such as a file."""
    reference = graph.outputs[name]
    if isinstance(reference, InputRef):
        declared = graph.inputs[reference.name]
        return "" if declared.resource else declared.type
    spec = registry.spec(graph.nodes[reference.node].kind)
    return spec.outputs[int(reference.output)].type if spec else "any"


def _names_result(name: str, results: Collection[str]) -> bool:
    """Whether what stands before a = is a result's name, right or misspelt, and no file's."""
    return name in results or ("/" not in name and bool(suggestion(name, results)))


def _no_picture(text: str, name: str, pictures: Sequence[str]) -> UsageError:
    if not pictures:
        what = "the graph gives no picture by name; what its own nodes save goes to --output-dir"
        return misused("unknown_result", f"-o {text}: {what}. Leave -o out.")
    known = ", ".join(pictures)
    message = f"-o {text}: no picture '{name}'; there are {known}.{suggestion(name, pictures)}"
    return misused("unknown_result", f"{message} A file of this name is written -o ./{text}.")


def _check_file(file: str) -> None:
    if file == STDOUT:
        if sys.stdout.isatty():
            message = "-o -: standard output is a terminal; pictures are no text. Write -o FILE."
            raise misused("terminal", message)
        return
    format_of(Path(file), f"-o {file}")


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


def write_results(wanted: Destinations, results: Mapping[str, Sequence[Any]]) -> list[Written]:
    """Write every wanted result that there is."""
    written = []
    for name, entries in results.items():
        result = Written(name)
        if name in wanted.others:
            result.values = list(entries)
        elif name in wanted.files or name in wanted.new:
            result.files = _write_pictures(wanted, name, entries)
        if result.files or result.values:
            written.append(result)
    return written


def _write_pictures(
    wanted: Destinations, name: str, pictures: Sequence[Picture]
) -> list[dict[str, Any]]:
    """Write each picture of a result; several get numbers."""
    file = wanted.files.get(name, f"{wanted.new.get(name)}.png")
    if file == STDOUT and len(pictures) > 1:
        message = f"-o -: '{name}' has {len(pictures)} pictures; standard output holds one."
        raise PublishError(f"{message} Write them into files.")
    files = []
    told: set[str] = set()
    for number, picture in enumerate(pictures, start=1):
        form, reason = picture.format_for(FORMATS.get(Path(file).suffix.lower(), "png"))
        for each in (reason, *picture.losses(form)):
            if each and each not in told:
                tell(f"warning: {file}: {each}")
            told.add(each)
        try:
            data = picture.encode(form)
        except Error as error:
            raise PublishError(f"-o {file}: {error}", error.code) from error
        path = _write(data, file, form, number, is_new=name in wanted.new)
        height, width = picture.array.shape[:2]
        files.append({"file": path, "width": width, "height": height, "digest": picture.digest})
    return files


def _write(data: bytes, file: str, form: Format, number: int, *, is_new: bool) -> str:
    """Write one picture; gives its file."""
    path = with_format(Path(file), form)
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
