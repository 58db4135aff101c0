"""Keys: who may use the server, and for what. Of a key only a digest is kept.

Keys come from the settings, or from a file in the data folder with a name and scopes for each. A
running server notices when that file changes, so a key that is taken away opens nothing any more.
"""

import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from paintgraph.api.guards.rates import MinuteCounts
from paintgraph.api.http.scopes import SCOPES, Scope
from paintgraph.base.errors import Error
from paintgraph.base.files import make_folder, write_whole
from paintgraph.base.words import shorten, suggestion
from paintgraph.jobs.dispatching.quotas import NO_QUOTA, Quota

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_LOG = logging.getLogger(__name__)

OWN_SCOPES: tuple[Scope, ...] = ("submit", "read", "cancel", "models")
"""All that a client needs for jobs of its own."""

FILE = "keys.json"
"""The name of the file in the data folder."""

_NAME = re.compile(r"(?!key-|address-)[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
WRONG_PER_MINUTE = 20
"""How many wrong keys an address may send before it has to wait."""

_MOST_CAME = 10_000
_KEY_BYTES = 32
_SHOWN_DIGITS = 12


class KeyringError(Error):
    """The keys cannot be read, or a name or scope is none."""

    code = "bad_keys"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key.

    Attributes:
        name: of the client, whom jobs belong to.
        digest: SHA-256 of the key in hexadecimal digits. A key of 32 random bytes needs no salt.
        scopes: what the key opens.
        per_minute: how many requests are answered in a minute; 0: any number.
        quota: how many of the client's jobs may wait and be at work.
        created: when it was made, in seconds since 1970.
    """

    name: str
    digest: str
    scopes: tuple[Scope, ...]
    per_minute: int = 0
    quota: Quota = NO_QUOTA
    created: float = 0.0

    def may(self, scope: Scope) -> bool:
        """Whether the key opens what needs a scope."""
        return scope in self.scopes or "admin" in self.scopes


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def read_holders(path: Path) -> list[Holder]:
    """The holders in a file, none if it is not there; raises KeyringError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise KeyringError(
            f"the keys '{path}' cannot be read: {error.strerror}. Check its permissions."
        ) from error
    try:
        return _holders().validate_json(data)
    except ValueError as error:  # pydantic's ValidationError is one
        raise KeyringError(
            f"the keys '{path}' are damaged; allowed is what 'paintgraph keys' writes. Take the "
            "file away, and make the keys again."
        ) from error


@cache
def _holders() -> "TypeAdapter[list[Holder]]":
    from pydantic import TypeAdapter

    return TypeAdapter(list[Holder])


def add_holder(
    path: Path,
    name: str,
    scopes: Sequence[str],
    per_minute: int = 0,
    quota: Quota = NO_QUOTA,
) -> str:
    """Make a key for a new name; gives the key, which is kept nowhere. Raises KeyringError."""
    holders = read_holders(path)
    if not _NAME.fullmatch(name):
        raise KeyringError(
            f"the name is '{shorten(name)}'; allowed are up to 64 of a to z, 0 to 9, '.', '_' and "
            "'-', a letter or digit first, neither 'key-' nor 'address-'. Choose another."
        )
    if name in {holder.name for holder in holders}:
        raise KeyringError(
            f"there is a key of '{name}'; allowed is one for each name. Remove it first, or choose "
            "another name."
        )
    for scope in scopes:
        if scope not in SCOPES:
            near = suggestion(scope, SCOPES)
            raise KeyringError(
                f"a scope is '{shorten(scope)}'; allowed are {', '.join(SCOPES)}.{near}"
            )
    key = secrets.token_urlsafe(_KEY_BYTES)
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    _write(path, [*holders, Holder(name, digest_of(key), chosen, per_minute, quota, time.time())])
    return key


def remove_holder(path: Path, name: str) -> None:
    """Take a key away; raises KeyringError if there is none of this name."""
    holders = read_holders(path)
    names = [holder.name for holder in holders]
    if name not in names:
        raise KeyringError(
            f"there is no key of '{shorten(name)}'.{suggestion(name, names)} "
            "'paintgraph keys list' lists them."
        )
    _write(path, [holder for holder in holders if holder.name != name])


def _write(path: Path, holders: list[Holder]) -> None:
    try:
        make_folder(path.parent, mode=0o700)
        write_whole(path, _holders().dump_json(holders, indent=1), mode=0o600)
    except OSError as error:
        raise KeyringError(
            f"the keys '{path}' cannot be written: {error.strerror}. Check the permissions of its "
            "folder."
        ) from error


class GuessingError(Error):
    """Too many wrong keys came from an address; `seconds` is when it may try again."""

    code = "too_many_wrong_keys"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message, fields={"retry_seconds": seconds})
        self.seconds = seconds


