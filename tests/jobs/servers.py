"""Servers to fetch from, and what fetching from them gives.

Servers stand on 127.0.0.1 and 127.0.0.2; where rules count, only the second is "public".
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from aiohttp import web

from paintgraph.jobs.sources.addresses import FetchError
from paintgraph.jobs.sources.fetching import Fetcher, fetch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PICTURE = b"a picture" * 1000
PRIVATE, PUBLIC = "127.0.0.1", "127.0.0.2"


async def picture(_: web.Request) -> web.Response:
    return web.Response(body=PICTURE)


async def secret(_: web.Request) -> web.Response:
    return web.Response(body=b"secret")


@asynccontextmanager
async def serving(handler: Handler, host: str = PRIVATE, port: int = 0) -> AsyncIterator[int]:
    """One handler for every path; gives the port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    try:
        yield site.port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def saying(text: bytes, *, then: bytes = b"") -> AsyncIterator[int]:
    """A server that answers anything with these bytes, repeats `then` and never ends."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        if task := asyncio.current_task():
            tasks.append(task)
        with suppress(OSError, EOFError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text)
            while not writer.is_closing():
                writer.write(then)
                await writer.drain()
                await asyncio.sleep(0.01)

    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []
    server = await asyncio.start_server(answer, PRIVATE, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        if tasks:
            await asyncio.wait(tasks)


class Names:
    """A resolver that gives the next answer at each call."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def is_second(address: str) -> bool:
    return address == PUBLIC


def fetched(
    server: AbstractAsyncContextManager[int],
    url: str = "http://127.0.0.1:{port}/a.png",
    fetcher: Fetcher | None = None,
) -> bytes:
    """What fetching from a server gives."""

    async def story() -> bytes:
        async with server as port:
            here = url.format(port=port)
            async with asyncio.timeout(120):
                if fetcher is None:
                    return await fetch(here, allow_private=True)
                return await fetcher.fetch(here)

    return asyncio.run(story())


def refusal(
    server: AbstractAsyncContextManager[int],
    url: str = "http://127.0.0.1:{port}/a.png",
    fetcher: Fetcher | None = None,
) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetched(server, url, fetcher)
    return caught.value


def anywhere(max_bytes: int = 1 << 20, deadline_seconds: float = 20) -> Fetcher:
    return Fetcher(max_bytes, deadline_seconds, accepts=lambda _: True)
