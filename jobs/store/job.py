"""A job: what was accepted, how far it is, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import orjson
from typing_extensions import TypedDict

from paintgraph.engine.graph.uses import Use

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[State, ...] = ("queued", "running", "succeeded", "failed", "cancelled")
ENDED: tuple[State, ...] = ("succeeded", "failed", "cancelled")
"""States that never change again."""

Size = Literal["light", "heavy"]
"""Which workers take a job: light ones have workers of their own and never wait for heavy ones."""
SIZES: tuple[Size, ...] = ("heavy", "light")

OnFailure = Literal["continue", "stop"]
"""Whether a job does all that does not read what failed, or nothing more."""

Fact = Mapping[str, Any]
"""One event of a job as plain data; `type` says which."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the end of a job is sent.

    `secret` signs it, after Standard Webhooks: base64 of 24 to 64 bytes, most often after "whsec_".
    Empty: it is not signed.
    """

    url: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a client asks for, checked and bound.

    Attributes:
        graph: the bound graph, a native document: all that running depends on.
        request: what was submitted, for the client to read back.
        texts: what its pictures carry of how they were made, by key.
        client: the fairness key: clients take turns.
        size: see `Size`.
        priority: higher runs first.
        idempotency_key: the same key and request give the same job.
        request_digest: differs for different requests; by default made of `request`.
        door: the API whose list of jobs has it, if one has a list of its own.
        name: what the clients of that door call it; the newest of several counts.
        rank: of the jobs of one client and priority those of lower rank run first.
        on_failure: see `OnFailure`.
        extra: what came beside the graph, for nodes that ask for it.
        workflow: the id of the editor's document that it was made of.
        webhook: who is told of its end.
        recipe: the name of the recipe that was asked for, if one was.
        tags: words of the client's own, to find it by.
        most_running: how many jobs of its client may be at work at once; 0: any number.
        models: what it cannot run without: names of models with digests.
        uses: how it uses node types, in recipes as well.
    """

    graph: Mapping[str, Any]
    request: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    size: Size = "light"
    priority: int = 0
    idempotency_key: str | None = None
    request_digest: str = ""
    warnings: Sequence[str] = ()
    door: str = ""
    name: str = ""
    rank: float = 0.0
    on_failure: OnFailure = "continue"
    extra: Mapping[str, Any] = field(default_factory=dict)
    workflow: str = ""
    webhook: Webhook | None = None
    recipe: str = ""
    tags: Sequence[str] = ()
    most_running: int = 0
    models: Sequence[str] = ()
    uses: Sequence[Use] = ()


def digest_of(request: Mapping[str, Any]) -> str:
    """A digest that differs for different requests."""
    text = orjson.dumps(request, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=16).hexdigest()


class Shown(TypedDict):
    """What one node shows: lists for editors by name, and the files that were written.

    `display`, `parent` and `submitted` are as in the engine's `Origin`.
    """

    display: str
    parent: str | None
    submitted: str
    ui: Mapping[str, Sequence[Any]]
    files: Sequence[Mapping[str, Any]]


class Report(TypedDict, total=False):
    """What editors tell of a job that has ended.

    Attributes:
        shown: by node; those whose result was kept from before, too.
        cached: nodes whose result was kept from before.
        finished, skipped, stopped_at: of a job that did not succeed, the nodes that were done,
            those that were left out as others had failed, and the one that was at work last.
    """

    shown: Mapping[str, Shown]
    cached: Sequence[str]
    finished: Sequence[str]
    skipped: Sequence[str]
    stopped_at: str


@dataclass(frozen=True, slots=True)
class Job:
    """An accepted job. Times are seconds since 1970; `number` orders jobs by acceptance.

    `turn` is given out at acceptance, so that the clients of a priority alternate by turns; within
    one a lower `rank` comes first. `fence` grows with each claim: only the `worker` that holds the
    newest may write. `deaths` counts by node how often a worker was lost there. `problems` says why
    it failed. `parent` is the number of the job that it is a part of. `models` and `uses` are the
    numbers of its sets of models and of uses of node types, 0 for none.
    """

    id: str
    number: int
    state: State
    client: str
    size: Size
    priority: int
    created: float
    started: float | None = None
    ended: float | None = None
    fence: int = 0
    worker: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    problems: Sequence[Mapping[str, Any]] = ()
    deaths: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    door: str = ""
    name: str = ""
    rank: float = 0.0
    turn: int = 0
    on_failure: OnFailure = "continue"
    workflow: str = ""
    recipe: str = ""
    parent: int | None = None
    tags: Sequence[str] = ()
    models: int = 0
    uses: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether its state never changes again."""
        return self.state in ENDED


Span = tuple[float, float]
"""From one time on to before another one, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are meant: those for which all that is given holds.

    `created` and `ended` say when that was; those that have not ended did so at no time.
    """

    state: State | None = None
    recipe: str = ""
    tag: str = ""
    created: Span | None = None
    ended: Span | None = None


EVERY_JOB = Filter()
