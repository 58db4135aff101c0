"""What the names of an accepted job stand for: written when it is accepted, read by its worker.

A bound graph carries it as its `bound`: recipes by the digests of their texts, pictures, folders
and models by name, whose files the job may use, and when it was accepted.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.foreseeing import Foreseen
from paintgraph.engine.recipes.binding import Binder, Binders
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.jobs.sources.references import Listing, References

Name = tuple[str, Any]
"""A kind of resource and what names one of it."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the names of a job stand for.

    Attributes:
        recipes: digests of their texts, by name.
        names: what names stand for.
        owner: whose files the job may name; None: everybody's.
        time: when that was so, in seconds since 1970.
    """

    recipes: Mapping[str, str]
    names: Mapping[Name, Any]
    owner: str | None
    time: float

    def written(self) -> dict[str, Any]:
        """As plain data."""
        names = [[kind, name, found] for (kind, name), found in self.names.items()]
        return {
            "recipes": dict(self.recipes),
            "names": names,
            "owner": self.owner,
            "time": self.time,
        }

    @classmethod
    def read(cls, bound: Mapping[str, Any]) -> "Accepted":
        """What `written` gave."""
        names = {(kind, _frozen(name)): _frozen(found) for kind, name, found in bound["names"]}
        return cls(bound["recipes"], names, bound["owner"], bound["time"])


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def keep(foreseen: Foreseen, book: RecipeBook, blobs: Blobs, owner: str | None) -> dict[str, Any]:
    """Keep the texts of the recipes; gives what a graph carries, nothing if it names nothing."""
    wanted = book.names() if foreseen.recipes is None else foreseen.recipes
    recipes = {name: blobs.put(text) for name, text in sorted(book.texts(wanted).items())}
    if not recipes and not foreseen.names and not foreseen.is_open:
        return {}
    return Accepted(recipes, foreseen.names, owner, time.time()).written()


def binders_of(
    accepted: Accepted,
    binders: Binders,
    references: References,
    listing: Listing,
    found: References,
) -> Binders:
    """What binds names while the job runs: what was accepted, else what is here unchanged.

    `references` and `listing` find files and folders whose names nodes compute, `found` those that
    were found at acceptance.
    """
    late: dict[str, Binder] = {
        "picture": partial(references.bind, unchanged_since=accepted.time),
        "folder": partial(listing.bind, unchanged_since=accepted.time),
    }

    def bind(kind: str, value: Any) -> Any:
        known = accepted.names.get((kind, value))
        if known is None:
            return late[kind](value) if kind in late else binders.bind(kind, value)
        return found.expect(value, known) if kind == "picture" else known

    kinds = {*late, *(kind for kind, _ in accepted.names)}
    return binders.beside({kind: partial(bind, kind) for kind in kinds})
