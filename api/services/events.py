"""The events of a job as clients see them, type by type."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NotRequired, cast

import orjson
from typing_extensions import TypeAliasType, TypedDict

from paintgraph.api.http.refusals import Hide
from paintgraph.api.http.routes import JsonSchema, closed
from paintgraph.api.services.pictures import PictureJson
from paintgraph.engine.node.events import How
from paintgraph.jobs.store.job import Fact

_HIDDEN = ("effects",)


class OfNodeJson(TypedDict):
    """Which node an event is about.

    `submitted` is the node of the submitted graph that it stems from, `parent` the one whose
    expansion made it, `display` the id under which an editor shows it.
    """

    node: str
    kind: str
    display: str
    parent: str | None
    submitted: str


@closed
class NodeStartedEventJson(OfNodeJson):
    """The calls of a node begin: one for each element."""

    type: Literal["node_started"]
    elements: int


@closed
class ProgressEventJson(OfNodeJson):
    """So many of the steps of one element are done."""

    type: Literal["progress"]
    element: int
    done: float
    total: float


@closed
class PreviewEventJson(OfNodeJson):
    """What one element looks like so far."""

    type: Literal["preview"]
    element: int
    media_type: str
    image: Annotated[str, JsonSchema(description="A `data:` URL.", pattern="^data:")]


@closed
class SentEventJson(OfNodeJson):
    """A message of a node's own, of which only that node's author knows what it means."""

    type: Literal["sent"]
    event: str
    content: Any


@closed
class WarningEventJson(OfNodeJson):
    """Something that you should know, though the node went on."""

    type: Literal["warning"]
    element: int
    message: str
    code: NotRequired[str]


@closed
class ExecutedEventJson(OfNodeJson):
    """A node shows something, or has saved files.

    `ui` is for editors; `cached` says that the result was kept from before.
    """

    type: Literal["executed"]
    ui: Mapping[str, list[Any]]
    cached: bool
    files: NotRequired[list[PictureJson]]


@closed
class NodeFinishedEventJson(OfNodeJson):
    """A node is over.

    It was `computed`, kept from before (`cached`), taken from an equal node of the job (`shared`),
    or it `failed`, or was `skipped` because what it reads failed.
    """

    type: Literal["node_finished"]
    how: How
    seconds: float
    bytes: int


@closed
class NodeFailedEventJson(OfNodeJson):
    """A call of a node failed; `inputs` describes what it was given."""

    type: Literal["node_failed"]
    element: int
    code: str
    message: str
    exception: Annotated[str, JsonSchema(description="The type that a pack's code raised, or ''.")]
    inputs: Mapping[str, str]


@closed
class KeptEventJson(TypedDict):
    """A run begins; results of these nodes are there from before."""

    type: Literal["kept"]
    nodes: list[str]


@closed
class StoredEventJson(TypedDict):
    """A result is on disk, and not computed again, whatever happens."""

    type: Literal["stored"]
    key: str


@closed
class WorkerLostEventJson(TypedDict):
    """The worker ended at a node (""; before any); the job is queued again."""

    type: Literal["worker_lost"]
    node: str
    times: int


@closed
class StatusEventJson(TypedDict):
    """How far the job is, whenever that changes, a few times a second at most.

    `position` is how many jobs are before it in the queue.
    """

    type: Literal["status"]
    state: Literal["queued", "running"]
    progress: Annotated[float, JsonSchema(minimum=0, maximum=1)]
    position: NotRequired[Annotated[int, JsonSchema(minimum=0)]]


@closed
class StateEventJson(TypedDict):
    """The job has ended; there is nothing after this."""

    type: Literal["state"]
    state: Literal["succeeded", "failed", "cancelled"]


JobEvent = (
    StateEventJson
    | StatusEventJson
    | NodeStartedEventJson
    | ProgressEventJson
    | PreviewEventJson
    | NodeFinishedEventJson
    | NodeFailedEventJson
    | ExecutedEventJson
    | WarningEventJson
    | SentEventJson
    | KeptEventJson
    | StoredEventJson
    | WorkerLostEventJson
)
JobEventJson = TypeAliasType("JobEventJson", JobEvent)


def event_of(fact: Fact, hide: Hide, shown: Callable[[Any], Any]) -> JobEvent:
    """The event that tells of a fact or signal; `shown` makes a picture out of a saved file."""
    data = {name: value for name, value in fact.items() if name not in _HIDDEN}
    if "message" in data:
        data["message"] = hide(data["message"])
    if "inputs" in data:
        data["inputs"] = {name: hide(text) for name, text in data["inputs"].items()}
    if data["type"] == "sent":
        data["content"] = orjson.loads(data.pop("data"))
    elif isinstance(data.get("data"), bytes):
        picture = b64encode(data.pop("data")).decode()
        data["image"] = f"data:{data['media_type']};base64,{picture}"
    if "files" in data:
        data["files"] = [shown(file) for file in data["files"]]
    return cast("JobEvent", data)
