"""Runs one job after the other on what a factory built; the same in-process and in workers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from paintgraph.base.errors import Error
from paintgraph.base.text.document import Document
from paintgraph.engine.execution.run import OnFailure, Outcome, Worker, run
from paintgraph.engine.graph.elements import Blocked, Failed
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Listener
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.jobs.publishing.files import PublishError, not_written

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a factory builds for a runner.

    `describe(type, value)` is a result as plain data: a picture becomes a blob's reference.
    `prepare(graph)` is called before each job, to take note of what has changed outside.
    `watch(tell)` lets `tell` hear what is held in memory, in numbers, whenever that changes.
    """

    worker: Worker
    describe: Callable[[str, Value], Any]
    watch: Callable[[Tell], None] = lambda _: None
    prepare: Callable[[Graph], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: results by name, and why it failed."""

    state: str
    outputs: Mapping[str, Any]
    problems: tuple[Mapping[str, Any], ...] = ()


def run_job(  # noqa: PLR0913 - what a job is
    parts: Parts,
    job_id: str,
    document: Mapping[str, Any],
    *,
    listen: Listener,
    cancellation: Cancellation,
    on_failure: OnFailure = "continue",
) -> Ended:
    """Run the bound graph of a job to its end; faults of the graph or a node fail the job.

    So does a full disk, which costs the results and not the worker.
    """
    registry = parts.worker.registry
    try:
        graph, problems = read_native(Document(document), job_id)
        parts.prepare(graph)
        graph = check(graph, registry, problems).sound()
        outcome = run(
            graph,
            parts.worker,
            targets_of(graph, registry).values(),
            job=job_id,
            listen=listen,
            cancellation=cancellation,
            on_failure=on_failure,
        )
    except Error as error:
        return Ended("failed", {}, ({"code": error.code, "message": str(error)},))
    failures = tuple(
        {
            "code": failure.code,
            "node": failure.origin.submitted,
            "element": failure.element,
            "message": failure.message,
            "inputs": dict(failure.inputs),
        }
        for failure in outcome.failures
    )
    try:
        return Ended(outcome.state, _outputs(parts, graph, outcome), failures)
    except OSError as error:
        lost = {"code": PublishError.code, "message": f"the results {not_written(error)}"}
        return Ended("failed", {}, (*failures, lost))


def _outputs(parts: Parts, graph: Graph, outcome: Outcome) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for name, reference in graph.outputs.items():
        if not isinstance(reference, Link) or reference.node not in outcome.results:
            continue
        slot = int(reference.output)
        spec = parts.worker.registry.spec(graph.nodes[reference.node].kind)
        type_ = spec.outputs[slot].type if spec else "any"
        elements = outcome.results[reference.node].slots[slot]
        values = [parts.describe(type_, e) for e in elements if not isinstance(e, Blocked | Failed)]
        if values:
            outputs[name] = values[0] if len(elements) == 1 else values
    return outputs
