"""Jobs, facts and pictures as clients see them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from paintgraph.api.http.errors import ProblemJson
from paintgraph.api.http.refusals import Hide, problem_to_json
from paintgraph.api.http.routes import JsonSchema
from paintgraph.api.services.events import JobEvent, StatusEventJson, event_of
from paintgraph.api.services.pictures import Addresses, PictureJson, Pictures
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.store.job import Fact, Job, State

JOBS_URL = "/v1/jobs/"
_OF_PICTURES = ("digest", "width", "height", "media_type", "repaint")


class LinksJson(TypedDict):
    """Where more of a job is."""

    self: str
    events: str
    graph: str
    editor: NotRequired[str]


class JobJson(TypedDict):
    """A job: how far it is, and what came of it."""

    id: str
    state: State
    progress: Annotated[float, JsonSchema(minimum=0, maximum=1)]
    outputs: Annotated[
        Mapping[str, PictureJson | Any],
        JsonSchema(description="Values by name; a picture is a Picture, several of them a list."),
    ]
    warnings: list[str]
    tags: list[str]
    recipe: NotRequired[str]
    created: Annotated[str, JsonSchema(format="date-time")]
    started: Annotated[str | None, JsonSchema(format="date-time")]
    ended: Annotated[str | None, JsonSchema(format="date-time")]
    links: LinksJson
    position: NotRequired[Annotated[int, JsonSchema(minimum=0)]]
    waits_for: NotRequired[
        Annotated[str, JsonSchema(description="Why no worker that is alive can do it.")]
    ]
    problems: NotRequired[list[ProblemJson]]


class Serializer:
    """Turns what is stored into answers. No path of the machine leaves it."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        pictures: Pictures,
        addresses: Addresses,
        hide: Hide,
    ) -> None:
        self._dispatcher = dispatcher
        self.pictures = pictures
        self.addresses = addresses
        self.hide = hide

    def looks_up(self, job: Job) -> bool:
        """Whether a job's answer takes reading: facts, headers of pictures, keys for links."""
        if job.state == "succeeded":
            is_open = any(_is_unmeasured(value) for value in job.outputs.values())
            return is_open or bool(self.pictures.link_seconds)
        return job.started is not None

    def job(self, job: Job) -> JobJson:
        """The answer for a job; call it in a thread if it `looks_up`."""
        here = JOBS_URL + job.id
        answer: JobJson = {
            "id": job.id,
            "state": job.state,
            "progress": self._dispatcher.progress(job),
            "outputs": {name: self._output(value) for name, value in job.outputs.items()},
            "warnings": [self.hide(warning) for warning in job.warnings],
            "tags": [*job.tags],
            "created": time_of(job.created),
            "started": None if job.started is None else time_of(job.started),
            "ended": None if job.ended is None else time_of(job.ended),
            "links": {"self": here, "events": f"{here}/events", "graph": f"{here}/graph"},
        }
        if editor := self.addresses.in_editor(job.id):
            answer["links"]["editor"] = editor
        if job.recipe:
            answer["recipe"] = job.recipe
        position = self._dispatcher.position(job) if job.state == "queued" else None
        if position is not None:
            answer["position"] = position
            if missing := self._dispatcher.missing(job):
                answer["waits_for"] = missing
        if job.problems:
            answer["problems"] = [self._problem(problem) for problem in job.problems]
        return answer

    def status(self, job: Job) -> StatusEventJson:
        """How far a job is that has not ended; call it in a thread if it `looks_up`."""
        state: Literal["queued", "running"] = "queued"
        if job.state == "running" or self._dispatcher.is_running(job.id):
            state = "running"
        status: StatusEventJson = {
            "type": "status",
            "state": state,
            "progress": self._dispatcher.progress(job),
        }
        position = self._dispatcher.position(job) if state == "queued" else None
        return status if position is None else {**status, "position": position}

    def events(self, facts: Iterable[Fact]) -> list[JobEvent]:
        """The events that tell of facts and signals; call it in a thread where files are told."""
        return [event_of(fact, self.hide, self._output) for fact in facts]

    def _problem(self, problem: Mapping[str, Any]) -> ProblemJson:
        plain = {name: value for name, value in problem.items() if name != "inputs"}
        answer = problem_to_json({"severity": "error", **plain}, self.hide)
        if inputs := problem.get("inputs"):
            answer["given"] = {name: self.hide(text) for name, text in inputs.items()}
        return answer

    def _output(self, value: Any) -> Any:
        """A result; a picture gets its address, and its size if no worker has reported it."""
        if isinstance(value, list):
            many = [self._output(entry) for entry in value]
            return many[0] if len(many) == 1 and _is_picture(value[0]) else many
        if not isinstance(value, dict) or "digest" not in value:
            return value
        url, link = self.addresses.of(value["digest"]), self.pictures.link(value["digest"])
        direct = {"link": link} if link else {}
        if _is_unmeasured(value) and (picture := self.pictures.describe(value["digest"])):
            return {**picture.to_json(url), **direct}
        named = {name: value[name] for name in _OF_PICTURES if name in value}
        return {"url": url, **named, **direct}


def _is_picture(value: object) -> bool:
    """Whether a result is a picture; boxes are mappings, too."""
    return isinstance(value, dict) and "digest" in value


def _is_unmeasured(value: object) -> bool:
    """Whether a result is, or holds, a picture whose size no worker has reported."""
    if isinstance(value, list):
        return any(_is_unmeasured(entry) for entry in value)
    return isinstance(value, dict) and "digest" in value and "width" not in value


def time_of(seconds: float) -> str:
    """Seconds since 1970 as RFC 3339."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
