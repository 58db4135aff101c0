"""`paintgraph run` and `paintgraph explain`."""

import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import typer

from assembly import Assembly, assemble
from cli.faults import FAILED, OK, guard, lines, tell
from cli.options import parse
from cli.progress import Watcher
from cli.results import Destinations, Written
from cli.sources import STDIN, GraphText, checked, read_source
from engine.binding import bind
from engine.checking import targets_of
from engine.context import Cancellation
from engine.explain import Explained, Record, explain, record
from engine.graph import Graph
from engine.keeping import Keeping
from engine.run import Outcome, run
from engine.spec import InputSpec
from engine.store import write_whole
from jobs.folders import Folders, default_folders
from jobs.publishing import Publisher


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What was asked for; `arguments` are the recipe's own options."""

    recipe: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    output_dir: Path = Path()
    input_dir: Path = Path()
    profile: bool = False
    stop: bool = False
    fresh: bool = False
    metadata: bool = True
    json: bool = False
    debug: bool = False


def run_recipe(options: RunOptions) -> int:
    """Run a recipe or graph; gives the exit code."""
    return guard(lambda: _run(options), options.recipe, debug=options.debug)


def explain_recipe(options: RunOptions) -> int:
    """Print the plan of a recipe or graph; gives the exit code."""
    return guard(lambda: _explain(options), options.recipe, debug=options.debug)


@dataclass(frozen=True, slots=True)
class _Prepared:
    source: GraphText
    graph: Graph
    bound: Graph


def _prepare(options: RunOptions, assembly: Assembly) -> _Prepared:
    """Read, check and bind; raises what keeps the graph from running."""
    source = read_source(options.recipe, assembly.recipes)
    found = checked(source, assembly)
    graph = found.sound()
    for line in lines(found.problems, source.name):
        tell(line)
    given = parse(options.arguments, graph.inputs)
    values = {name: _opened(graph.inputs[name], v, assembly) for name, v in given.items()}
    return _Prepared(source, graph, bind(graph, assembly.registry, values, assembly.binders))


def _opened(spec: InputSpec, value: Any, assembly: Assembly) -> Any:  # noqa: ANN401 - a literal
    """On the command line a picture is a real path, or standard input."""
    if spec.resource != "picture":
        return value
    if value == STDIN:
        return assembly.blobs.put(sys.stdin.buffer.read())
    if value.startswith(("sha256:", "data:")):
        return value
    return assembly.blobs.adopt(Path(value))


def _run(options: RunOptions) -> int:
    folders = default_folders()
    with assemble(folders, options.input_dir, with_store=not options.fresh) as assembly:
        began = time.perf_counter()
        prepared = _prepare(options, assembly)
        destinations = Destinations.of(
            options.outputs, prepared.graph, assembly.registry, prepared.source.stem
        )
        bound = prepared.bound
        publisher = Publisher(options.output_dir, assembly.blobs)
        with Watcher(quiet=options.json) as watcher, _interruptible() as cancellation:
            outcome = run(
                bound,
                assembly.worker,
                destinations.targets(targets_of(bound, assembly.registry)),
                job=_name(prepared),
                listen=watcher.listen,
                cancellation=cancellation,
                on_failure="stop" if options.stop else "continue",
            )
        published = [publisher.publish(e) for e in watcher.effects if e.folder != "temp"]
        _remember(prepared, record(bound, assembly.registry), folders)
        graph_text = bound if options.metadata else None
        written = destinations.write(outcome, bound, assembly.registry, graph_text)
        seconds = time.perf_counter() - began
    _report(options, outcome, watcher, written, published, seconds)
    return OK if outcome.state == "succeeded" else FAILED


def _report(  # noqa: PLR0913 - what there is to tell
    options: RunOptions,
    outcome: Outcome,
    watcher: Watcher,
    written: list[Written],
    published: list[Path],
    seconds: float,
) -> None:
    if options.profile:
        watcher.print_profile()
    if options.json:
        answer = {
            "state": outcome.state,
            "seconds": round(seconds, 3),
            "outputs": {w.name: w.to_json() for w in written},
            "saved": [str(path) for path in published],
            "warnings": watcher.warnings,
            "failures": [
                {
                    "code": failure.code,
                    "node": failure.origin.submitted,
                    "element": failure.element,
                    "message": failure.message,
                    "inputs": dict(failure.inputs),
                }
                for failure in outcome.failures
            ],
        }
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    for result in written:
        result.tell()
    for path in published:
        tell(f"saved {path}")
    for failure in outcome.failures:
        given = ", ".join(f"{name}: {text}" for name, text in failure.inputs.items())
        tell(f"{failure.message} [{failure.code}]\n  given: {given}")
    if outcome.state == "cancelled":
        tell("cancelled; finished results are kept, so the next run goes on from them")
    tell(f"{outcome.state} in {seconds:.1f} s")


@contextmanager
def _interruptible() -> Iterator[Cancellation]:
    """The first interrupt asks the run to stop, the second ends the program."""
    cancellation = Cancellation()

    def interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        cancellation.cancel()

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield cancellation
    finally:
        signal.signal(signal.SIGINT, before)


def _explain(options: RunOptions) -> int:
    folders = default_folders()
    with assemble(folders, options.input_dir) as assembly:
        prepared = _prepare(options, assembly)
        keeping = Keeping(assembly.registry, None, assembly.worker.store)
        targets = targets_of(prepared.bound, assembly.registry).values()
        explained = explain(prepared.bound, targets, keeping, _remembered(prepared, folders))
    if options.json:
        plain = [
            {
                "node": e.node,
                "kind": e.kind,
                "state": e.state,
                "changed": list(e.changed),
                "new": e.is_new,
            }
            for e in explained
        ]
        typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
        return OK
    for entry in explained:
        typer.echo(f"{entry.node} ({entry.kind}): {_reason(entry)}")
    return OK


def _reason(entry: Explained) -> str:
    if entry.state == "kept":
        return "kept"
    if entry.state == "idle":
        return "not needed: what reads it is kept"
    if entry.changed:
        return f"runs; changed: {', '.join(entry.changed)}"
    return "runs for the first time" if entry.is_new else "runs; unchanged, but too cheap to keep"


def _name(prepared: _Prepared) -> str:
    return blake2b(prepared.source.name.encode(), digest_size=12).hexdigest()


def _remember(prepared: _Prepared, made_of: Record, folders: Folders) -> None:
    try:
        write_whole(_record_path(prepared, folders), orjson.dumps(made_of))
    except OSError as error:
        tell(f"warning: what this run depended on is not kept: {error.strerror}")


def _remembered(prepared: _Prepared, folders: Folders) -> Record:
    try:
        found: Mapping[str, Mapping[str, str]] = orjson.loads(
            _record_path(prepared, folders).read_bytes()
        )
    except (OSError, ValueError):
        return {}
    return found


def _record_path(prepared: _Prepared, folders: Folders) -> Path:
    return folders.records / f"{_name(prepared)}.json"
