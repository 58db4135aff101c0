"""Small graphs of ComfyUI's editor, drawn by hand: nodes of invented types, and their links."""

from collections.abc import Sequence
from typing import Any


def slot(name: str, type_: str = "IMAGE", widget: str = "") -> dict[str, Any]:
    """An input or output; an input that shows a widget names it."""
    return {"name": name, "type": type_, **({"widget": {"name": widget}} if widget else {})}


def node(
    id_: int | str,
    kind: str,
    inputs: Sequence[dict[str, Any]] = (),
    outputs: Sequence[str] = (),
    values: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """A node as the editor saves it."""
    return {
        "id": id_,
        "type": kind,
        "inputs": [dict(one) for one in inputs],
        "outputs": [slot(type_, type_) for type_ in outputs],
        "widgets_values": [] if values is None else values,
        **more,
    }


def canvas(
    nodes: Sequence[dict[str, Any]], links: Sequence[tuple[Any, ...]], **more: Any
) -> dict[str, Any]:
    """A whole file; links are (from node, output, to node, input)."""
    wired = []
    by_id = {one["id"]: one for one in nodes}
    for number, (source, output, target, place) in enumerate(links, 1):
        wired.append([number, source, output, target, place, "*"])
        if target in by_id and place < len(by_id[target]["inputs"]):
            by_id[target]["inputs"][place]["link"] = number
    extra = {"frontendVersion": "1.45.0", **more.pop("extra", {})}
    whole = {"nodes": list(nodes), "links": wired, "groups": [], "version": 0.4}
    return {**whole, "extra": extra, **more}


def load(id_: int = 1, **more: Any) -> dict[str, Any]:
    """A node that gives an image and a mask."""
    return node(id_, "LoadImage", [], ["IMAGE", "MASK"], ["a.png", "image"], **more)


def save(id_: int = 9) -> dict[str, Any]:
    """A node that takes an image."""
    return node(id_, "PreviewImage", [slot("images")])


def passing(id_: int, kind: str = "ImageInvert", **more: Any) -> dict[str, Any]:
    """A node that makes an image of an image."""
    return node(id_, kind, [slot("image")], ["IMAGE"], **more)
