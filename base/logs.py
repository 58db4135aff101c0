"""The log: lines for people, or one JSON object a line for programs."""

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

LogForm = Literal["off", "text", "json"]
"""How what happens is told: not at all, for people, for programs. Faults are told in any case."""

HAPPENS = "paintgraph.happens"
"""The logger of what happens again and again: requests, and jobs that have ended."""

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_FIELDS = "fields"


class JsonFormatter(logging.Formatter):
    """One object a line: time, level, logger, message, and the fields of what happened."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def set_up_log(form: LogForm) -> None:
    """Write the log to standard error from now on, in a form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler])
    logging.getLogger(HAPPENS).setLevel(logging.WARNING if form == "off" else logging.INFO)


def is_told() -> bool:
    """Whether anybody reads of what happens."""
    return logging.getLogger(HAPPENS).isEnabledFor(logging.INFO)


def happened(message: str, fields: Mapping[str, Any]) -> None:
    """Tell what happened: a line for people, and the same for programs."""
    logging.getLogger(HAPPENS).info("%s", message, extra={_FIELDS: dict(fields)})
