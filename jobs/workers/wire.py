"""A run's events as plain data, and which of them are kept."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from paintgraph.engine.node import events
from paintgraph.engine.node.events import Event, Origin

SIGNALS = ("node_started", "progress", "preview")
"""Events that may be dropped for a newer one of their node; all others are facts."""


def to_wire(event: Event) -> dict[str, Any]:  # noqa: PLR0911 - one for each kind of event
    """An event as plain data; `type` says which."""
    match event:
        case events.NodeStarted(origin, elements):
            return {"type": "node_started", **_origin(origin), "elements": elements}
        case events.Progress(origin, element, done, total):
            return {
                "type": "progress",
                **_origin(origin),
                "element": element,
                "done": done,
                "total": total,
            }
        case events.Preview(origin, element, _, media_type):
            plain = {"element": element, "media_type": media_type}
            return {"type": "preview", **_origin(origin), **plain}
        case events.Warned(origin, element, message):
            return {"type": "warning", **_origin(origin), "element": element, "message": message}
        case events.Executed(origin, ui, effects, cached):
            return {
                "type": "executed",
                **_origin(origin),
                "ui": {name: list(shown) for name, shown in ui.items()},
                "effects": [asdict(effect) for effect in effects],
                "cached": cached,
            }
        case events.NodeFinished(origin, how, seconds, weight):
            plain = {"how": how, "seconds": round(seconds, 6), "bytes": weight}
            return {"type": "node_finished", **_origin(origin), **plain}
        case events.NodeFailed(origin, element, code, message, inputs, _):
            plain = {"element": element, "code": code, "message": message}
            return {"type": "node_failed", **_origin(origin), **plain, "inputs": dict(inputs)}
        case events.Stored(key):
            return {"type": "stored", "key": key}


def _origin(origin: Origin) -> Mapping[str, Any]:
    return {
        "node": origin.node,
        "kind": origin.kind,
        "display": origin.display,
        "parent": origin.parent,
        "submitted": origin.submitted,
    }
