"""Finds the classes of packs that change a model's computation, before they run."""

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.nodes.packs.sampling.refusing import is_patch

_CHANGED = {"model", "clip"}
_MOST_LOOKED_AT = 500


def patch_of(cls: Any, spec: NodeSpec) -> str:
    """The name of a method by which a class changes a MODEL or CLIP that it hands on, or "".

    It is looked for in the code of its method, and of the functions of its module that this uses.
    Classes that hand neither on are left alone: what they do with it may be one of several ways.
    """
    taken = {part for each in spec.inputs for part in each.type.split("|")}
    given = {part for each in spec.outputs for part in each.type.split("|")}
    if not _CHANGED & taken & given:
        return ""
    method = getattr(cls, getattr(cls, "FUNCTION", "execute"), None)
    names = (name for code in _codes(cls, method) for name in code.co_names)
    return next((name for name in names if is_patch(name)), "")


def _codes(cls: Any, method: Any) -> Iterator[CodeType]:
    """The code of a method, what is defined in it, and what it calls of its module and class."""
    waiting = [_function(method)]
    seen: set[CodeType] = set()
    while waiting and len(seen) < _MOST_LOOKED_AT:
        function = waiting.pop(0)
        if function is None or function.__code__ in seen:
            continue
        for code in _nested(function.__code__):
            seen.add(code)
            yield code
            for name in code.co_names:
                found = function.__globals__.get(name) or inspect.getattr_static(cls, name, None)
                called = _function(found)
                if called is not None and called.__globals__ is function.__globals__:
                    waiting.append(called)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _function(given: Any) -> FunctionType | None:
    found = getattr(given, "__func__", given)
    return found if isinstance(found, FunctionType) else None
