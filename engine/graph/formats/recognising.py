"""What a document is, by its content: a recipe, a prompt or an editor's graph, also wrapped."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.words import shorten
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy.prompt import is_comfy
from paintgraph.engine.graph.formats.comfy.ui import is_ui
from paintgraph.engine.graph.formats.native import is_native
from paintgraph.engine.graph.graph import Path
from paintgraph.engine.graph.sockets import shown

Kind = Literal["recipe", "prompt", "editor"]

_WRAPPERS: tuple[Path, ...] = (
    ("prompt",),
    ("output",),
    ("workflow",),
    ("extra_pnginfo", "workflow"),
    ("extra_data", "extra_pnginfo", "workflow"),
)
"""Where a graph lies in what programs save around it; the prompt first, since it is exact."""

_ALLOWED = (
    "allowed are a recipe (a mapping with nodes and outputs), a ComfyUI prompt in API format, a "
    "workflow of ComfyUI's editor, and a picture that carries one of them. Name such a file."
)
_MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a document is; `document` is the graph itself, `path` leads to it from the whole."""

    kind: Kind
    document: Document
    path: Path = ()


def recognise(document: Document) -> Recognised:
    """The graph in a document; raises GraphError that says what the document is, if there is none.

    An editor's graph has a list of nodes, a recipe a mapping of them.
    """
    if (kind := kind_of(document.value)) is not None:
        return Recognised(kind, document)
    for path, inner in _wrapped(document):
        if (kind := kind_of(inner.value)) in ("prompt", "editor"):
            return Recognised(kind, inner, path)
    message = f"{_what(document.value)}; {_ALLOWED}"
    raise GraphError([Problem("no_graph", message, place=document.place(()))])


def is_foreign(document: Document) -> bool:
    """Whether a document is or wraps a graph of ComfyUI."""
    kind = kind_of(document.value)
    if kind is not None:
        return kind != "recipe"
    return any(kind_of(inner.value) in ("prompt", "editor") for _, inner in _wrapped(document))


def drawn_in(value: object) -> dict[str, Any] | None:
    """The workflow of ComfyUI's editor that a document is, or that lies in it; None without one."""
    candidates = (value, *(found.value for _, found in _wrapped(Document(value))))
    return next((each for each in candidates if isinstance(each, dict) and is_ui(each)), None)


def kind_of(value: object) -> Kind | None:
    """What a value is by itself, without looking for a graph inside of it."""
    if is_ui(value):
        return "editor"
    if is_comfy(value):
        return "prompt"
    return "recipe" if is_native(value) else None


def _wrapped(document: Document) -> Iterator[tuple[Path, Document]]:
    for path in _WRAPPERS:
        value: Any = document.value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, dict):
            yield path, document.inside(path)
        elif isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                yield path, read_json(value)
            except TextError:
                continue


def _what(value: object) -> str:
    match value:
        case dict():
            keys = ", ".join(shorten(str(key), 40) for key in list(value)[:_MOST_KEYS])
            more = ", ..." if len(value) > _MOST_KEYS else ""
            return f"the text is a mapping with {keys}{more}, but no graph" if keys else _EMPTY
        case list():
            return "the text is a list and no graph"
    return f"the text is {shown(value)} and no graph"


_EMPTY = "the text is an empty mapping and no graph"
