"""Names of files that are put together from other widgets: `%Title.widget%`, as the page does."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from paintgraph.engine.graph.formats.comfy.ui import UiNode

FIELD = "filename_prefix"
_NAME = "Node name for S&R"
_FIELD = re.compile(r"%([^%.]+)\.([^%.]+)%")
_FORBIDDEN = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')


def fill_in(text: str, nodes: Iterable[UiNode], widgets: Mapping[str, Mapping[str, Any]]) -> str:
    """The text with each value that it names; what names none, such as a date, stays.

    `widgets` are the values of each node by name.
    """
    if "%" not in text:
        return text
    named: dict[str, str] = {}
    for node in nodes:
        for name in (node.title, node.properties.get(_NAME)):
            if isinstance(name, str) and node.id in widgets:
                named[name] = node.id

    def filled(found: re.Match[str]) -> str:
        value = widgets.get(named.get(found[1], ""), {}).get(found[2])
        return found[0] if value is None else _FORBIDDEN.sub("_", str(value))

    return _FIELD.sub(filled, text)
