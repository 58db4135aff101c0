"""The values of a node's widgets by the names of their inputs.

A file has them as a mapping, or as a list in the order of the node's declaration. The order comes
from the file where its slots name every widget, else from what is known of the node type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paintgraph.engine.graph.formats.comfy.known import KnownNode, Widget, known
from paintgraph.engine.graph.formats.comfy.ui import UiNode

CONTROL = "control_after_generate"
CONTROLS = frozenset(["fixed", "increment", "increment-wrap", "decrement", "randomize"])
"""What a seed becomes after a run; files of 2023 have true and false in its place."""

SEEDS = ("seed", "noise_seed")
"""Whole numbers of these names have such a control behind them."""

UPLOAD = "upload"
"""The name that a button has as an input; older pages send its mark, too."""

UPLOADS = frozenset(["image", "video", "audio", "file"])
"""Marks of the button that uploads a file; they stand behind the name of the file."""

_UNSENT = (CONTROL, "videopreview", "choose video to upload", "choose audio to upload")
"""Widgets of mappings that pages keep to themselves."""

_PYTHON_TYPES: Mapping[str, Any] = {
    "INT": int | float,
    "FLOAT": int | float,
    "STRING": str,
    "BOOLEAN": bool,
}


@dataclass(frozen=True, slots=True)
class Widgets:
    """Values by name; `nameless` if the order is unknown, `surplus` what no widget takes."""

    values: Mapping[str, Any] = field(default_factory=dict)
    nameless: Sequence[Any] = ()
    surplus: Sequence[Any] = ()


def widgets_of(node: UiNode) -> Widgets:
    """The values of a node's widgets, with defaults for those that the file lacks."""
    if isinstance(node.values, dict):
        return Widgets(_without_marks(node.values))
    if node.named:
        return Widgets(_without_marks(node.named))
    forms = known(node.type)
    values = list(node.values or ())
    own = [_own(slot.widget, slot.type, forms) for slot in node.inputs if slot.widget]
    for widgets in (own, *(form.widgets for form in forms)):
        read = _exactly(widgets, values) if widgets else None
        if read is not None and (widgets is own or _fit(widgets, read)):
            return Widgets(read)
    return _by_table(_nearest(forms, values), values) if forms else Widgets(nameless=values)


def _without_marks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if name not in _UNSENT and not (name in CONTROLS and isinstance(value, str))
    }


def _own(name: str, type_: str, forms: Sequence[KnownNode]) -> Widget:
    listed = (widget for form in forms for widget in form.widgets if widget.name == name)
    return next(listed, Widget(name, type_))


def _exactly(widgets: Sequence[Widget], values: Sequence[Any]) -> dict[str, Any] | None:
    """The values by name, or None if there are not as many as widgets."""
    named, rest = _aligned(widgets, values)
    if rest or any(widget.name not in named for widget in widgets if widget.is_there(named)):
        return None
    return named


def _fit(widgets: Sequence[Widget], named: Mapping[str, Any]) -> bool:
    """Whether the values have the types of the widgets: versions differ in their order, too."""
    return all(
        isinstance(named[w.name], _PYTHON_TYPES.get(w.type, object)) or named[w.name] is None
        for w in widgets
        if w.name in named
    )


def _nearest(forms: Sequence[KnownNode], values: Sequence[Any]) -> Sequence[Widget]:
    """The widgets of the form that takes all values in their types, else of the first."""
    for form in forms:
        named, rest = _aligned(form.widgets, values)
        if not rest and _fit(form.widgets, named):
            return form.widgets
    return forms[0].widgets


def _by_table(widgets: Sequence[Widget], values: Sequence[Any]) -> Widgets:
    named, surplus = _aligned(widgets, values)
    for widget in widgets:
        if widget.name not in named and widget.default is not None and widget.is_there(named):
            named[widget.name] = widget.default
    return Widgets(named, surplus=[value for value in surplus if not _is_idle(value)])


def _is_idle(value: Any) -> bool:
    """Whether nothing is lost with a value: it is empty, or belongs to a button."""
    return value in (None, "") or (isinstance(value, str) and value in UPLOADS | CONTROLS)


def _aligned(
    widgets: Sequence[Widget], values: Sequence[Any]
) -> tuple[dict[str, Any], Sequence[Any]]:
    """Each widget with its value as far as there are any, and what is left."""
    named: dict[str, Any] = {}
    at = 0
    for index, widget in enumerate(widgets):
        if at >= len(values):
            break
        if not widget.is_there(named):
            continue
        named[widget.name] = values[at]
        at += 1
        if at < len(values) and _is_mark(widget, values[at:], widgets[index + 1 :]):
            if widget.after == UPLOAD:
                named[UPLOAD] = values[at]
            at += 1
    return named, values[at:]


def _is_mark(widget: Widget, rest: Sequence[Any], following: Sequence[Widget]) -> bool:
    """Whether the next value belongs to a widget's button or control, not to a widget."""
    value = rest[0]
    expected = widget.after == "control" or (widget.type == "INT" and widget.name in SEEDS)
    if isinstance(value, bool):
        is_wanted = bool(following) and following[0].type == "BOOLEAN"
        return expected and (not is_wanted or len(rest) > len(following))
    if not isinstance(value, str):
        return value is None and widget.after == "upload" and len(rest) > len(following)
    if value in CONTROLS:
        return expected or len(rest) > len(following)
    return value in UPLOADS and len(rest) > len(following) and not expected
