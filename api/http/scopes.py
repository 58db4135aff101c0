"""What a key must open for a request: by its method, unless its handler says otherwise."""

from collections.abc import Callable
from typing import Literal, TypeVar, get_args

from aiohttp import web
from aiohttp.typedefs import Handler

Scope = Literal["submit", "read", "cancel", "models", "admin"]
"""What a key opens; "admin" opens everything, other clients' jobs as well."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

_MARK = "scope"
_BY_METHOD: dict[str, Scope] = {
    "GET": "read",
    "HEAD": "read",
    "OPTIONS": "read",
    "DELETE": "cancel",
}

Marked = TypeVar("Marked", bound=Handler)


def needs(scope: Scope) -> Callable[[Marked], Marked]:
    """Say what a handler needs, where its method tells something else."""

    def mark(handler: Marked) -> Marked:
        setattr(handler, _MARK, scope)
        return handler

    return mark


def scope_of(request: web.Request) -> Scope:
    """What a request needs: reading needs "read", DELETE "cancel", all else "submit"."""
    by_method = _BY_METHOD.get(request.method, "submit")
    marked: Scope = getattr(request.match_info.handler, _MARK, by_method)
    return marked
