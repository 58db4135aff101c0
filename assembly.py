"""What a worker is made of: registry, services, caches; whoever starts one names `assemble`."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cv2.utils import logging as opencv_log

import graphs
from engine.binding import Binders
from engine.blobs import Blobs
from engine.cache import MemoryCache
from engine.context import Services
from engine.events import Listener, Stored
from engine.graph import RECIPE_PREFIX, Graph, Node
from engine.recipes import RecipeBook
from engine.registry import Registry
from engine.run import Worker
from engine.sockets import Value
from engine.store import ResultStore
from imaging.masks import to_image
from jobs.folders import Folders
from jobs.listing import Listing
from jobs.references import References
from jobs.runner import Parts
from jobs.seeds import draw_seed
from models.inpainters import Inpainters, resolve_engine
from nodes import build_registry
from nodes.picture_files import encode_with_facts

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


def describe(blobs: Blobs, type_: str, value: Value) -> Any:  # noqa: ANN401 - plain data
    """A result as plain data; pictures become PNG blobs at the depth that they were read with."""
    if type_ not in ("image", "mask"):
        return list(value.data) if isinstance(value.data, tuple) else value.data
    array = value.data if type_ == "image" else to_image(value.data)
    pictures = [
        {
            "digest": blobs.put(encode_with_facts(picture, "png", value.facts)),
            "width": picture.shape[1],
            "height": picture.shape[0],
            "media_type": "image/png",
        }
        for picture in array
    ]
    return pictures[0] if len(pictures) == 1 else pictures


@contextmanager
def worker_parts(settings: Mapping[str, Any], tell: Listener) -> Iterator[Parts]:
    """What a worker process is made of; `settings` are `data` and `memory_bytes`."""
    folders = Folders(Path(settings["data"]))
    with assemble(
        folders, folders.inputs, memory_bytes=settings["memory_bytes"], tell=tell
    ) as assembly:
        every = {name: Node(RECIPE_PREFIX + name, {}) for name in assembly.recipes.names()}
        assembly.recipes.register_used(Graph(every))  # graphs that arrive are bound, not read
        yield Parts(assembly.worker, partial(describe, assembly.blobs))


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
    tell: Listener = lambda _: None,
) -> Iterator[Assembly]:
    """Everything that runs need; closed at the end of the `with` statement.

    With `memory_bytes` of 0 results are let go after their last reader. `tell` hears what is
    stored on disk.
    """
    opencv_log.setLogLevel(
        opencv_log.LOG_LEVEL_SILENT
    )  # damaged pictures are told by our errors, not on the terminal
    with ExitStack() as stack:
        known = catalogue(folders)
        blobs = Blobs(folders.blobs)
        references = References(blobs, input_folder)
        binders = Binders(
            {
                "picture": references.bind,
                "folder": Listing(input_folder).bind,
                "engine": resolve_engine,
                "seed": draw_seed,
            }
        )
        inpainters = stack.enter_context(Inpainters())
        store = (
            stack.enter_context(
                ResultStore(folders.results, STORE_BYTES, lambda key: tell(Stored(key)))
            )
            if with_store
            else None
        )
        worker = Worker(
            known.registry,
            Services(blobs, binders, inpainters, known.recipes),
            MemoryCache(memory_bytes) if memory_bytes else None,
            store,
        )
        yield Assembly(known.registry, known.recipes, worker, blobs, binders)
