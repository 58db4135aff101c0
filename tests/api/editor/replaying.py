"""What pages ask for, as it was recorded, and how an answer is held to it.

`requests.json` has, by version of the page, what it asked for beside its own files in the order of
its story: method, path, what was sent, and status and shape of the answer. A form is that of a
picture. It is made by `python -m paintgraph.tests.editor.recording`.
"""

import json
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("requests.json")
JOB = "{job}"
"""Stands for the id of the story's job."""

_MOST_NAMES = 16


def shape(value: Any, depth: int = 4) -> Any:
    """What a JSON value is made of: kinds, names of few fields, the first entry of a list."""
    if isinstance(value, list):
        return [shape(each, depth - 1) for each in value[:1] if depth]
    if isinstance(value, dict):
        if not depth or len(value) > _MOST_NAMES:
            return {}
        return {name: shape(value[name], depth - 1) for name in sorted(value)}
    return "number" if type(value) in (int, float) else type(value).__name__


def fits(found: Any, wanted: Any) -> bool:
    """Whether a shape has all that a recorded one has; it may have more."""
    if isinstance(wanted, list) and isinstance(found, list):
        return all(map(fits, found, wanted))
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(name in found and fits(found[name], wanted[name]) for name in wanted)
    return bool(found == wanted)


def recorded() -> dict[str, list[dict[str, Any]]]:
    """The requests by version of the page."""
    found: dict[str, list[dict[str, Any]]] = json.loads(RECORDED.read_bytes())
    return found
