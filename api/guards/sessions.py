"""Sessions of browsers: who gave a key once is known by a cookie, which opens sockets, too.

Nothing is stored: a cookie is signed with the server's secret and the key it came of, so a restart
ends no session, and a key that is taken away ends its own.
"""

import hashlib
import hmac
import re
import time

from aiohttp import web

from paintgraph.api.guards.keyring import Holder, Keys, digest_of

COOKIE = "paintgraph-session"
SECONDS = 30 * 24 * 3600

_VALUE = re.compile(r"(\d{1,12})\.[0-9a-f]{64}", re.ASCII)


class Sessions:
    """Signs cookies and reads them."""

    def __init__(self, secret: bytes, keys: Keys) -> None:
        self._secret = secret
        self._keys = keys

    def begin(self, key: str, response: web.StreamResponse, *, is_secure: bool) -> None:
        """Give the browser that sent this key, a right one, its cookie.

        No script can read it, and no page of another site makes a browser send it.
        """
        response.set_cookie(
            COOKIE,
            self._signed(digest_of(key), int(time.time()) + SECONDS),
            max_age=SECONDS,
            secure=is_secure,
            httponly=True,
            samesite="Strict",
        )

    def holder(self, request: web.Request) -> Holder | None:
        """Whose cookie a request carries; None without a valid one."""
        value = request.cookies.get(COOKIE, "")
        found = _VALUE.fullmatch(value)
        if found is None or int(found[1]) <= time.time():
            return None
        # A list, not next(): how long it takes tells nothing of which key was near.
        matches = [
            holder
            for holder in self._keys.holders()
            if hmac.compare_digest(self._signed(holder.digest, int(found[1])), value)
        ]
        return matches[0] if matches else None

    def _signed(self, digest: str, expires: int) -> str:
        key = hmac.digest(self._secret, b"session\n" + digest.encode(), hashlib.sha256)
        return f"{expires}.{hmac.digest(key, str(expires).encode(), hashlib.sha256).hex()}"
