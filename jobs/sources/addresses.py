"""Which web addresses may be asked for: public ones, and how messages show them.

What is public is written out after IANA's special-purpose registries: the answers of
`ipaddress.is_global` differ between Python's releases.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError

_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # unspecified, this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host services of a cloud, on an address that looks public
        "169.254.0.0/16",  # link-local, the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IPv6 has handed out so far
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")  # how networks without IPv4 name all of it


def is_public(address: str) -> bool:
    """Whether a numeric address lies on the public internet; anything doubtful does not.

    IPv4 inside IPv6 counts as the IPv4 address where systems really dial it so (mapped, NAT64);
    the other ways to hide one (compatible, 6to4, Teredo, local NAT64) are never public.
    """
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv6Address):
        if number.scope_id is not None:
            return False
        if number in _MAPPED or number in _NAT64:
            number = IPv4Address(number.packed[-4:])
        elif number not in _GLOBAL_UNICAST:
            return False
    return not any(number in block for block in _NOT_PUBLIC)


_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE | re.ASCII)
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024  # below, services listen that are no web servers


class FetchError(BindError):
    """A picture cannot be had from its web address."""

    code = "fetch_failed"


_UPLOAD = "Upload the picture instead."


def parse_url(text: str, cure: str = _UPLOAD) -> URL:
    """The address, if it may be asked for; raises FetchError with the cure."""
    try:
        url = URL(text)
        readable = bool(_HOST.fullmatch(url.raw_host or "")) and url.port is not None
    except ValueError:
        readable = False
    if not readable or url.scheme not in {"http", "https"}:
        raise FetchError(
            "the web address cannot be read; allowed are addresses that start http:// or https://. "
            "Check the spelling.",
            code="bad_url",
        )
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise FetchError(
            f"'{shown(url)}' carries a name or password; allowed are addresses without. {cure}",
            code="bad_url",
        )
    if url.port not in _WEB_PORTS and (url.port or 0) < _FIRST_FREE_PORT:
        raise FetchError(
            f"'{shown(url)}' names port {url.port}; allowed are 80, 443 and those from "
            f"{_FIRST_FREE_PORT} on. {cure}",
            code="address_refused",
        )
    return url


def redirected(url: URL, location: str) -> URL:
    """Where an answer's Location leads to; raises FetchError if it may not be followed."""
    if not location:
        raise FetchError(
            f"'{shown(url)}' redirects without saying where. "
            "Give the address at which the picture really is."
        )
    target = parse_url(str(url.join(URL(location))))
    if url.scheme == "https" and target.scheme == "http":
        raise FetchError(
            f"'{shown(url)}' redirects from https to http; allowed is https only from there on. "
            "Give the address at which the picture really is.",
            code="address_refused",
        )
    return target


def shown(url: URL) -> str:
    """The address for messages, without password, query or fragment: they may be secret."""
    plain = str(url.with_user(None).with_query(None).with_fragment(None))
    return shorten(plain)
