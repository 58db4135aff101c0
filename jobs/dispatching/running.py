"""A job at work: what is gathered of it, and what is told of it in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paintgraph.jobs.dispatching.progress import Progress
from paintgraph.jobs.faults import Fault
from paintgraph.jobs.store.batches import Parts
from paintgraph.jobs.store.job import Job, Report, Shown
from paintgraph.jobs.workers.handle import WorkerHandle


@dataclass(slots=True)
class Running:
    """A job at work.

    Attributes:
        nodes: those under way, the last one begun last.
        begun: whether the worker has said anything of the job.
        warnings, files, problems: gathered for its end.
        shown, cached, finished, skipped: see `Report`.
        cancelled: whether it was asked to stop.
        done_elsewhere: nodes whose pictures were given to other jobs; None: none may be.
        fault: why the server stops it.
        let_go: whether its lease ran out, which is no fault of it.
        progress: how far it is, from when its worker has it.
    """

    job: Job
    handle: WorkerHandle
    nodes: dict[str, None] = field(default_factory=dict)
    begun: bool = False
    warnings: list[str] = field(default_factory=list)
    files: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, Shown] = field(default_factory=dict)
    cached: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    cancelled: bool = False
    done_elsewhere: Sequence[str] | None = None
    fault: Fault | None = None
    let_go: bool = False
    progress: Progress | None = None

    @property
    def node(self) -> str:
        """The node that began last and has not ended."""
        return next(reversed(self.nodes), "")


def problem(running: Running, fault: Fault) -> dict[str, Any]:
    """Why the server has ended a job."""
    node = running.node or None
    where = f"node '{node}'" if node else "the job"
    return {"code": fault.code, "node": node, "message": f"{where}: {fault.message}"}


def gather(running: Running, parts: Parts) -> None:
    """Take what came of a job's parts for the job's own."""
    running.files = {**parts.outputs, **running.files}
    running.shown = {**parts.shown, **running.shown}
    running.warnings = [*parts.warnings, *running.warnings]
    running.problems = [*map(dict, parts.problems), *running.problems]


def show(running: Running, fact: Mapping[str, Any]) -> None:
    """Note what a node shows."""
    if fact["type"] == "executed":  # and did not fail meanwhile
        running.shown[fact["node"]] = {
            "display": fact["display"],
            "parent": fact["parent"],
            "submitted": fact["submitted"],
            "ui": fact["ui"],
            "files": fact.get("files", []),
        }


def report(running: Running, state: str) -> Report:
    """What editors tell of the job in the end."""
    report: Report = {"shown": running.shown, "cached": running.cached}
    if state == "succeeded":
        return report
    ended: Report = {"finished": running.finished, "skipped": running.skipped}
    return {**report, **ended, "stopped_at": running.node}


def fail(running: Running, fact: dict[str, Any], code: str, message: str) -> None:
    """Turn a node's fact into its failure."""
    problem = {"code": code, "element": 0, "message": message}
    running.problems.append({**problem, "node": fact["submitted"]})
    for name in ("ui", "effects", "cached"):
        del fact[name]
    fact.update(problem, type="node_failed", exception="", inputs={})
