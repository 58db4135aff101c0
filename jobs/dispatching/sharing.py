"""Jobs that give a part of their work to others: which may, and what of it waits."""

from collections.abc import Sequence

from paintgraph.jobs.dispatching.running import Running
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore


def done_elsewhere(store: JobStore, job: Job, workers: int) -> Sequence[str] | None:
    """The nodes of a job whose pictures other jobs did; None if none can be given away."""
    if job.parent is not None or job.on_failure == "stop" or job.size != "heavy":
        return None
    done = store.given_away(job) if job.fence > 1 else []
    return done if done or workers > 1 else None


def made_ready(store: JobStore, run: Running) -> list[Job]:
    """After a run of a job that has parts, or of one of these: that job and its open parts."""
    number = run.job.parent or (run.done_elsewhere is not None and run.job.number)
    whole = store.numbered(number) if number else None
    return [whole, *store.open_parts(whole.number)] if whole else []


async def parts_to_cancel(store: JobStore, job_id: str) -> list[Job]:
    """Cancel a job that waits for its parts as far as the store can; its parts, which are next."""
    job = store.get(job_id)
    if job is None or job.state != "running":
        return []
    await store.cancel(job_id)
    return store.open_parts(job.number)
