"""What a worker is made of: registry, services, caches; whoever starts one names `assemble`."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from paintgraph import graphs
from paintgraph.base.bucket import PATIENCE_SECONDS, open_bucket
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.execution.bucket_results import BucketResults
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.run import Worker
from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.graph import Graph, Metadata
from paintgraph.engine.node.context import Services
from paintgraph.engine.node.events import Event, Listener, Stored
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.node.spreading import Spreading
from paintgraph.engine.recipes.binding import Binder, Binders, metadata_binder
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.imaging.files.examine import MOST_PIXELS
from paintgraph.imaging.opencv import cv2
from paintgraph.jobs.sources.accepted import Accepted, binders_of
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.sources.references import Listing, References, source_binders
from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.jobs.storage import Storage, open_storage
from paintgraph.jobs.workers.runner import Loading, Parts
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import (
    COMFY_VARIABLE,
    ComfyFolders,
    default_models_dir,
)
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.engine_names import EngineNames
from paintgraph.models.families import open_index
from paintgraph.models.inpainters import Inpainters
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.loading.devices import ANY_DEVICE, DeviceRules, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.networks.networks import Networks
from paintgraph.models.prompts.text_encoders import TextEncoders, embedding_file
from paintgraph.models.prompts.vocabulary import clip_tokenizer
from paintgraph.models.selectors import Selectors
from paintgraph.models.upscalers import Upscalers
from paintgraph.nodes import build_registry, resource_names
from paintgraph.nodes.made import models_of
from paintgraph.nodes.own import Own, add_own
from paintgraph.nodes.packs.host.places import Places
from paintgraph.nodes.packs.loading.finding import pack_folders
from paintgraph.nodes.packs.loading.loader import PackLoader
from paintgraph.nodes.pictures.budget import PixelBudget
from paintgraph.nodes.recipe_calls import uses_recipes
from paintgraph.nodes.results import describe_results

STORE_BYTES = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What there is to run: enough to check a graph, nothing to run it with."""

    registry: Registry
    recipes: RecipeBook
    names: EngineNames


@dataclass(frozen=True, slots=True)
class Assembly(Catalogue):
    """A worker and what doors need beside it."""

    worker: Worker
    storage: Storage
    binders: Binders
    loaded: LoadedModels
    input_folder: Path

    @property
    def blobs(self) -> Blobs:
        """Bytes by digest."""
        return self.storage.blobs


@contextmanager
def worker_parts(
    settings: Mapping[str, Any], tell: Callable[[Event | Loading], None]
) -> Iterator[Parts]:
    """What a worker process is made of; `settings` are those of `agent.worker_settings`."""
    elsewhere = {name: Path(path) for name, path in settings.get("folders", {}).items()}
    folders = Folders(Path(settings["data"]), elsewhere)
    metadata = settings.get("metadata", "private")
    devices = DeviceRules(**settings.get("devices", {}))
    nodes: list[Own] = [*settings.get("nodes", ())]
    packs = settings.get("packs")
    loader = None
    # Nodes of packs are heavy: workers of light jobs spare the time and memory of their modules.
    if packs and packs["sources"] and settings.get("size") != "light":
        loader = PackLoader(
            packs["sources"],
            pack_places(folders, packs["sources"]),
            device=devices.device,
            allowed=packs["allowed"],
            left_out=settings.get("left_out"),
            announce=lambda name: tell(Loading(name)),
        )
        nodes.append(loader)
    with assemble(
        folders,
        folders.inputs,
        devices=devices,
        nodes=nodes,
        tell=tell,
        metadata=metadata,
        objects=settings.get("objects"),
        patience_seconds=settings.get("patience_seconds", PATIENCE_SECONDS),
        max_pixels=settings.get("max_pixels", MOST_PIXELS),
        **settings["results"],
    ) as assembly:
        prepare = partial(_prepare, assembly)

        def free(*, models: bool, results: bool) -> None:
            if models:
                for device in {held.device for held in assembly.loaded.held()}:
                    assembly.loaded.evict(device)
            if results and assembly.worker.memory is not None:
                assembly.worker.memory.clear()
            assembly.registry.release()

        describe = partial(describe_results, blobs=assembly.blobs, metadata=metadata)
        reports = loader.reports if loader else []
        door = _door_of_packs() if loader and packs and "routes" in packs["allowed"] else {}
        yield Parts(
            assembly.worker,
            describe,
            assembly.loaded.watch,
            prepare,
            free,
            packs=[report.to_json() for report in reports],
            notices=[sentence for report in reports for sentence in report.sentences()],
            door=door,
        )


def _door_of_packs() -> Mapping[str, Any]:
    """Answer the routes that packs added."""
    from paintgraph.api.packs.door import open_door
    from paintgraph.nodes.packs.standins.server import PromptServer

    server = PromptServer.instance
    change = server.trigger_on_prompt if server.on_prompt_handlers else None
    return open_door(server.app, server.routes, change, server.loop)


def pack_places(
    folders: Folders,
    sources: Iterable[str | os.PathLike[str]],
    inputs: Path | None = None,
    outputs: Path | None = None,
    models: str | os.PathLike[str] | None = None,
) -> Places:
    """Where packs find and put files: in the data folder, and where models lie.

    `inputs`, `outputs` and `models` are other folders than the user's. Raises PackFolderError,
    CatalogueError.
    """
    named = os.environ.get(COMFY_VARIABLE)
    shared = ComfyFolders(Path(named)) if named else None
    kinds = [kind for kind in shared.kinds() if kind != "custom_nodes"] if shared else []
    return Places(
        folders.data,
        default_models_dir() if models is None else Path(models),
        (inputs or folders.inputs).absolute(),
        (outputs or folders.outputs).absolute(),
        folders.temp,
        folders.user,
        {kind: shared.of_kind(kind) for kind in kinds} if shared else {},
        pack_folders(sources),
    )


