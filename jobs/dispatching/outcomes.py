"""What comes of jobs at workers is written down, and their files are published.

What cannot be written now is tried again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson

from paintgraph.base.bucket import BucketError
from paintgraph.base.naming import FileName
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.sockets import Effect
from paintgraph.engine.node.spreading import Given
from paintgraph.jobs.dispatching.observing import Observer
from paintgraph.jobs.dispatching.progress import Durations, Progress, replayed, so_far
from paintgraph.jobs.dispatching.running import Running, fail, gather, problem, report, show
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.publishing import (
    AddTexts,
    Destination,
    PublishError,
    Saved,
    cannot_write,
)
from paintgraph.jobs.store.database import StoreError
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.queries import Document, damaged
from paintgraph.jobs.store.rows import StaleFenceError

Result = TypeVar("Result")
_LOG = logging.getLogger("paintgraph.jobs")
_AGAIN_SECONDS = 1.0
_OF_WORKERS: tuple[Document, ...] = ("graph", "extra", "texts")
_KEPT = "Results are kept: once that is cured, hand the job in again; only what is missing is done."


class JobEffects:
    """Writes files that jobs want, under paths that the store reserved first.

    A path is on disk in the store before its file is; a node that runs again after a crash gets
    the path of the first time. `destinations` says where each folder of effects is ("output",
    "temp").
    """

    def __init__(
        self,
        store: JobStore,
        blobs: Blobs,
        destinations: Mapping[str, Destination],
        add_texts: AddTexts = lambda data, _: data,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._add_texts = add_texts
        self._destinations = destinations
        self._one_by_one = asyncio.Lock()

    async def publish(
        self, job: Job, node: str, effects: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Write the files of one node; gives what clients see of each.

        Raises StaleFenceError, or PublishError if a file cannot be written.
        """
        async with self._one_by_one:
            texts = await self._store.offload(self._store.texts, job.id)
            return [
                await self._publish(job, Saved(Effect(**effect), node, place, texts))
                for place, effect in enumerate(effects)
            ]

    async def _publish(self, job: Job, saved: Saved) -> dict[str, Any]:
        effect = saved.effect
        created = datetime.fromtimestamp(job.created).astimezone()
        name = self._destinations[effect.folder].name_of(effect, created)
        file, digest = await self._placed(job, saved, name)
        return {
            "file": file,
            "folder": effect.folder,
            "digest": digest,
            "media_type": effect.media_type,
            "ui": effect.ui,
        }

    async def _placed(self, job: Job, saved: Saved, name: FileName) -> tuple[str, str]:
        """A name that is the job's own, with its file there, and the digest of that.

        The folder is listed only where the store has numbered no file of this name, or somebody
        else has put one in the way: saving costs the same however many files there are.
        """
        destination = self._destinations[name.folder]
        above, taken = await self._store.offload(self._store.last_number, name), None
        while True:
            if above is None or taken is not None:
                above = await asyncio.to_thread(destination.highest, name)
            reserved, is_new = await self._store.reserve(
                job, saved.node, saved.place, name, above=above, taken=taken
            )
            inner = reserved.removeprefix(f"{name.folder}/")
            try:
                return await asyncio.to_thread(self._write, inner, saved, is_new=is_new)
            except FileExistsError:
                taken = reserved

    def _write(self, name: str, saved: Saved, *, is_new: bool) -> tuple[str, str]:
        """Name and digest of a file, written if no try did; FileExistsError for another's."""
        try:
            content = saved.content(self._blobs, self._add_texts)
            digest = self._blobs.put(content)
        except OSError as error:
            raise cannot_write(Path(name), error) from error
        except BucketError as error:
            raise PublishError(str(error), may_pass=error.may_pass) from error
        effect = saved.effect
        destination = self._destinations[effect.folder]
        return destination.write(name, content, effect.media_type, is_new=is_new), digest


