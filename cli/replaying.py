"""`paintgraph replay`: run the graph of a picture again, and compare what it gives with it.

And `paintgraph bundle`, which carries a picture and its inputs to another machine.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import typer

from paintgraph.assembly import Assembly, assemble
from paintgraph.base.errors import Problem, UsageError
from paintgraph.cli.faults import OK, PARTLY, plain, print_json, tell
from paintgraph.cli.preparing import Prepared, RunOptions, prepare
from paintgraph.cli.progress import Watcher
from paintgraph.engine.errors import GraphError
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.formats.carried import Made, carried, made_in
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.events import Event, Executed
from paintgraph.engine.recipes.carrying import nodes_that_list
from paintgraph.engine.recipes.checking import targets_of
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.samples import pixel_digest
from paintgraph.jobs.publishing import cannot_write
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.models.errors import ModelError
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.nodes.made import surroundings
from paintgraph.nodes.pictures.formats import Format
from paintgraph.python.bundles import is_bundle, unpacked, write_bundle
from paintgraph.python.results import named_results
from paintgraph.python.running import interruptible

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_KINDS = ("version", "sources", "system", "device", "packages", "nodes", "models")


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a picture is, and what it says that it is."""

    digest: str
    made: Made
    form: Format
    is_lossy: bool


def replay_file(options: RunOptions) -> int:
    """Run the graph of a picture or bundle again and compare; gives the exit code."""
    with _opened(options.recipe) as picture, _assembled(options) as assembly:
        claim = _claim(picture, options.recipe)
        prepared = prepare(replace(options, recipe=str(picture)), assembly)
        _check_models(prepared.graph, assembly)
        found = _run(prepared, claim, assembly, quiet=options.json)
        differences = list(_differences(prepared, assembly))
    # The pixels of a lossy file never are those that it was made of.
    is_edited = claim.digest != claim.made.digest and not claim.is_lossy
    is_equal = found == claim.made.digest
    state = "edited" if is_edited else "equal" if is_equal else "differs"
    if options.json:
        digests = {"picture": claim.digest, "said": claim.made.digest, "made": found}
        print_json({"state": state, "digests": digests, "differences": differences})
    else:
        for line in _told(options.recipe, state, differences, is_equal=is_equal):
            typer.echo(plain(line))
    return OK if state == "equal" else PARTLY


def bundle_file(options: RunOptions, output: Path) -> int:
    """Write a picture and the inputs of its graph into one file; gives the exit code."""
    picture = Path(options.recipe)
    with _assembled(options) as assembly:
        claim = _claim(picture, options.recipe)
        prepared = prepare(options, assembly)
        needed = surroundings(prepared.bound, assembly.registry, assembly.worker.environment)
        for kind in (each for each in needed["nodes"] if not _is_shipped(each)):
            tell(f"warning: the bundle does not hold '{kind}'; it must be there for a replay.")
        for node in nodes_that_list(prepared.bound, assembly.registry):
            tell(f"warning: the bundle does not hold the folder that node '{node}' lists.")
        try:
            count = write_bundle(output, picture, claim.form, prepared.graph, assembly)
        except OSError as error:
            raise cannot_write(output, error) from error
    tell(f"wrote {output}: the picture, its graph and {count} of its inputs")
    return OK


def _is_shipped(kind: str) -> bool:
    from paintgraph import graphs
    from paintgraph.engine.graph.graph import RECIPE_PREFIX

    name = kind.removeprefix(RECIPE_PREFIX)
    return kind.startswith(RECIPE_PREFIX) and (graphs.FOLDER / f"{name}.yaml").is_file()


@contextmanager
def _opened(file: str) -> Iterator[Path]:
    """The picture itself, or that in a bundle, beside its inputs."""
    path = Path(file)
    if not is_bundle(path):
        yield path
        return
    with unpacked(path) as picture:
        yield picture


def _assembled(options: RunOptions) -> Any:
    """Everything that a run needs; nothing that an earlier one gave."""
    return assemble(
        default_folders(),
        options.input_dir,
        devices=DeviceRules(options.device),
        with_store=False,
        nodes=options.nodes,
    )


