"""Runs one job after the other on what a factory built; its events and results as plain data.

The same in this process and in workers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from paintgraph.base.errors import Error
from paintgraph.base.text.document import Document
from paintgraph.engine.execution.run import OnFailure, Outcome, Worker, run
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node import events
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Listener, Origin
from paintgraph.engine.node.spreading import Spreading
from paintgraph.engine.recipes.binding import Binders
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.jobs.publishing import PublishError, not_written

Report = Callable[[Mapping[str, Any]], None]


class Free(Protocol):
    """Lets go of what is held in memory."""

    def __call__(self, *, models: bool, results: bool) -> None:
        """Let go of models, of results, or of both."""


def _free_nothing(*, models: bool, results: bool) -> None:
    """For who holds nothing."""


@dataclass(frozen=True, slots=True)
class Loading:
    """Told before something is loaded that may end the process, or never return; "" once it did."""

    what: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a factory builds for a runner.

    `describe(graph, outcome, texts)` is the results by name as plain data: a picture becomes a
    blob's reference, and carries the texts.
    `prepare(graph)` is called before each job, with what it was accepted with; gives what binds
    the names in it, None for the worker's own.
    `free(models=, results=)` lets go of loaded models, or of results in memory.
    `watch(report)` lets what is held in memory be reported, in numbers, whenever that changes.
    `packs` are reports on node packs as plain data, `notices` sentences for who runs the server.
    `door` says where routes of packs are answered.
    """

    worker: Worker
    describe: Callable[[Graph, Outcome, Mapping[str, str]], Mapping[str, Any]]
    watch: Callable[[Report], None] = lambda _: None
    prepare: Callable[[Graph], Binders | None] = lambda _: None
    free: Free = _free_nothing
    packs: Sequence[Mapping[str, Any]] = ()
    notices: Sequence[str] = ()
    door: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: results by name, and why it failed.

    In the state "given" it has not: it goes on once other jobs have done what it gives away.
    """

    state: str
    outputs: Mapping[str, Any]
    problems: tuple[Mapping[str, Any], ...] = ()
    given: Mapping[str, Any] | None = None


def run_job(  # noqa: PLR0913 - what a job is
    parts: Parts,
    job_id: str,
    document: Mapping[str, Any],
    texts: Mapping[str, str],
    *,
    listen: Listener,
    cancellation: Cancellation,
    on_failure: OnFailure = "continue",
    extra: Mapping[str, Any] | None = None,
    done_elsewhere: Collection[str] | None = None,
) -> Ended:
    """Run the bound graph of a job to its end; faults of the graph or a node fail the job.

    So does a full disk, which costs the results and not the worker. `texts` say what made them.
    Nodes may give pictures away unless `done_elsewhere` is None: those whose pictures were.
    """
    registry = parts.worker.registry
    spreading = parts.worker.services.find(Spreading) or Spreading()
    spreading.begin(done_elsewhere)
    try:
        graph, problems = read_native(Document(document), job_id)
        binders = parts.prepare(graph)
        worker = parts.worker if binders is None else replace(parts.worker, binders=binders)
        registry.renew(node.kind for node in graph.nodes.values())
        checked = check(graph, registry, problems)
        if any(error.code == "not_a_choice" for error in checked.errors):
            registry.choose_again()  # a model may have come since
            checked = check(graph, registry, problems)
        graph = checked.sound()
        outcome = run(
            graph,
            worker,
            targets_of(graph, registry).values(),
            job=job_id,
            listen=listen,
            cancellation=cancellation,
            on_failure=on_failure,
            extra=extra or {},
        )
    except Error as error:
        return Ended("failed", {}, ({"code": error.code, "message": str(error)},))
    if spreading.given is not None:
        return Ended("given", {}, given=asdict(spreading.given))
    failures = tuple(
        {
            "code": failure.code,
            "node": failure.origin.submitted,
            "element": failure.element,
            "message": failure.message,
            "exception": _exception(failure.error),
            "inputs": dict(failure.inputs),
        }
        for failure in outcome.failures
    )
    try:
        return Ended(outcome.state, parts.describe(graph, outcome, texts), failures)
    except OSError as error:
        lost = {"code": PublishError.code, "message": f"the results {not_written(error)}"}
        return Ended("failed", {}, (*failures, lost))


SIGNALS = ("node_started", "progress", "preview", "sent")
"""Events that may be dropped for a newer one of their node; all others are facts."""


def to_wire(event: Event) -> dict[str, Any]:  # noqa: C901, PLR0911 - one for each kind of event
    """An event as plain data; `type` says which. The `data` of a preview are bytes."""
    match event:
        case events.NodeStarted(origin, elements):
            return {"type": "node_started", **_origin(origin), "elements": elements}
        case events.Progress(origin, element, done, total):
            return {
                "type": "progress",
                **_origin(origin),
                "element": element,
                "done": done,
                "total": total,
            }
        case events.Preview(origin, element, data, media_type):
            plain = {"element": element, "media_type": media_type, "data": data}
            return {"type": "preview", **_origin(origin), **plain}
        case events.Sent(origin, sent, content):
            return {"type": "sent", **_origin(origin), "event": sent, "data": content}
        case events.Warned(origin, element, message, code):
            plain = {"element": element, "message": message} | ({"code": code} if code else {})
            return {"type": "warning", **_origin(origin), **plain}
        case events.Executed(origin, ui, effects, cached):
            return {
                "type": "executed",
                **_origin(origin),
                "ui": {name: list(shown) for name, shown in ui.items()},
                "effects": [asdict(effect) for effect in effects],
                "cached": cached,
            }
        case events.NodeFinished(origin, how, seconds, weight):
            plain = {"how": how, "seconds": round(seconds, 6), "bytes": weight}
            return {"type": "node_finished", **_origin(origin), **plain}
        case events.NodeFailed(origin, element, code, message, inputs, error):
            plain = {"element": element, "code": code, "message": message}
            plain |= {"exception": _exception(error), "inputs": dict(inputs)}
            return {"type": "node_failed", **_origin(origin), **plain}
        case events.Kept(nodes):
            return {"type": "kept", "nodes": list(nodes)}
        case events.Stored(key):
            return {"type": "stored", "key": key}


def _exception(error: BaseException) -> str:
    """The type of what a node's code raised; nothing for an error of ours, which has a code."""
    kind = type(error)
    if isinstance(error, Error):
        return ""
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _origin(origin: Origin) -> Mapping[str, Any]:
    return {
        "node": origin.node,
        "kind": origin.kind,
        "display": origin.display,
        "parent": origin.parent,
        "submitted": origin.submitted,
    }
