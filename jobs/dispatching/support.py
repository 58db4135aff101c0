"""Which of the sets of models that jobs name are here, so that others' jobs are left to others."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import cache

from paintgraph.jobs.store.jobs import JobStore

_LOG = logging.getLogger("paintgraph.jobs")

HasModel = Callable[[str], bool]
"""Whether the very files of a model are here, a name with a digest; may read them."""


class Support:
    """The sets of models that workers here can serve.

    A set is not supported until it was looked at: whoever reads gigabytes for that takes other jobs
    meanwhile.
    """

    def __init__(self, store: JobStore, has_model: HasModel) -> None:
        self._store = store
        self._has_model = has_model
        self._sets: dict[int, Sequence[str]] = {0: ()}
        self._here = {0}
        self._one_by_one = asyncio.Lock()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that are supported, by number; 0 is no model."""
        return tuple(sorted(self._here))

    async def look(self, *, again: bool = False) -> bool:
        """Look at sets that are new, or at all `again`; whether another one is supported now."""
        agents = self._store.agents
        async with self._one_by_one:
            found = await self._store.offload(agents.model_sets, max(self._sets))
            new: dict[int, Sequence[str]] = dict(found)
            self._sets |= new
            if again:
                there = {0, *await self._store.offload(agents.numbers)}
                self._sets = {each: self._sets[each] for each in self._sets if each in there}
            before = self._here
            asked = self._sets if again else new
            here = await asyncio.to_thread(self._which, asked)
            self._here = here if again else before | here
            return not before >= self._here

    def _which(self, sets: dict[int, Sequence[str]]) -> set[int]:
        """Those of some sets that are here; each model is looked for once."""
        is_here = cache(self._is_here)
        return {number for number, models in sets.items() if all(map(is_here, models))}

    def _is_here(self, model: str) -> bool:
        try:
            return self._has_model(model)
        except Exception:  # noqa: BLE001 - of a disk, or of whoever finds models
            _LOG.exception("it is not known whether %s is here", model)
            return False
