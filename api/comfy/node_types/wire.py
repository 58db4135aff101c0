"""Declarations of nodes as ComfyUI's clients know them: types, widgets and their options."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson

from paintgraph.api.comfy.node_types.dynamic import match_types, shown_inputs
from paintgraph.api.comfy.node_types.widgets import WIDGETS
from paintgraph.engine.graph.coercion import is_of_catalogue
from paintgraph.engine.graph.formats.comfy.types import PLAIN, wire_type
from paintgraph.engine.graph.graph import RECIPE_PREFIX
from paintgraph.engine.graph.sockets import literal_types
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.recipes.foreign import NO_PICTURE
from paintgraph.engine.recipes.help import described

_WIDGETS = ("int", "float", "bool", "text", "list")
_LARGEST = 2**53
"""The largest whole number that JavaScript holds exactly."""

_OWN_PACKAGE = "paintgraph."
_FIELDS: Mapping[str, str] = {"minimum": "min", "maximum": "max", "step": "step"}


def object_info(spec: NodeSpec, pictures: Sequence[str] = ()) -> dict[str, Any]:
    """What an editor knows of a node type; `pictures` are the files that it may choose from.

    `required` is what a prompt must give: some clients hold prompts to it before they post them.
    Editors show the widgets of both groups. Nodes that ComfyUI's page draws itself are declared as
    there, with all widgets in one group, whose order its files have.
    """
    if spec.object_info:
        own: dict[str, Any] = orjson.loads(spec.object_info)
        return {**own, "display_name": spec.title}
    own_widgets = WIDGETS.get(spec.id, {})
    groups: dict[str, dict[str, Any]] = {"required": {}}
    for declared, config in shown_inputs(spec, partial(input_config, pictures=pictures), _needed):
        if declared.found_by:
            continue  # filled in before a run
        is_required = _needed(declared) if own_widgets else declared.required
        group = "required" if is_required and not declared.when else "optional"
        groups.setdefault(group, {})[declared.name] = config
    groups["required"].update(own_widgets)
    is_own = spec.module.startswith(_OWN_PACKAGE) or spec.id.startswith(RECIPE_PREFIX)
    return {
        "input": groups,
        "input_order": {group: list(inputs) for group, inputs in groups.items()},
        "is_input_list": spec.takes_lists,
        "output": [wire_type(output.type) for output in spec.outputs],
        "output_is_list": [output.is_list for output in spec.outputs],
        "output_name": [output.name for output in spec.outputs],
        "output_tooltips": [output.about for output in spec.outputs],
        **match_types(spec),
        "name": spec.id,
        "display_name": spec.title,
        "description": described(spec),
        "python_module": "nodes" if is_own else spec.module,
        "category": spec.category,
        "search_aliases": list(spec.keywords),
        "output_node": spec.is_target,
    }


def _needed(declared: InputSpec) -> bool:
    return declared.required or is_widget(declared)


def is_widget(declared: InputSpec) -> bool:
    """Whether an editor shows an input as a widget; what takes several types is a socket."""
    if declared.grows and "|" in declared.type:
        return False
    return _plain_type(declared) in _WIDGETS


def _plain_type(declared: InputSpec) -> str:
    return literal_types(declared.type).split("|")[0]


def input_config(declared: InputSpec, pictures: Sequence[str] = ()) -> list[Any]:
    """The type of an input and its options: `["INT", {"default": 1, "min": 0}]`.

    A widget has one type. Those of links that it takes beside it are in `also`, which our script
    in the page reads; `columns` and `most_rows` tell it what one points at there.
    """
    options: dict[str, Any] = {"tooltip": declared.about} if declared.about else {}
    if declared.lazy:
        options["lazy"] = True
    if declared.raw:
        options["rawLink"] = True
    if not is_widget(declared):
        return [wire_type(declared.type), options]
    if declared.default is not None:
        options["default"] = declared.default
    type_, own = _widget(declared, pictures)
    others = [each for each in wire_type(declared.type).split(",") if each != type_]
    also = {"also": ",".join(others)} if others not in ([], ["STRING"]) else {}
    return [type_, {**options, **own, **also}]


def _widget(declared: InputSpec, pictures: Sequence[str]) -> tuple[str | list[Any], dict[str, Any]]:
    if declared.resource == "picture":
        nothing = [] if declared.required or declared.default is not None else [NO_PICTURE]
        return [*nothing, *pictures], {"image_upload": True}
    if _plain_type(declared) == "list":
        return "STRING", _row_options(declared)
    if declared.choices or is_of_catalogue(declared.resource):
        return list(declared.choices), {}
    plain = _plain_type(declared)
    return PLAIN[plain], _plain_options(declared, plain)


def _row_options(declared: InputSpec) -> dict[str, Any]:
    """A list is a text with commas, as the command line takes it."""
    default = ", ".join(map(str, declared.default or ()))
    if not declared.columns:
        return {"default": default, "placeholder": "1, 2, 3"}
    table = {"columns": list(declared.columns), "most_rows": declared.most_rows}
    return {"default": default, "placeholder": ", ".join(declared.columns), **table}


def _plain_options(declared: InputSpec, plain: str) -> dict[str, Any]:
    """Of a number, a text or a switch: bounds and steps."""
    options: dict[str, Any] = {"multiline": declared.multiline} if plain == "text" else {}
    for field, option in _FIELDS.items():
        number = getattr(declared, field)
        if number is not None:
            bounded = max(-_LARGEST, min(_LARGEST, number))
            options[option] = int(bounded) if plain == "int" else bounded
    if plain == "float":
        options.setdefault("step", 0.01)  # else editors round to halves
    if declared.resource == "seed":
        options["control_after_generate"] = True
    return options
