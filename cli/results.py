"""Which results of a run are wanted, where each goes, and writing them there."""

import itertools
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import typer

from paintgraph.base.errors import Error, UsageError
from paintgraph.base.files import make_folder, write_whole
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import misused, plain, tell
from paintgraph.cli.finishing import NO_TRANSPARENCY, main_result, no_transparency, output_type
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.publishing import PublishError, cannot_write, write_new
from paintgraph.nodes.pictures.formats import OPAQUE, Format
from paintgraph.python.results import (
    FORMATS,
    Picture,
    named_format,
    numbered,
    with_format,
)

STDOUT = "-"
_PICTURES = ("image", "mask")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What -o asks for.

    Attributes:
        pairs: each -o as it was written, the result's name, and what it says of its file.
        main: the result that a graph's -o without a name means; "" if it gives no picture.
        others: the results that are no pictures.
    """

    pairs: Sequence[tuple[str, str, str]]
    main: str
    others: tuple[str, ...]

    @staticmethod
    def of(asked: Sequence[str], graph: Graph, registry: Registry) -> "Wanted":
        """What was asked for; raises UsageError for a picture that the graph does not give."""
        types = {name: _type(graph, name, registry) for name in graph.outputs}
        pictures = [name for name, type_ in types.items() if type_ in _PICTURES]
        others = tuple(name for name, type_ in types.items() if type_ not in (*_PICTURES, ""))
        main = main_result(graph, registry)
        pairs = []
        for text in asked:
            name, equals, file = text.partition("=")
            if not equals or not _names_result(name, types):
                name, file = main, text
            if name not in pictures:
                raise _no_picture(text, name, pictures)
            pairs.append((text, name, file))
        return Wanted(pairs, main, others)


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
        wanted = Wanted.of(asked, graph, registry)
        files: dict[str, str] = {}
        for text, name, file in wanted.pairs:
            _check_file(file)
            if name in files:
                message = f"-o {text}: the picture '{name}' already goes to '{files[name]}'"
                raise misused("given_twice", f"{message}; one file each is allowed. Drop one.")
            if Path(file) in map(Path, files.values()):
                message = f"-o {text}: another picture already goes to '{file}'"
                raise misused("given_twice", f"{message}. Give each a file of its own.")
            files[name] = file
        new = {wanted.main: stem} if wanted.main and not asked else {}
        return Destinations(files, new, wanted.others)

    @property
    def places(self) -> list[tuple[str, str, str]]:
        """For each wanted picture what to call its file, its name, and the file."""
        new = [("the result", name, f"{stem}.png") for name, stem in self.new.items()]
        return [*((f"-o {file}", name, file) for name, file in self.files.items()), *new]

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
    return output_type(graph, reference, registry)


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
    named_format(Path(file), f"-o {file}")
    check_folder(Path(file), f"-o {file}")


def check_folder(path: Path, where: str) -> None:
    """Refuse a file whose folder is not there and cannot be made, by UsageError."""
    if path.is_dir():
        raise misused("no_such_folder", f"{where}: this is a folder. Name a file in it.")
    above = next((each for each in path.parents if os.path.lexists(each)), path.parent)
    if not above.is_dir():
        message = f"{where}: there is no folder '{above}'. It is a file; name another place."
        raise misused("no_such_folder", message)


def files_read(given: Mapping[str, Any]) -> dict[Path, str]:
    """The files that are read, resolved, and the input that each is given to."""
    return {
        Path(str(value)).resolve(): name
        for name, value in given.items()
        if os.path.isfile(str(value))  # noqa: PTH113 - may be too long for a path
    }


def check_not_input(given: Mapping[str, Any], outputs: Sequence[str]) -> None:
    """Refuse to write a result over a picture that is read, by UsageError."""
    read = files_read(given)
    files = {**read, **{path.with_suffix(".*"): name for path, name in read.items()}}
    for text in outputs:
        file = text if Path(text).exists() else text.partition("=")[2] or text
        reader = files.get(Path(file).resolve())
        if reader is not None:
            message = (
                f"-o {text}: this is the file of --{reader}; results do not take the place of what "
                "is read. Name another file, or write --if-exists overwrite."
            )
            raise misused("input_overwritten", message)


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


Warn = Callable[[str], None]


def write_results(
    wanted: Destinations,
    results: Mapping[str, Sequence[Any]],
    warn: Warn,
    quality: int | None = None,
    read: Mapping[Path, str] = MappingProxyType({}),
) -> list[Written]:
    """Write every wanted result that there is.

    `read` are the files of inputs (`files_read`). Raises PublishError for what cannot be written,
    and before a file of a result is written, if one is that of an input or of another result.
    """
    taken = {path: f"--{name}" for path, name in read.items()}
    written = []
    for name, entries in results.items():
        result = Written(name)
        if name in wanted.others:
            result.values = list(entries)
        elif name in wanted.files or name in wanted.new:
            file = wanted.files.get(name, f"{wanted.new.get(name)}.png")
            if file == STDOUT and len(entries) > 1:
                message = f"-o -: '{name}' has {len(entries)} pictures; standard output holds one."
                raise PublishError(f"{message} Write them into files.")
            ready = [*encoded(file, entries, warn, quality)]
            result.files = _write_pictures(name, file, ready, taken, is_new=name in wanted.new)
        if result.files or result.values:
            written.append(result)
    return written


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as the bytes of a file, before they are written."""

    path: Path
    data: bytes
    form: Format
    picture: Picture

    def to_json(self, file: str) -> dict[str, Any]:
        """What is told of the file, under the name that it got."""
        height, width = self.picture.array.shape[:2]
        return {"file": file, "width": width, "height": height, "digest": self.picture.digest}


