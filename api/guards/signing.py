"""Addresses of results that a plain GET can fetch, though keys are set, until they expire."""

import base64
import hashlib
import hmac
import os
import re
import secrets
import time
from pathlib import Path

from yarl import URL

from paintgraph.base.errors import Error

_SECRET_BYTES = 32
_SIGNED = re.compile(r"(?P<target>.+)[?&]expires=(?P<expires>\d{1,15})&signature=[^&]*", re.ASCII)


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
            _make(path)
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


def _make(path: Path) -> None:
    """Appears whole or not at all; the first of several that make it wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
