"""Headers that tell what clients of the original's answers have no field for."""

from collections.abc import Iterable

from aiohttp import web

from paintgraph.api.app_keys import SERIALIZER
from paintgraph.jobs.store.job import Job

JOB, WARNING, ERROR = "X-Paintgraph-Job", "X-Paintgraph-Warning", "X-Paintgraph-Error"
DETECTIONS = "X-Paintgraph-Detections"
_MOST = 20
_LONGEST = 1000


def note(response: web.StreamResponse, app: web.Application, job: Job) -> None:
    """Name the job, and each of its warnings in a header of its own."""
    response.headers[JOB] = job.id
    hide = app[SERIALIZER].hide
    add(response, WARNING, map(hide, job.warnings))
    add(response, ERROR, (hide(str(problem["message"])) for problem in job.problems))


def add(response: web.StreamResponse, name: str, texts: Iterable[str]) -> None:
    """Add one header for each text, as far as headers can carry it."""
    for text in list(texts)[:_MOST]:
        plain = " ".join(text.split()).encode("ascii", "backslashreplace").decode()
        printable = "".join(letter for letter in plain if letter.isprintable())
        response.headers.add(name, printable[:_LONGEST])
