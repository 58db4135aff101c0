"""`paintgraph run`."""

import signal
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from paintgraph.assembly import Assembly, assemble
from paintgraph.base.errors import Error
from paintgraph.base.printing import printed_aside
from paintgraph.cli.explaining import remember
from paintgraph.cli.faults import FAILED, OK, print_json, tell, tell_fault
from paintgraph.cli.finishing import quality_of
from paintgraph.cli.many.running import is_for_many, run_many
from paintgraph.cli.preparing import Prepared, RunOptions, prepared, read
from paintgraph.cli.progress import Watcher
from paintgraph.cli.results import Written, check_not_input, files_read, once, write_results
from paintgraph.cli.streaming import run_frames
from paintgraph.engine.execution.explain import record
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.node.events import NodeFailed
from paintgraph.jobs.publishing import PublishError
from paintgraph.jobs.sources.folders import default_folders
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.python.results import named_results
from paintgraph.python.running import interruptible, perform

_KEPT = "Finished results are kept, so the next run goes on from them."
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A run that is over, what it saved, and the named results that were written."""

    outcome: Outcome
    watcher: Watcher
    prepared: Prepared
    saved: list[Path]
    written: list[Written] = field(default_factory=list)


def run_recipe(options: RunOptions) -> int:
    """Run a recipe or graph; gives the exit code."""
    folders = default_folders()
    devices = DeviceRules(options.device)
    with assemble(
        folders,
        options.input_dir,
        devices=devices,
        with_store=not options.fresh,
        nodes=options.nodes,
        output_folder=options.output_dir,
    ) as assembly:
        began = time.perf_counter()
        with printed_aside():  # by nodes of others: the standard output is for results
            asked = read(options, assembly)
        if asked.gathering.frames is not None:
            return run_frames(options, asked, assembly)
        if is_for_many(options, asked):
            # The results themselves say what is done: keeping steps would only take time.
            light = replace(assembly, worker=replace(assembly.worker, store=None))
            with printed_aside():
                many = run_many(options, asked, light)
            return many.tell(json=options.json)
        check_not_input(asked.given, options.outputs)
        with printed_aside():
            found = prepared(options, asked, assembly)
            ended = _performed(options, found, assembly)
        if ended.outcome.state == "succeeded" and not options.fresh:
            environment = assembly.worker.environment
            made_of = record(found.bound, assembly.registry, environment, assembly.binders)
            remember(found.source, made_of, folders)
        if ended.outcome.state != "cancelled":
            _write(options, ended, files_read(asked.given))
        seconds = time.perf_counter() - began
    if options.profile:
        ended.watcher.print_profile()
    if options.json:
        print_json(_answer(ended, seconds))
    else:
        _tell(options, ended, seconds)
    return OK if ended.outcome.state == "succeeded" else FAILED


def _performed(options: RunOptions, prepared: Prepared, assembly: Assembly) -> _Ended:
    """Run; what save nodes want written is written meanwhile."""
    with Watcher(quiet=options.json) as watcher, interruptible(*_SIGNALS) as cancellation:
        try:
            ran = perform(
                prepared.bound,
                assembly,
                prepared.wanted.targets(prepared.bound, assembly.registry),
                prepared.texts,
                output_dir=options.output_dir,
                listen=watcher.listen,
                cancellation=cancellation,
                report_saved=lambda path: watcher.say(f"saved {path}"),
                on_failure="stop" if options.stop else "continue",
            )
        except PublishError as error:
            raise _with_hope(error, options) from error
    return _Ended(ran.outcome, watcher, prepared, ran.saved)


def _write(options: RunOptions, ended: _Ended, inputs: Mapping[Path, str]) -> None:
    """Write the named results, and none over the files of inputs."""
    prepared = ended.prepared
    told = prepared.bound.descriptions, prepared.texts
    results = named_results(prepared.graph, ended.outcome, prepared.values, *told)
    try:
        warn = once(lambda message: tell(f"warning: {message}"))
        quality = quality_of(prepared.writing)
        ended.written.extend(write_results(prepared.wanted, results, warn, quality, inputs))
    except PublishError as error:
        raise _with_hope(error, options) from error


def _with_hope(error: Error, options: RunOptions) -> PublishError:
    """The error of a file, with what is not lost."""
    return PublishError(f"{error}{'' if options.fresh else f' {_KEPT}'}", error.code)


def _answer(ended: _Ended, seconds: float) -> dict[str, object]:
    """How a run ended, for programs."""
    return {
        "state": ended.outcome.state,
        "seconds": round(seconds, 3),
        "outputs": {each.name: each.to_json() for each in ended.written},
        "saved": [str(path) for path in ended.saved],
        "warnings": [*ended.prepared.warnings, *ended.watcher.warnings],
        "failures": [
            {
                "code": failure.code,
                "node": failure.origin.submitted,
                "element": failure.element,
                "message": failure.message,
                "inputs": _given(failure, ended.prepared),
            }
            for failure in ended.outcome.failures
        ],
    }


def _tell(options: RunOptions, ended: _Ended, seconds: float) -> None:
    """How a run ended, for people."""
    for result in ended.written:
        result.tell(aside=ended.prepared.wanted.to_stdout)
    for failure in ended.outcome.failures:
        if options.debug:
            traceback.print_exception(failure.error)
        tell_fault(f"{failure.message} [{failure.code}]")
        given = _given(failure, ended.prepared)
        if not options.debug:  # only what the message cannot know: the user's names of files
            given = {n: text for n, text in given.items() if text != failure.inputs[n]}
        if given:
            tell_fault(f"  given: {', '.join(f'{name}: {text}' for name, text in given.items())}")
    cancelled = ended.outcome.state == "cancelled"
    kept = f". {_KEPT}" if cancelled and not options.fresh else ""
    tell(f"{ended.outcome.state} in {seconds:.1f} s{kept}")


def _given(failure: NodeFailed, prepared: Prepared) -> dict[str, str]:
    """What the failed node was given; pictures by the names that the user knows."""
    given = dict(failure.inputs)
    for reference, file in prepared.files.items():
        given = {name: text.replace(reference, file) for name, text in given.items()}
    return given
