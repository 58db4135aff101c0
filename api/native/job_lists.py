"""Lists of jobs, and the words and times by which they are found."""

import asyncio
import re
from datetime import datetime

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.http.paging import PAGED, page_of
from paintgraph.api.http.requests import bad_parameter, json_response
from paintgraph.api.http.routes import Routes, json_answer, parameter
from paintgraph.api.services.owning import jobs_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.serializers import JobJson
from paintgraph.jobs.store.job import STATES, Filter, Span

_MOST_TAGS = 16
_TAG = re.compile(r"[^\x00-\x20\x7f]{1,64}")
_A_TAG = {"type": "string", "pattern": rf"^{_TAG.pattern}$"}
_TAGS_ALLOWED = f"are at most {_MOST_TAGS} words of 1 to 64 characters, without blanks"

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
_EARLIEST, _LATEST = 0.0, 1e11
_BLANK_FOR_PLUS = re.compile(r" (\d\d:?\d\d)$", re.ASCII)

TAGS = parameter(
    "query",
    "tag",
    "Words of your own by which `GET /v1/jobs` finds the job; repeat the parameter for several.",
    {"type": "array", "items": _A_TAG, "maxItems": _MOST_TAGS},
)
_FILTERS = (
    parameter(
        "query", "state", "Jobs in this state only.", {"type": "string", "enum": list(STATES)}
    ),
    parameter(
        "query",
        "recipe",
        "Jobs of `POST /v1/recipes/NAME` with this name only.",
        {"type": "string", "pattern": rf"^{_NAME.pattern}$"},
    ),
    parameter("query", "tag", "Jobs that were submitted with this tag only.", _A_TAG),
    *(
        parameter(
            "query",
            f"{what}_{which}",
            f"Jobs that {did} {when} only.",
            {"type": "string", "format": "date-time"},
        )
        for what, did in (("created", "were accepted"), ("ended", "ended"))
        for which, when in (("after", "at this time or later"), ("before", "before this time"))
    ),
)
_FILTER_NAMES = tuple(one["name"] for one in _FILTERS)


class JobsJson(TypedDict):
    """One page of jobs; `next` is the cursor of the page after it."""

    jobs: list[JobJson]
    next: str | None


ROUTES = Routes("jobs")


@ROUTES.add(
    "GET",
    "/v1/jobs",
    {200: json_answer("One page of jobs.", JobsJson)},
    (400,),
    parameters=(*_FILTERS, *PAGED),
)
async def index(request: web.Request) -> web.Response:
    """List jobs from newest to oldest, page by page; with filters, those that pass all of them."""
    meant, asked = _filter_of(request), page_of(request)
    find = jobs_of(request).page
    present = request.app[PARTS].serializer.job

    def look() -> JobsJson:
        shown, more = asked.of(find(meant, before=asked.before, limit=asked.limit + 1))
        return {"jobs": [present(job) for job in shown], "next": more}

    return json_response(await asyncio.to_thread(look))


def tags_of(request: web.Request) -> tuple[str, ...]:
    """The tags that a request gives its job, each once; raises ApiError."""
    tags = tuple(dict.fromkeys(request.query.getall("tag", ())))
    for tag in tags:
        if len(tags) > _MOST_TAGS or not _TAG.fullmatch(tag):
            raise bad_parameter("tag", tag, _TAGS_ALLOWED)
    return tags


def _filter_of(request: web.Request) -> Filter:
    """Which jobs a request means; raises ApiError."""
    query = request.query
    for name in _FILTER_NAMES:
        if len(query.getall(name, ())) > 1:
            raise bad_parameter(name, ", ".join(query.getall(name)), "is one value")
    state = query.get("state")
    if state is not None and state not in STATES:
        raise bad_parameter("state", state, f"are {', '.join(STATES)}")
    recipe = query.get("recipe")
    if recipe is not None and not _NAME.fullmatch(recipe):
        raise bad_parameter("recipe", recipe, "are names that /v1/recipes lists")
    return Filter(
        state,
        recipe or "",
        next(iter(tags_of(request)), ""),
        _span(request, "created"),
        _span(request, "ended"),
    )


def _span(request: web.Request, what: str) -> Span | None:
    after, before = (f"{what}_{which}" for which in ("after", "before"))
    if after not in request.query and before not in request.query:
        return None
    return (_time(request, after, _EARLIEST), _time(request, before, _LATEST))


def _time(request: web.Request, name: str, default: float) -> float:
    """A time in seconds since 1970."""
    text = request.query.get(name)
    if text is None:
        return default
    try:  # who does not encode the plus of an offset sends a blank
        time = datetime.fromisoformat(_BLANK_FOR_PLUS.sub(r"+\1", text))
        if time.tzinfo is not None and "T" in text.upper():
            return time.timestamp()
    except (ValueError, OverflowError):
        pass
    allowed = "are times with their offset from UTC, such as 2026-11-28T12:00:00Z"
    raise bad_parameter(name, text, allowed)
