"""The server's side of one worker process."""

import asyncio
import itertools
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from paintgraph.base import control_groups, frames, platforms, processes
from paintgraph.base.control_groups import MemoryGroup
from paintgraph.base.frames import BrokenFrameError
from paintgraph.jobs.faults import Fault, out_of_memory
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.workers.bodies import with_bytes
from paintgraph.jobs.workers.watch import Pulse

_START_SECONDS = 120
LOADING_SECONDS = 60.0
MOST_LOADING_SECONDS = 3600
"""How long what a worker says it loads may take, and may be allowed to take."""


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How a worker is built: `factory` is "module:function", `settings` plain data for it."""

    factory: str
    settings: Mapping[str, Any]
    loading_seconds: float = LOADING_SECONDS
    """How long something that it says it loads may take."""
    most_bytes: int = 0
    """How much memory the system lets it take, where it can be told so; 0: as much as there is."""


class StuckError(BrokenFrameError):
    """A worker ended, or did not go on, while it loaded something."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"'{what}': {why}")
        self.what = what
        self.why = why


@dataclass(frozen=True, slots=True)
class Ready:
    """What a worker says of itself once it is ready, as plain data.

    Attributes:
        specs: its node types.
        replacements: what to use instead of other tools' nodes.
        faults: ids of which there might be a node, with why there is none.
        packs: reports on the node packs that it loaded.
        notices: sentences for whoever runs the server.
        door: where it answers routes of packs; nothing if there are none.
    """

    specs: Sequence[Mapping[str, Any]] = ()
    replacements: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    packs: Sequence[Mapping[str, Any]] = ()
    notices: Sequence[str] = ()
    door: Mapping[str, Any] = field(default_factory=dict)