class Keys:
    """The keys that open the server: those of the settings, and those of a file that may change.

    Without any the server is open. A key that is the only one of the settings opens everything:
    it is that of whoever runs the server. `secret` names the holders of keys of the settings, the
    same from one start to the next.
    """

    def __init__(
        self, keys: Iterable[str] = (), file: Path | None = None, secret: bytes | None = None
    ) -> None:
        secret = secret or secrets.token_bytes(_KEY_BYTES)
        fixed = [key for key in keys if _checked(key)]
        scopes = SCOPES if len(fixed) == 1 else OWN_SCOPES
        self._fixed = [Holder(_mark(key, secret), digest_of(key), scopes) for key in fixed]
        self._file = file
        self._seen: tuple[int, ...] | None = None
        self._by_digest: dict[str, Holder] = {}
        self._wrong = MinuteCounts()
        self._came: set[tuple[str, str]] = set()
        self._read()

    def __bool__(self) -> bool:
        return bool(self.holders())

    def holders(self) -> list[Holder]:
        """Who holds a key now."""
        if self._file is not None and _signs(self._file) != self._seen:
            try:
                self._read()
            except KeyringError as error:  # whoever had a key keeps it until the file is mended
                _LOG.error("%s", error)
        return list(self._by_digest.values())

    def holder(self, offered: str, address: str) -> Holder | None:
        """Who holds a key that came from an address; None if it is wrong.

        Raises GuessingError after too many wrong ones in a minute, except for a key that was right
        from there before: whoever shares an address with one that guesses can go on. How long the
        look-up takes tells of digests alone, which nobody can choose.
        """
        self.holders()
        digest = digest_of(offered)
        if (address, digest) not in self._came and self._wrong.count(address) >= WRONG_PER_MINUTE:
            seconds = self._wrong.seconds_left()
            raise GuessingError(
                f"{WRONG_PER_MINUTE} wrong keys came from this address in a minute; no more are "
                f"taken. Try again in {seconds} s, with a right one.",
                seconds,
            )
        holder = self._by_digest.get(digest)
        if holder is None:
            count = self._wrong.add(address)
            if count in (1, WRONG_PER_MINUTE):
                _LOG.warning("wrong keys from %s: %d in this minute", address, count)
            return None
        if len(self._came) >= _MOST_CAME:
            self._came.clear()
        self._came.add((address, digest))
        return holder

    def quota_of(self, client: str) -> Quota:
        """The bounds for the jobs of a client."""
        found = (holder.quota for holder in self.holders() if holder.name == client)
        return next(found, NO_QUOTA)

    def _read(self) -> None:
        """Take over what the file says; raises KeyringError."""
        self._seen = None if self._file is None else _signs(self._file)
        named = [] if self._file is None else read_holders(self._file)
        self._by_digest = {holder.digest: holder for holder in (*self._fixed, *named)}


def _signs(file: Path) -> tuple[int, ...]:
    """What differs when a file is another."""
    with suppress(OSError):
        status = file.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
    return ()


def _mark(key: str, secret: bytes) -> str:
    """A name for who holds a key of the settings."""
    digest = hmac.digest(secret, b"name\n" + key.encode(), hashlib.sha256)
    return f"key-{digest.hex()[:_SHOWN_DIGITS]}"


def _checked(key: str) -> bool:
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(
            "a key is empty, or holds spaces or characters that headers cannot carry; allowed are "
            "visible ASCII characters. Make one with 'openssl rand -hex 32'."
        )
    return True
