"""Pulls of models that clients asked for: one at a time for each model, followed by any number."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from typing_extensions import TypeAliasType, TypedDict

from paintgraph.api.http.events import HEARTBEAT_SECONDS, event_bytes
from paintgraph.api.http.routes import JsonSchema, closed
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.errors import ModelError

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import ModelIndex  # slow
    from paintgraph.models.pulling.file_pulling import PullNote, PullProgress

_LOG = logging.getLogger(__name__)
_END_SECONDS = 2.0


class LicenceJson(TypedDict):
    """Under which terms a model may be used."""

    name: str
    url: str
    commercial: Literal["free", "paid", "forbidden", "unknown"]


class FindingJson(TypedDict):
    """A model that paintgraph knows, and whether it is on the server."""

    name: str
    family: str
    about: str
    state: Literal["present", "missing", "damaged"]
    verified: Annotated[bool, JsonSchema(description="Whether its digests were compared.")]
    size_bytes: int | None
    memory_bytes: int | None
    licence: LicenceJson
    command: Annotated[str | None, JsonSchema(description="Gets it on the server's machine.")]
    problems: list[str]


@closed
class PullProgressEventJson(TypedDict):
    """How far a file is: it is fetched, then checked."""

    type: Literal["progress"]
    model: str
    file: str
    step: Literal["fetch", "check"]
    done_bytes: int
    total_bytes: int | None
    bytes_per_second: int
    seconds_left: float | None


@closed
class PullNoteEventJson(TypedDict):
    """Something to know about the pull."""

    type: Literal["note"]
    model: str
    detail: str


@closed
class PullDoneEventJson(TypedDict):
    """The model is there; there is nothing after this."""

    type: Literal["done"]
    model: FindingJson


@closed
class PullFailedEventJson(TypedDict):
    """The model could not be got; there is nothing after this."""

    type: Literal["failed"]
    code: str
    detail: str


Report = PullProgressEventJson | PullNoteEventJson | PullDoneEventJson | PullFailedEventJson
PullEventJson = TypeAliasType("PullEventJson", Report)


class Pull:
    """One pull in a thread of its own. It goes on when nobody follows it any more."""

    def __init__(self, index: "ModelIndex", entry: ModelEntry) -> None:
        self._shelf = index
        self._entry = entry
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._subscriptions = Subscriptions()
        self._kept: list[Report] = []
        self._progress: Report | None = None
        # A daemon: the system may end it anywhere, and the next pull goes on.
        self._thread = threading.Thread(target=self._run, name=f"pull {entry.name}", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether its last event has been reported."""
        return bool(self._kept) and self._kept[-1]["type"] in ("done", "failed")

    async def events(self) -> AsyncGenerator[bytes, None]:
        """As server-sent events: notes and the end once each and in order; the newest progress."""
        seen = 0
        signals: Sequence[Mapping[str, Any]] = [self._progress] if self._progress else []
        async with self._subscriptions.follow(self._entry.name) as follower:
            while True:
                if new := [*signals, *self._kept[seen:]]:
                    seen, has_ended = len(self._kept), self.has_ended
                    yield b"".join(map(event_bytes, new))
                    if has_ended:
                        return
                found = await follower.wait(HEARTBEAT_SECONDS)
                if found is None:
                    yield b""
                signals = found or []

    def stop(self) -> None:
        """Ask it to end; what came so far stays."""
        self._stop.set()

    def join(self) -> None:
        """Wait a little for its end."""
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        from paintgraph.models.pulling.pulling import Puller

        try:
            Puller(self._shelf, self._listen).pull(self._entry)
            model = cast("FindingJson", self._shelf.look(self._entry).to_json())
            self._report({"type": "done", "model": model})
        except ModelError as error:
            self._report({"type": "failed", "code": error.code, "detail": str(error)})
        except _StoppedError:
            detail = "the server ends. Ask again: the pull goes on where it stopped."
            self._report({"type": "failed", "code": "stopped", "detail": detail})
        except Exception:  # noqa: BLE001 - a client never sees what else can fail
            _LOG.exception("the pull of %s failed", self._entry.name)
            detail = "the server failed, which is a fault of paintgraph; its log has the details."
            self._report({"type": "failed", "code": "internal_error", "detail": detail})

    def _listen(self, event: "PullProgress | PullNote") -> None:
        from paintgraph.models.pulling.file_pulling import PullNote

        if self._stop.is_set():
            raise _StoppedError
        if isinstance(event, PullNote):
            self._report({"type": "note", "model": event.model, "detail": event.text})
            return
        left = event.seconds_left
        self._report(
            {
                "type": "progress",
                "model": event.model,
                "file": event.file,
                "step": event.step,
                "done_bytes": event.done,
                "total_bytes": event.total,
                "bytes_per_second": round(event.speed),
                "seconds_left": None if left is None else round(left, 1),
            }
        )

    def _report(self, event: Report) -> None:
        try:
            self._loop.call_soon_threadsafe(self._set, event)
        except RuntimeError:  # the server has ended
            return

    def _set(self, event: Report) -> None:
        if event["type"] == "progress":
            self._progress = event
            self._subscriptions.publish(self._entry.name, [event])
        else:
            self._kept.append(event)
            self._subscriptions.publish(self._entry.name)


class _StoppedError(Exception):
    """The server ends."""


class Pulls:
    """The pulls of a server; `are_allowed` is a setting."""

    def __init__(self, index: "ModelIndex", *, are_allowed: bool) -> None:
        self.index = index
        self.are_allowed = are_allowed
        self._running: dict[str, Pull] = {}

    def start(self, entry: ModelEntry) -> Pull:
        """The pull of a model: the one that runs, else a new one."""
        running = self._running.get(entry.name)
        if running is None or running.has_ended:
            running = self._running[entry.name] = Pull(self.index, entry)
        return running

    def close(self) -> None:
        """End all pulls; what came so far stays."""
        for pull in self._running.values():
            pull.stop()
        for pull in self._running.values():
            pull.join()
