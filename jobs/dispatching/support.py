"""Which of the sets of models that jobs name are here, so that others' jobs are left to others."""

import asyncio
import logging
from collections.abc import Callable

from paintgraph.jobs.store.agents import ModelSet
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
        self._known: dict[int, bool] = {0: True}
        self._one_by_one = asyncio.Lock()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that are supported, by number; 0 is no model."""
        return tuple(number for number, is_here in self._known.items() if is_here)

    async def look(self, *, again: bool = False) -> bool:
        """Look at sets that are new, or at all `again`; whether another one is supported now."""
        async with self._one_by_one:
            before = {*self.numbers}
            for each in await self._store.offload(self._store.agents.model_sets):
                if again or each.number not in self._known:
                    self._known[each.number] = await asyncio.to_thread(self._is_here, each)
            return not before.issuperset(self.numbers)

    def _is_here(self, models: ModelSet) -> bool:
        try:
            return all(map(self._has_model, models.models))
        except Exception:  # noqa: BLE001 - of a disk, or of whoever finds models
            _LOG.exception("it is not known whether %s is here", " and ".join(models.models))
            return False
