"""Runs in this process: one by one, or many in a session that keeps models loaded."""

import os
import secrets
import signal
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from paintgraph.assembly import Assembly, assemble, pack_places
from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.graph.graph import Graph, Metadata
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import targets_of
from paintgraph.engine.recipes.own_faults import check_together
from paintgraph.jobs.sources.folders import Folders, default_folders
from paintgraph.jobs.sources.references import left_out
from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.jobs.workers.runner import to_wire
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.nodes.made import texts_of_run
from paintgraph.nodes.own import Own
from paintgraph.nodes.packs.loading.guard import wrong_freedom
from paintgraph.nodes.packs.loading.loader import PackLoader
from paintgraph.nodes.resources import resources
from paintgraph.python.finding import find_inputs
from paintgraph.python.inputs import batches, literals
from paintgraph.python.progress import Progress, Report, Tracker, reporting
from paintgraph.python.results import Result, merged, named_results, wished
from paintgraph.python.running import interruptible, perform
from paintgraph.python.sources import Recipe, checked_recipe

MEMORY_BYTES = 512 * 2**20
Place = str | os.PathLike[str]


class RunError(Error):
    """A run failed, or a part of it; `problems` names each node that failed and why."""

    code = "run_failed"


class Session:
    """Runs recipes; models and results stay in memory from one run to the next.

    A context manager; `close` ends it as well. Threads may share it: their runs take turns.

    Args:
        device: where models work: "cpu", "cuda", "mps"; "auto" takes the best.
        nodes: own nodes: Python files, names of modules, modules or functions.
        node_packs: folders with node packs written for ComfyUI, single packs, or its
            `extra_model_paths.yaml`. A pack is a program, which runs in this process from then on;
            modules of ComfyUI's names, such as `nodes` and `server`, are the packs' there.
        allow_packs: what packs may do when they are imported: "subprocess", "network", "write".
        data_dir: folder of kept results and of the user's recipes; by default the command line's.
        models_dir: folder of the models; by default the command line's.
        input_dir: folder in which graphs look for the names of files that they hold.
        output_dir: folder for what the graph's own save nodes write.
        fresh: compute everything; use and keep no earlier result.
        memory_bytes: results kept in memory between runs.
        metadata, graph: what files of results tell beside their pixels, as for `Picture.encode`;
            before what recipes say.
        progress: True shows a bar; a callback gets `Progress`.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        *,
        device: str = "auto",
        nodes: Iterable[Own] = (),
        node_packs: Iterable[Place] | Place = (),
        allow_packs: Iterable[str] = (),
        data_dir: Place | None = None,
        models_dir: Place | None = None,
        input_dir: Place = ".",
        output_dir: Place = ".",
        fresh: bool = False,
        memory_bytes: int = MEMORY_BYTES,
        metadata: Metadata | None = None,
        graph: bool | None = None,
        progress: Report | bool | None = None,
    ) -> None:
        folders = Folders(Path(data_dir)) if data_dir is not None else default_folders()
        self._output_dir = Path(output_dir)
        self._wished = wished(metadata, graph)
        self._progress = progress
        self._lock = threading.Lock()
        self._reporting: set[int] = set()  # threads that are in a progress callback
        own: list[Own] = [nodes] if isinstance(nodes, str | os.PathLike) else [*nodes]
        packs = [node_packs] if isinstance(node_packs, str | os.PathLike) else [*node_packs]
        told: list[str] = []
        if packs:
            places = pack_places(folders, packs, Path(input_dir), self._output_dir, models_dir)
            freedoms = checked_freedoms(allow_packs)
            sources = [os.fspath(pack) for pack in packs]
            own.append(
                PackLoader(sources, places, device=device, allowed=freedoms, tell=told.append)
            )
        self._stack = ExitStack()
        self._assembly: Assembly | None = self._stack.enter_context(
            assemble(
                folders,
                Path(input_dir),
                memory_bytes=0 if fresh else memory_bytes,
                devices=DeviceRules(device),
                with_store=not fresh,
                nodes=own,
                models_dir=None if models_dir is None else Path(models_dir),
                output_folder=self._output_dir,
            )
        )
        for sentence in told:
            warnings.warn(sentence, stacklevel=2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of models and results; a run that goes on is waited for."""
        with self._turn():
            self._assembly = None
            self._stack.close()

    def run(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        progress: Report | bool | None = None,
        **named: Any,
    ) -> Result:
        """Run a recipe; gives its results by name.

        `recipe` is a recipe's name, a file, a recipe or ComfyUI prompt as plain data, or a `Graph`.
        Its inputs are named arguments, or `inputs`, whose names may be those of options as well.
        Pictures are paths, bytes of files, numpy arrays, PIL images, or results of other runs;
        batches of them are run one by one. Raises Error: before anything runs if inputs, graph or
        models are not in order, after it if a node failed. Ctrl-C cancels.
        """
        options = set() if progress is None else {"progress"}
        return self.run_with(options, recipe, mapping_of(inputs), named, progress=progress)

    def run_with(
        self,
        options: AbstractSet[str],
        recipe: Recipe,
        inputs: Mapping[str, Any],
        named: Mapping[str, Any],
        *,
        progress: Report | bool | None,
    ) -> Result:
        """As `run`; `options` are the names of those that the caller has chosen."""
        with self._turn():
            if self._assembly is None:
                raise UsageError(Problem("closed", "the session is closed. Make another."))
            assembly = self._assembly
            assembly.recipes.refresh()
            graph = checked_recipe(recipe, assembly).sound()
            given = given_inputs(inputs, named, graph.inputs, options)
            with reporting(self._progress if progress is None else progress) as shown:

                def report(event: Progress) -> None:
                    thread = threading.get_ident()
                    self._reporting.add(thread)
                    try:
                        shown(event)
                    finally:
                        self._reporting.discard(thread)

                every = batches(given, graph.inputs)
                return merged([self._run(graph, one, assembly, report) for one in every])

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the runs before; raises UsageError where that would last for ever."""
        if threading.get_ident() in self._reporting:
            message = (
                "the session is in a run, whose progress callback must not use it. Raise an error "
                "to end the run, or use another session."
            )
            raise UsageError(Problem("busy", message))
        with self._lock:
            yield

    def map(
        self,
        recipe: Recipe,
        images: Iterable[Any],
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        name: str = "image",
        **named: Any,
    ) -> Iterator[Result]:
        """Run a recipe for each of many pictures, one at a time; yields each result in turn.

        `images` may be any iterable, such as `Path("photos").glob("*.jpg")`: one picture is read
        at a time. `name` is the input that takes it; the other inputs are the same for all.
        """
        for image in images:
            yield self.run(recipe, {**mapping_of(inputs), **named, name: image})

    def _run(
        self, graph: Graph, given: Mapping[str, Any], assembly: Assembly, report: Report
    ) -> Result:
        with (
            tempfile.TemporaryDirectory(prefix="paintgraph-") as folder,
            interruptible(signal.SIGINT) as cancellation,
        ):

            def refer(picture: Path | bytes) -> str:
                if isinstance(picture, Path):
                    return assembly.blobs.adopt(picture)
                file = Path(folder, secrets.token_hex(8))
                file.write_bytes(picture)
                return assembly.blobs.adopt(file)

            values = literals(given, graph.inputs, refer)
            known = replace(resources(assembly.names), given=values)
            check_together(graph, assembly.registry, known)
            find_inputs(graph, given, assembly)
            meant = replace(graph, descriptions=self._wished.or_else(graph.descriptions))
            bound = bind(meant, assembly.registry, values, assembly.binders)
            device = assembly.worker.environment
            texts = texts_of_run(graph, bound, assembly.registry, assembly.blobs.size, device)
            tracker = Tracker(report, cancellation.cancel)
            tracker.begin(bound.nodes)
            ran = perform(
                bound,
                assembly,
                list(dict.fromkeys(targets_of(bound, assembly.registry).values())),
                texts,
                output_dir=self._output_dir,
                listen=lambda event: tracker.take(to_wire(event)),
                cancellation=cancellation,
            )
            if tracker.error is not None:
                raise tracker.error
            _check(ran.outcome)
            tracker.end()
        settled = {name: values.get(name, spec.default) for name, spec in graph.inputs.items()}
        outputs = named_results(graph, ran.outcome, settled, bound.descriptions, texts)
        notices = left_out(bound, assembly.registry, FolderTree(assembly.input_folder))
        return Result(outputs, [*notices, *tracker.warnings], ran.saved)


def checked_freedoms(allowed: Iterable[str]) -> list[str]:
    """What packs may do; raises UsageError for what nobody can allow them."""
    freedoms = [allowed] if isinstance(allowed, str) else [*allowed]
    if wrong := wrong_freedom(freedoms):
        raise UsageError(Problem("bad_option", f"allow_packs: {wrong}"))
    return freedoms


def mapping_of(inputs: object) -> dict[str, Any]:
    """The inputs that come before the named ones; raises UsageError for what is no mapping."""
    if inputs is None:
        return {}
    if isinstance(inputs, Mapping):
        return {**inputs}
    message = (
        f"the second argument is of type {type(inputs).__name__}; allowed is a mapping of inputs. "
        "Pass each input by its name, such as image='photo.jpg'."
    )
    raise UsageError(Problem("wrong_type", message))


def given_inputs(
    inputs: Mapping[str, Any],
    named: Mapping[str, Any],
    declared: Mapping[str, InputSpec],
    options: AbstractSet[str],
) -> dict[str, Any]:
    """The inputs of a run, of which none may be mistaken for an option; raises UsageError."""
    problems = [
        Problem(
            "ambiguous_input",
            f"'{name}' is an option of run and an input of the recipe. Pass inputs as a mapping, "
            f"run(recipe, {{'{name}': ...}}), and options to the session.",
            input=name,
        )
        for name in sorted(options & declared.keys())
    ]
    twice = sorted(named.keys() & inputs.keys())
    problems += [
        Problem(
            "given_twice",
            f"input '{name}': it is in the mapping and a named argument; allowed is one of both. "
            "Drop one.",
            input=name,
        )
        for name in twice
    ]
    if problems:
        raise UsageError(*problems)
    return {**inputs, **named}


def _check(outcome: Outcome) -> None:
    """Raise what kept a run from its end."""
    if outcome.state == "cancelled":
        raise KeyboardInterrupt
    if outcome.failures:
        problems = [
            Problem(failure.code, failure.message, failure.origin.submitted)
            for failure in outcome.failures
        ]
        message = "\n".join(problem.message for problem in problems)
        raise RunError(message, problems[0].code, problems=problems)


def run(  # noqa: PLR0913 - options of the session and of the run
    recipe: Recipe,
    inputs: Mapping[str, Any] | None = None,
    /,
    *,
    device: str | None = None,
    nodes: Iterable[Own] | None = None,
    node_packs: Iterable[Place] | Place | None = None,
    allow_packs: Iterable[str] | None = None,
    fresh: bool | None = None,
    metadata: Metadata | None = None,
    graph: bool | None = None,
    progress: Report | bool | None = None,
    **named: Any,
) -> Result:
    """Run a recipe by itself; a `Session` keeps models loaded for many, and takes more options.

    See `Session.run` for recipe, inputs and errors, `Session` for the options. A recipe's input of
    the same name as an option goes into the mapping `inputs`.
    """
    settings: dict[str, Any] = {"device": device, "nodes": nodes, "fresh": fresh}
    settings |= {"node_packs": node_packs, "allow_packs": allow_packs}
    settings |= {"metadata": metadata, "graph": graph}
    chosen = {name: value for name, value in settings.items() if value is not None}
    options = chosen.keys() | ({"progress"} if progress is not None else set())
    with Session(**chosen, memory_bytes=0) as session:
        return session.run_with(options, recipe, mapping_of(inputs), named, progress=progress)
