"""Claims of single jobs, whoever is next."""

from paintgraph.jobs.store.claims import LEASE_SECONDS, take
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.rows import require


def claimed(store: JobStore, job: Job, worker: str = "w/1", seconds: float = LEASE_SECONDS) -> Job:
    """A queued job at a worker; another stays as it is."""

    def update(connection: Connection) -> Job:
        now = require(connection, job.id)
        return take(connection, now.number, worker, seconds) if now.state == "queued" else now

    return store._database.write(update).result()
