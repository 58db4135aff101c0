"""Links without a wire: nodes that give what they get to every open input of its type.

Where the editor's file lists what it linked (`extra.ue_links`), that holds.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from paintgraph.engine.graph.formats.comfy.routes import Origin, Routes
from paintgraph.engine.graph.formats.comfy.ui import MUTED, UiNode, position, text_id
from paintgraph.engine.graph.formats.comfy.virtual import (
    EVERYWHERE,
    PROMPTS_EVERYWHERE,
    is_virtual,
)

_PROMPT_NAMES = ("pos", "neg")
_MOST_BROADCASTS = 100
_MOST_TITLE, _MOST_PATTERN, _MOST_REPEATS = 100, 200, 2
"""Letters of a title and a pattern, and repetitions in one: more could search for ever."""

_REPEAT = re.compile(r"[*+?{]")
_REPEATED_GROUP = re.compile(r"\)[*+?{]")


class _Broadcast(NamedTuple):
    node: str
    place: int
    type: str
    wants: Callable[[UiNode, str], bool]
    narrow: bool


def add_open_links(
    nodes: Mapping[str, UiNode],
    routes: Routes,
    listed: object,
    unsure: Callable[[UiNode, str], None],
) -> None:
    """Link open inputs to what is given everywhere; `unsure` gets those that two would feed."""
    if isinstance(listed, list) and listed:
        _add_listed(nodes, routes, listed)
        return
    by_type: dict[str, list[_Broadcast]] = defaultdict(list)
    for broadcast in islice(_broadcasts(nodes, routes), _MOST_BROADCASTS):
        by_type[broadcast.type].append(broadcast)
    if not by_type:
        return
    for node in nodes.values():
        if is_virtual(node) or node.mode == MUTED:
            continue
        for place, slot in enumerate(node.inputs):
            if (node.id, place) in routes.linked or slot.widget or slot.type not in by_type:
                continue
            fitting = [b for b in by_type[slot.type] if b.wants(node, slot.name)]
            fitting = [b for b in fitting if b.narrow] or fitting
            if len(fitting) > 1:
                unsure(node, slot.name)
            elif fitting:
                source = routes.linked[fitting[0].node, fitting[0].place]
                routes.linked[node.id, place] = source


def _add_listed(nodes: Mapping[str, UiNode], routes: Routes, listed: Sequence[Any]) -> None:
    for one in listed:
        if not isinstance(one, dict):
            continue
        reader, source = text_id(one.get("downstream")), text_id(one.get("upstream"))
        place, output = position(one.get("downstream_slot")), position(one.get("upstream_slot"))
        if reader in nodes and source and min(place, output) >= 0:
            routes.linked.setdefault((reader, place), Origin(source, output))


def _broadcasts(nodes: Mapping[str, UiNode], routes: Routes) -> Iterator[_Broadcast]:
    for node in nodes.values():
        is_prompts = node.type == PROMPTS_EVERYWHERE
        if node.mode or not (is_prompts or node.type in EVERYWHERE):
            continue
        wants = _wants(node)
        for place, slot in enumerate(node.inputs):
            origin = routes.linked.get((node.id, place))
            if origin is None:
                continue
            type_ = _type(nodes, origin) or slot.type
            if is_prompts:
                wants = _begins_with(_PROMPT_NAMES[place % 2])
            yield _Broadcast(node.id, place, type_, wants, is_prompts or node.type.endswith("?"))


def _begins_with(mark: str) -> Callable[[UiNode, str], bool]:
    return lambda _, name: name.lower().startswith(mark)


def _type(nodes: Mapping[str, UiNode], origin: Origin) -> str:
    source = nodes.get(origin.node)
    outputs = source.outputs if source else ()
    return outputs[origin.output].type if origin.output < len(outputs) else ""


def _wants(node: UiNode) -> Callable[[UiNode, str], bool]:
    """Which inputs a node gives to; one kind has patterns for the titles and the inputs' names."""
    texts = [v for v in node.values or () if isinstance(v, str)] if node.type.endswith("?") else []
    title, name = (_pattern(text) for text in (*texts, "", "")[:2])
    return lambda reader, slot: bool(
        title.search((reader.title or reader.type)[:_MOST_TITLE])
        and name.search(slot[:_MOST_TITLE])
    )


def _pattern(text: str) -> re.Pattern[str]:
    """A regular expression that ends soon; any other text means itself."""
    text = text[:_MOST_PATTERN]
    if len(_REPEAT.findall(text)) <= _MOST_REPEATS and not _REPEATED_GROUP.search(text):
        with suppress(re.error):
            return re.compile(text)
    return re.compile(re.escape(text))
