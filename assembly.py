"""What a worker is made of: registry, services, caches; whoever starts one names `assemble`."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cv2.utils import logging as opencv_log

import graphs
from engine.binding import Binders
from engine.blobs import Blobs
from engine.cache import MemoryCache
from engine.context import Services
from engine.lanes import DEFAULT_LANES
from engine.recipes import RecipeBook
from engine.registry import Registry
from engine.run import Worker
from engine.store import ResultStore
from jobs.folders import Folders
from jobs.references import References
from jobs.seeds import draw_seed
from models.inpainters import Inpainters, resolve_engine
from nodes import build_registry

STORE_BYTES = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to run: enough to check a graph, nothing to run it with."""

    registry: Registry
    recipes: RecipeBook


@dataclass(frozen=True, slots=True)
class Assembly(Catalogue):
    """A worker and what doors need beside it."""

    worker: Worker
    blobs: Blobs
    binders: Binders


def catalogue(folders: Folders | None = None) -> Catalogue:
    """The node types, and the recipes: the user's own where folders are given, then the shipped."""
    registry = build_registry()
    own = (folders.recipes,) if folders else ()
    return Catalogue(registry, RecipeBook(registry, (*own, graphs.FOLDER)))


@contextmanager
def assemble(
    folders: Folders,
    input_folder: Path,
    *,
    memory_bytes: int = 0,
    with_store: bool = True,
    lanes: Mapping[str, int] = DEFAULT_LANES,
) -> Iterator[Assembly]:
    """Everything that runs need; closed at the end of the `with` statement.

    With `memory_bytes` of 0 results are let go after their last reader.
    """
    opencv_log.setLogLevel(
        opencv_log.LOG_LEVEL_SILENT
    )  # damaged pictures are told by our errors, not on the terminal
    with ExitStack() as stack:
        known = catalogue(folders)
        blobs = Blobs(folders.blobs)
        references = References(blobs, input_folder)
        binders = Binders({"picture": references.bind, "engine": resolve_engine, "seed": draw_seed})
        inpainters = stack.enter_context(Inpainters())
        store = (
            stack.enter_context(ResultStore(folders.results, STORE_BYTES)) if with_store else None
        )
        worker = Worker(
            known.registry,
            Services(blobs, binders, inpainters),
            MemoryCache(memory_bytes) if memory_bytes else None,
            store,
            lanes,
        )
        yield Assembly(known.registry, known.recipes, worker, blobs, binders)
