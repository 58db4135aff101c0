"""A graph of ComfyUI's editor as the prompt that its page would send.

Virtual, muted and bypassed nodes are gone, subgraphs are opened, widgets have names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.engine.errors import path_in_words
from paintgraph.engine.graph.formats.comfy.canvas import OWN, editor_of
from paintgraph.engine.graph.formats.comfy.everywhere import add_open_links
from paintgraph.engine.graph.formats.comfy.flatten import Flat, flatten
from paintgraph.engine.graph.formats.comfy.prompt import WRAPPED
from paintgraph.engine.graph.formats.comfy.replacing import FIELD, FileNames
from paintgraph.engine.graph.formats.comfy.routes import Literal, Missing, Origin
from paintgraph.engine.graph.formats.comfy.ui import BYPASSED, MUTED, UiNode, mapping
from paintgraph.engine.graph.formats.comfy.virtual import add_detours, is_virtual
from paintgraph.engine.graph.formats.comfy.widgets import UPLOAD, Widgets, widgets_of
from paintgraph.engine.graph.graph import Path

Warn = Callable[[str, UiNode, str | None, str], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """A prompt made of a graph of the editor.

    `places` leads from each node of the prompt to where it stands in the file.
    """

    prompt: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    places: Mapping[str, Path] = field(default_factory=dict)


def to_prompt(document: Document) -> Converted:
    """The prompt that the editor would send; raises GraphError if it would never end."""
    value: Any = document.value
    problems: list[Problem] = []

    def refuse(code: str, path: Path, message: str) -> None:
        problems.append(Problem(code, message, path=path, place=document.place(path)))

    def warn(code: str, node: UiNode, name: str | None, message: str) -> None:
        where = f"node '{node.id}' ({node.type}): "
        place = document.place(node.path)
        problem = Problem(code, where + message, node.id, name, node.path, place, "warning")
        problems.append(problem)

    top, flat = flatten(value, refuse)
    add_open_links(
        flat.nodes,
        flat.routes,
        top.extra.get("ue_links"),
        lambda node, name: warn(
            "unsure_link",
            node,
            name,
            f"two nodes give {name} to every open input, so it is left open. Link it.",
        ),
    )
    add_detours(flat.nodes, flat.routes)
    for ring in flat.routes.rings():
        first = flat.nodes[ring[0]] if ring[0] in flat.nodes else UiNode(ring[0], "subgraph")
        way = path_in_words([ring[0], *reversed(ring)])
        refuse("cycle", first.path, f"links run in a ring and come from nowhere: {way}. Cut one.")
    prompt: dict[str, Any] = {}
    places = {}
    read = {node.id: widgets_of(node) for node in flat.nodes.values()}
    is_new = "frontendVersion" in top.extra
    for node in flat.nodes.values():
        if node.mode not in (MUTED, BYPASSED) and not is_virtual(node):
            prompt[node.id] = _sent(node, read[node.id], flat, warn)
            if is_new:  # later pages send no marks of buttons
                prompt[node.id]["inputs"].pop(UPLOAD, None)
            places[node.id] = node.path
    _name_files(prompt, flat, read)
    named = _own_names(flat, prompt)
    prompt = _renamed(prompt, named)
    _keep(prompt, editor_of(value, top, flat.nodes.values(), named), top.extra)
    return Converted(prompt, problems, {named[id_]: path for id_, path in places.items()})


def _own_names(flat: Flat, prompt: Mapping[str, Any]) -> dict[str, str]:
    """The ids of nodes by those in the file: a recipe's names, where we wrote it."""
    named: dict[str, str] = {}
    taken = set(prompt)
    for id_ in prompt:
        own = mapping(flat.nodes[id_].properties.get(OWN)).get("id")
        free = isinstance(own, str) and own not in taken
        named[id_] = own if free and isinstance(own, str) else id_
        taken.add(named[id_])
    return named


