"""Where a run's results go: files by suffix, standard output, or lines for people."""

import itertools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import typer

from cli.faults import UsageError, tell
from engine.elements import Blocked, Failed
from engine.formats.native import write_native
from engine.graph import Graph, Link
from engine.naming import with_names
from engine.registry import Registry
from engine.run import Outcome
from engine.sockets import Value
from engine.store import write_whole
from engine.suggest import suggestion
from imaging.digest import pixel_digest
from imaging.masks import to_image
from imaging.metadata import add_text
from jobs.publishing import cannot_write
from nodes.picture_files import encode_with_facts

FORMATS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".tif": "tiff",
    ".tiff": "tiff",
}
MAIN = "image"
GRAPH_KEY = "paintgraph"
_STDOUT = "-"
_PICTURES = ("image", "mask")


@dataclass(slots=True)
class Written:
    """One named result: its files, or its values."""

    name: str
    files: list[dict[str, Any]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def to_json(self) -> Any:  # noqa: ANN401 - what the result is
        """A picture's file, a value, or a list of them."""
        entries = self.files or self.values
        return entries[0] if len(entries) == 1 else entries

    def tell(self) -> None:
        """Say where it is, or what it is."""
        for file in self.files:
            tell(f"{self.name}: {file['file']} ({file['width']}x{file['height']} px)")
        for value in self.values:
            typer.echo(f"{self.name}: {value}")


@dataclass(frozen=True, slots=True)
class Destinations:
    """Which results are wanted, and the file of each picture among them."""

    files: Mapping[str, str]
    others: tuple[str, ...]

    @staticmethod
    def of(asked: Sequence[str], graph: Graph, registry: Registry, stem: str) -> "Destinations":
        """From `-o FILE` and `-o NAME=FILE`; raises UsageError, before anything runs.

        Without -o the main picture goes into a new file named after the recipe.
        """
        types = {name: _type(graph, name, registry) for name in graph.outputs}
        pictures = [name for name, type_ in types.items() if type_ in _PICTURES]
        others = tuple(name for name in types if name not in pictures)
        main = MAIN if MAIN in pictures else next(iter(pictures), None)
        files: dict[str, str] = {}
        for text in asked:
            name, equals, file = text.partition("=")
            if not equals or (name not in types and "/" in name):
                name, file = main or "", text
            if name not in pictures:
                known = ", ".join(pictures) or "none"
                near = suggestion(name, pictures)
                raise UsageError(f"-o {text}: no picture '{name}'; there are {known}.{near}")
            _check_file(file)
            files[name] = file
        if not asked and main:
            files[main] = _new_file(stem)
        return Destinations(files, others)

    def targets(self, all_targets: Mapping[str, str]) -> list[str]:
        """The nodes that must run: for the wanted results, and those that save by themselves."""
        wanted = {*self.files, *self.others}
        return [node for name, node in all_targets.items() if name in wanted or name == node]

    def write(
        self, outcome: Outcome, graph: Graph, registry: Registry, metadata: Graph | None
    ) -> list[Written]:
        """Write every wanted result that there is."""
        written = []
        for name, reference in graph.outputs.items():
            if not isinstance(reference, Link) or name not in {*self.files, *self.others}:
                continue
            entry = outcome.results.get(reference.node)
            if entry is None:
                continue
            result = Written(name)
            slot = entry.slots[int(reference.output)]
            values = [e for e in slot if not isinstance(e, Failed | Blocked)]
            if name in self.files:
                text = (
                    orjson.dumps(write_native(with_names(metadata, registry))).decode()
                    if metadata
                    else ""
                )
                _write_pictures(result, values, self.files[name], text)
            else:
                result.values = [_plain(value.data) for value in values]
            written.append(result)
        return written


def _type(graph: Graph, name: str, registry: Registry) -> str:
    reference = graph.outputs[name]
    if not isinstance(reference, Link):
        return graph.inputs[reference.name].type
    spec = registry.spec(graph.nodes[reference.node].kind)
    return spec.outputs[int(reference.output)].type if spec else "any"


def _check_file(file: str) -> None:
    if file == _STDOUT:
        return
    path = Path(file)
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"-o {file}: the suffix is '{path.suffix}'; allowed are {', '.join(FORMATS)}."
        )
    if not path.parent.is_dir():
        raise UsageError(f"-o {file}: there is no folder '{path.parent}'. Make it first.")


def _new_file(stem: str) -> str:
    names = (f"{stem}{'' if n == 1 else f'_{n}'}.png" for n in itertools.count(1))
    return next(name for name in names if not Path(name).exists())


def _write_pictures(result: Written, values: Sequence[Any], file: str, text: str) -> None:
    pictures = [(picture, value) for value in values for picture in _pictures(value)]
    for number, (picture, value) in enumerate(pictures, start=1):
        path = Path(file)
        if number > 1 and file != _STDOUT:
            path = path.with_stem(f"{path.stem}_{number}")
        form = FORMATS.get(path.suffix.lower(), "png")
        if form == "jpeg" and number == 1:
            tell(f"warning: {file}: JPEG changes pixels a little when it is written; PNG does not")
        data = encode_with_facts(picture, form, value.facts)  # type: ignore[arg-type] # one of them
        if text and form == "png":
            data = add_text(data, {GRAPH_KEY: text})
        if file == _STDOUT:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            try:
                write_whole(path, data)
            except OSError as error:
                raise cannot_write(path, error) from error
        depth, icc = value.facts.get("depth", 8), value.facts.get("icc")
        result.files.append(
            {
                "file": str(path),
                "width": picture.shape[1],
                "height": picture.shape[0],
                "digest": pixel_digest(picture[np.newaxis], depth, icc),
            }
        )


def _pictures(value: Value) -> Sequence[Any]:
    array = value.data
    return list(to_image(array) if array.ndim == 3 else array)  # noqa: PLR2004 - a mask's axes


def _plain(data: Any) -> Any:  # noqa: ANN401 - any datum
    return list(data) if isinstance(data, tuple) else data
