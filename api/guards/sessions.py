"""Sessions of browsers: who gave a key once is known by a cookie, which opens sockets, too.

Nothing is stored: a cookie is signed with the server's secret and the key it came of, so a restart
ends no session, and a key that is taken away ends its own.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Iterable

from aiohttp import web

COOKIE = "paintgraph-session"
SECONDS = 30 * 24 * 3600

_VALUE = re.compile(r"(\d{1,12})\.[0-9a-f]{64}", re.ASCII)


class Sessions:
    """Signs cookies and reads them. Of keys only digests are kept."""

    def __init__(self, secret: bytes, named: Iterable[tuple[str, str]] = ()) -> None:
        """`named` are the keys and the names of clients that send them, see `Keys.name_of`."""
        self._secret = secret
        self._names = [(self._digest(key), name) for key, name in named]

    def begin(self, key: str, response: web.StreamResponse, *, is_secure: bool) -> None:
        """Give the browser that sent this key, a right one, its cookie.

        No script can read it, and no page of another site makes a browser send it.
        """
        response.set_cookie(
            COOKIE,
            _signed(self._digest(key), int(time.time()) + SECONDS),
            max_age=SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="Strict",
        )

    def name_of(self, request: web.Request) -> str | None:
        """Whose cookie a request carries; None without a valid one."""
        value = request.cookies.get(COOKIE, "")
        found = _VALUE.fullmatch(value)
        if found is None or int(found[1]) <= time.time():
            return None
        # A list, not next(): how long it takes tells nothing of which key was near.
        matches = [
            name
            for digest, name in self._names
            if hmac.compare_digest(_signed(digest, int(found[1])), value)
        ]
        return matches[0] if matches else None

    def _digest(self, key: str) -> bytes:
        return hmac.digest(self._secret, b"session\n" + key.encode(), hashlib.sha256)


def _signed(digest: bytes, expires: int) -> str:
    return f"{expires}.{hmac.digest(digest, str(expires).encode(), hashlib.sha256).hex()}"
