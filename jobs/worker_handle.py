"""The server's side of one worker process."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jobs import frames
from jobs.job import Job

_START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """How a worker is built: `factory` is "module:function", `settings` plain data for it."""

    factory: str
    settings: Mapping[str, Any]


class WorkerHandle:
    """One running worker process. Lost means that its process ended or its connection broke."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self.specs: list[dict[str, Any]] = []
        """Its node types as plain data."""
        self.replacements: dict[str, str] = {}
        """What to use instead of other tools' nodes."""

    @staticmethod
    async def start(spec: WorkerSpec) -> "WorkerHandle":
        """Start a worker and wait until it is ready; raises BrokenFrameError if it ends instead."""
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = (str(theirs.fileno()), spec.factory, orjson.dumps(spec.settings).decode())
            # Not asyncio's own: that one leaks the process when it is cancelled while it starts.
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - takes milliseconds; our own module
                (sys.executable, "-m", "jobs.worker_process", *arguments),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=2**22)
        except BaseException:
            ours.close()
            await _end(process)
            raise
        handle = WorkerHandle(process, reader, writer)
        try:
            ready = await asyncio.wait_for(handle.receive(), _START_SECONDS)
        except BaseException:  # being cancelled too: no process is left behind
            await handle.kill()
            raise
        handle.specs, handle.replacements = ready["specs"], ready["replacements"]
        return handle

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def run(self, job: Job, graph: bytes, on_failure: str) -> None:
        """Give it a job with its graph in JSON; the answers come by `receive`."""
        document = orjson.Fragment(graph)
        message = {"type": "run", "job": job.id, "graph": document, "on_failure": on_failure}
        self._writer.write(frames.pack(message))

    def cancel(self, job_id: str) -> None:
        """Ask it to stop a job."""
        self._writer.write(frames.pack({"type": "cancel", "job": job_id}))

    async def receive(self) -> dict[str, Any]:
        """Its next message; raises BrokenFrameError once it is lost."""
        message, _ = await frames.read(self._reader)
        return message

    async def kill(self) -> None:
        """End the process now and wait for its end."""
        self._writer.close()
        await _end(self._process)
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


async def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and take leave of it; also when this is cancelled meanwhile."""
    process.kill()
    await asyncio.shield(asyncio.to_thread(process.wait))
