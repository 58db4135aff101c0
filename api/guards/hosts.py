"""Which names the server answers to: against DNS rebinding.

A page of a stranger can point its own name at this machine, but cannot change the Host header that
the browser then sends.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.errors import ApiError

_AUTHORITY = re.compile(
    r"(?P<name>[a-z0-9_](?:[a-z0-9._-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE | re.ASCII,
)
_LAST_PORT = 65535
PROBES = frozenset({"/livez", "/readyz"})
"""Asked by orchestrators under any name and without a key; they answer nothing else."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A host and, where one is named, a port."""

    name: str
    port: int | None = None

    def port_for(self, scheme: str) -> int:
        """Its port, or the one of the scheme."""
        return self.port or (443 if scheme == "https" else 80)

    @property
    def is_address(self) -> bool:
        """Whether the host is a number, not a name."""
        return _address(self.name) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine, however the network answers."""
        if self.name == "localhost" or self.name.endswith(".localhost"):
            return True
        address = _address(self.name)
        return address is not None and ip_address(address).is_loopback


@dataclass(frozen=True, slots=True)
class HostRules:
    """Hosts that the server answers to, beside this machine's own names.

    Attributes:
        hosts: names or addresses, with a port (`paint.example:8443`) or for every port.
        any_address: answer to every numeric address, too. They cannot be rebound; meant for
            servers that listen on all interfaces.
    """

    hosts: tuple[str, ...] = ()
    any_address: bool = False

    def __post_init__(self) -> None:
        for host in self.hosts:
            if parse_authority(host) is None:
                raise ValueError(
                    f"'{host}' is no host; allowed are names and addresses, with or without a "
                    "port. Write it as in 'paint.example:8443'."
                )

    def allow(self, host: Authority) -> bool:
        """Whether the server answers to a host."""
        if host.is_loopback or (self.any_address and host.is_address):
            return True
        listed = {parse_authority(text) for text in self.hosts}
        return bool({host, Authority(host.name)} & listed)


def parse_authority(text: str) -> Authority | None:
    """The host and port of a Host header, or None if it is malformed."""
    found = _AUTHORITY.fullmatch(text)
    if found is None:
        return None
    name = found["name"].lower().removesuffix(".")
    port = int(found["port"]) if found["port"] else None
    is_whole = not name.startswith("[") or _address(name) is not None
    return Authority(name, port) if is_whole and (port or 0) <= _LAST_PORT else None


def host_of(headers: Iterable[str]) -> Authority:
    """The one host that a request names; raises ApiError if it is not one."""
    named = list(headers)
    host = parse_authority(named[0]) if len(named) == 1 else None
    if host is None:
        raise ApiError(
            400,
            "bad_host",
            "the header 'Host' is missing, doubled or malformed; allowed is one host with or "
            "without a port. Send it as in 'localhost:7866'.",
        )
    return host


def host_guard(rules: HostRules) -> Middleware:
    """Refuses requests under names that are not this server's."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in PROBES and not rules.allow(
            host_of(request.headers.getall("Host", ()))
        ):
            raise ApiError(
                403,
                "host_refused",
                "the server does not answer to this host; allowed are localhost and the hosts of "
                "its settings. Add the host to the settings if it is yours.",
            )
        return await handler(request)

    return guard


def _address(name: str) -> str | None:
    """The number that a host is, or None if it is a name."""
    plain = name.removeprefix("[").removesuffix("]")
    try:
        ip_address(plain)
    except ValueError:
        return None
    return plain
