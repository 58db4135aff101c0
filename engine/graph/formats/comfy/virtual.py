"""Nodes that exist in the editor only, and nodes that are switched off: each becomes a detour."""

from collections.abc import Iterator, Mapping

from paintgraph.engine.graph.formats.comfy.routes import End, Literal, Origin, Routes
from paintgraph.engine.graph.formats.comfy.ui import BYPASSED, MUTED, UiNode

SILENT = frozenset(
    [
        "Note",
        "MarkdownNote",
        "Label (rgthree)",
        "Bookmark (rgthree)",
        "Fast Actions Button (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Muter (rgthree)",
        "Mute / Bypass Relay (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Node Collector (rgthree)",
        "Random Unmuter (rgthree)",
    ]
)
"""They say something to people, or switch other nodes in the editor."""

SETTERS, GETTERS = frozenset(["SetNode", "easy setNode"]), frozenset(["GetNode", "easy getNode"])
"""One names what comes in, the other gives what has this name; both in their first widget."""

PASSING = frozenset(["Reroute", "Reroute (rgthree)"]) | SETTERS
"""What comes into their first input leaves by their first output."""

PRIMITIVE = "PrimitiveNode"
EVERYWHERE = ("Anything Everywhere", "Anything Everywhere3", "Anything Everywhere?")
PROMPTS_EVERYWHERE = "Prompts Everywhere"
_BROADCASTS = (*EVERYWHERE, PROMPTS_EVERYWHERE)


def is_virtual(node: UiNode) -> bool:
    """Whether the editor never sends this node."""
    return (
        node.type in SILENT
        or node.type in PASSING
        or node.type in GETTERS
        or node.type == PRIMITIVE
        or node.type in _BROADCASTS
    )


def add_detours(nodes: Mapping[str, UiNode], routes: Routes) -> None:
    """Note where the outputs of virtual, muted and bypassed nodes lead."""
    setters = {
        (_scope(node.id), name): node
        for node in nodes.values()
        if node.type in SETTERS and (name := _first_text(node))
    }
    for node in nodes.values():
        if is_virtual(node):  # whatever its mode: the page passes on through a muted reroute, too
            routes.ended.add(node.id)
            target = _detour(node, routes, setters)
            if target is not None:
                routes.detours[Origin(node.id, 0)] = target
        elif node.mode == MUTED:
            routes.muted.add(node.id)
        elif node.mode == BYPASSED:
            _bypass(node, routes)


def _detour(node: UiNode, routes: Routes, setters: Mapping[tuple[str, str], UiNode]) -> End:
    if node.type in PASSING:
        return routes.linked.get((node.id, 0))
    if node.type == PRIMITIVE:
        values = (
            node.values if isinstance(node.values, list) else list((node.values or {}).values())
        )
        return Literal(values[0]) if values else None
    if node.type in GETTERS:
        setter = _setter(node, setters)
        return routes.linked.get((setter.id, 0)) if setter else None
    return None


def _setter(node: UiNode, setters: Mapping[tuple[str, str], UiNode]) -> UiNode | None:
    """The node that sets what this one gets, in its own subgraph or around it."""
    name, scope = _first_text(node), _scope(node.id)
    for around in _outward(scope):
        if (around, name) in setters:
            return setters[around, name]
    return None


def _outward(scope: str) -> Iterator[str]:
    while scope:
        yield scope
        scope = scope.rpartition(":")[0]
    yield ""


def _scope(id_: str) -> str:
    return id_.rpartition(":")[0]


def _first_text(node: UiNode) -> str:
    values = node.values if isinstance(node.values, list) else []
    return values[0] if values and isinstance(values[0], str) else ""


def _bypass(node: UiNode, routes: Routes) -> None:
    """Each output passes on the input of its own place or, if that has another type, the first."""
    routes.ended.add(node.id)
    types = [slot.type for slot in node.inputs]
    for place, slot in enumerate(node.outputs):
        own = place < len(types) and types[place] == slot.type
        source = place if own else types.index(slot.type) if slot.type in types else -1
        target = routes.linked.get((node.id, source))
        if target is not None:
            routes.detours[Origin(node.id, place)] = target