def encoded(
    file: str, pictures: Sequence[Picture], warn: Warn, quality: int | None = None
) -> Iterator[Encoded]:
    """The files of a result's pictures; several get numbers. What is lost is warned of.

    Raises PublishError for what the format cannot hold.
    """
    for number, picture in enumerate(pictures, start=1):
        form, reason = picture.format_for(FORMATS.get(Path(file).suffix.lower(), "png"))
        for each in (reason, *picture.losses(form, quality=quality)):
            if each:
                warn(f"{file}: {each}")
        try:
            data = picture.encode(form, quality=quality)
        except Error as error:
            if form in OPAQUE and picture.array.shape[2:] == (4,):
                message = no_transparency(f"-o {file}", form)
                raise PublishError(message, NO_TRANSPARENCY) from error
            raise PublishError(f"-o {file}: {error}", error.code) from error
        yield Encoded(numbered(with_format(Path(file), form), number), data, form, picture)


def _write_pictures(
    name: str, file: str, pictures: Sequence[Encoded], taken: dict[Path, str], *, is_new: bool
) -> list[dict[str, Any]]:
    """Write each picture of a result; several get numbers.

    `taken` says of what each file is that must stay; those of this result are added.
    """
    if file != STDOUT and not is_new:
        for each in pictures:
            of = taken.setdefault(each.path.resolve(), f"the result '{name}'")
            if of != f"the result '{name}'":
                message = f"-o {file}: one of the pictures would go to '{each.path}', the file of"
                message = f"{message} {of}; allowed are files of their own. Name another file."
                raise PublishError(message, "input_overwritten")
    return [
        each.to_json(_write(each, file, number, is_new=is_new))
        for number, each in enumerate(pictures, start=1)
    ]


def _write(each: Encoded, file: str, number: int, *, is_new: bool) -> str:
    """Write one picture; gives its file."""
    if file == STDOUT:
        sys.stdout.buffer.write(each.data)
        sys.stdout.buffer.flush()
        return file
    if is_new:
        paths = (numbered(with_format(Path(file), each.form), n) for n in itertools.count(number))
        return str(write_new(paths, each.data))
    write_file(each.path, each.data)
    return str(each.path)


def write_file(path: Path, data: bytes) -> None:
    """Write a file at one stroke, and the folder it is in; raises PublishError."""
    try:
        make_folder(path.parent)
        write_whole(path, data)
    except OSError as error:
        raise cannot_write(path, error) from error


def once(warn: Warn) -> Warn:
    """Warns of each thing once, whatever file it is of."""
    told: set[str] = set()

    def warn_once(message: str) -> None:
        what = message.partition(": ")[2]
        if what not in told:
            told.add(what)
            warn(message)

    return warn_once
