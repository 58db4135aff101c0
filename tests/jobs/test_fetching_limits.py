"""Fetching ends: neither long, slow nor damaged answers hold it up."""

import asyncio
import socket
from collections.abc import Sequence

import pytest
from aiohttp import web

from paintgraph.jobs.sources.addresses import FetchError
from paintgraph.jobs.sources.fetching import Fetcher, fetch
from paintgraph.tests.jobs.servers import (
    PICTURE,
    Names,
    anywhere,
    fetched,
    picture,
    refusal,
    saying,
    serving,
)


@pytest.mark.parametrize("chunked", [False, True])
def test_long_bodies_end_at_the_cap(chunked: bool) -> None:  # noqa: FBT001
    async def long(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=PICTURE)
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(10):
            await answer.write(PICTURE)
        return answer

    error = refusal(serving(long), fetcher=anywhere(max_bytes=len(PICTURE) - 1))

    assert error.code == "too_large"
    assert fetched(serving(picture), fetcher=anywhere(max_bytes=len(PICTURE))) == PICTURE


def test_an_endless_body_ends_at_the_cap() -> None:
    endless = saying(b"HTTP/1.1 200 OK\r\n\r\n", then=PICTURE)

    assert refusal(endless, fetcher=anywhere(max_bytes=100_000)).code == "too_large"


@pytest.mark.parametrize(
    ("text", "then"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"."),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1", b""),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
)
def test_slow_servers_end_at_the_deadline(text: bytes, then: bytes) -> None:
    code = refusal(saying(text, then=then), fetcher=anywhere(deadline_seconds=0.3)).code

    assert code in {"fetch_timeout", "fetch_failed"}  # too many headers end it before


def test_slow_names_end_at_the_deadline() -> None:
    async def ponder(_: str, __: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return ()

    fetcher = Fetcher(deadline_seconds=0.1, resolve=ponder)

    assert refusal(serving(picture), "http://a.test/", fetcher).code == "fetch_timeout"


@pytest.mark.parametrize("status", [201, 204, 206, 304, 401, 403, 404, 500])
def test_other_answers_than_200_are_refused(status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    error = refusal(serving(answer))

    assert error.code == "fetch_failed"
    assert f"answers with status {status}; needed is 200." in str(error)


@pytest.mark.parametrize(
    "text",
    [
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_damaged_answers_are_refused(text: bytes) -> None:
    assert refusal(saying(text), fetcher=anywhere(deadline_seconds=5)).code == "fetch_failed"


def test_nobody_there_is_said() -> None:
    async def story() -> None:
        async with serving(picture) as port:
            pass
        await fetch(f"http://127.0.0.1:{port}/a.png", allow_private=True)

    with pytest.raises(FetchError, match="cannot be reached"):
        asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "fetch_failed"),
        (UnicodeError("label too long"), "fetch_failed"),
        (TimeoutError(), "fetch_timeout"),
    ],
)
def test_a_resolver_that_fails_is_said(error: Exception, code: str) -> None:
    async def fail(_: str, __: int) -> Sequence[str]:
        raise error

    assert refusal(serving(picture), "http://a.test/", Fetcher(resolve=fail)).code == code


def test_a_host_without_address_is_said() -> None:
    fetcher = Fetcher(resolve=Names(()))

    assert refusal(serving(picture), "http://a.test/", fetcher).code == "fetch_failed"
