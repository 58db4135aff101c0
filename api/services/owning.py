"""What of jobs and files a request may see and change: where keys are set, its client's own."""

from collections.abc import Iterable

from aiohttp import web

from paintgraph.api.guards.keys import owner_of
from paintgraph.api.services.client_files import ClientFiles
from paintgraph.api.services.parts import PARTS
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.queries import JobQueries


def jobs_of(request: web.Request) -> JobQueries:
    """The jobs on disk."""
    return request.app[PARTS].store.of(owner_of(request))


def files_of(request: web.Request) -> ClientFiles:
    """The files that may be named."""
    return request.app[PARTS].files.of(owner_of(request))


def may_read(request: web.Request, kind: str, path: str) -> bool:
    """Whether a file that jobs made may be read, by its path in the folder of its kind."""
    return request.app[PARTS].files.may_read(owner_of(request), kind, path)


def own(request: web.Request, jobs: Iterable[Job]) -> list[Job]:
    """Those of some jobs."""
    owner = owner_of(request)
    return [job for job in jobs if owner is None or job.client == owner]