class WorkerHandle:
    """One running worker process. Lost means that its process ended or its connection broke.

    One task reads all that it says, at work or idle, so that its end is noticed at once.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        group: MemoryGroup | None = None,
    ) -> None:
        self._process = process
        self._group = group
        self.fault: Fault | None = None
        """Why the system ended it, if it did; known once it is killed."""
        self._writer = writer
        # Not bounded: facts are as many as a job has nodes, frames of signals 200 a second.
        self._messages: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.lost = asyncio.get_running_loop().create_future()
        """Done once nothing more can come from it."""
        self._reading = asyncio.create_task(self._read_all(reader))
        self.ready = Ready()
        """What it said of itself when it was ready."""
        self.pulse = Pulse()
        self.numbers: dict[str, Any] = {}
        """What it holds in memory, as it reported last."""
        self._questions = itertools.count()
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    @staticmethod
    async def start(spec: WorkerSpec) -> "WorkerHandle":
        """Start a worker and wait until it is ready; raises BrokenFrameError if it ends instead.

        StuckError names what it was loading then, or has been loading for too long.
        """
        with closing(platforms.open_channel()) as channel:
            # Not asyncio's own: that one leaks the process when it is cancelled while it starts.
            process = processes.start(
                "paintgraph.jobs.workers.process",
                channel.address,
                str(os.getpid()),
                spec.factory,
                orjson.dumps(spec.settings).decode(),
                stdout=subprocess.DEVNULL,  # nodes may print; what the server says is its own
                start_new_session=True,  # Ctrl-C is for the server, which ends its workers
                **channel.options,
            )
            group = control_groups.bounded(process.pid, spec.most_bytes)
            try:
                ours = await asyncio.to_thread(channel.accept, process, _START_SECONDS)
                reader, writer = await asyncio.open_connection(sock=ours, limit=2**22)
            except BaseException as error:
                if channel.connection is not None:
                    channel.connection.close()
                await _end(process, group)
                if isinstance(error, OSError):
                    raise BrokenFrameError("the worker is gone") from error
                raise
        handle = WorkerHandle(process, reader, writer, group)
        try:
            handle.ready = await handle.get_ready(spec.loading_seconds)
        except BaseException:  # being cancelled too: no process is left behind
            await handle.kill()
            raise
        return handle

    async def get_ready(self, loading_seconds: float) -> Ready:
        """What it says once it is ready; raises BrokenFrameError, StuckError or TimeoutError."""
        what = ""
        while True:
            seconds = loading_seconds if what else _START_SECONDS
            try:
                async with asyncio.timeout(seconds):
                    message = await self.receive()
            except TimeoutError as error:
                if not what:
                    raise
                raise StuckError(what, f"it did not return within {seconds:g} s") from error
            except BrokenFrameError as error:
                if not what:
                    raise
                raise StuckError(what, await self._ending()) from error
            if message.pop("type") == "ready":
                del message["pid"]
                return Ready(**message)
            what = message["what"]

    async def _ending(self) -> str:
        """How the process ended that closed its connection."""
        with suppress(subprocess.TimeoutExpired):
            code = await asyncio.to_thread(self._process.wait, 1)
            if code < 0:
                return f"it ended the process ({platforms.signal_name(-code)})"
            return f"it ended the process (exit code {code})"
        return "it closed the connection of the process"

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def run(
        self,
        job: Job,
        graph: bytes,
        texts: Mapping[str, str],
        extra: bytes,
        done_elsewhere: Sequence[str] | None = None,
    ) -> None:
        """Give it a job with its graph in JSON; the answers come by `receive`.

        `texts` are what the job's pictures carry of how they were made, `extra` is what came beside
        the graph, in JSON. Nodes may give pictures to other jobs unless `done_elsewhere` is None:
        those whose pictures were.
        """
        message: dict[str, Any] = {"type": "run", "job": job.id, "on_failure": job.on_failure}
        message |= {"graph": orjson.Fragment(graph), "extra": orjson.Fragment(extra)}
        message |= {"texts": dict(texts), "done_elsewhere": done_elsewhere}
        self._writer.write(frames.pack(message))

    def cancel(self, job_id: str) -> None:
        """Ask it to stop a job."""
        self._writer.write(frames.pack({"type": "cancel", "job": job_id}))

    def free(self, *, models: bool, results: bool) -> None:
        """Ask it to let go of models, or of results in memory, between two jobs."""
        self._writer.write(frames.pack({"type": "free", "models": models, "results": results}))

    def ping(self) -> None:
        """Ask for a sign of life."""
        self._writer.write(frames.pack({"type": "ping"}))

    async def ask(self, graph: bytes | None) -> list[dict[str, Any]]:
        """What nodes refuse in a graph in JSON, beside its jobs; `ready` has changed specs then.

        Without a graph only that. Raises BrokenFrameError if it is lost.
        """
        number = next(self._questions)
        self._asked[number] = asyncio.get_running_loop().create_future()
        document = None if graph is None else orjson.Fragment(graph)
        self._writer.write(frames.pack({"type": "ask", "number": number, "graph": document}))
        try:
            answer = await self._asked[number]
        finally:
            del self._asked[number]
        problems: list[dict[str, Any]] = answer["problems"]
        return problems

    def _take_answer(self, message: dict[str, Any]) -> None:
        if message["specs"]:
            changed = {spec["id"]: spec for spec in message["specs"]}
            specs = [changed.get(spec["id"], spec) for spec in self.ready.specs]
            self.ready = replace(self.ready, specs=specs)
        asked = self._asked.get(message["number"])
        if asked is not None and not asked.done():
            asked.set_result(message)

    async def receive(self) -> dict[str, Any]:
        """Its next message; raises BrokenFrameError once it is lost and all is received."""
        message = await self._messages.get()
        if message is None:
            self._messages.put_nowait(None)  # for whoever asks again
            raise BrokenFrameError("the worker is gone")
        return message

    async def _read_all(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                message, body = await frames.read_async(reader)
                self.pulse.heard += 1
                if message["type"] == "pong":
                    self.pulse.pongs += 1
                    self.pulse.computed = message["computed"]
                    self.pulse.waits = message["waits"]
                elif message["type"] == "numbers":
                    self.numbers = message["numbers"]
                elif message["type"] == "answer":
                    self._take_answer(message)
                else:
                    if body:
                        message["signals"] = with_bytes(message["signals"], body)
                    self._messages.put_nowait(message)
        except (BrokenFrameError, orjson.JSONDecodeError):
            pass
        finally:
            self._messages.put_nowait(None)
            for asked in self._asked.values():
                if not asked.done():
                    asked.set_exception(BrokenFrameError("the worker is gone"))
            self.lost.set_result(None)

    async def kill(self) -> None:
        """End the process now and wait for its end."""
        self._reading.cancel()
        self._writer.close()
        if self._group is not None and self._group.has_run_out:
            self.fault = out_of_memory(self._group.most_bytes, self._group.most_bytes)
        await _end(self._process, self._group)
        with suppress(ConnectionError):
            await self._writer.wait_closed()


async def _end(process: "subprocess.Popen[bytes]", group: MemoryGroup | None) -> None:
    """Kill a process and take leave of it; also when this is cancelled meanwhile."""

    def wait() -> None:
        process.wait()
        if group is not None:
            group.remove()

    process.kill()
    await asyncio.shield(asyncio.to_thread(wait))
