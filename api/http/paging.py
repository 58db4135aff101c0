"""Lists page by page, from the newest entry to the oldest; entries are numbered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aiohttp import web

from paintgraph.api.http.requests import whole_number
from paintgraph.api.http.routes import parameter

_MOST = 200
_USUAL = 50
_LARGEST = 2**53

PAGED = (
    parameter(
        "query",
        "limit",
        "How many entries a page has.",
        {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _USUAL},
    ),
    parameter(
        "query",
        "cursor",
        "Where the page begins: what the page before calls `next`.",
        {"type": "integer", "minimum": 1, "maximum": _LARGEST},
    ),
)
"""The parameters of a route that lists so."""


class Numbered(Protocol):
    """An entry of a list."""

    @property
    def number(self) -> int:
        """Higher for newer ones."""


Entry = TypeVar("Entry", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for: at most `limit` entries, those below number `before`."""

    limit: int
    before: int | None

    def of(self, found: Sequence[Entry]) -> tuple[Sequence[Entry], str | None]:
        """The entries of the page, and the cursor of the next one.

        `found` has one entry more than the page, if there is one.
        """
        shown = found[: self.limit]
        return shown, str(shown[-1].number) if len(found) > self.limit else None


def page_of(request: web.Request) -> Page:
    """The page that a request asks for; raises ApiError."""
    limit = whole_number(request, "limit", _USUAL, _MOST)
    has_cursor = "cursor" in request.query
    return Page(limit, whole_number(request, "cursor", 1, _LARGEST) if has_cursor else None)
