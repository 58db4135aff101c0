"""Which web addresses may be asked for at all, and how messages show them."""

import re

from yarl import URL

from paintgraph.engine.errors import BindError

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE | re.ASCII)
_WEB_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024  # below, services listen that are no web servers
_SHOWN = 80


class FetchError(BindError):
    """A picture cannot be had from its web address."""

    code = "fetch_failed"


def parse_url(text: str) -> URL:
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
            f"'{shown(url)}' carries a name or password; allowed are addresses without. "
            "Upload the picture instead.",
            code="bad_url",
        )
    if url.port not in _WEB_PORTS and (url.port or 0) < _FIRST_FREE_PORT:
        raise FetchError(
            f"'{shown(url)}' names port {url.port}; allowed are 80, 443 and those from "
            f"{_FIRST_FREE_PORT} on. Upload the picture instead.",
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
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."
