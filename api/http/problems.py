"""Faults of a graph as clients see them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from paintgraph.base.errors import Problem


def problems_to_json(
    problems: Iterable[Problem], hide: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Problems as clients see them."""
    return [problem_to_json(problem.to_json(), hide) for problem in problems]


def problem_to_json(plain: Mapping[str, Any], hide: Callable[[str], str]) -> dict[str, Any]:
    """One problem as clients see it: what RFC 9457 calls `detail` is the message."""
    told = {name: value for name, value in plain.items() if value is not None and name != "message"}
    return {"code": plain["code"], "detail": hide(plain["message"]), **told}
