"""Fetching is not led into private networks."""

import asyncio

import pytest
from aiohttp import web

from paintgraph.jobs.sources.addresses import FetchError, parse_url, redirected
from paintgraph.jobs.sources.fetching import Fetcher
from paintgraph.tests.jobs.servers import (
    PICTURE,
    PRIVATE,
    PUBLIC,
    Names,
    anywhere,
    fetched,
    is_second,
    picture,
    refusal,
    secret,
    serving,
)


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


def sent(fetcher: Fetcher, status: int = 200, host: str = PRIVATE) -> tuple[int, list[str]]:
    """The status that sending gives, and what the server heard."""
    heard: list[str] = []

    async def hear(request: web.Request) -> web.StreamResponse:
        heard.append(await request.text())
        return web.Response(status=status, headers={"Location": "http://127.0.0.1:9/"})

    async def story() -> int:
        app = web.Application()
        app.router.add_post("/hook", hear)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, host, 0)
        await site.start()
        try:
            return (await fetcher.post(f"http://{host}:{site.port}/hook", b"{}")).status
        finally:
            await runner.cleanup()

    return asyncio.run(story()), heard


@pytest.mark.parametrize("status", [200, 302, 307, 500])
def test_what_is_sent_arrives_once_and_redirects_are_not_followed(status: int) -> None:
    assert sent(anywhere(), status) == (status, ["{}"])


def test_nothing_is_sent_into_private_networks() -> None:
    assert sent(Fetcher(accepts=is_second), host=PUBLIC) == (200, ["{}"])
    with pytest.raises(FetchError) as refused:
        sent(Fetcher(accepts=is_second))
    assert refused.value.code == "address_refused"


def test_sending_where_nobody_listens_is_told() -> None:
    with pytest.raises(FetchError, match="cannot be reached"):
        asyncio.run(anywhere().post("http://127.0.0.1:9999/hook", b"{}"))
