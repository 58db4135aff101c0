"""Slow and many connections go, while others are served."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from paintgraph.api.guards.connections import Held, Limits, Pace, _holder, log_accept_errors_rarely
from paintgraph.api.guards.security import SecurityRules
from paintgraph.tests.api.guarded import LATE_SECONDS, Answer, hear, request, say, serving

SLOW = 50
SHORT = 0.3
QUICK = Limits(header_seconds=SHORT, linger_seconds=0.1)
PATIENT = Limits(header_seconds=60)
PATIENT_RULES = SecurityRules()
RULES = SecurityRules(pace=Pace(SHORT, bytes_per_second=1e9))
HALF_HEADER = b"GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX: "
HALF_BODY = request("POST", "/prompt", "Content-Length: 500") + b"x"
HALF_CHUNKS = request("POST", "/prompt", "Transfer-Encoding: chunked") + b"5\r\nabc"
HALF_PART = (
    request(
        "POST", "/upload", "Content-Type: multipart/form-data; boundary=B", "Content-Length: 500"
    )
    + b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc'
)
UNREAD = request("GET", "/v1/jobs", "Content-Length: 500")


async def drip(port: int, text: bytes) -> Answer:
    """Say the beginning of a request, then a byte now and then, until the server ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def go_on() -> None:
        while True:
            await asyncio.sleep(0.05)
            writer.write(b"x" if text else b"")

    writer.write(text)
    dripping = asyncio.create_task(go_on())
    try:
        answer = await hear(reader)
        while await _reads_on(reader):
            pass
    finally:
        dripping.cancel()
        writer.close()
    return answer


async def _reads_on(reader: asyncio.StreamReader) -> bool:
    try:
        return bool(await reader.read(1000))
    except ConnectionError:
        return False


def served(story: Callable[[int], Awaitable[None]], rules: SecurityRules, limits: Limits) -> None:
    async def run() -> None:
        async with serving(rules, limits) as port:
            await story(port)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "status"),
    [(b"", 0), (b"GET /", 0), (HALF_HEADER, 0), (HALF_BODY, 408), (HALF_PART, 408), (UNREAD, 200)],
)
def test_slow_requests_are_ended_while_others_are_served(
    text: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(port: int) -> None:
        slow = [asyncio.create_task(drip(port, text)) for _ in range(SLOW)]
        async with aiohttp.ClientSession() as session:
            for _ in range(5):
                async with session.get(f"http://127.0.0.1:{port}/v1/jobs") as answer:
                    assert answer.status == 200
                await asyncio.sleep(0.05)
        assert {answer.status for answer in await asyncio.gather(*slow)} == {status}

    with caplog.at_level(logging.WARNING):
        served(story, RULES, QUICK)

    assert caplog.records == []  # neither tracebacks nor a line per socket


@pytest.mark.parametrize("text", [HALF_BODY, HALF_CHUNKS, HALF_PART])
def test_a_slow_body_is_told_why(text: bytes) -> None:
    async def story(port: int) -> None:
        answer = await say(port, text)
        assert (answer.status, answer.code) == (408, "body_timeout")

    served(story, RULES, PATIENT)


@pytest.mark.parametrize(("sent", "status"), [(4 << 20, 200), (2 << 20, 408)])
def test_a_body_that_the_server_makes_wait_is_not_slow(sent: int, status: int) -> None:
    """Such as an upload to a server that still starts; what comes slowly afterwards still is."""
    rules = SecurityRules(pace=Pace(LATE_SECONDS / 2, bytes_per_second=1e9))

    async def story(port: int) -> None:
        header = request("POST", "/late", f"Content-Length: {4 << 20}")
        answer = await say(port, header + bytes(sent))
        assert answer.status == status

    served(story, rules, PATIENT)


def test_bytes_buy_time() -> None:
    """A large body on a slow line arrives; what counts is the rate."""
    rules = SecurityRules(pace=Pace(0.2, bytes_per_second=10))

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("POST", "/prompt", "Content-Length: 110") + b"x" * 100)
        for _ in range(10):
            await asyncio.sleep(0.1)
            writer.write(b"x")
        assert (await hear(reader)).status == 200
        writer.close()

    served(story, rules, PATIENT)


def test_a_header_may_come_in_pieces() -> None:
    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in (HALF_HEADER[:10], HALF_HEADER[10:], b"y\r\n", b"\r\n"):
            writer.write(piece)
            await asyncio.sleep(0.02)
        assert (await hear(reader)).status == 200
        writer.close()

    served(story, RULES, PATIENT)


def test_a_second_slow_header_on_a_connection_is_ended_too() -> None:
    async def story(port: int) -> None:
        answer = await drip(port, request("GET", "/v1/jobs") + HALF_HEADER)
        assert answer.status == 200

    served(story, RULES, QUICK)


