"""A graph: nodes by id, links between them, declared inputs and named outputs. Frozen."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paintgraph.base.text.document import Document
from paintgraph.engine.graph.spec import InputSpec

_REFERENCE = re.compile(r"\$\{([^{}]+)\.([^{}.]+)\}")
_ESCAPED = re.compile(r"\$+\{[^{}]*\}")

RECIPE_PREFIX = "recipe/"


@dataclass(frozen=True, slots=True)
class Link:
    """An output of another node, by name or by position."""

    node: str
    output: str | int

    def __str__(self) -> str:
        return f"{self.node}.{self.output}"


@dataclass(frozen=True, slots=True)
class InputRef:
    """A declared input of the graph."""

    name: str


@dataclass(frozen=True, slots=True)
class Node:
    """One use of a node type.

    `kind` is the declaration's id, "recipe/NAME" for a recipe used as a node. `inputs` maps names
    to literals, `Link`, `InputRef` or (inside an expansion) a `Value`. `display` is the id under
    which an editor shows it.
    """

    kind: str
    inputs: Mapping[str, Any]
    title: str = ""
    display: str = ""

    def links(self) -> Iterator[tuple[str, Link]]:
        """Its linked inputs, by name."""
        return ((name, v) for name, v in self.inputs.items() if type(v) is Link)


Path = tuple[str | int, ...]


def native_path(node: str, name: str) -> Path:
    """Where the native format keeps a node's input."""
    return ("nodes", node, name) if name else ("nodes", node)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a graph was read: its name for people, and its document for line and column.

    `path_of(node, input)` is where the format keeps an input; an empty input means the node.
    """

    name: str
    document: Document
    path_of: Callable[[str, str], Path] = native_path


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and links; knows nothing of files, HTTP or models."""

    nodes: Mapping[str, Node]
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    outputs: Mapping[str, Link | InputRef] = field(default_factory=dict)
    about: str = ""
    source: Source | None = field(default=None, compare=False, repr=False)


# References inside recipes: a whole text `${node.output}` or `${inputs.name}`.
# A text that should stay as it is though it looks so is written with one more dollar sign.


def is_reference(text: str) -> bool:
    """Whether a text leads to a node's output or a recipe's input."""
    return _REFERENCE.fullmatch(text) is not None


def looks_like_reference(text: str) -> bool:
    """Whether a text has the form of a reference, whatever it names."""
    return text.startswith("${") and _ESCAPED.fullmatch(text) is not None


def parse_text(text: str) -> str | Link | InputRef:
    """A reference, or the text with its escape taken off."""
    reference = _REFERENCE.fullmatch(text)
    if reference:
        node, output = reference.groups()
        return InputRef(output) if node == "inputs" else Link(node, output)
    return unescaped(text)


def unescaped(text: str) -> str:
    """The text that is meant, with its escape taken off."""
    return text[1:] if text.startswith("$$") and _ESCAPED.fullmatch(text) else text


def escaped(text: str) -> str:
    """The text with an escape if it would be taken for a reference."""
    return f"${text}" if _ESCAPED.fullmatch(text) else text


def write_reference(reference: Link | InputRef) -> str:
    """`${node.output}` or `${inputs.name}`."""
    if isinstance(reference, InputRef):
        return f"${{inputs.{reference.name}}}"
    return f"${{{reference.node}.{reference.output}}}"
