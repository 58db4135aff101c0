"""What the editor keeps beside a graph: places, sizes and colours of nodes, groups, notes.

It travels as `Graph.editor`: `nodes` by id, `groups` with the ids of their nodes, `notes`.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from paintgraph.engine.graph.formats.comfy.ui import UiGraph, UiNode, mapping

OWN = "paintgraph"
"""Key of what we write into places that are meant for anybody's."""

NOTES = ("Note", "MarkdownNote")
PACK = ("cnr_id", "aux_id", "ver", "Node name for S&R")
"""Properties that say where a node comes from."""

_MOST_GROUPS = 200

Box = tuple[float, float, float, float]
"""Left, top, width and height."""


def digest_of(places: Iterable[tuple[object, object]]) -> str:
    """What places and sizes are known by, to see whether somebody moved a node since."""
    text = json.dumps([list(place) for place in places], default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def editor_of(
    value: Mapping[str, Any], top: UiGraph, inner: Iterable[UiNode], named: Mapping[str, str]
) -> dict[str, Any]:
    """What to keep of a canvas; `named` are the ids in the graph by those in the file.

    Nodes of opened subgraphs, `inner`, have places on canvases of their own, which are gone.
    """
    nodes = [node for node in top.nodes if node.id in named]
    arranged = mapping(top.extra.get(OWN)).get("arranged")
    moved = arranged != digest_of((node.look.get("pos"), node.look.get("size")) for node in nodes)
    looks = {
        named[node.id]: look
        for node in inner
        if node.id in named and (look := _look(node, with_place=False))
    }
    looks |= {named[node.id]: look for node in nodes if (look := _look(node, with_place=moved))}
    boxes = {named[node.id]: _box(node.look) for node in nodes}
    kept = {
        "nodes": looks,
        "groups": list(_groups(value.get("groups"), boxes)),
        "notes": [dict(_note(node)) for node in top.nodes if node.type in NOTES],
    }
    return {name: entries for name, entries in kept.items() if entries}


def _look(node: UiNode, *, with_place: bool = True) -> dict[str, Any]:
    left, top, width, height = _box(node.look)
    look: dict[str, Any] = {}
    if with_place and "pos" in node.look:
        look["pos"] = [left, top]
    if with_place and "size" in node.look:
        look["size"] = [width, height]
    colours = {key: node.look[key] for key in ("color", "bgcolor") if _is_text(node.look.get(key))}
    pack = {
        key: text
        for key in PACK
        if _is_text(text := node.properties.get(key)) and text != node.type
    }
    return look | colours | ({"properties": pack} if pack else {})


def _note(node: UiNode) -> Iterator[tuple[str, Any]]:
    yield "type", node.type
    text = node.values[0] if isinstance(node.values, list) and node.values else ""
    yield "text", text if isinstance(text, str) else ""
    if node.title:
        yield "title", node.title
    yield from _look(node).items()


def _groups(given: object, boxes: Mapping[str, Box]) -> Iterator[dict[str, Any]]:
    """Each group with the nodes whose middle lies within it."""
    for group in given[:_MOST_GROUPS] if isinstance(given, list) else ():
        fields = mapping(group)
        left, top, width, height = _numbers(fields.get("bounding"), 4)
        inside = [
            id_
            for id_, (x, y, w, h) in boxes.items()
            if left <= x + w / 2 <= left + width and top <= y + h / 2 <= top + height
        ]
        title, colour = fields.get("title"), fields.get("color")
        kept = {"title": title if isinstance(title, str) else "Group", "nodes": inside}
        yield kept | ({"color": colour} if _is_text(colour) else {})


def _box(look: Mapping[str, Any]) -> Box:
    left, top = _numbers(look.get("pos"), 2)
    width, height = _numbers(look.get("size"), 2)
    return left, top, width, height


def _numbers(given: object, count: int) -> list[float]:
    """Numbers of a list, or of a mapping as files of 2023 have it; 0 for what is none."""
    values: Iterable[Any] = given if isinstance(given, list) else mapping(given).values()
    numbers = [v if _is_finite(v) else 0 for v in values][:count]
    return numbers + [0] * (count - len(numbers))


def _is_finite(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) < 1e9 and math.isfinite(value)  # type: ignore[arg-type] # is_number


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200
