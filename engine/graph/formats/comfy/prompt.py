"""ComfyUI's API format: node id -> class_type, inputs and _meta; a link is [node id, position].

What this format cannot say (declared inputs, named outputs, the sentence about the graph) travels
in `_meta.paintgraph`, so that a conversion there and back loses nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.base.words import shorten
from paintgraph.engine.graph.formats.comfy.canvas import OWN
from paintgraph.engine.graph.formats.native import (
    parse_text,
    read_native,
    write_native,
    write_reference,
)
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node, Path, Source
from paintgraph.engine.graph.sockets import shown

WRAPPED = "__value__"
"""Marks a list that is a value, not a link."""

_PAIR = 2
_MOST_OUTPUTS = 2**31
_OF_A_NODE = frozenset(["class_type", "inputs", "_meta"])
UPLOAD_BUTTONS = ("upload", "choose file to upload")
"""Names of the button of the editor's LoadImage; no inputs of the node."""
_VIEWS = (("ImageCompare", "compare_view"),)
"""What editors keep of pictures that they show, by type and name; no inputs of the node."""


def is_comfy(value: object) -> bool:
    """Whether a document is meant as a ComfyUI API prompt."""
    return (
        isinstance(value, dict)
        and bool(value)
        and "paintgraph" not in value
        and any(isinstance(use, dict) and "class_type" in use for use in value.values())
    )


def comfy_path(node: str, name: str) -> Path:
    """Where this format keeps a node's input."""
    return (node, "inputs", name) if name else (node,)


def read_comfy(document: Document, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of an API prompt, with every fault of its form."""
    problems: list[Problem] = []
    nodes: dict[str, Node] = {}
    recipe: Mapping[str, Any] = {}
    canvas: Mapping[str, Any] = {}
    looks: dict[str, Any] = {}
    fields = document.value if isinstance(document.value, dict) else {}
    for id_, use in fields.items():
        if not isinstance(use, dict) or not use.keys() & _OF_A_NODE:
            problems.append(_no_node(id_, use, document))
            continue
        reason = _reason(use)
        if reason:
            place = document.place((id_,))
            message = f"node '{id_}' {reason}"
            problems.append(Problem("wrong_shape", message, id_, None, (id_,), place))
            nodes[id_] = Node("", {})
            continue
        extra = _extra(use)
        recipe = extra.get("recipe", recipe)
        references = extra.get("references", {})
        inputs = {
            key: _read_given(value)
            for key, value in (use.get("inputs") or {}).items()
            if not (key in UPLOAD_BUTTONS and value == "image")
            and (use["class_type"], key) not in _VIEWS
        }
        canvas = extra.get("canvas", canvas)
        if "editor" in extra:
            looks[id_] = extra["editor"]
        for key, text in references.items():
            reference = parse_text(text) if isinstance(text, str) else None
            if key in inputs and isinstance(reference, InputRef):
                inputs[key] = reference
        meta = use.get("_meta")
        title = meta.get("title", "") if isinstance(meta, dict) else ""
        nodes[id_] = Node(use["class_type"], inputs, title if isinstance(title, str) else "")
    frame, more = read_native(Document({**recipe, "nodes": {}}), name)
    editor = {**({"nodes": looks} if looks else {}), **canvas}
    source = Source(name, document, comfy_path, "prompt")
    graph = replace(frame, nodes=nodes, source=source, editor=editor)
    return graph, [*problems, *more]


def _no_node(id_: str, use: object, document: Document) -> Problem:
    """What programs save beside the nodes is passed over, by name."""
    place = document.place((id_,))
    message = f"'{shorten(id_)}' is {shown(use)} and no node; it is left out."
    return Problem("no_node", message, path=(id_,), place=place, severity="warning")


def _reason(use: Mapping[str, Any]) -> str:
    """Why a node's form is wrong; empty if it is right."""
    if not isinstance(use.get("class_type"), str):
        return f"has the class_type {shown(use.get('class_type'))}; allowed is a node's name."
    if not isinstance(use.get("inputs"), dict | None):
        return f"has the inputs {shown(use.get('inputs'))}; allowed is a mapping, empty if none."
    return ""


def _extra(use: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = use.get("_meta")
    extra = meta.get(OWN) if isinstance(meta, dict) else None
    if not isinstance(extra, dict):
        return {}
    return {key: value for key, value in extra.items() if isinstance(value, dict)}


def _read_given(value: object) -> object:
    if isinstance(value, dict) and value.keys() == {WRAPPED}:
        return value[WRAPPED]
    if (
        isinstance(value, list)
        and len(value) == _PAIR
        and isinstance(value[0], str)
        and isinstance(value[1], int | float)
        and not isinstance(value[1], bool)
        and value[1] % 1 == 0
        and abs(value[1]) <= _MOST_OUTPUTS
    ):
        return Link(value[0], int(value[1]))
    return value


def write_comfy(graph: Graph, position: Callable[[Link], int]) -> dict[str, Any]:
    """The API prompt of a graph; `position` gives which output of its node a link names."""
    prompt: dict[str, Any] = {}
    given = graph.editor.get("nodes")
    looks = given if isinstance(given, dict) else {}
    for id_, node in graph.nodes.items():
        inputs: dict[str, Any] = {}
        references: dict[str, str] = {}
        for name, value in node.inputs.items():
            if isinstance(value, InputRef):
                references[name] = write_reference(value)
                declared = graph.inputs.get(value.name)
                default = declared.default if declared else None
                inputs[name] = _write_literal("" if default is None else default)
            elif isinstance(value, Link):
                inputs[name] = [value.node, position(value)]
            else:
                inputs[name] = _write_literal(value)
        meta: dict[str, Any] = {"title": node.title} if node.title else {}
        own = {"references": references} if references else {}
        if id_ in looks:
            own["editor"] = looks[id_]
        if own:
            meta[OWN] = own
        prompt[id_] = {"class_type": node.kind, "inputs": inputs}
        if meta:
            prompt[id_]["_meta"] = meta
    frame = write_native(replace(graph, nodes={}, editor={}))
    frame = {key: value for key, value in frame.items() if key not in ("paintgraph", "nodes")}
    canvas = {key: kept for key, kept in graph.editor.items() if key != "nodes"}
    for key, kept in (("recipe", frame), ("canvas", canvas)):
        if kept and prompt:
            first = next(iter(prompt.values()))
            first.setdefault("_meta", {}).setdefault(OWN, {})[key] = kept
    return prompt


def _write_literal(value: object) -> object:
    if isinstance(value, list | tuple):
        return {WRAPPED: list(value)}
    return value