def _renamed(prompt: Mapping[str, Any], named: Mapping[str, str]) -> dict[str, Any]:
    if all(id_ == name for id_, name in named.items()):
        return dict(prompt)
    for use in prompt.values():
        for name, given in use["inputs"].items():
            if isinstance(given, list):  # a link: literal lists are wrapped
                use["inputs"][name] = [named.get(given[0], given[0]), given[1]]
    return {named[id_]: use for id_, use in prompt.items()}


def _keep(prompt: Mapping[str, Any], editor: dict[str, Any], extra: Mapping[str, Any]) -> None:
    """Put what the editor keeps into `_meta`, where it harms nobody."""
    if not prompt:
        return
    looks = editor.pop("nodes", {})
    for id_, use in prompt.items():
        if id_ in looks:
            _own_meta(use).setdefault("editor", {}).update(looks[id_])
    first = next(iter(prompt.values()))
    if editor:
        _own_meta(first)["canvas"] = editor
    recipe = mapping(extra.get(OWN)).get("recipe")
    if isinstance(recipe, dict):
        _own_meta(first)["recipe"] = recipe


def _own_meta(use: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = use.setdefault("_meta", {}).setdefault(OWN, {})
    return meta


def _name_files(prompt: dict[str, Any], flat: Flat, read: Mapping[str, Widgets]) -> None:
    values = {id_: widgets.values for id_, widgets in read.items()}
    names = FileNames(flat.nodes.values(), values)
    for use in prompt.values():
        given = use["inputs"].get(FIELD)
        if isinstance(given, str):
            use["inputs"][FIELD] = names.fill_in(given)


def _sent(node: UiNode, read: Widgets, flat: Flat, warn: Warn) -> dict[str, Any]:
    """A node as the page sends it."""
    inputs = _inputs(node, read, flat)
    if read.surplus:
        count = len(read.surplus)
        warn("surplus_values", node, None, f"{count} values have no input; they are left out.")
    sent: dict[str, Any] = {"class_type": node.type, "inputs": inputs}
    if node.title:
        sent["_meta"] = {"title": node.title}
    own = mapping(node.properties.get(OWN))
    if isinstance(own.get("references"), dict):
        _own_meta(sent)["references"] = own["references"]
    for name, value in mapping(own.get("given")).items():
        inputs.setdefault(name, _literal(value))
    for name, default in mapping(own.get("unset")).items():
        if inputs.get(name) == _literal(default):  # nobody changed it
            inputs.pop(name, None)
    if read.nameless:
        _own_meta(sent)["editor"] = {"widgets_values": list(read.nameless)}
        pack = _pack(node)
        warn(
            "nameless_values",
            node,
            None,
            f"its {len(read.nameless)} values have no names in the file{pack}; they are kept, but "
            "not used. Open it in the editor with that pack, and save it again.",
        )
    return sent


def _inputs(node: UiNode, read: Widgets, flat: Flat) -> dict[str, Any]:
    """The widgets' values, in their place what is linked or set from outside."""
    inputs = {name: _literal(value) for name, value in read.values.items()}
    for place, slot in enumerate(node.inputs):
        end = flat.routes.source(node.id, place)
        if isinstance(end, Origin):
            inputs[slot.name] = [end.node, end.output]
        elif isinstance(end, Literal):
            inputs[slot.widget or slot.name] = _literal(end.value)
        elif isinstance(end, Missing):
            inputs.pop(slot.name, None)
    for name in list(inputs):
        if (node.id, name) in flat.set_inside:
            inputs[name] = _literal(flat.set_inside[node.id, name])
    return inputs


def _pack(node: UiNode) -> str:
    for key in ("cnr_id", "aux_id"):
        name = node.properties.get(key)
        if isinstance(name, str) and name:
            return f"; its pack is {name[:80]}"
    return ""


def _literal(value: Any) -> Any:
    return {WRAPPED: value} if isinstance(value, list) else value
