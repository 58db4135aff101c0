"""Who may use the server: keys that programs send, sessions, addresses signed for a plain GET.

Signed addresses expire. Wrong keys are answered a few times a minute, then no more.
"""

import base64
import hashlib
import hmac
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from paintgraph.api.guards.keyring import GuessingError, Holder, Keys
from paintgraph.api.guards.origins import PROBES, parse_authority
from paintgraph.api.guards.rates import MinuteCounts
from paintgraph.api.guards.sessions import Sessions
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.scopes import Scope, scope_of
from paintgraph.base.errors import Error
from paintgraph.base.files import make_folder, write_new

LOGIN = "/login"
"""Where a browser that has no session is led."""

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="paintgraph"'}
_SECRET_BYTES = 32
_SIGNED = re.compile(r"(?P<target>.+)[?&]expires=(?P<expires>\d{1,15})&signature=[^&]*", re.ASCII)
_HOLDER = web.RequestKey("holder", Holder)


class UnsafeBindError(Error):
    """The server would be open to everybody."""

    code = "key_needed"


class SecretError(Error):
    """The secret of the signatures cannot be had."""

    code = "bad_secret"


class Signer:
    """Signs addresses with a secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, target: str, expires: int) -> str:
        """A path with its query, open for reading until a time in seconds since 1970.

        All of the query is signed: nothing can be put in, left out or changed.
        """
        plain = str(URL(target))
        joint = "&" if "?" in plain else "?"
        digest = hmac.digest(self._secret, f"{expires}\n{plain}".encode(), hashlib.sha256)
        signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return f"{plain}{joint}expires={expires}&signature={signature}"

    def verify(self, target: str, now: float | None = None) -> bool:
        """Whether a path with its query was signed and has not expired."""
        found = _SIGNED.fullmatch(target)
        if found is None or not target.isascii():
            return False
        expires = int(found["expires"])
        is_signed = hmac.compare_digest(self.sign(found["target"], expires), target)
        return is_signed and expires > (time.time() if now is None else now)


def load_secret(path: Path) -> bytes:
    """The secret of a file, which is made when it is not there; only its owner may read it."""
    try:
        if not path.exists():
            make_folder(path.parent, mode=0o700)
            with suppress(FileExistsError):  # the first of several that make it wins
                write_new(path, secrets.token_bytes(_SECRET_BYTES), mode=0o600)
        secret = path.read_bytes()
    except OSError as error:
        raise SecretError(
            f"the secret '{path}' cannot be read or made: {error.strerror}. "
            "Check the permissions of its folder."
        ) from error
    if len(secret) != _SECRET_BYTES:
        raise SecretError(
            f"the secret '{path}' has {len(secret)} bytes; needed are {_SECRET_BYTES}. "
            "Delete it: a new one is made, and addresses signed before stop working."
        )
    return secret


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Which requests need a key.

    Attributes:
        keys: see `Keys`.
        signer: whose signatures open single addresses for reading.
        open_paths: exact paths that need no key.
        sessions: of browsers; without them only keys and signatures open anything.
        forbidding: paths, by their beginning, whose clients know 403 as the answer without a key.
    """

    keys: Keys = field(default_factory=Keys)
    signer: Signer | None = None
    open_paths: frozenset[str] = PROBES
    sessions: Sessions | None = None
    forbidding: tuple[str, ...] = ()


def key_guard(rules: KeyRules) -> Middleware:
    """Refuses requests without a key or a signature, if there are keys."""
    door = _Door(rules)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if rules.keys and not _is_open(request, rules):
            holder = request[_HOLDER] = door.holder(request)
            door.check(holder, scope_of(request))
        return await handler(request)

    return guard


def too_many(code: str, message: str, seconds: int) -> ApiError:
    """The error for who asks too often."""
    return ApiError(429, code, message, headers={"Retry-After": str(seconds)})


_ADDRESS = "address-"


def client_of(request: web.Request) -> str:
    """Who sends a request, for fair turns: the holder of a key, else an address."""
    holder = request.get(_HOLDER)
    return holder.name if holder else f"{_ADDRESS}{request.remote or 'unknown'}"


def holder_in(client: str) -> str:
    """The holder of a key that a client is; nothing where it is only known by its address."""
    return "" if client.startswith(_ADDRESS) else client