def _prepare(assembly: Assembly, graph: Graph) -> Binders | None:
    """What binds the names of a job; its recipes are known from now on as it was accepted.

    Raises ModelError if models are others than it was accepted with.
    """
    assembly.names.models.check_unchanged(set(models_of(graph)))
    if not graph.bound:
        if any(uses_recipes(node) for node in graph.nodes.values()):
            assembly.recipes.refresh()  # an earlier paintgraph accepted it
            assembly.recipes.register_all()
        return None
    accepted = Accepted.read(graph.bound)
    texts = {name: assembly.blobs.get(digest) for name, digest in accepted.recipes.items()}
    assembly.recipes.take(texts)
    tree = assembly.storage.tree
    own, shared = tree("inputs", accepted.owner), tree("inputs")
    made = {"output": tree("outputs"), "temp": tree("temp")}
    found = References(assembly.blobs, own, made, (shared,))
    # What else of results a client may read only the server knows.
    late = found if accepted.owner is None else References(assembly.blobs, own, {}, (shared,))
    return binders_of(accepted, assembly.binders, late, Listing(own, shared), found)


def catalogue(
    folders: Folders | None = None,
    nodes: Iterable[Own] = (),
    models_dir: Path | None = None,
    devices: DeviceRules = ANY_DEVICE,
) -> Catalogue:
    """The node types, and the recipes: the user's own where folders are given, then the shipped.

    `nodes` are files, modules and functions of other authors; with folders, those of installed
    packages are there as well. `models_dir` is the folder of the models, by default the user's;
    `devices` say where they work.
    """
    index = open_index(models_dir or default_models_dir(), with_own=folders is not None)
    names = EngineNames(ModelNames(index), devices)
    registry = build_registry(partial(resource_names.choices, names))
    if folders:
        add_own(registry, nodes)
    own = (folders.recipes,) if folders else ()
    return Catalogue(registry, RecipeBook(registry, (*own, graphs.FOLDER)), names)


@contextmanager
def assemble(  # noqa: PLR0913 - each is a choice of its own
    folders: Folders,
    input_folder: Path,
    *,
    memory_bytes: int = 0,
    devices: DeviceRules = ANY_DEVICE,
    with_store: bool = True,
    most_results: int | None = None,
    store_bytes: int = STORE_BYTES,
    nodes: Iterable[Own] = (),
    models_dir: Path | None = None,
    output_folder: Path | None = None,
    tell: Listener = lambda _: None,
    metadata: Metadata = "keep",
    objects: str | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    max_pixels: int | None = None,
) -> Iterator[Assembly]:
    """Everything that runs need; closed at the end of the `with` statement.

    With `memory_bytes` of 0 results are let go after their last reader, with `most_results` no more
    are kept in memory than these, or than the last run has use for; those on disk take up to
    `store_bytes`. `devices` says where models work. Graphs read files of earlier results in
    `output_folder`, by default where servers have them. `tell` is called with what is stored on
    disk. `metadata` is what files of results keep of descriptions where neither recipe nor caller
    says it. `objects` is the bucket for blobs, which is waited for at most `patience_seconds` while
    it is away; `max_pixels` how many pixels a picture may have that is read, by default what
    `PixelBudget.here` says.
    """
    # Damaged pictures are reported by our errors, not on the terminal.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    with ExitStack() as stack:
        known = catalogue(folders, nodes, models_dir, devices)
        storage = open_storage(folders, objects, patience_seconds)
        named = resource_names.binders(known.names) | metadata_binder(metadata)
        binders = Binders(_sources(storage, input_folder, output_folder) | named)
        loaded = stack.enter_context(LoadedModels(budgets(devices), devices.idle_seconds))
        lender = ModelLender(known.names.models, loaded, devices)
        inpainters = stack.enter_context(Inpainters(models=lender))
        store: ResultStore | None = None
        if with_store:
            behind = BucketResults(open_bucket(objects)) if objects else None  # never waited for
            told = partial(_tell_stored, tell)
            store = stack.enter_context(ResultStore(folders.results, store_bytes, told, behind))
        budget = PixelBudget.here() if max_pixels is None else PixelBudget(max_pixels)
        networks = Networks(lender, clip_tokenizer)
        encoders = TextEncoders(networks, partial(embedding_file, known.names.models))
        sampling = networks, Autoencoders(networks), encoders, Samplers(networks)
        models = inpainters, Selectors(lender), Upscalers(lender), *sampling
        services = (storage.blobs, known.recipes, *models, budget)
        worker = Worker(
            known.registry,
            Services(*services, Spreading()),
            MemoryCache(memory_bytes, most_results) if memory_bytes else None,
            store,
            binders=binders,
            environment=devices.environment(),
        )
        parts = (worker, storage, binders, loaded, input_folder)
        yield Assembly(known.registry, known.recipes, known.names, *parts)


def _tell_stored(tell: Listener, key: str) -> None:
    tell(Stored(key))


def _sources(storage: Storage, inputs: Path, outputs: Path | None) -> dict[str, Binder]:
    """What binds names of files of this machine."""
    made = {
        "output": FolderTree(outputs or storage.folders.outputs),
        "temp": FolderTree(outputs or storage.folders.temp),
    }
    tree = FolderTree(inputs)
    return source_binders(References(storage.blobs, tree, made).bind, tree)
