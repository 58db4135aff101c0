"""One file over HTTP into a part file: goes on where it stopped, tries again, gives up in the end.

The library that rembg uses for this (pooch) begins anew each time; see docs/adr/0011.
"""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NoReturn

import requests
import urllib3

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.digests import oddity
from paintgraph.models.catalogue.wording import in_bytes
from paintgraph.models.errors import DownloadError
from paintgraph.models.pulling.part_file import PartFile

_CHUNK = 64 * 2**10
_ENOUGH = 2**20  # bytes that make an attempt one that went well
_KEEP_FREE = 50 * 10**6
_LONGEST_PAUSE = 30.0
_POLL_SECONDS = 0.1
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_ADVICE: Mapping[int, str] = {
    401: "A login is needed: fetch the file by hand",
    403: "Access is refused: fetch the file by hand, or ask for access there",
    404: "The file is not there any more: look for a newer paintgraph, or a mirror",
    407: "The proxy wants a login: put it into HTTPS_PROXY",
    410: "The file is not there any more: look for a newer paintgraph, or a mirror",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a server, and how often to ask it again."""

    connect_seconds: float = 15
    silence_seconds: float = 30
    tries: int = 5
    pause_seconds: float = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be had; `can_be_checked`: a wrong file would be noticed by its digest."""

    name: str
    url: str
    size: int | None = None
    can_be_checked: bool = True
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class _BrokenOffError(Exception):
    """Worth another try; says why, and how long the server wants to be left alone."""

    def __init__(self, why: str, pause_seconds: float = 0) -> None:
        super().__init__(why)
        self.pause_seconds = pause_seconds


class Transfer:
    """Fetches files; one connection at a time, with the proxies that the environment names.

    It reports bytes, often, and warns of what goes wrong for now.
    """

    def __init__(self, listening: Listening, patience: Patience | None = None) -> None:
        self._listening = listening
        self._patience = patience or Patience()

    def fetch(self, wanted: Wanted, part: PartFile) -> None:
        """Fill a part file to its end; raises DownloadError, and keeps what came so far."""
        failures = 0
        with requests.Session() as session:
            while True:
                before = part.length
                try:
                    self._attempt(session, wanted, part)
                except _BrokenOffError as error:
                    went_well = part.length - before >= _ENOUGH
                    failures = 1 if went_well else failures + 1
                    if failures >= self._patience.tries:
                        self._give_up(wanted, part, error, failures)
                    pause = self._patience.pause_seconds * 2 ** (failures - 1)
                    pause = min(max(pause, error.pause_seconds), _LONGEST_PAUSE)
                    at = in_bytes(part.length)
                    self._listening.warn(
                        f"'{wanted.name}': {error}; going on at {at} in {pause:g} s"
                    )
                    self._wait(pause, part)
                else:
                    return

    def _give_up(self, wanted: Wanted, part: PartFile, error: Exception, failures: int) -> NoReturn:
        raise DownloadError(
            f"'{wanted.name}' cannot be fetched from {shown(wanted.url)}: {error}; tried "
            f"{failures} times. Check the network, the proxy (HTTPS_PROXY) and the mirror, and run "
            f"the command again: it goes on at {in_bytes(part.length)}."
        ) from error

    def _wait(self, seconds: float, part: PartFile) -> None:
        """Wait, and report it, so that whoever listens can end it."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_SECONDS))
            self._listening.progress(part.length, 0)

    def _attempt(self, session: requests.Session, wanted: Wanted, part: PartFile) -> None:
        timeout = (self._patience.connect_seconds, self._patience.silence_seconds)
        headers = {**wanted.headers, "User-Agent": "paintgraph", "Accept-Encoding": "identity"}
        if part.length and part.url == wanted.url and (part.validator or wanted.can_be_checked):
            headers["Range"] = f"bytes={part.length}-"
            if part.validator:
                headers["If-Range"] = part.validator
        try:
            with session.get(wanted.url, headers=headers, stream=True, timeout=timeout) as response:
                self._take(response, wanted, part)
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise _BrokenOffError("the server is silent") from error
        except (requests.exceptions.ConnectionError, urllib3.exceptions.HTTPError) as error:
            raise _BrokenOffError(_reason(error)) from error
        except requests.exceptions.RequestException as error:
            raise DownloadError(
                f"'{wanted.name}' cannot be fetched from {shown(wanted.url)}: {error}. "
                "Check the address, the proxy (HTTPS_PROXY) and the mirror."
            ) from error

    def _take(self, response: requests.Response, wanted: Wanted, part: PartFile) -> None:
        """Read an answer into the part file."""
        total = self._prepare(response, wanted, part)
        if part.length == total:
            return
        _check_disk(wanted, part, total)
        self._listening.progress(part.length, total or 0)
        # What has come, not full blocks: of a connection that breaks off every byte is kept.
        while chunk := response.raw.read1(_CHUNK):
            if part.length == 0 and (problem := oddity(chunk)):
                raise _not_the_model(wanted, problem)
            _append(wanted, part, chunk)
            self._listening.progress(part.length, total or 0)
        if total is not None and part.length < total:
            raise _BrokenOffError(
                f"the connection ended after {in_bytes(part.length)} of {in_bytes(total)}"
            )

    def _prepare(self, response: requests.Response, wanted: Wanted, part: PartFile) -> int | None:
        """Make the part file ready for what comes; gives the length of the whole file."""
        if wanted.url.startswith("https:") and response.url.startswith("http:"):
            raise _refused(wanted, "it leads from https:// to an address that anyone could change")
        status = response.status_code
        if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.length:
            if _range_total(response) == part.length:
                return part.length
            part.discard()
            raise _BrokenOffError("the file has changed on the server")
        if status in _TRY_AGAIN:
            raise _BrokenOffError(f"the server answers {status}", _retry_after(response))
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            advice = _ADVICE.get(status, "Check the address and the mirror")
            raise _refused(wanted, f"the server answers {status} {response.reason}", advice)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _not_the_model(wanted, "it is a web page (HTML), not a model")
        if status == HTTPStatus.PARTIAL_CONTENT and part.length:
            if _range_start(response) == part.length:
                total = _range_total(response)
                _check_size(wanted, total)
                return total
            part.discard()
            raise _BrokenOffError("the server gave another part than it was asked for")
        total = _length(response)
        _check_size(wanted, total)
        part.start_over(wanted.url, _validator(response))
        return total


def shown(url: str) -> str:
    """An address for messages, without what may be secret in it."""
    plain = url.partition("?")[0]
    scheme, _, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"[:200]


def _append(wanted: Wanted, part: PartFile, chunk: bytes) -> None:
    try:
        part.append(chunk)
    except OSError as error:
        raise DownloadError(
            f"'{wanted.name}' cannot be written: {error.strerror}. Free space or check the "
            "folder's permissions, and run the command again: it goes on where it stopped.",
            code="cannot_write",
        ) from error


def _check_disk(wanted: Wanted, part: PartFile, total: int | None) -> None:
    needed = (total or 0) - part.length + _KEEP_FREE
    free = shutil.disk_usage(part.path.parent).free
    if free < needed:
        raise DownloadError(
            f"'{wanted.name}' needs {in_bytes(needed)} of disk space, {in_bytes(free)} are free. "
            "Free space, or move the models: 'paintgraph models where' shows how.",
            code="disk_full",
        )


def _check_size(wanted: Wanted, total: int | None) -> None:
    if wanted.size is not None and total is not None and total != wanted.size:
        what = f"it has {total} bytes there; {wanted.size} are expected"
        raise _refused(wanted, what, "It is another file: check the address and the mirror")


def _not_the_model(wanted: Wanted, problem: str) -> DownloadError:
    advice = "A proxy or a login page may have answered: open the address in a browser"
    return _refused(wanted, problem, advice)


def _refused(
    wanted: Wanted, what: str, advice: str = "Check the address and the mirror"
) -> DownloadError:
    return DownloadError(
        f"'{wanted.name}' cannot be fetched from {shown(wanted.url)}: {what}. {advice}."
    )


def _validator(response: requests.Response) -> str:
    """What tells this version of the file from another; a weak tag does not."""
    tag: str = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return str(response.headers.get("Last-Modified", ""))


def _length(response: requests.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _range_start(response: requests.Response) -> int | None:
    start = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(start) if start.isdecimal() else None


def _range_total(response: requests.Response) -> int | None:
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdecimal() else None


def _retry_after(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0


def _reason(error: Exception) -> str:
    """Why a connection failed, in short: the libraries' own words are long and name objects."""
    text = str(error)
    for needle, words in _REASONS.items():
        if needle in text:
            return words
    return "the connection broke off"


_REASONS = {
    "NameResolution": "the server's name cannot be resolved",
    "Name or service not known": "the server's name cannot be resolved",
    "Connection refused": "the connection is refused",
    "CERTIFICATE": "the server's certificate is not trusted",
    "ProxyError": "the proxy cannot be reached",
    "Read timed out": "the server is silent",
    "IncompleteRead": "the connection broke off",
}
