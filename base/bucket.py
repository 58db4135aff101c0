"""Objects in a bucket of an S3 server, whole or not there; its faults as errors of ours.

Keys are names with / between their parts. Opening a bucket loads obstore (extra `cluster`).
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from paintgraph.base.errors import Error
from paintgraph.base.words import shorten

LINK_SECONDS = 3600
PATIENCE_SECONDS = 5.0
"""For so long what fails for a moment is tried again, if nobody says otherwise."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CREDENTIALS = re.compile(r"^(\w+://)?.*@", re.DOTALL)  # keys may have a / in them
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_FULL = ("XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "StorageFull", "507")
_NO_KEY = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken")
_DENIED = ("AccessDenied", "403")  # what lists and removes has errors of no kind of its own
_ANY_NUMBER = 2**31
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


class BucketError(Error):
    """A bucket cannot be used, now or at all.

    `may_pass` tells whether the same might work later: a server comes back, rights are given, but
    no waiting makes a bad address good.
    """

    code = "bucket_failed"

    def __init__(self, message: str, code: str | None = None, *, may_pass: bool = False) -> None:
        super().__init__(message, code)
        self.may_pass = may_pass


class Found(NamedTuple):
    """An object; `modified` is in seconds since 1970, by the clock of the bucket.

    `tag` changes whenever the object is written with other bytes.
    """

    key: str
    size: int
    modified: float
    tag: str = ""


class Bucket:
    """The objects of a bucket, or those below a prefix in it. Thread-safe; raises BucketError.

    `where` is how messages name it.
    """

    def __init__(self, store: Any, where: str) -> None:
        import obstore

        known = obstore.exceptions
        self._missing = (FileNotFoundError, known.NotFoundError)
        self._taken = (FileExistsError, known.AlreadyExistsError, known.PreconditionError)
        self._obstore = obstore
        self._store = store
        self.where = where

    def check(self) -> None:
        """Raise BucketError unless objects can be written, read, listed and removed."""
        self.put("check", b"")
        self.get("check")
        next(self.below("check"), None)
        self.remove("check")

    def get(self, key: str, most: int | None = None) -> bytes | None:
        """The bytes of an object; None if there is none, or none of at most so many bytes."""
        with self._asked("read"):
            try:
                found = self._obstore.get(self._store, key)
                is_fine = most is None or found.meta["size"] <= most
                return bytes(found.bytes()) if is_fine else None
            except self._missing as error:
                _none(error)
                return None

    def head(self, key: str) -> Found | None:
        """What is known of an object; None if there is none."""
        with self._asked("read"):
            try:
                return _found(self._obstore.head(self._store, key))
            except self._missing as error:
                _none(error)
                return None

    def put(self, key: str, data: bytes, media_type: str | None = None) -> None:
        """Write an object, or replace it."""
        with self._asked("write"):
            self._put(key, data, media_type, "overwrite")

    def put_new(self, key: str, data: bytes, media_type: str | None = None) -> bool:
        """Write an object that must not be there yet; False if it is.

        Of several writers one is told True by servers that know `If-None-Match`, as S3 does. For
        those that do not, who writes at the same moment must have agreed on names before.
        """
        if self.head(key) is not None:
            return False
        with self._asked("write"):
            try:
                self._put(key, data, media_type, "create")
            except self._taken:
                return False
        return True

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        with self._asked("remove"):
            try:
                self._obstore.delete(self._store, key)
            except self._missing as error:
                _none(error)

    def below(self, folder: str, after: str = "") -> Iterator[Found]:
        """The objects below a folder ("" is all), by key; only keys that come `after` one."""
        with self._asked("list"):
            pages = self._obstore.list(self._store, prefix=folder or None, offset=after or None)
            for page in pages:
                yield from map(_found, page)

    def inside(self, folder: str) -> tuple[list[str], list[Found]]:
        """The folders and the objects right inside a folder, each by key."""
        with self._asked("list"):
            found = self._obstore.list_with_delimiter(self._store, folder or None)
            objects = sorted(map(_found, found["objects"]))
            return sorted(map(str, found["common_prefixes"])), objects

    @cached_property
    def ahead(self) -> float:
        """By how many seconds the bucket's clock is ahead of this machine's."""
        self.put("clock", b"")
        written = self.head("clock")
        return 0.0 if written is None else written.modified - time.time()

    def link(
        self, key: str, method: Literal["GET", "PUT"] = "GET", *, seconds: float = LINK_SECONDS
    ) -> str:
        """An address at which anybody may get or put one object for a while."""
        with self._asked("sign for"):
            return str(self._obstore.sign(self._store, method, key, timedelta(seconds=seconds)))

    def _put(
        self, key: str, data: bytes, media_type: str | None, mode: Literal["create", "overwrite"]
    ) -> None:
        attributes = {"Content-Type": media_type} if media_type else None
        self._obstore.put(
            self._store, key, data, attributes=attributes, mode=mode, use_multipart=False
        )

    @contextmanager
    def _asked(self, verb: str) -> Iterator[None]:
        """Turn what the library raises into errors of ours, without its words."""
        try:
            yield
        except (self._obstore.exceptions.BaseError, OSError, ValueError) as error:
            raise _told(error, verb, self.where) from error


def open_bucket(url: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Bucket:
    """The bucket of an address "s3://bucket/prefix"; nothing is asked for yet.

    What fails because the server is away, full or too busy is tried again for `patience_seconds`.

    Keys, region and endpoint are those of the usual variables (AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL), else those of the machine's role.
    Raises BucketError.
    """
    name, prefix = _parts(url)
    endpoints = {each: os.environ[each] for each in _ENDPOINTS if each in os.environ}
    if "" in endpoints.values():  # which ends the process in the library
        empty = next(each for each, address in endpoints.items() if not address)
        raise BucketError(
            f"{empty} is empty; allowed are addresses such as https://s3.example.org. Correct it, "
            "or unset it: the bucket is Amazon's if no variable names another server.",
            "bad_endpoint",
        )
    endpoint = next(iter(endpoints.values()), "")
    region = next((os.environ[each] for each in _REGIONS if os.environ.get(each)), "us-east-1")
    if endpoint and not _is_address(endpoint):
        raise BucketError(
            f"AWS_ENDPOINT_URL is '{_shown(endpoint)}'; allowed are addresses such as "
            "https://s3.example.org, without a name and a key in them. Correct it.",
            "bad_endpoint",
        )
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise BucketError(
            "buckets need packages that are not installed. Install paintgraph[cluster].",
            "missing_library",
        ) from error
    config: Any = {"aws_endpoint": endpoint} if endpoint else {}
    store = S3Store(
        name,
        prefix=prefix or None,
        region=region,
        config=config,
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": "3s",
            "timeout": "120s",
        },
        retry_config={
            "max_retries": _ANY_NUMBER,
            "retry_timeout": timedelta(seconds=patience_seconds),
            "backoff": {"max_backoff": timedelta(seconds=1)},
        },
    )
    return Bucket(store, f"the bucket '{name}'" + (f" at {endpoint}" if endpoint else ""))


def _parts(url: str) -> tuple[str, str]:
    """Bucket and prefix of an address."""
    scheme, _, rest = url.partition("://")
    name, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    parts = prefix.split("/") if prefix else []
    if scheme != "s3" or not _BUCKET.fullmatch(name) or {"", ".", ".."} & {*parts}:
        raise BucketError(
            f"'{_shown(url)}' is no address of a bucket; allowed is s3://bucket or "
            "s3://bucket/prefix. Correct it.",
            "bad_bucket",
        )
    return name, prefix


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_plain = "@" not in parts.netloc  # what it carries stands in every message
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and is_plain
            and parts.port != 0
        )
    except ValueError:
        return False


def _shown(address: str) -> str:
    """An address as messages show it, without the name and the key that are in it."""
    return shorten(_CREDENTIALS.sub(r"\1***@", address), 80)


def _found(meta: Any) -> Found:
    when = meta["last_modified"].timestamp()
    return Found(str(meta["path"]), int(meta["size"]), when, meta["e_tag"] or "")


def _none(error: Exception) -> None:
    """There is no such object; raises the error again if it is the bucket that is missing."""
    if "<Code>NoSuchBucket</Code>" in str(error):
        raise error


def _told(error: Exception, verb: str, where: str) -> BucketError:
    """An error of ours: what is wrong, and the cure."""
    text = str(error)
    named = _CODE.search(text) or _STATUS.search(text)
    reason = named[1] if named else ""
    kind = type(error).__name__
    if reason == "NoSuchBucket" or kind in ("FileNotFoundError", "NotFoundError"):
        return BucketError(f"{where} is not there. Make it, or name another.", "no_bucket")
    if reason == "RequestTimeTooSkewed":
        return BucketError(
            f"{where} refuses this machine because its clock is wrong. Set the clock.",
            "bucket_clock",
            may_pass=True,
        )
    if reason in _NO_KEY:
        return BucketError(
            f"{where} does not take this key ({reason}). Correct AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY.",
            "bucket_denied",
            may_pass=True,
        )
    if kind in ("PermissionDeniedError", "UnauthenticatedError") or reason in _DENIED:
        return BucketError(
            f"{where} may not be used to {verb} objects with this key. Give it the rights to "
            "get, put, delete and list.",
            "bucket_denied",
            may_pass=True,
        )
    if reason in _FULL:
        message = f"{where} is full. Free space, or raise its quota."
        return BucketError(message, "bucket_full", may_pass=True)
    what = "cannot be reached, or does not answer in time. Check it and the network."
    if reason:
        what = f"cannot be used now: it answers {reason}. Look at its log, its disk and its load."
    return BucketError(f"{where} {what}", "bucket_unreachable", may_pass=True)
