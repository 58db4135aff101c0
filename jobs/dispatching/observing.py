"""Who wants to know what becomes of jobs: the log, and traces."""

from collections.abc import Mapping
from typing import Any, Protocol

from paintgraph.base.logs import happened
from paintgraph.jobs.store.job import Job


class Observer(Protocol):
    """Is told of nodes and jobs as they end; takes no time, and raises nothing."""

    def node_ended(self, job: Job, fact: Mapping[str, Any]) -> None:
        """A node of a job at work is over, or a call of it failed, now; see the fact."""

    def job_ended(self, job: Job) -> None:
        """A job has ended, and this is on disk."""


class JobLog:
    """Tells the log how jobs ended; codes say why, as messages may quote what was asked for."""

    def node_ended(self, job: Job, fact: Mapping[str, Any]) -> None:
        """Nodes are not told."""

    def job_ended(self, job: Job) -> None:
        """One line for each job."""
        ended = job.ended or job.created
        started = job.started or ended
        problems = [str(problem.get("code", "")) for problem in job.problems]
        fields = {
            "job": job.id,
            "client": job.client,
            "state": job.state,
            "size": job.size,
            "door": job.door,
            "waited_seconds": round(started - job.created, 3),
            "seconds": round(ended - started, 3),
            "problems": problems,
        }
        codes = f" ({', '.join(problems)})" if problems else ""
        waited = f"after {fields['waited_seconds']} s in the queue"
        message = f"job {job.id} {job.state}{codes} in {fields['seconds']} s, {waited}"
        happened(f"{message} client={job.client}", fields)
