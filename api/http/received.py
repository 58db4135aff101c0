"""Bodies while they come: a small one in memory, a larger one in a file without a name.

All together are bounded. What a request holds is let go when it ends, or as soon as it is done with
(`let_go`).
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from aiohttp import web

from paintgraph.api.http.errors import ApiError

MOST_BYTES = 1 << 30
"""How many bytes of bodies are held at once, if nobody says otherwise."""

_IN_MEMORY = 1 << 20
_AGAIN_SECONDS = 5


class Receiving:
    """What the bodies of all requests hold together: at most `most_bytes`.

    `folder` is where the files lie; none is the system's for such. It is made when first needed.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, folder: Path | None = None) -> None:
        self._most = most_bytes
        self.folder = folder
        self.held = 0
        """Bytes that are held now."""

    @contextmanager
    def of(self, request: web.Request) -> Iterator[None]:
        """Hold what is received of this request's body until the `with` statement ends."""
        request[_HOLD] = hold = Hold(self)
        try:
            yield
        finally:
            hold.let_go()

    def take(self, count: int) -> None:
        """Hold more bytes; raises ApiError if those of all requests would be too many."""
        if self.held + count > self._most:
            raise ApiError(
                503,
                "bodies_full",
                f"the bodies of all requests together have more than {self._most} bytes now, which "
                "is all that is allowed. Send this one again soon.",
                headers={"Retry-After": str(_AGAIN_SECONDS)},
            )
        self.held += count


class Hold:
    """What one request holds."""

    def __init__(self, receiving: Receiving) -> None:
        self.receiving = receiving
        self._count = 0
        self._bodies: list[Body] = []

    def body(self) -> "Body":
        """A body that is about to come, or a part of one."""
        self._bodies.append(body := Body(self))
        return body

    def take(self, count: int) -> None:
        """Hold more bytes; raises ApiError."""
        self.receiving.take(count)
        self._count += count

    def let_go(self) -> None:
        """Hold nothing any more."""
        for body in self._bodies:
            body.close()
        self._bodies.clear()
        self.receiving.held -= self._count
        self._count = 0


_HOLD = web.RequestKey("hold", Hold)


class Body:
    """The bytes of a body, in the order in which they come."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._end = bytearray()
        self._file: IO[bytes] | None = None

    async def add(self, chunk: bytes) -> None:
        """Keep what came; raises ApiError, or OSError where the disk is full."""
        self._hold.take(len(chunk))
        self._end += chunk
        if len(self._end) > _IN_MEMORY:
            end, self._end = self._end, bytearray()
            await asyncio.to_thread(self._write, end)

    async def whole(self) -> bytes:
        """All that came, in memory."""
        return bytes(self._end) if self._file is None else await asyncio.to_thread(self._read)

    def close(self) -> None:
        """Let everything go."""
        self._end = bytearray()
        if self._file is not None:
            self._file.close()

    def _write(self, data: bytes | bytearray) -> None:
        if self._file is None:
            folder = self._hold.receiving.folder
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see close
        left = memoryview(data)
        while left:  # a disk that fills up takes a part, and refuses the rest
            left = left[self._file.write(left) :]

    def _read(self) -> bytes:
        assert self._file is not None  # noqa: S101 - whole() has looked
        self._write(self._end)
        self._end = bytearray()
        self._file.seek(0)
        return self._file.read()


def hold_of(request: web.Request) -> Hold:
    """What a request holds; a bound of its own where no guard gave it one."""
    hold: Hold | None = request.get(_HOLD)
    return hold or Hold(Receiving())


def let_go(request: web.Request) -> None:
    """Hold nothing of the request's body any more: its job is on disk."""
    hold_of(request).let_go()
