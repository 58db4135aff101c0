"""Fetching pictures from the web, and sending to it, without being led into private networks.

Every hop is checked: its name is resolved once, all its addresses are judged, and only one of those
is dialled. Nothing else of the machine takes part: no proxy settings, cookies or stored passwords.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from paintgraph.base.environment import wanted_offline
from paintgraph.jobs.sources.addresses import FetchError, is_public, parse_url, redirected, shown

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the numeric addresses of a host; raises OSError if there are none."""

MAX_BYTES = 100 << 20
DEADLINE_SECONDS = 30.0
_MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_OK = 200
_RESOLVING_SECONDS = 3.0
_OTHER_RECEIVER = "Name another address."
_HEADERS = {"Accept": "image/*, */*;q=0.5", "Accept-Encoding": "identity"}


async def fetch(
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    deadline_seconds: float = DEADLINE_SECONDS,
    allow_private: bool = False,
) -> bytes:
    """The bytes behind a web address; raises FetchError (of jobs.urls) with the cure.

    Args:
        url: an address that starts http:// or https://.
        max_bytes: how long the answer may be.
        deadline_seconds: how long everything may take, redirects included.
        allow_private: dial addresses that are not public, too.
    """
    _check_online(parse_url(url), "Upload the picture instead.")
    accepts = _accept_all if allow_private else is_public
    return await Fetcher(max_bytes, deadline_seconds, accepts=accepts).fetch(url)


async def resolve(host: str, port: int) -> Sequence[str]:
    """The system's addresses of a host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _check_online(url: URL, cure: str) -> None:
    """Raise FetchError where no connection is wanted."""
    if name := wanted_offline():
        raise FetchError(
            f"'{shown(url)}' is elsewhere, but {name} or --offline says that no connection is "
            f"wanted. {cure}",
            code="offline",
        )


async def check_receiver(
    url: str, *, allow_private: bool = False, resolve: Resolve = resolve
) -> None:
    """Raise FetchError for an address to which nothing could ever be sent under these rules.

    A name that cannot be resolved now may be later.
    """
    here = parse_url(url, _OTHER_RECEIVER)
    _check_online(here, "Start the server without it, or leave the webhook out.")
    if allow_private:
        return
    try:
        async with asyncio.timeout(_RESOLVING_SECONDS):
            addresses = await resolve(here.raw_host or "", here.port or 0)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        return
    if not all(is_public(address) for address in addresses):
        raise FetchError(
            f"'{shown(here)}' leads into a private network; allowed are public addresses, and all "
            "where the server's setting allow_private_urls is on "
            f"(PAINTGRAPH_ALLOW_PRIVATE_URLS=true). Set it, or {_OTHER_RECEIVER[:1].lower()}"
            f"{_OTHER_RECEIVER[1:]}",
            code="address_refused",
        )


class Reply(NamedTuple):
    """What a receiver answered; `location` is where it would send the request on to."""

    status: int
    location: str = ""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """What `fetch` does, with the rules and the resolver exchangeable."""

    max_bytes: int = MAX_BYTES
    deadline_seconds: float = DEADLINE_SECONDS
    accepts: Callable[[str], bool] = is_public
    resolve: Resolve = resolve

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a web address; raises FetchError with the cure."""
        first = here = parse_url(url)
        try:
            async with asyncio.timeout(self.deadline_seconds):
                for _ in range(_MAX_REDIRECTS + 1):
                    found = await self._hop(here)
                    if isinstance(found, bytes):
                        return found
                    here = found
        except TimeoutError as error:
            raise FetchError(
                f"'{shown(here)}' did not answer in full within {self.deadline_seconds:g} s. "
                "Try again, or upload the picture instead.",
                code="fetch_timeout",
            ) from error
        raise FetchError(
            f"'{shown(first)}' redirects more than {_MAX_REDIRECTS} times. "
            "Give the address at which the picture really is.",
            code="too_many_redirects",
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send JSON to a web address; gives what it answers. Redirects are not followed.

        Raises FetchError with the cure.
        """
        here = parse_url(url, _OTHER_RECEIVER)
        _check_online(here, "Start the server without it.")
        try:
            async with (
                asyncio.timeout(self.deadline_seconds),
                self._session(here) as session,
                session.post(
                    here,
                    data=body,
                    headers={"Content-Type": "application/json", **(headers or {})},
                    allow_redirects=False,
                ) as answer,
            ):
                return Reply(answer.status, answer.headers.get("Location", ""))
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise FetchError(
                f"'{shown(here)}' cannot be reached, or its answer is damaged. Check the address."
            ) from error

    @asynccontextmanager
    async def _session(self, url: URL) -> AsyncIterator[aiohttp.ClientSession]:
        """A session that dials nothing but the checked addresses of one host."""
        addresses = await self._addresses(url)
        connector = aiohttp.TCPConnector(
            resolver=_Pinned(addresses),
            use_dns_cache=False,
            force_close=True,
            socket_factory=_dial_only(addresses),
        )
        async with aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
        ) as session:
            yield session

    async def _hop(self, url: URL) -> bytes | URL:
        """What one address answers: the picture, or where it is instead."""
        try:
            async with (
                self._session(url) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                if answer.status in _REDIRECTS:
                    return redirected(url, answer.headers.get("Location", ""))
                return await self._body(url, answer)
        # ValueError: what aiohttp and yarl say to headers that cannot be read
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise FetchError(
                f"'{shown(url)}' cannot be fetched: the server cannot be reached, or its answer "
                "is damaged. Check the address, or upload the picture instead."
            ) from error

    async def _addresses(self, url: URL) -> Sequence[str]:
        """All addresses of the host, each of them allowed."""
        try:
            addresses = await self.resolve(url.raw_host or "", url.port or 0)
        except (OSError, UnicodeError) as error:
            if isinstance(error, TimeoutError):
                raise
            addresses = ()
        if not addresses:
            raise FetchError(f"'{shown(url)}' names a host that is not known. Check the spelling.")
        if not all(self.accepts(address) for address in addresses):
            raise FetchError(
                f"'{shown(url)}' leads into a private network; allowed are public addresses. "
                "Upload the picture instead.",
                code="address_refused",
            )
        return addresses

    async def _body(self, url: URL, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != _OK:
            raise FetchError(
                f"'{shown(url)}' answers with status {answer.status}; needed is {_OK}. "
                "Check that the picture can be had without signing in."
            )
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchError(
                f"'{shown(url)}' answers in a compressed form that was not asked for. "
                "Upload the picture instead."
            )
        body = bytearray()
        length = answer.content_length or 0
        while length <= self.max_bytes:
            chunk = await answer.content.readany()
            if not chunk:
                return bytes(body)
            body += chunk
            length = len(body)
        raise FetchError(
            f"'{shown(url)}' holds more than {self.max_bytes} bytes. Use a smaller picture.",
            code="too_large",
        )


class _Pinned(AbstractResolver):
    """Answers with addresses that were checked before."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the role has it
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        pass


def _dial_only(addresses: Sequence[str]) -> aiohttp.SocketFactoryType:
    """Opens sockets for checked addresses alone.

    aiohttp asks no resolver about hosts that it takes for numbers, so this has the last word.
    """
    checked = {ip_address(address) for address in addresses}

    def open_socket(target: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = target
        if ip_address(address[0]) not in checked:
            raise OSError("the address was not checked")
        return socket.socket(family, kind, protocol)

    return open_socket


def _accept_all(_: str) -> bool:
    return True
