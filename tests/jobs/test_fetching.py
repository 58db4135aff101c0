"""Fetching is led neither into private networks nor on for ever.

Servers stand on 127.0.0.1 and 127.0.0.2; where rules count, only the second is "public".
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest
from aiohttp import web

from jobs.fetching import Fetcher, fetch
from jobs.urls import FetchError, parse_url, redirected

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
        with suppress(OSError, EOFError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(text)
            while not writer.is_closing():
                writer.write(then)
                await writer.drain()
                await asyncio.sleep(0.01)

    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(answer, PRIVATE, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


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
            async with asyncio.timeout(20):
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


def test_a_picture_is_fetched_whole() -> None:
    assert fetched(serving(picture)) == PICTURE


def test_the_request_carries_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[web.Request] = []

    async def look(request: web.Request) -> web.StreamResponse:
        seen.append(request)
        if request.path == "/a.png":
            return web.Response(
                status=302, headers={"Location": "/b.png", "Set-Cookie": "session=1; Path=/"}
            )
        return web.Response(body=PICTURE)

    assert fetched(serving(look)) == PICTURE
    assert seen[1].headers.getall("Accept-Encoding") == ["identity"]
    assert not {"Cookie", "Authorization", "Referer"} & set(seen[1].headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(url: str) -> None:
    assert refusal(serving(secret), url, Fetcher()).code == "address_refused"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "picture.png",
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "gopher://example.com/",
        "data:image/png;base64,AAAA",
        "//example.com/a.png",
        "http:///a.png",
        "http://",
        "http:example.com",
        "http://exa mple.com/",
        "http://example.com\x00.evil.com/",
        "http://example.com:99999/",
        "http://example.com\\@127.0.0.1/",
        "http://[::1%eth0]/",
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://:word@example.com/",
        "\ud800",
    ],
)
def test_what_is_no_plain_web_address_is_refused_unasked(url: str) -> None:
    names = Names((PUBLIC,))

    with pytest.raises(FetchError) as caught:
        asyncio.run(Fetcher(resolve=names).fetch(url))

    assert (caught.value.code, names.asked) == ("bad_url", [])


@pytest.mark.parametrize("port", [0, 22, 25, 111, 445, 1023])
def test_ports_of_other_services_are_refused_unasked(port: int) -> None:
    names = Names((PUBLIC,))

    with pytest.raises(FetchError) as caught:
        asyncio.run(Fetcher(resolve=names).fetch(f"http://example.com:{port}/"))

    assert (caught.value.code, names.asked) == ("address_refused", [])


def test_one_private_address_among_public_ones_is_refused() -> None:
    names = Names((PUBLIC, PRIVATE))
    fetcher = Fetcher(accepts=is_second, resolve=names)

    assert (
        refusal(serving(picture, PUBLIC), "http://a.test:{port}/", fetcher).code
        == "address_refused"
    )


def test_a_name_that_changes_its_address_is_asked_once() -> None:
    """DNS rebinding: the address that was checked is the one that is dialled."""
    names = Names((PUBLIC,), (PRIVATE,))

    async def story() -> bytes:
        async with serving(picture, PUBLIC) as port, serving(secret, PRIVATE, port):
            fetcher = Fetcher(accepts=is_second, resolve=names)
            return await fetcher.fetch(f"http://rebinding.test:{port}/a.png")

    assert asyncio.run(story()) == PICTURE
    assert names.asked == ["rebinding.test"]


def test_a_host_that_aiohttp_reads_otherwise_than_the_resolver_is_not_dialled() -> None:
    fetcher = Fetcher(accepts=is_second, resolve=Names((PUBLIC,)))

    assert refusal(serving(secret), fetcher=fetcher).code == "fetch_failed"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://inner.test:{port}/", "address_refused"),
        ("//inner.test:{port}/", "address_refused"),
        ("http://a.test:22/", "address_refused"),
        ("file:///etc/passwd", "bad_url"),
        ("http://user:word@a.test:{port}/", "bad_url"),
        ("", "fetch_failed"),
    ],
)
def test_every_hop_is_checked(location: str, code: str) -> None:
    async def lead_on(request: web.Request) -> web.Response:
        port = str(request.url.port)
        return web.Response(status=302, headers={"Location": location.replace("{port}", port)})

    fetcher = Fetcher(accepts=is_second, resolve=Names((PUBLIC,), (PRIVATE,)))

    assert code == refusal(serving(lead_on, PUBLIC), "http://a.test:{port}/", fetcher).code


@pytest.mark.parametrize(("hops", "ends"), [(5, True), (6, False)])
def test_redirects_end(hops: int, ends: bool) -> None:  # noqa: FBT001
    async def lead_on(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        if not left:
            return web.Response(body=PICTURE)
        return web.Response(status=307, headers={"Location": f"/{left - 1}"})

    url = f"http://127.0.0.1:{{port}}/{hops}"
    if ends:
        assert fetched(serving(lead_on), url) == PICTURE
    else:
        assert refusal(serving(lead_on), url).code == "too_many_redirects"


def test_a_redirect_out_of_https_is_refused() -> None:
    with pytest.raises(FetchError) as caught:
        redirected(parse_url("https://a.test/x?key=1"), "http://a.test/y")

    assert caught.value.code == "address_refused"
    assert str(caught.value) == (
        "'https://a.test/x' redirects from https to http; allowed is https only from there on. "
        "Give the address at which the picture really is."
    )


def test_https_is_not_spoken_with_a_server_that_cannot_prove_itself() -> None:
    error = refusal(serving(picture), "https://127.0.0.1:{port}/", anywhere())

    assert error.code == "fetch_failed"


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


def test_a_host_without_address_is_said() -> None:
    fetcher = Fetcher(resolve=Names(()))

    assert refusal(serving(picture), "http://a.test/", fetcher).code == "fetch_failed"


@pytest.mark.parametrize(
    "url", ["http://us:word@a.test/", "http://a.test:22/?key=word#word", "http://a.test/?key=word"]
)
def test_messages_keep_passwords_and_queries(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        asyncio.run(Fetcher(resolve=Names((PRIVATE,))).fetch(url))

    assert "word" not in str(caught.value).replace("name or password", "")
    assert "a.test" in str(caught.value)


def test_messages_say_what_is_wrong_what_is_allowed_and_the_cure() -> None:
    with pytest.raises(FetchError) as caught:
        asyncio.run(Fetcher(resolve=Names((PRIVATE,))).fetch("http://a.test/a.png?x=1"))

    assert str(caught.value) == (
        "'http://a.test/a.png' leads into a private network; allowed are public addresses. "
        "Upload the picture instead."
    )
