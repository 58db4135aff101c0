"""A workflow as a small picture: its nodes, their wires, and the photo that it begins with."""

from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

_SIZE = (480, 300)
_MARGIN = 24
_BACK, _NODE, _HEAD = "#17181c", "#33353d", "#4a4d58"
_WIRES: Mapping[str, str] = {"IMAGE": "#64b5f6", "MASK": "#81c784"}
_OTHER_WIRE = "#9aa0ac"
_LOADS, _SHOWS = ("LoadImage",), ("SaveImage", "PreviewImage", "MaskPreview")
_ACCENT = "#e6a23c"


class _Place(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def thumbnail(workflow: Mapping[str, Any], photo: Traversable) -> bytes:
    """A JPEG of a workflow as `write_editor` gives it; nodes that load show the photo."""
    canvas = Image.new("RGB", _SIZE, _BACK)
    draw = ImageDraw.Draw(canvas)
    places = _places(workflow["nodes"])
    for _, source, _, target, _, type_ in workflow["links"]:
        ends = _middles(places[source], places[target])
        draw.line(ends, fill=_WIRES.get(type_, _OTHER_WIRE), width=2)
    with Image.open(BytesIO(photo.read_bytes())) as opened:
        small = opened.convert("RGB")
    for node in workflow["nodes"]:
        place = places[node["id"]]
        head = _ACCENT if node["type"] in _SHOWS else _HEAD
        draw.rounded_rectangle(place, 4, fill=_NODE)
        draw.rounded_rectangle((*place[:3], place.top + 6), 3, fill=head)
        if node["type"] in _LOADS:
            _paste(canvas, small, place)
    file = BytesIO()
    canvas.save(file, "JPEG", quality=88)
    return file.getvalue()


def _places(nodes: Sequence[Mapping[str, Any]]) -> dict[int, _Place]:
    """Where nodes lie in the picture, in the proportions of the canvas."""
    lefts = [node["pos"][0] for node in nodes]
    tops = [node["pos"][1] for node in nodes]
    right = max(node["pos"][0] + node["size"][0] for node in nodes)
    bottom = max(node["pos"][1] + node["size"][1] for node in nodes)
    left, top = min(lefts), min(tops)
    inner = (_SIZE[0] - 2 * _MARGIN, _SIZE[1] - 2 * _MARGIN)
    scale = min(inner[0] / (right - left), inner[1] / (bottom - top))
    across = (_SIZE[0] - scale * (right - left)) / 2
    down = (_SIZE[1] - scale * (bottom - top)) / 2
    return {
        node["id"]: _Place(
            across + scale * (x - left),
            down + scale * (y - top),
            across + scale * (x - left + width),
            down + scale * (y - top + height),
        )
        for node, x, y, width, height in ((node, *node["pos"], *node["size"]) for node in nodes)
    }


def _middles(source: _Place, target: _Place) -> list[tuple[float, float]]:
    """From the right side of a node to the left side of the next, level at both ends."""
    start = (source.right, (source.top + source.bottom) / 2)
    end = (target.left, (target.top + target.bottom) / 2)
    half = (start[0] + end[0]) / 2
    return [start, (half, start[1]), (half, end[1]), end]


def _paste(canvas: Image.Image, photo: Image.Image, place: _Place) -> None:
    """The photo below the head of a node, as large as fits."""
    room = (int(place.right - place.left) - 6, int(place.bottom - place.top) - 12)
    if min(room) < 4:
        return
    small = photo.copy()
    small.thumbnail(room)
    canvas.paste(small, (int(place.left) + 3, int(place.top) + 9))