def _claim(picture: Path, name: str) -> _Claim:
    try:
        data = picture.read_bytes()
        made = made_in(BytesIO(data))
        if made is None:
            carried(BytesIO(data))  # says so if there is no graph at all
        found = decode(data)
    except OSError as error:
        message = f"'{name}' cannot be read: {error.strerror}. Name a picture or a bundle."
        raise UsageError(Problem("no_such_graph", message)) from error
    except PictureError as error:
        raise GraphError([Problem(error.code, error.message)]) from error
    if made is None:
        message = (
            "this picture does not say which result of its graph it is; allowed are files as "
            "paintgraph writes them. Run it instead: paintgraph run FILE."
        )
        raise GraphError([Problem("no_result", message)])
    form: Format = "webp" if found.format == "WEBP" else "png"
    digest = pixel_digest(found.image, found.depth, found.icc)
    return _Claim(digest, made, form, found.is_lossy)


def _check_models(graph: Graph, assembly: Assembly) -> None:
    """Raise GraphError unless the models are there that the picture was made with."""
    problems = []
    named = graph.made.get("models")
    for reference in named if isinstance(named, list) else ():
        try:
            assembly.names.models.bind(str(reference))
        except ModelError as error:
            problems.append(Problem(error.code, f"model '{reference}': {error.message}"))
    if problems:
        raise GraphError(problems)


def _run(prepared: Prepared, claim: _Claim, assembly: Assembly, *, quiet: bool) -> str:
    """The digest of what the graph gives in the picture's place; raises GraphError."""
    made = claim.made
    saved: list[str] = []
    targets = targets_of(prepared.bound, assembly.registry)
    wanted = [targets[made.output]] if made.output in targets else list(targets.values())

    with Watcher(quiet=quiet) as watcher, interruptible(*_SIGNALS) as cancellation:

        def listen(event: Event) -> None:
            watcher.listen(event)
            if isinstance(event, Executed) and event.origin.node == made.node:
                saved.extend(effect.made for effect in event.effects)

        outcome = run(
            prepared.bound, assembly.worker, wanted, listen=listen, cancellation=cancellation
        )
    if outcome.state == "cancelled":
        raise KeyboardInterrupt
    if outcome.failures:
        raise GraphError([Problem(f.code, f.message) for f in outcome.failures])
    told = prepared.bound.descriptions, prepared.texts
    results = named_results(prepared.graph, outcome, prepared.values, *told)
    of_output = [each.digest_in(claim.form) for each in results.get(made.output, ())]
    found = of_output if made.output else saved
    if made.place >= len(found):
        message = "the graph gives no such picture. Run it instead: paintgraph run FILE."
        raise GraphError([Problem("no_result", message)])
    return str(found[made.place])


def _differences(prepared: Prepared, assembly: Assembly) -> Iterator[str]:
    """What is another here than it was when the picture was made."""
    before = prepared.graph.made
    now = surroundings(prepared.bound, assembly.registry, assembly.worker.environment)
    for kind in _KINDS:
        was, is_ = before.get(kind), now[kind]
        if isinstance(was, Mapping) and isinstance(is_, Mapping):
            for name in sorted({*was, *is_}):
                if was.get(name) != is_.get(name):
                    yield f"{name}: it was {was.get(name, 'not there')}, here {is_.get(name)}"
        elif was != is_:
            yield f"{kind}: it was {was}, here {is_}"
    for node in nodes_that_list(prepared.bound, assembly.registry):
        yield f"node '{node}' lists a folder anew; --input-dir names where it lies"
    yield from prepared.warnings


def _told(name: str, state: str, differences: list[str], *, is_equal: bool) -> Iterator[str]:
    """The answer for people."""
    if state == "equal":
        yield f"{name}: equal: its graph gives these pixels"
        return
    if state == "edited":
        still = "gives what it was at first" if is_equal else "gives a third picture"
        yield f"{name}: not what its graph makes: its pixels were changed later; the graph {still}"
    else:
        yield f"{name}: differs: its graph gives other pixels here"
    for each in differences:
        yield f"  {each}"
    if state == "differs" and not differences:
        yield "  nothing differs that is known; processors and drivers may round in their own ways"