class Outcomes:
    """Writes facts, files and ends of jobs.

    For `patience_seconds` a job waits, with its worker, for room or permission to write.
    """

    def __init__(
        self,
        store: JobStore,
        effects: JobEffects,
        subscriptions: Subscriptions,
        patience_seconds: float,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._store = store
        self._effects = effects
        self._subscriptions = subscriptions
        self._patience = patience_seconds
        self._observers = observers
        self._durations = Durations()
        self._spared: set[str] = set()

    async def begin(self, running: Running) -> bool:
        """Give a job to its worker; True if it has ended, as the store's row of it is damaged."""
        job = running.job
        offload, document = self._store.offload, self._store.document
        graph, extra, texts = [await offload(document, job.id, which) for which in _OF_WORKERS]
        if graph and extra and texts:
            progress = Progress(graph, self._durations)
            running.progress = await offload(replayed, self._store, job, progress)
            running.handle.run(job, graph, orjson.loads(texts), extra, running.done_elsewhere)
            return False
        lost = zip(_OF_WORKERS, (graph, extra, texts), strict=True)
        problems = [damaged(which) for which, document in lost if document is None]
        finish = partial(self._store.finish, job, "failed", problems=problems)
        await self._written(running, finish)
        return True

    async def take(self, running: Running, message: Mapping[str, Any]) -> bool:
        """Write down what a worker says; True once the job has ended.

        Raises StaleFenceError if the job is another's by now, StoreError after all patience.
        """
        if message.get("job") != running.job.id:
            return False
        running.begun = True
        self._spared.discard(running.job.id)
        if message["type"] == "begun":
            return False
        facts: list[dict[str, Any]] = message.get("facts", [])
        signals: list[dict[str, Any]] = message.get("signals", [])
        running.nodes.update((s["node"], None) for s in signals if s["type"] == "node_started")
        if running.progress is not None:
            running.progress.take(*signals, *facts)
        for fact in facts:
            await self._note(running, fact)
        has_ended: bool = message["type"] == "done"
        if has_ended:
            await self._written(running, partial(self._end, running, message))
        elif facts:
            await self._written(running, partial(self._store.append, running.job, facts))
        self._subscriptions.publish(running.job.id, signals)
        return has_ended

    def progress(self, job: Job, running: Running | None) -> float:
        """What is done of a job, 0 to 1; of one that is not at work as far as the store knows.

        This reads.
        """
        if running is None:
            return so_far(self._store, job, self._durations)
        return running.progress.part if running.progress else 0.0

    async def lost(self, running: Running) -> Job:
        """The worker is gone: cancelled jobs end so, others are queued again or fail."""
        try:
            if running.cancelled:
                return await self._store.finish(running.job, "cancelled")
            if running.let_go:
                return await self.put_back(running)
            fault = running.fault
            if fault is not None and not fault.again:
                problems = [*running.problems, problem(running, fault)]
                return await self._store.finish(
                    running.job, "failed", warnings=running.warnings, problems=problems
                )
            if not running.begun and running.job.id not in self._spared:
                # It was dead before: not the job's fault. Once only, or it might go on for ever.
                self._spared.add(running.job.id)
                return await self.put_back(running)
            return await self._store.release(running.job, running.node, fault)
        except StaleFenceError:
            return await self.put_back(running)

    async def put_back(self, running: Running) -> Job:
        """Nothing more of the run can be written: the job is queued again."""
        return await self._store.requeue(running.job)

    async def leave(self, running: Running, write: Callable[[Running], Awaitable[Job]]) -> None:
        """End a run that its worker did not end, by `lost` or `put_back`; waits until it is done.

        Nothing is to be done if the job is another's by now.
        """
        running.fault = running.fault or running.handle.fault
        while True:
            try:
                job = await write(running)
                if job.state == "queued" and running.cancelled:
                    await self._store.cancel(job.id)
            except StaleFenceError:
                pass
            except StoreError as error:
                _LOG.error("job %s waits for room to be written: %s", running.job.id, error)
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            return

    async def _end(self, running: Running, message: Mapping[str, Any]) -> Job:
        state = message["state"]
        if state == "given":
            await self._store.append(running.job, message["facts"])
            return await self._store.give_away(running.job, Given(**message["given"]))
        if running.done_elsewhere:
            gather(running, await self._store.offload(self._store.parts, running.job))
        if state == "cancelled" and running.fault and not running.cancelled:
            state = "failed"
            running.problems.append(problem(running, running.fault))
        if running.problems and state == "succeeded":  # for the worker, which writes no files
            state = "cancelled" if running.cancelled else "failed"
        return await self._store.finish(
            running.job,
            state,
            facts=message["facts"],
            outputs={**running.files, **message["outputs"]},
            warnings=running.warnings,
            problems=[*running.problems, *message["problems"]],
            report=report(running, state),
        )

    async def _note(self, running: Running, fact: dict[str, Any]) -> None:
        """Gather what a fact says of the job; files that it wants written are published first."""
        if fact["type"] in ("node_finished", "node_failed"):
            running.nodes.pop(fact["node"], None)
            for observer in self._observers:
                observer.node_ended(running.job, fact)
        if fact["type"] == "node_finished":
            if fact["how"] in ("computed", "shared"):
                running.finished.append(fact["node"])
            elif fact["how"] == "skipped":
                running.skipped.append(fact["node"])
        elif fact["type"] == "kept":
            running.cached = fact["nodes"]
        elif fact["type"] == "warning":
            running.warnings.append(fact["message"])
        elif fact["type"] == "executed":
            if fact["effects"]:
                await self._publish(running, fact)
            show(running, fact)

    async def _publish(self, running: Running, fact: dict[str, Any]) -> None:
        """Publish a node's files; those that cannot be written fail the job in the end."""
        where = f"node '{fact['submitted']}' ({fact['kind']})"
        publish = partial(self._effects.publish, running.job, fact["node"], fact["effects"])
        deadline = 0.0
        while True:
            try:
                files = await self._written(running, publish)
            except PublishError as error:
                now = time.monotonic()
                if not error.may_pass or running.cancelled or 0 < deadline <= now:
                    kept = f" {_KEPT}" if error.may_pass else ""
                    fail(running, fact, error.code, f"{where}: {error}{kept}")
                    return
                if not deadline:
                    deadline = now + self._patience
                    waits = f"{error} The job waits for that, at most {self._patience:g} s."
                    await self._warn(running, fact, f"{where}: {waits}")
                await asyncio.sleep(min(_AGAIN_SECONDS, self._patience))
                continue
            fact["files"] = files
            running.files.setdefault(fact["node"], []).extend(files)
            return

    async def _warn(self, running: Running, fact: Mapping[str, Any], message: str) -> None:
        """Tell at once why the job stands still, if that can be written."""
        origin = {name: fact[name] for name in ("node", "kind", "display", "parent", "submitted")}
        running.warnings.append(message)
        warning = {"type": "warning", **origin, "element": 0, "message": message}
        try:
            await self._store.append(running.job, [warning])
        except StoreError as error:
            _LOG.error("job %s: %s; %s", running.job.id, message, error)
        self._subscriptions.publish(running.job.id)

    async def _written(self, running: Running, write: Callable[[], Awaitable[Result]]) -> Result:
        """What a write gives; while the store cannot be written it is tried again for a while."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return await write()
            except StoreError as error:
                if running.cancelled or time.monotonic() >= deadline:
                    raise
                _LOG.error("job %s waits for room to be written: %s", running.job.id, error)
                await asyncio.sleep(_AGAIN_SECONDS)
