"""A job at a worker: what is under way, and what was gathered of it so far."""

from dataclasses import dataclass, field
from typing import Any

from paintgraph.jobs.store.job import Job
from paintgraph.jobs.workers.handle import WorkerHandle


@dataclass(slots=True)
class Running:
    """A job at work.

    Attributes:
        nodes: those under way, the last one begun last.
        begun: whether the worker has said anything of the job.
        warnings, files, problems: gathered for its end.
        cancelled: whether it was asked to stop.
    """

    job: Job
    handle: WorkerHandle
    nodes: dict[str, None] = field(default_factory=dict)
    begun: bool = False
    warnings: list[str] = field(default_factory=list)
    files: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False

    @property
    def node(self) -> str:
        """The node that began last and has not ended."""
        return next(reversed(self.nodes), "")
