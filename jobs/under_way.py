"""A job at a worker: what is under way, and what its facts say of it so far."""

from dataclasses import dataclass, field
from typing import Any

from jobs.effects import JobEffects
from jobs.job import Job
from jobs.publishing import PublishError
from jobs.worker_handle import WorkerHandle


@dataclass(slots=True)
class Running:
    """A job at work: the nodes under way, and what was gathered of it."""

    job: Job
    handle: WorkerHandle
    nodes: dict[str, None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    files: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False

    @property
    def node(self) -> str:
        """The node that began last and has not ended."""
        return next(reversed(self.nodes), "")


async def note(running: Running, fact: dict[str, Any], effects: JobEffects) -> None:
    """Gather what a fact says of the job; files that it wants written are published first."""
    if fact["type"] in ("node_finished", "node_failed"):
        running.nodes.pop(fact["node"], None)
    elif fact["type"] == "warning":
        running.warnings.append(fact["message"])
    elif fact["type"] == "executed" and fact["effects"]:
        await _publish(running, fact, effects)


async def _publish(running: Running, fact: dict[str, Any], effects: JobEffects) -> None:
    """Publish a node's files; those that cannot be written fail the job."""
    node, submitted = fact["node"], fact["submitted"]
    try:
        files = await effects.publish(running.job, node, fact["effects"])
    except PublishError as error:
        message = f"node '{submitted}' ({fact['kind']}): {error}"
        problem = {"code": error.code, "element": 0, "message": message}
        running.problems.append({**problem, "node": submitted})
        fact.update(problem, type="node_failed", inputs={})
        return
    fact["files"] = files
    running.files.setdefault(node, []).extend(files)
