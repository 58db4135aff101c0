"""Who works for a store that servers share: each process tells of its own workers, and reads all.

Nothing of it is done for a store that nobody shares: its server knows its own workers.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import version
from socket import gethostname
from typing import Any, NamedTuple

from paintgraph.engine.graph.uses import Declared
from paintgraph.jobs.dispatching.support import HasModel, Support
from paintgraph.jobs.store.agents import PROTOCOL, OutdatedAgentError, Worker
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.firsts import ANY, Able, Served
from paintgraph.jobs.store.job import Job, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import Ready, WorkerHandle

_LOG = logging.getLogger("paintgraph.jobs")
_SECONDS = 1.0  # how old may be what is known of others
_PARTS = 4  # a row is renewed so often in its time
_OF_NODES = ("specs", "replacements", "faults")
"""What of a worker's report holds on every machine."""


class Place(NamedTuple):
    """A worker's size, and its name within its process."""

    size: Size
    name: str


class Roster:
    """The workers of a store; those of this process are `handles`.

    `wake` is called when jobs can be done here that could not before, `refuse` if the store takes
    no work of this process, as its paintgraph is too old.
    """

    def __init__(  # noqa: PLR0913 - its seams
        self,
        store: JobStore,
        agent: str,
        seconds: float,
        handles: Mapping[WorkerHandle, Place],
        has_model: HasModel,
        wake: Callable[[], None],
        refuse: Callable[[OutdatedAgentError], None],
    ) -> None:
        self._store = store
        self._agent = agent
        self._seconds = seconds
        self._handles = handles
        self._wake = wake
        self._refuse = refuse
        self._support = Support(store, has_model)
        self._changed, self._asked = asyncio.Event(), asyncio.Event()
        self._nodes: dict[WorkerHandle, tuple[Ready, str]] = {}
        self._served: dict[WorkerHandle, tuple[Ready, Served]] = {}
        self._declared: dict[str, Declared] = {}
        self._is_retired = False
        self._digests: list[str] = []
        self._told_at = 0.0
        self._alive: list[Worker] = []
        self.ready = Ready()
        """What the newest workers of each size said of their node types."""

    def able(self, handle: WorkerHandle) -> Able:
        """Which jobs a worker of this process can do, by the models and node types that it has."""
        if not self._is_shared:
            return ANY
        ready, served = self._served.get(handle, (None, None))
        if ready is not handle.ready or served is None:
            declared = Declared(handle.ready.specs)
            served = Served(lambda uses: not any(declared.lacks(uses)))
            here = {each: self._served[each] for each in self._handles if each in self._served}
            self._served = {**here, handle: (handle.ready, served)}
        return Able(self._support.numbers, served)

    def count(self, size: Size) -> int:
        """How many workers of a size are alive."""
        return sum(worker.size == size for worker in self._alive)

    def missing(self, job: Job) -> str | None:
        """Why nobody can do a job now, in a sentence; None if somebody can. Reads the store."""
        if not self._is_shared or self._missing(job, self._alive) is None:
            return None
        return self._missing(job, self._store.agents.alive())  # somebody may have come since

    def _missing(self, job: Job, alive: Sequence[Worker]) -> str | None:
        """Why none of some workers can do a job; None if one can."""
        able = [worker for worker in alive if worker.size == job.size]
        if not able:
            return nobody(job.size)
        digests = {worker.nodes for worker in able if job.models in worker.supports}
        if not digests:
            names = [f"'{name}'" for name in self._store.agents.models(job.models)]
            return _nobody_has(f"the files of {' and '.join(names)}", "gets them")
        lacks = self._lacks_of(digests, job.uses)
        return _nobody_has(" and ".join(lacks), "has") if lacks else None

    def _lacks_of(self, digests: Iterable[str], uses: int) -> list[str]:
        """What none of these node types has that is used so; those that have the most count."""
        if not uses:
            return []
        used = self._store.agents.uses(uses)
        return min(
            (list(self._declared_by(digest).lacks(used)) for digest in digests),
            key=len,
        )

    def _declared_by(self, digest: str) -> Declared:
        """The node types that were kept under a digest."""
        declared = self._declared.get(digest)
        if declared is None:  # several threads ask: what is known is replaced, never changed
            document = self._store.agents.nodes(digest) or {}
            declared = Declared(document.get("specs", ()))
            alive = {worker.nodes for worker in self._alive}
            here = {each: known for each, known in self._declared.items() if each in alive}
            self._declared = {**here, digest: declared}
        return declared

    async def join(self) -> None:
        """Read for the first time; raises OutdatedAgentError if this process may not work."""
        if self._is_shared:
            await self._store.agents.tell(self._agent, [], self._seconds)
            await self._read()

    async def leave(self) -> None:
        """This process has no workers any more."""
        if self._is_shared:
            with suppress(StoreError):  # then once its lease ends
                await self._store.agents.leave(self._agent)

    def lasting(self) -> list[Coroutine[Any, Any, None]]:
        """What is to go on while the process does."""
        return [self._keep(), self._keep_support()] if self._is_shared else []

    def change(self) -> None:
        """A worker came or went."""
        self._changed.set()

    def retire(self) -> None:
        """Workers here take no more jobs."""
        self._is_retired = True
        self.change()

    def ask(self) -> None:
        """Nothing is to be done here of what is supported: look whether more is, soon."""
        self._asked.set()

    @property
    def _is_shared(self) -> bool:
        return self._store.channel is not None

    async def _keep(self) -> None:
        while True:
            try:
                is_due = time.monotonic() >= self._told_at + self._seconds / _PARTS
                if is_due or self._changed.is_set():
                    await self._tell()
                await self._read()
            except OutdatedAgentError as error:
                self._refuse(error)
            except StoreError as error:
                _LOG.error("workers of others are not known: %s", error)
            except Exception:  # noqa: BLE001 - without it jobs would wait for ever
                _LOG.exception("workers of others are not known")
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_SECONDS, self._seconds / _PARTS)):
                    await self._changed.wait()

    async def _tell(self) -> None:
        self._changed.clear()
        self._told_at = time.monotonic()
        workers = [
            Worker(
                f"{self._agent}/{place.name}",
                gethostname(),
                place.size,
                supports=self._support.numbers,
                nodes=await self._nodes_of(handle),
                protocol=PROTOCOL,
                version=version("paintgraph"),
            )
            for handle, place in ([] if self._is_retired else [*self._handles.items()])
        ]
        dropped = await self._store.agents.tell(self._agent, workers, self._seconds)
        if dropped:  # this process stood still for long
            kept = ((each, known) for each, known in self._nodes.items() if known[1] not in dropped)
            self._nodes = dict(kept)
            self.change()

    async def _nodes_of(self, handle: WorkerHandle) -> str:
        """The digest under which a worker's node types are kept, without what is of one machine."""
        ready, digest = self._nodes.get(handle, (None, ""))
        if ready is not handle.ready:
            ready = handle.ready
            plain = {name: getattr(ready, name) for name in _OF_NODES}
            digest = await self._store.agents.keep_nodes(plain)
            here = {each: self._nodes[each] for each in self._handles if each in self._nodes}
            self._nodes = {**here, handle: (ready, digest)}
        return digest

    async def _read(self) -> None:
        agents = self._store.agents
        self._alive = await self._store.offload(agents.alive)
        digests = await self._store.offload(agents.newest_nodes)
        if digests and digests != self._digests:
            documents = [await self._store.offload(agents.nodes, digest) for digest in digests]
            self.ready, self._digests = _all_of(each for each in documents if each), digests

    async def _keep_support(self) -> None:
        """Look at new sets of models when somebody asks, and at all now and then."""
        while True:
            again = False
            try:
                async with asyncio.timeout(self._seconds / _PARTS):
                    await self._asked.wait()
            except TimeoutError:
                again = True
            self._asked.clear()
            try:
                await self._look_at_sets(again=again)
            except StoreError as error:
                _LOG.error("sets of models are not known: %s", error)
            except Exception:  # noqa: BLE001 - without it jobs would wait for ever
                _LOG.exception("sets of models are not known")

    async def _look_at_sets(self, *, again: bool) -> None:
        before = self._support.numbers
        more = await self._support.look(again=again)
        if self._support.numbers != before:
            self.change()
        if more:
            self._wake()


def _all_of(documents: Iterable[Mapping[str, Any]]) -> Ready:
    """The node types of several documents, the newest first; what a newer one says counts."""
    specs: dict[str, Mapping[str, Any]] = {}
    replacements: dict[str, str] = {}
    faults: dict[str, str] = {}
    for document in documents:
        specs = {spec["id"]: spec for spec in document.get("specs", ())} | specs
        replacements = {**document.get("replacements", {}), **replacements}
        faults = {**document.get("faults", {}), **faults}
    return Ready(
        [*specs.values()],
        {name: instead for name, instead in replacements.items() if name not in specs},
        {name: why for name, why in faults.items() if name not in specs},
    )


def _nobody_has(what: str, who: str) -> str:
    return f"no worker that is alive has {what}; one that {who} takes the job"


def nobody(size: Size) -> str:
    """That no worker of a size is alive."""
    return f"no worker is alive that takes {size} jobs"
