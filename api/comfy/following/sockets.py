"""Sockets of clients: what is to be sent waits here, so that nobody waits for a slow reader."""

import asyncio
import contextlib
import logging
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from paintgraph.api.comfy.following.logs import SIZE
from paintgraph.api.comfy.following.narrating import Message, Preview, Text

_LOG = logging.getLogger(__name__)
_MOST_WAITING_BYTES = 32 << 20
_PATIENCE_SECONDS = 30.0
"""How long one message may take to be taken off."""

_PLAIN_PREVIEW, _TEXT, _PREVIEW_WITH_METADATA = 1, 3, 4
_JPEG, _PNG = 1, 2
Data = str | bytes
Client = tuple[str, str]
"""The holder of a key, if there are keys, and what the client calls itself."""


def text_of(kind: str, data: Mapping[str, Any]) -> str:
    """A message as it is sent."""
    return orjson.dumps({"type": kind, "data": data}).decode()


def preview_bytes(preview: Preview, *, with_metadata: bool) -> bytes:
    """The frame of a preview; without metadata it does not say of which node it is."""
    if not with_metadata:
        form = _PNG if preview.media_type == "image/png" else _JPEG
        return struct.pack(">II", _PLAIN_PREVIEW, form) + preview.data
    head = orjson.dumps({**preview.about, "image_type": preview.media_type})
    return struct.pack(">II", _PREVIEW_WITH_METADATA, len(head)) + head + preview.data


def text_bytes(text: Text) -> bytes:
    """The frame of a line that a node shows."""
    node = text.node.encode()
    return struct.pack(">II", _TEXT, len(node)) + node + text.text.encode()


class Session:
    """One socket of a client. It is dropped if its reader stays behind too far or too long.

    `owner` is whose prompts it may know of; None: everybody's.
    """

    def __init__(
        self,
        client: Client,
        owner: str | None,
        socket: web.WebSocketResponse,
        drop: Callable[[], None],
    ) -> None:
        self.client = client
        self.owner = owner
        self.takes_metadata = False
        self._socket = socket
        self._drop = drop
        self._waiting: deque[Data] = deque()
        self._bytes = 0
        self._ends_with_status = False
        self._news = asyncio.Event()

    def send(self, message: Message) -> None:
        """Let a message wait for its turn."""
        if isinstance(message, Preview):
            self._put(preview_bytes(message, with_metadata=self.takes_metadata))
        elif isinstance(message, Text):
            self._put(text_bytes(message))
        else:
            self._put(text_of(*message))
        self._ends_with_status = False

    def send_status(self, text: str) -> None:
        """Let the length of the queue wait for its turn; an older one right before it goes."""
        if self._ends_with_status and self._waiting:
            self._bytes -= len(self._waiting.pop())
        self._put(text)
        self._ends_with_status = True

    async def send_all(self) -> None:
        """Send what waits, as long as the socket is open."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                data = self._waiting.popleft()
                self._bytes -= len(data)
                try:
                    async with asyncio.timeout(_PATIENCE_SECONDS):
                        await self._write(data)
                except TimeoutError:
                    _LOG.info("a client does not read: its socket is closed")
                    self._drop()
                    return
                except ConnectionError:
                    return

    async def close(self) -> None:
        """Say goodbye, as the server ends."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1):
                await self._socket.close(code=1001, message=b"the server ends")

    async def _write(self, data: Data) -> None:
        if isinstance(data, str):
            await self._socket.send_str(data)
        else:
            await self._socket.send_bytes(data)

    def _put(self, data: Data) -> None:
        if self._bytes > _MOST_WAITING_BYTES:
            self._waiting.clear()
            self._bytes = 0
            self._drop()
            return
        self._waiting.append(data)
        self._bytes += len(data)
        self._news.set()


class Sessions:
    """The newest socket of each client; an older one stays open but gets nothing more.

    Closing it instead would let clients that open two of one name reconnect for ever.
    """

    def __init__(self) -> None:
        self._sessions: dict[Client, Session] = {}
        self._of_log: set[Client] = set()

    def add(self, session: Session) -> None:
        """Send to this socket from now on."""
        self._sessions[session.client] = session

    def remove(self, session: Session) -> None:
        """Send nothing more to this socket; another one of its client is not touched."""
        if self._sessions.get(session.client) is session:
            del self._sessions[session.client]
            self._of_log.discard(session.client)

    def of(self, client: Client) -> Session | None:
        """The socket of a client, or None."""
        return self._sessions.get(client)

    async def broadcast_status(self, remaining: Callable[[str | None], Awaitable[int]]) -> None:
        """Tell everybody the length of the queue, as far as it is the client's."""
        texts: dict[str | None, str] = {}
        for session in [*self._sessions.values()]:
            owner = session.owner
            if owner not in texts:
                texts[owner] = text_of("status", status_of(await remaining(owner)))
            session.send_status(texts[owner])

    def listen_to_log(self, client: Client, *, is_wanted: bool) -> None:
        """Send new lines of the log to a client's socket, or no more."""
        if is_wanted and client in self._sessions:
            self._of_log.add(client)
        else:
            self._of_log.discard(client)

    def tell_log(self, line: Mapping[str, str]) -> None:
        """Send a new line of the log to those who want it."""
        for client in self._of_log:
            self._sessions[client].send(("logs", {"entries": [line], "size": SIZE}))

    async def close(self) -> None:
        """Close all sockets."""
        await asyncio.gather(*(session.close() for session in tuple(self._sessions.values())))


def status_of(remaining: int) -> dict[str, Any]:
    """The data of a message with the length of the queue."""
    return {"status": {"exec_info": {"queue_remaining": remaining}}}
