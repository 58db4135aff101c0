"""A graph as a file of ComfyUI's editor, with places for nodes and the groups that it had.

Our own names, references to declared inputs and what a recipe says of itself travel in
`properties.paintgraph` and `extra.paintgraph`, so that reading the file gives the graph again;
so do values that no widget holds, and which widgets only show a default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from paintgraph.engine.graph.formats.comfy.canvas import OWN, digest_of
from paintgraph.engine.graph.formats.comfy.layout import Box, around, arrange, height_of
from paintgraph.engine.graph.formats.comfy.slots import InputSlot, Slots
from paintgraph.engine.graph.formats.comfy.ui import mapping
from paintgraph.engine.graph.formats.native import write_native, write_reference
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.structure import Specs

_VERSION = 0.4
_CONTROL = "fixed"
_LONG_TEXT = 60
_MOST_DIGITS = 15  # an editor's ids are JavaScript's numbers


def write_editor(graph: Graph, specs: Specs) -> dict[str, Any]:
    """The file; nodes stand where they stood, or in columns if some have no place."""
    writer = _Writer(graph, specs)
    nodes = [writer.node(id_, order) for order, id_ in enumerate(graph.nodes)]
    notes = list(writer.notes())
    frame = write_native(replace(graph, nodes={}, editor={}))
    frame = {key: value for key, value in frame.items() if key not in ("paintgraph", "nodes")}
    own: dict[str, Any] = {"recipe": frame} if frame else {}
    if writer.is_arranged:
        own["arranged"] = digest_of((node["pos"], node["size"]) for node in nodes)
    return {
        "last_node_id": writer.last_id,
        "last_link_id": len(writer.links),
        "nodes": [*nodes, *notes],
        "links": writer.links,
        "groups": list(writer.groups()),
        "config": {},
        "extra": {OWN: own} if own else {},
        "version": _VERSION,
    }


class _Writer:
    def __init__(self, graph: Graph, specs: Specs) -> None:
        self.links: list[list[Any]] = []
        self._graph = graph
        self._specs = specs
        self._slots = Slots(graph, specs)
        self._inputs = {id_: self._slots.inputs(id_) for id_ in graph.nodes}
        self._ids = _numbers(graph)
        self.last_id = max(self._ids.values(), default=0)
        self._readers: dict[tuple[str, int], list[int]] = {}
        self._looks = mapping(graph.editor.get("nodes"))
        kept = {id_: _box(mapping(self._looks.get(id_))) for id_ in graph.nodes}
        places = {id_: box for id_, box in kept.items() if box is not None}
        self.is_arranged = len(places) < len(kept)
        self._boxes = arrange(graph, self._heights()) if self.is_arranged else places
        self._wired = {
            (id_, slot.name): self._wire(id_, place, slot)
            for id_, slots in self._inputs.items()
            for place, slot in enumerate(slots)
        }

    def node(self, id_: str, order: int) -> dict[str, Any]:
        """A node as the editor keeps it."""
        node = self._graph.nodes[id_]
        box = self._boxes[id_]
        look = mapping(self._looks.get(id_))
        written: dict[str, Any] = {
            "id": self._ids[id_],
            "type": node.kind,
            "pos": [box.left, box.top],
            "size": [box.width, box.height],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": [self._input(id_, slot) for slot in self._inputs[id_]],
            "outputs": [
                {"name": slot.name, "type": slot.type, "links": self._readers.get((id_, place))}
                for place, slot in enumerate(self._slots.outputs(id_))
            ],
            "properties": self._properties(id_, node, look),
            "widgets_values": self._values(id_, node, look),
        }
        if node.title:
            written["title"] = node.title
        return written | {key: look[key] for key in ("color", "bgcolor") if key in look}

    def groups(self) -> Iterator[dict[str, Any]]:
        """The groups that there were, around the nodes that were in them."""
        for group in _entries(self._graph.editor.get("groups")):
            members = group.get("nodes")
            inside = [self._boxes[m] for m in _texts(members) if m in self._boxes]
            box = around(inside)
            if box is not None:
                named = {"title": group.get("title", "Group"), "bounding": list(box)}
                colour = {"color": group["color"]} if "color" in group else {}
                yield named | colour | {"font_size": 24, "flags": {}}

    def notes(self) -> Iterator[dict[str, Any]]:
        """The notes that there were, above the nodes if they had no place."""
        for place, note in enumerate(_entries(self._graph.editor.get("notes"))):
            self.last_id += 1
            look = {key: note[key] for key in ("title", "color", "bgcolor") if key in note}
            yield {
                "id": self.last_id,
                "type": note.get("type", "Note"),
                "pos": note.get("pos", [place * 360.0, -260.0]),
                "size": note.get("size", [320.0, 180.0]),
                "flags": {},
                "order": 0,
                "mode": 0,
                "inputs": [],
                "outputs": [],
                "properties": {},
                "widgets_values": [note.get("text", "")],
            } | look

    def _heights(self) -> dict[str, float]:
        heights = {}
        for id_, slots in self._inputs.items():
            widgets = [slot for slot in slots if slot.is_widget]
            sockets = max(len(slots) - len(widgets), len(self._slots.outputs(id_)))
            rows = len(widgets) + sum(slot.has_control for slot in widgets)
            texts = sum(self._has_lines(id_, slot) for slot in widgets)
            heights[id_] = height_of(sockets, rows, texts, self._shows_picture(id_))
        return heights

    def _has_lines(self, id_: str, slot: InputSlot) -> bool:
        """Whether a widget is a field of several lines; of unknown nodes the text tells it."""
        node = self._graph.nodes[id_]
        given = node.inputs.get(slot.name)
        is_long = isinstance(given, str) and len(given) > _LONG_TEXT
        return slot.has_lines or (is_long and self._specs.spec(node.kind) is None)

    def _shows_picture(self, id_: str) -> bool:
        """Whether the page draws on a node what it reads, saves or shows, or where it points to."""
        node = self._graph.nodes[id_]
        spec = self._specs.spec(node.kind)
        if spec is None:
            return False
        pictures = (each.name for each in spec.inputs if each.resource == "picture")
        tables = (node.inputs.get(each.name) for each in spec.inputs if each.columns)
        return (
            spec.is_target
            or any(node.inputs.get(name) for name in pictures)
            or any(not isinstance(given, Link) for given in tables)
        )

    def _wire(self, id_: str, place: int, slot: InputSlot) -> int | None:
        """The number of the link to an input, or None if there is none."""
        given = self._graph.nodes[id_].inputs.get(slot.name)
        if not isinstance(given, Link):
            return None
        output = self._slots.position(given)
        number = len(self.links) + 1
        source: int | str = self._ids.get(given.node, given.node)
        self.links.append([number, source, output, self._ids[id_], place, slot.type])
        self._readers.setdefault((given.node, output), []).append(number)
        return number

    def _input(self, id_: str, slot: InputSlot) -> dict[str, Any]:
        written = {"name": slot.name, "type": slot.type, "link": self._wired[id_, slot.name]}
        return written | ({"widget": {"name": slot.name}} if slot.is_widget else {})

    def _values(self, id_: str, node: Node, look: Mapping[str, Any]) -> list[Any]:
        values: list[Any] = []
        for slot in self._inputs[id_]:
            if slot.is_widget:
                given = node.inputs.get(slot.name, slot.default)
                given = slot.default if isinstance(given, Link) else self._literal(given)
                values.append(given)
                values += [_CONTROL] if slot.has_control and not isinstance(given, str) else []
        nameless = look.get("widgets_values")
        return nameless if isinstance(nameless, list) and not values else values

    def _literal(self, given: object) -> object:
        """What a widget shows of a value; of a declared input its default."""
        if isinstance(given, InputRef):
            declared = self._graph.inputs.get(given.name)
            given = declared.default if declared else None
        return list(given) if isinstance(given, tuple) else given

    def _properties(self, id_: str, node: Node, look: Mapping[str, Any]) -> dict[str, Any]:
        unset = {
            slot.name: slot.default
            for slot in self._inputs[id_]
            if slot.is_widget and slot.name not in node.inputs
        }
        shown = {slot.name for slot in self._inputs[id_] if slot.is_widget}
        given = {
            name: self._literal(value)
            for name, value in node.inputs.items()
            if name not in shown and not isinstance(value, Link)
        }
        references = {
            name: write_reference(given)
            for name, given in node.inputs.items()
            if isinstance(given, InputRef)
        }
        own = {
            **({"id": id_} if str(self._ids[id_]) != id_ else {}),
            **({"references": references} if references else {}),
            **({"unset": unset} if unset else {}),
            **({"given": given} if given else {}),
        }
        pack = {"Node name for S&R": node.kind, **mapping(look.get("properties"))}
        return {**pack, **({OWN: own} if own else {})}


def _numbers(graph: Graph) -> dict[str, int]:
    """A number for each node: its own if it is one, else one that is free."""
    own = {id_: int(id_) for id_ in graph.nodes if _is_number(id_)}
    taken = set(own.values())
    free = (number for number in range(1, len(graph.nodes) + len(taken) + 1))
    numbers = {}
    for id_ in graph.nodes:
        numbers[id_] = own[id_] if id_ in own else next(n for n in free if n not in taken)
    return numbers


def _is_number(id_: str) -> bool:
    is_plain = id_.isascii() and id_.isdigit() and len(id_) <= _MOST_DIGITS
    return is_plain and str(int(id_)) == id_


def _box(look: Mapping[str, Any]) -> Box | None:
    pos, size = look.get("pos"), look.get("size")
    if not isinstance(pos, list) or not isinstance(size, list) or len(pos) != 2 or len(size) != 2:
        return None
    numbers = [*pos, *size]
    return Box(*numbers) if all(isinstance(n, int | float) for n in numbers) else None


def _entries(given: object) -> list[dict[str, Any]]:
    return [e for e in given if isinstance(e, dict)] if isinstance(given, list) else []


def _texts(given: object) -> list[str]:
    return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []
