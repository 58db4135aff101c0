"""A graph: nodes by id, links between them, declared inputs and named outputs. Frozen."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from paintgraph.base.text.document import Document
from paintgraph.engine.graph.spec import InputSpec

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


_OWN_FIELD = re.compile(r"\$*(node|recipe|_title)")


def field_of(name: str) -> str:
    """The key of a node's input in a recipe: `$node`, where a node has `node` itself."""
    return f"${name}" if _OWN_FIELD.fullmatch(name) else name


def input_in(field: str) -> str:
    """The name of the input that a recipe keeps under a key."""
    return field[1:] if field.startswith("$") and _OWN_FIELD.fullmatch(field) else field


def native_path(node: str, name: str) -> Path:
    """Where the native format keeps a node's input."""
    return ("nodes", node, field_of(name)) if name else ("nodes", node)


Form = Literal["recipe", "prompt", "workflow"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a graph was read: its name for people, and its document for line and column.

    `path_of(node, input)` is where the format keeps an input; an empty input means the node.
    `form` is what it was taken for; prompts and workflows are ComfyUI's.
    """

    name: str
    document: Document
    path_of: Callable[[str, str], Path] = native_path
    form: Form = "recipe"

    @property
    def tolerant(self) -> bool:
        """Whether what this program has not is left out with a warning: it is of another tool."""
        return self.form != "recipe"


Metadata = Literal["keep", "private", "none"]
METADATA: tuple[Metadata, ...] = get_args(Metadata)


@dataclass(frozen=True, slots=True)
class Descriptions:
    """What files of results tell beside their pixels; None leaves it to others.

    Attributes:
        metadata: what is kept of what the given pictures say of themselves: all; colours,
            resolution and copyright; colours and resolution.
        graph: whether what made them is written: the graph, the numbers of a repaint.
    """

    metadata: Metadata | None = None
    graph: bool | None = None

    def or_else(self, others: "Descriptions") -> "Descriptions":
        """With the wishes of others where there is none."""
        return Descriptions(
            others.metadata if self.metadata is None else self.metadata,
            others.graph if self.graph is None else self.graph,
        )


NOTHING_SAID = Descriptions()


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and links; knows nothing of files, HTTP or models.

    `keywords` are words by which people look for it, beside those in its name. `editor` is what an
    editor keeps beside it, such as places and groups; `made` is what a graph that a picture carries
    says of how that was made. No result depends on any of them. `bound` is what an accepted job's
    nodes will name while they run, as `engine.execution.foreseeing` writes it.
    """

    nodes: Mapping[str, Node]
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    outputs: Mapping[str, Link | InputRef] = field(default_factory=dict)
    about: str = ""
    keywords: tuple[str, ...] = ()
    descriptions: Descriptions = NOTHING_SAID
    source: Source | None = field(default=None, compare=False, repr=False)
    editor: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    made: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    bound: Mapping[str, Any] = field(default_factory=dict, repr=False)
