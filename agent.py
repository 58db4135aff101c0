"""Workers for jobs, put together: those of a server, and agents, which have nothing else.

`Agent` is the workers of one process for a job store that servers share; `work` runs one until it
is asked to end.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from paintgraph.base.control_groups import apart
from paintgraph.base.errors import Error
from paintgraph.base.files import make_folder
from paintgraph.base.logs import is_told, set_up_log
from paintgraph.base.platforms import on_signals, return_large_blocks
from paintgraph.base.usage import machine_bytes
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.dispatching.limits import Limits
from paintgraph.jobs.dispatching.observing import JobLog
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.dispatching.pool import WorkerPool
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.storage import Storage, open_storage
from paintgraph.jobs.store.agents import OutdatedAgentError
from paintgraph.jobs.store.job import SIZES, Size
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import WorkerSpec
from paintgraph.jobs.workers.watch import Bounds
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import default_models_dir
from paintgraph.nodes.own import add_own
from paintgraph.nodes.packs.loading.finding import find_packs

if TYPE_CHECKING:
    from paintgraph.api.settings import Settings  # takes 140 ms; whoever makes settings needs it

FACTORY = "paintgraph.assembly:worker_parts"
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StartError(Error):
    """A server or an agent cannot start with these settings."""

    code = "bad_setting"


class Agent:
    """The workers of one process for jobs that servers accept. It takes no requests.

    `settings` say where jobs and bytes are (`jobs`, `objects`), which folder is the process's own
    (`data_dir`), how many workers there are (`workers` of heavy jobs, `light_workers` of others),
    and all that is of workers; `sizes` which jobs are taken. Other agents of one machine may have
    the same folder. Workers are built by `factory`, "module:function".

    Once it is started jobs are claimed until it is asked to `drain` or to `stop`. If it is killed
    its jobs are others' once their leases end (`lease_seconds`).
    """

    def __init__(
        self, settings: "Settings", sizes: Sequence[Size] = SIZES, factory: str = FACTORY
    ) -> None:
        self._settings = settings
        self._sizes = sizes
        self._factory = factory
        self._stack = AsyncExitStack()
        self._pool: WorkerPool | None = None

    async def start(self) -> None:
        """Begin to claim jobs; workers start meanwhile. Raises Error for what can be cured."""
        try:
            self._pool = await self._opened()
            await self._pool.start()
        except BaseException:
            await self.stop()
            raise

    async def _opened(self) -> WorkerPool:
        settings = self._settings
        if settings.jobs is None:
            raise StartError(
                "setting 'jobs': an agent takes jobs from a store that servers share, and none is "
                "named. Name it: --jobs postgresql://user:password@host:port/database, or "
                "PAINTGRAPH_JOBS."
            )
        make_folder(settings.data_dir, mode=0o700)
        url = settings.jobs.get_secret_value()
        store = await asyncio.to_thread(JobStore, url, settings.durability)
        self._stack.push_async_callback(asyncio.to_thread, store.close)
        storage = open_storage(settings.folders, settings.objects)
        await asyncio.to_thread(storage.check)
        pool = WorkerPool(
            store,
            Subscriptions(storage.tree("temp").below(".previews")),
            effects_of(store, storage),
            spec_of(settings, self._factory),
            {size: count for size, count in counts_of(settings).items() if size in self._sizes},
            limits_of(settings),
            [JobLog()] if is_told() else [],
            model_names().has,
        )
        self._stack.push_async_callback(pool.close)
        return pool

    @property
    def name(self) -> str:
        """What it is called by in the store; "" before it is started."""
        return self._pool.name if self._pool else ""

    def lacks(self) -> list[str]:
        """Why jobs are not taken, or by fewer workers: one sentence for each reason."""
        return self._pool.lacks() if self._pool else ["the agent is not started"]

    @property
    def refusal(self) -> OutdatedAgentError | None:
        """Why the store takes no work of this agent any more, if it does not."""
        return self._pool.refusal if self._pool else None

    async def until_refused(self) -> None:
        """Return once the store takes no work of this agent any more."""
        if self._pool:
            await self._pool.refused.wait()

    async def drain(self, seconds: float | None = None) -> None:
        """Claim no more jobs; give those at work this long to end, by default `drain_seconds`."""
        if self._pool:
            await self._pool.drain(self._settings.drain_seconds if seconds is None else seconds)

    async def stop(self) -> None:
        """End the workers now; jobs at work are queued again."""
        await self._stack.aclose()


def work(
    settings: "Settings",
    report: Callable[[str], None],
    sizes: Sequence[Size] = SIZES,
    factory: str = FACTORY,
) -> None:
    """Run an agent until SIGTERM or SIGINT; the first one lets it end its jobs, a second does not.

    `report` gets its name once it works. Raises Error for what whoever starts it can cure.
    """
    check_nodes(settings)
    return_large_blocks()
    set_up_log(settings.log)
    asyncio.run(_work(Agent(settings, sizes, factory), report))


async def _work(agent: Agent, report: Callable[[str], None]) -> None:
    stop, stop_now = asyncio.Event(), asyncio.Event()

    def ask() -> None:
        (stop_now if stop.is_set() else stop).set()

    on_signals(_SIGNALS, ask)
    with apart():
        await agent.start()
        try:
            report(f"paintgraph works as {agent.name}, process {os.getpid()}")
            await first(stop.wait(), agent.until_refused())
            await first(agent.drain(), stop_now.wait())
        finally:
            await agent.stop()
    if agent.refusal:
        raise agent.refusal


async def first(*these: Coroutine[Any, Any, object]) -> None:
    """Return once one of these has, without the others."""
    tasks = [asyncio.create_task(each) for each in these]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


def check_nodes(settings: "Settings") -> None:
    """Raise Error for nodes and packs that no worker could load, and would so never be ready."""
    add_own(Registry(), settings.nodes)
    find_packs(settings.node_packs)


def counts_of(settings: "Settings") -> dict[Size, int]:
    """How many workers serve each size."""
    return {"heavy": settings.workers, "light": settings.light_workers}


def model_names() -> ModelNames:
    """The models on this machine."""
    from paintgraph.models.families import open_index

    return ModelNames(open_index(default_models_dir()))


def effects_of(store: JobStore, storage: Storage) -> JobEffects:
    """What writes the files of jobs."""
    return JobEffects(store, storage.blobs, storage.destinations, _add_texts)


def _add_texts(data: bytes, texts: Mapping[str, str]) -> bytes:
    from paintgraph.imaging.files.made import with_made  # loads numpy

    return with_made(data, texts)


def limits_of(settings: "Settings") -> Limits:
    """Bounds of the queue, of patience, and of workers."""
    return Limits(
        settings.queue_jobs,
        settings.queue_bytes,
        settings.grace_seconds,
        settings.patience_seconds,
        settings.job_seconds,
        Bounds(settings.stall_seconds, _most_bytes(settings)),
        settings.lease_seconds,
    )


def spec_of(settings: "Settings", factory: str) -> WorkerSpec:
    """How workers are built."""
    return WorkerSpec(
        factory, worker_settings(settings), settings.pack_seconds, _most_bytes(settings)
    )


def _most_bytes(settings: "Settings") -> int:
    """How much memory each worker may take; 0: as much as there is."""
    return settings.worker_bytes or (machine_bytes() or 0) * 4 // 5


def worker_settings(settings: "Settings") -> dict[str, Any]:
    """The settings that a worker process is passed."""
    return {
        "data": str(settings.data_dir),
        "folders": {name: str(path) for name, path in settings.folders.elsewhere.items()},
        "objects": settings.objects,
        "patience_seconds": settings.patience_seconds,
        "results": {
            "memory_bytes": settings.memory_bytes if settings.keep_results else 0,
            "most_results": settings.most_results,
            "with_store": settings.keep_results and settings.most_results is None,
            "store_bytes": settings.retention.most_bytes("results") or sys.maxsize,
        },
        "nodes": list(settings.nodes),
        "packs": {"sources": list(settings.node_packs), "allowed": list(settings.allow_packs)},
        "metadata": settings.metadata,
        "max_pixels": settings.max_pixels,
        "devices": {
            "device": settings.device,
            "dtype": settings.dtype,
            "memory_bytes": settings.model_bytes,
            "idle_seconds": settings.model_idle_seconds,
        },
    }
