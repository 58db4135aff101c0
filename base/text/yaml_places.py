"""Where the values of a YAML text stand; kept apart because only messages need it."""

from itertools import islice
from typing import Any

import yaml

from paintgraph.base.errors import Place
from paintgraph.base.text.document import (
    MAX_PLACED,
    NOTHING_INSIDE,
    Spot,
    TextError,
    place_at,
)

_OPEN = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSE = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def bad_yaml(text: str, error: yaml.MarkedYAMLError) -> TextError:
    """What libyaml says of a text that is not YAML."""
    mark = error.problem_mark or error.context_mark
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return TextError(
        "bad_yaml",
        f"this is not YAML ({reason}); allowed are keys and values, indented by spaces or in"
        " brackets. Check indentation, quotes and brackets here and on the lines before.",
        place_at(text, mark.index) if mark else None,  # At the end, its line is one too many.
    )


def place_of(event: yaml.Event) -> Place:
    """Place where an event starts."""
    mark: Any = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def locate(text: str, until: Place | None = None) -> Spot | None:
    """Places of all values of a text that was read before, or of those that start before a place.

    Of two equal keys the first counts.
    """
    top: dict[str | int, Spot] = {}
    inside, is_mapping, key = top, False, None
    stack: list[tuple[dict[str | int, Spot], bool]] = []
    events = iter(yaml.CSafeLoader(text).get_event, None)
    for event in islice(events, None if until else MAX_PLACED):
        if isinstance(event, _CLOSE):
            inside, is_mapping = stack.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        place = place_of(event)
        if place == until:
            break
        if is_mapping and key is None and isinstance(event, yaml.ScalarEvent):
            key = (str(event.value), place)
            continue
        is_open = isinstance(event, _OPEN)
        spot = Spot(key[1] if key else None, place, {} if is_open else NOTHING_INSIDE)
        inside.setdefault(key[0] if key else len(inside), spot)
        key = None
        if is_open:
            stack.append((inside, is_mapping))
            inside, is_mapping = spot.inside, isinstance(event, yaml.MappingStartEvent)
    return top.get(0)