def scoped(request: web.Request, key: str | None) -> str | None:
    """A name that a client chose for a request, apart from equal ones of other clients."""
    holder = request.get(_HOLDER)
    return key if key is None or holder is None else f"{holder.name} {key}"


def owner_of(request: web.Request) -> str | None:
    """Whose things a request may see and change; None: everybody's."""
    holder = request.get(_HOLDER)
    return None if holder is None or holder.may("admin") else holder.name


def check_bind(host: str | None, keys: Keys) -> None:
    """Raises UnsafeBindError if others could reach the server, and no key is set."""
    authority = parse_authority(f"[{host}]" if host and ":" in host else host or "")
    if keys or (authority is not None and authority.is_loopback):
        return
    raise UnsafeBindError(
        f"others can reach the server at '{host or '*'}', and no key is set; allowed without a "
        "key are 127.0.0.1, ::1 and localhost. Set a key, or listen on 127.0.0.1."
    )


def _is_open(request: web.Request, rules: KeyRules) -> bool:
    if request.path in rules.open_paths or (rules.sessions and request.path == LOGIN):
        return True
    is_read = request.method in {"GET", "HEAD"}
    return is_read and rules.signer is not None and rules.signer.verify(str(request.rel_url))


def require(request: web.Request, scope: Scope) -> None:
    """Raise ApiError where a request's key does not open what a part of a route does."""
    holder = request.get(_HOLDER)
    if holder is not None:
        _check_scope(holder, scope)


def _check_scope(holder: Holder, scope: Scope) -> None:
    if not holder.may(scope):
        raise ApiError(
            403,
            "scope_missing",
            f"the key of '{holder.name}' opens {', '.join(holder.scopes) or 'nothing'}; this "
            f"needs '{scope}'. Use another key, or let 'paintgraph keys add' make one with "
            f"--scope {scope}.",
        )


class _Door:
    """Tells whose key a request brings, and what it opens."""

    def __init__(self, rules: KeyRules) -> None:
        self._rules = rules
        self._asked = MinuteCounts()

    def holder(self, request: web.Request) -> Holder:
        """Who sends a request; raises ApiError, and leads visitors to where a key is asked for."""
        rules = self._rules
        offered = _offered(request)
        forbids = rules.forbidding and request.path.startswith(rules.forbidding)
        status = 403 if forbids else 401
        if not offered and rules.sessions:
            if holder := rules.sessions.holder(request):
                return holder
            if _is_visit(request):
                raise web.HTTPSeeOther(URL(LOGIN).with_query(to=str(request.rel_url)))
        if not offered:
            raise ApiError(
                status,
                "key_missing",
                "this needs a key; allowed are the headers 'X-API-KEY: <key>' and "
                "'Authorization: Bearer <key>'. Send one of them.",
                headers=_CHALLENGE,
            )
        try:
            for key in offered:
                if holder := rules.keys.holder(key, request.remote or ""):
                    return holder
        except GuessingError as error:
            raise too_many(error.code, str(error), error.seconds) from error
        raise ApiError(
            status,
            "key_wrong",
            "the key is not one of the server's. Check it for missing characters.",
            headers=_CHALLENGE,
        )

    def check(self, holder: Holder, scope: Scope) -> None:
        """Raises ApiError where a key does not open what is asked for, or not so often."""
        _check_scope(holder, scope)
        if holder.per_minute and self._asked.add(holder.name) > holder.per_minute:
            seconds = self._asked.seconds_left()
            raise too_many(
                "too_many_requests",
                f"'{holder.name}' has sent {holder.per_minute} requests in this minute, which is "
                f"all that is allowed. Try again in {seconds} s.",
                seconds,
            )


def _is_visit(request: web.Request) -> bool:
    """Whether somebody opens a page, who can be asked for a key."""
    is_page = "text/html" in request.headers.get("Accept", "")
    return is_page and request.method == "GET" and "Upgrade" not in request.headers


def _offered(request: web.Request) -> list[str]:
    keys = list(request.headers.getall("X-API-KEY", ()))
    for text in request.headers.getall("Authorization", ()):
        scheme, _, key = text.partition(" ")
        if scheme.lower() == "bearer":
            keys.append(key.strip())
    return [key for key in keys if key]
