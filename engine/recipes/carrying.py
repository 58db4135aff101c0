"""The graph that a picture carries: what ran, with its inputs still declared, so that it runs anew.

Each declared input has what it was given as its default, and everything that binding fixed stands
where it was fixed. So running the graph as it is gives the same, and each input can be changed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import Graph, InputRef, Node
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.registry import Registry

REFERENCE = "sha256:"
"""How texts begin that name a picture by what it holds."""


_ADDRESS = re.compile(r"\s*(?:data:|[a-z][a-z0-9+.-]{1,15}://)", re.IGNORECASE | re.ASCII)
_ROOT = re.compile(r"\s*(?:[/~]|[a-z]:[\\/]|\\\\)", re.IGNORECASE | re.ASCII)
_FILE = re.compile(r"[^/\\\n\r]+\.[a-z0-9]{2,11}(?: \[\w+\])?", re.IGNORECASE | re.ASCII)
_LONGEST = 4096
"""Of a path or an address without data."""


def without_places(value: Any) -> Any:
    """Plain data in which texts that are addresses or paths of files say no place.

    Of a path from the root on stays the name of a file with a suffix, of an address and a `data:`
    URL nothing; also within a text that is JSON. Other texts, such as prompts, stay as they are.
    """
    if isinstance(value, dict):
        return {name: without_places(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without_places(each) for each in value)
    return _without_place(value) if isinstance(value, str) else value


def _without_place(text: str) -> str:
    if text[:1] in ("{", "["):  # settings of a recipe, as JSON
        return _without_places_inside(text)
    if _ADDRESS.match(text) and not re.search(r"\S\s+\S", text[:_LONGEST]):
        return ""
    if len(text) <= _LONGEST and _ROOT.match(text):
        *_, name = parts = re.split(r"[/\\]+", text.strip())
        if _FILE.fullmatch(name):
            return name
        return text if len(parts) < 3 or re.search(r"\s", text.strip()) else ""
    return text


def _without_places_inside(text: str) -> str:
    try:
        value = orjson.loads(text)
        cleaned = without_places(value)
    except orjson.JSONDecodeError:
        return text
    except RecursionError:  # nobody nests settings so deep
        return ""
    return text if cleaned == value else orjson.dumps(cleaned).decode()


def carrying(graph: Graph, bound: Graph, made: Mapping[str, Any], registry: Registry) -> Graph:
    """The graph that says how the pictures of a run were made.

    `graph` is the checked graph, `bound` the same as it ran; `made` says what else the results
    depend on. An input that reaches several places, where it was fixed to different things, is
    written out there and declared no more; so is one that reaches no node. Names of a folder's
    files are left out, and texts say no place (`without_places`).
    """
    inputs = {}
    for name, spec in graph.inputs.items():
        settled = _settled(spec, [bound.nodes[id_].inputs[at] for id_, at in _places(graph, name)])
        if settled is not None:
            inputs[name] = settled

    def given(before: object, now: object) -> object:
        is_declared = isinstance(before, InputRef) and before.name in inputs
        return before if is_declared else now

    nodes: dict[str, Node] = {}
    for id_, node in bound.nodes.items():
        before = graph.nodes[id_].inputs
        listed = _listed(registry.spec(node.kind))
        changed = {
            at: () if at in listed else given(before.get(at), without_places(now))
            for at, now in node.inputs.items()
        }
        nodes[id_] = replace(node, inputs=changed)
    return replace(bound, keywords=(), nodes=nodes, inputs=inputs, made=made)


def _listed(spec: NodeSpec | None) -> set[str]:
    """The inputs that hold the names of a folder: they are many, and none of them the result's."""
    return {each.name for each in spec.inputs if each.resource == "folder"} if spec else set()


def _places(graph: Graph, name: str) -> Iterator[tuple[str, str]]:
    """The inputs of nodes that a declared input reaches."""
    for id_, node in graph.nodes.items():
        yield from ((id_, at) for at, given in node.inputs.items() if given == InputRef(name))


def _settled(spec: InputSpec, reached: list[Any]) -> InputSpec | None:
    """The input with what it was fixed to as its default; None if that is not one thing."""
    if not reached or any(value != reached[0] for value in reached):
        return None
    value = without_places(reached[0])
    default = canonical(replace(spec, required=False, default=None), value)
    return None if isinstance(default, Wrong) else replace(spec, required=False, default=default)


def nodes_that_list(graph: Graph, registry: Registry) -> list[str]:
    """The nodes that list a folder, whose pictures no digest names."""
    return [id_ for id_, node in graph.nodes.items() if _listed(registry.spec(node.kind))]


def pictures_of(graph: Graph, registry: Registry) -> dict[str, list[str]]:
    """The digests of the pictures that a graph names, and the inputs that do, in words.

    A declared input counts by its default; of nodes that name a picture themselves it is
    `NODE.INPUT`.
    """
    found: dict[str, list[str]] = {}
    for name, value in named_pictures(graph, registry):
        if isinstance(value, str) and value.startswith(REFERENCE):
            found.setdefault(value, []).append(name)
    return found


def named_pictures(graph: Graph, registry: Registry) -> Iterator[tuple[str, object]]:
    """What names a picture, in words as `pictures_of` gives them, and the value there."""
    for name, spec in graph.inputs.items():
        if spec.resource == "picture":
            yield name, spec.default
    for id_, node in graph.nodes.items():
        spec_of_node = registry.spec(node.kind)
        for declared in spec_of_node.inputs if spec_of_node else ():
            if declared.resource == "picture":
                yield f"{id_}.{declared.name}", node.inputs.get(declared.name)
