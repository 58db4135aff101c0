"""What of the jobs a request may see and change: where keys are set, its client's own."""

from collections.abc import Iterable

from aiohttp import web

from paintgraph.api.guards.keys import owner_of
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.queries import JobQueries


def jobs_of(request: web.Request) -> JobQueries:
    """The jobs on disk."""
    return request.app[PARTS].store.of(owner_of(request))


def own(request: web.Request, jobs: Iterable[Job]) -> list[Job]:
    """Those of some jobs."""
    owner = owner_of(request)
    return [job for job in jobs if owner is None or job.client == owner]
