"""Which results of a run are wanted, and where each goes: `-o FILE` and `-o NAME=FILE`."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paintgraph.base.errors import UsageError
from paintgraph.base.words import suggestion
from paintgraph.cli.faults import misused
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.node.registry import Registry
from paintgraph.python.results import MAIN, format_of

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
            if not equals or (name not in types and "/" in name):
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


def _no_picture(text: str, name: str, pictures: Sequence[str]) -> UsageError:
    if not pictures:
        what = "the graph gives no picture by name; what its own nodes save goes to --output-dir"
        return misused("unknown_result", f"-o {text}: {what}. Leave -o out.")
    known = ", ".join(pictures)
    near = suggestion(name, pictures)
    return misused("unknown_result", f"-o {text}: no picture '{name}'; there are {known}.{near}")


def _check_file(file: str) -> None:
    if file == STDOUT:
        if sys.stdout.isatty():
            message = "-o -: standard output is a terminal; pictures are no text. Write -o FILE."
            raise misused("terminal", message)
        return
    format_of(Path(file), f"-o {file}")
