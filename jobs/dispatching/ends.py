"""One line of the log for each job that has ended."""

from paintgraph.base.logs import happened
from paintgraph.jobs.store.job import Job


def tell_end(job: Job) -> None:
    """Tell how a job ended; codes say why it failed, as messages may quote what was asked for."""
    ended = job.ended or job.created
    started = job.started or ended
    fields = {
        "job": job.id,
        "client": job.client,
        "state": job.state,
        "size": job.size,
        "door": job.door,
        "waited_seconds": round(started - job.created, 3),
        "seconds": round(ended - started, 3),
        "problems": [problem.get("code", "") for problem in job.problems],
    }
    codes = f" ({', '.join(fields['problems'])})" if job.problems else ""  # type: ignore[arg-type] # texts
    waited = f"after {fields['waited_seconds']} s in the queue"
    message = f"job {job.id} {job.state}{codes} in {fields['seconds']} s, {waited}"
    happened(f"{message} client={job.client}", fields)