def test_one_address_holds_a_bounded_number_of_connections() -> None:
    limits = Limits(header_seconds=60, connections=3, trusted=frozenset())

    async def story(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        for _, writer in held:
            writer.write(HALF_HEADER)
        refused = [await say(port, request("GET", "/v1/jobs")) for _ in range(3)]
        assert [answer.status for answer in refused] == [0, 0, 0]

        held[0][1].close()
        for _ in range(1000):
            again = await say(port, request("GET", "/v1/jobs"))
            if again.status:
                break
        assert again.status == 200
        for _, writer in held:
            writer.close()

    served(story, RULES, limits)


def test_this_machine_and_proxies_may_hold_three_quarters_of_all() -> None:
    limits = Limits(header_seconds=60, connections=1, together=8)

    async def story(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
        for _, writer in held:
            writer.write(HALF_BODY)
        await asyncio.sleep(0.1)
        assert (await say(port, request("GET", "/v1/jobs"))).status == 0
        held.pop()[1].close()
        while (await say(port, request("GET", "/v1/jobs"))).status == 0:
            pass
        silent = await asyncio.open_connection("127.0.0.1", port)
        assert (await say(port, request("GET", "/v1/jobs"))).status == 200
        held.append(silent)
        for _, writer in held:
            writer.close()

    served(story, PATIENT_RULES, limits)


def test_where_all_connections_are_taken_a_new_one_ends_the_one_that_is_silent_longest() -> None:
    limits = Limits(header_seconds=60, connections=9, together=3)

    async def story(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        held[0][1].write(HALF_BODY)
        held[1][1].write(HALF_HEADER)
        await asyncio.sleep(0.1)
        assert (await say(port, request("GET", "/v1/jobs"))).status == 200
        assert await held[1][0].read() == b""
        held[0][1].write(b"x" * 499)
        assert (await hear(held[0][0])).status == 200
        for _, writer in held:
            writer.close()

    served(story, PATIENT_RULES, limits)


def test_where_all_connections_are_at_work_a_new_one_is_closed() -> None:
    limits = Limits(header_seconds=60, connections=9, together=2)

    async def story(port: int) -> None:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for _, writer in held:
            writer.write(HALF_BODY)
        await asyncio.sleep(0.1)
        assert (await say(port, request("GET", "/v1/jobs"))).status == 0
        for _, writer in held:
            writer.close()

    served(story, PATIENT_RULES, limits)


def test_two_ports_take_no_more_connections_than_one() -> None:
    limits, held = Limits(header_seconds=60, connections=9, together=1), Held()

    async def story() -> None:
        async with (
            serving(PATIENT_RULES, limits, held) as first,
            serving(PATIENT_RULES, limits, held) as second,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", first)
            writer.write(HALF_BODY)
            while all(connection.is_silent for connection in held.all):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            assert (await say(second, request("GET", "/v1/jobs"))).status == 0
            writer.close()

    asyncio.run(story())


def test_that_no_more_connections_can_be_taken_is_logged_once_a_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        log_accept_errors_rarely(loop)
        for _ in range(1000):
            loop.call_exception_handler(
                {
                    "message": "socket.accept() out of system resource",
                    "exception": OSError(24, "Too many open files"),
                }
            )
        loop.call_exception_handler({"message": "another fault"})

    asyncio.run(story())

    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "Too many open files" in told[0]
    assert "another fault" in told[1]


def test_a_customer_of_ipv6_is_counted_by_the_network() -> None:
    held = {_holder(text) for text in ("2a00:1:2:3::1", "2a00:1:2:3:4::5", "2a00:1:2:3:ffff::")}

    assert held == {"2a00:1:2:3::/64"}
    assert _holder("::ffff:8.8.8.8") != _holder("::ffff:8.8.4.4")
    assert _holder("8.8.8.8") == "8.8.8.8"


def test_a_body_that_breaks_midway_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    """aiohttp tells its parser's error to nobody while a handler waits for the rest."""

    async def story(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HALF_CHUNKS)
        await asyncio.sleep(0.05)
        writer.write(b"xxzz\r\n")
        answer = await hear(reader)
        assert answer.code in {"bad_body", "body_timeout"}
        writer.close()

    with caplog.at_level(logging.WARNING):
        served(story, RULES, PATIENT)

    assert caplog.records == []


def test_clients_that_leave_are_no_errors(caplog: pytest.LogCaptureFixture) -> None:
    async def story(port: int) -> None:
        for text in (HALF_HEADER, HALF_BODY, HALF_CHUNKS, HALF_PART):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(text)
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        assert (await say(port, request("GET", "/v1/jobs"))).status == 200

    with caplog.at_level(logging.WARNING):
        served(story, RULES, PATIENT)

    assert caplog.records == []
