"""Names of files that are put together from other widgets: `%Title.widget%`, as the page does."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from paintgraph.engine.graph.formats.comfy.ui import UiNode

FIELD = "filename_prefix"
_NAME = "Node name for S&R"
_FIELD = re.compile(r"%([^%.]+)\.([^%.]+)%")
_FORBIDDEN = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')


class FileNames:
    """Fills in the names of files; `widgets` are the values of each node by name."""

    def __init__(self, nodes: Iterable[UiNode], widgets: Mapping[str, Mapping[str, Any]]) -> None:
        self._widgets = widgets
        self._named = {
            name: node.id
            for node in nodes
            for name in (node.title, node.properties.get(_NAME))
            if isinstance(name, str)
        }

    def fill_in(self, text: str) -> str:
        """The text with each value that it names; what names none, such as a date, stays."""
        return _FIELD.sub(self._filled, text)

    def _filled(self, found: re.Match[str]) -> str:
        value = self._widgets.get(self._named.get(found[1], ""), {}).get(found[2])
        return found[0] if value is None else _FORBIDDEN.sub("_", str(value))
