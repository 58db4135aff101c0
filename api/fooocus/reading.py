"""Bodies become fields; what was sent is kept with the job, without the pictures themselves.

Imports pydantic: handlers import this module when they need it.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from paintgraph.api.fooocus.faults import Fault, FieldsError, shortened
from paintgraph.api.fooocus.fields import Fields

Read = TypeVar("Read", bound=Fields)
_MOST_FAULTS = 100
_LONGEST = 20_000


def fields_of(kind: type[Read], given: Mapping[str, Any]) -> Read:
    """The fields of a body; raises FieldsError with every fault, in FastAPI's words."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise FieldsError([_fault(dict(each)) for each in found[:_MOST_FAULTS]]) from error


def _fault(found: dict[str, Any]) -> Fault:
    plain = {
        "type": found["type"],
        "loc": ["body", *(shortened(step) for step in found["loc"])],
        "msg": found["msg"],
        "input": shortened(found["input"]),
    }
    if "ctx" in found:
        plain["ctx"] = {
            name: value if isinstance(value, int | float | str) else str(value)
            for name, value in found["ctx"].items()
        }
    return plain


def stored(given: Mapping[str, Any], pictures: Mapping[str, str]) -> dict[str, Any]:
    """What was sent, with digests in place of pictures, and other long texts cut off."""
    return {name: pictures.get(name) or _short(value) for name, value in given.items()}


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}..."
    if isinstance(value, dict):
        return {name: _short(entry) for name, entry in value.items()}
    return [_short(entry) for entry in value] if isinstance(value, list) else value
