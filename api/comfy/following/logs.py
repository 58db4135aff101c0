"""The newest lines of the server's log, for the log panel of ComfyUI's page."""

import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from paintgraph.api.http.refusals import Hide

_MOST_LINES = 300
_LONGEST = 4000
SIZE = {"cols": 100, "rows": 50}
"""Of the terminal that there is none of."""


class LogBook(logging.Handler):
    """Keeps the newest lines, without paths of the server; `listen` gets each as it comes."""

    def __init__(self, hide: Hide, listen: Callable[[dict[str, str]], None]) -> None:
        super().__init__()
        self.lines: deque[dict[str, str]] = deque(maxlen=_MOST_LINES)
        self._hide = hide
        self._listen = listen

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; its traceback stays in the log itself."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = self._hide(record.getMessage())[:_LONGEST]
        line = {"t": when, "m": f"{record.levelname} {record.name}: {text}\n"}
        self.lines.append(line)
        self._listen(line)

    def raw(self) -> dict[str, Any]:
        """All lines that are kept."""
        return {"entries": list(self.lines), "size": SIZE}
