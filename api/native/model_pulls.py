"""Pulls of models that clients asked for: one at a time for each model, followed by any number."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.errors import ModelError

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import ModelIndex  # slow
    from paintgraph.models.pulling.file_pulling import PullNote, PullProgress

_LOG = logging.getLogger(__name__)
_END_SECONDS = 2.0

Told = Mapping[str, Any]
"""An event as plain data; the last one is of type `done` or `failed`."""


class Pull:
    """One pull in a thread of its own. It goes on when nobody follows it any more."""

    def __init__(self, shelf: "ModelIndex", entry: ModelEntry) -> None:
        self._shelf = shelf
        self._entry = entry
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._changed = asyncio.Event()
        self._kept: list[Told] = []
        self._progress: Told | None = None
        # A daemon: the system may end it anywhere, and the next pull goes on.
        self._thread = threading.Thread(target=self._run, name=f"pull {entry.name}", daemon=True)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether its last event has been told."""
        return bool(self._kept) and self._kept[-1]["type"] in ("done", "failed")

    async def follow(self) -> AsyncIterator[Told]:
        """Notes and the end once each and in order; of progress the newest."""
        seen = 0
        shown: Told | None = None
        while True:
            changed = self._changed
            if self._progress is not None and self._progress is not shown:
                shown = self._progress
                yield shown
            while seen < len(self._kept):
                seen += 1
                yield self._kept[seen - 1]
                if self.has_ended and seen == len(self._kept):
                    return
            await changed.wait()

    def stop(self) -> None:
        """Ask it to end; what came so far stays."""
        self._stop.set()

    def join(self) -> None:
        """Wait a little for its end."""
        self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        from paintgraph.models.pulling.pulling import Puller

        try:
            Puller(self._shelf, self._hear).pull(self._entry)
            model = self._shelf.look(self._entry).to_json()
            self._tell({"type": "done", "model": model})
        except ModelError as error:
            self._tell({"type": "failed", "code": error.code, "detail": str(error)})
        except _StoppedError:
            detail = "the server ends. Ask again: the pull goes on where it stopped."
            self._tell({"type": "failed", "code": "stopped", "detail": detail})
        except Exception:  # noqa: BLE001 - a client never sees what else can fail
            _LOG.exception("the pull of %s failed", self._entry.name)
            detail = "the server failed, which is a fault of paintgraph; its log has the details."
            self._tell({"type": "failed", "code": "internal_error", "detail": detail})

    def _hear(self, event: "PullProgress | PullNote") -> None:
        from paintgraph.models.pulling.file_pulling import PullNote

        if self._stop.is_set():
            raise _StoppedError
        if isinstance(event, PullNote):
            self._tell({"type": "note", "model": event.model, "detail": event.text})
            return
        left = event.seconds_left
        self._tell(
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

    def _tell(self, told: Told) -> None:
        try:
            self._loop.call_soon_threadsafe(self._set, told)
        except RuntimeError:  # the server has ended
            return

    def _set(self, told: Told) -> None:
        if told["type"] == "progress":
            self._progress = told
        else:
            self._kept.append(told)
        self._changed.set()
        self._changed = asyncio.Event()


class _StoppedError(Exception):
    """The server ends."""


class Pulls:
    """The pulls of a server; `are_allowed` is a setting."""

    def __init__(self, shelf: "ModelIndex", *, are_allowed: bool) -> None:
        self.shelf = shelf
        self.are_allowed = are_allowed
        self._running: dict[str, Pull] = {}

    def start(self, entry: ModelEntry) -> Pull:
        """The pull of a model: the one that runs, else a new one."""
        running = self._running.get(entry.name)
        if running is None or running.has_ended:
            running = self._running[entry.name] = Pull(self.shelf, entry)
        return running

    def close(self) -> None:
        """End all pulls; what came so far stays."""
        for pull in self._running.values():
            pull.stop()
        for pull in self._running.values():
            pull.join()
