"""Which jobs may give a part of their work to others."""

from collections.abc import Sequence

from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore


def done_elsewhere(store: JobStore, job: Job, workers: int) -> Sequence[str] | None:
    """The nodes of a job whose pictures other jobs did; None if none can be given away."""
    if job.parent is not None or job.on_failure == "stop" or job.size != "heavy":
        return None
    done = store.given_away(job) if job.fence > 1 else []
    return done if done or workers > 1 else None
