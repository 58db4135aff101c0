"""Pictures that clients send or name: what they are, and how they become blobs.

What is kept is what the engine can read: it is examined and decoded once, then let go.
"""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from paintgraph.api.guards.keyring import Keys
from paintgraph.api.guards.keys import Signer
from paintgraph.api.http.routes import JsonSchema
from paintgraph.base.file_kinds import KINDS, known_format, media_type_of
from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX, Blobs, reference_of
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.examine import MOST_PIXELS, check_readable, is_wide, load_picture
from paintgraph.imaging.files.formats.header import read_header
from paintgraph.jobs.sources.inline import (
    is_inline,
    read_inline,
    unpacked,
)
from paintgraph.jobs.sources.references import References

IMAGES_URL = "/v1/images/"
_FORMS = (
    "'sha256:...' of an earlier picture, a 'data:' URL, an http(s) address, the name of a file in "
    "the input folder, or the picture itself in base64"
)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.ASCII)
_LONGEST_NAME = 4096
_DECODED_AT_ONCE = 2  # a large picture takes hundreds of megabytes meanwhile
_HEAD = 4096  # bytes that tell the format of a file
_HOUR = 3600
_OPEN_HOURS = 24


class PictureJson(TypedDict):
    """A picture of the server; those that were repainted say how well that fits.

    `link` is its address in the bucket, for a while; whoever has that needs no key.
    """

    url: Annotated[str, JsonSchema(format="uri-reference")]
    link: NotRequired[Annotated[str, JsonSchema(format="uri")]]
    digest: Annotated[str, JsonSchema(pattern="^sha256:[0-9a-f]{64}$")]
    media_type: str
    width: NotRequired[Annotated[int, JsonSchema(minimum=1)]]
    height: NotRequired[Annotated[int, JsonSchema(minimum=1)]]
    repaint: NotRequired[
        Annotated[
            Mapping[str, float],
            JsonSchema(
                description="How well a repainted picture fits, by the name of each number."
            ),
        ]
    ]


@dataclass(frozen=True, slots=True)
class Picture:
    """What the head of a picture's file says; sizes in px."""

    digest: str
    media_type: str
    width: int
    height: int

    def to_json(self, url: str) -> PictureJson:
        """As clients see it; `url` is its address."""
        return {
            "url": url,
            "digest": self.digest,
            "width": self.width,
            "height": self.height,
            "media_type": self.media_type,
        }


def digest_of(text: str) -> str | None:
    """The digest that a text is, with or without its prefix, or None."""
    found = _DIGEST.fullmatch(text)
    return PREFIX + found[1] if found else None


class Pictures:
    """The pictures among the blobs.

    Attributes:
        blobs: those, and all others.
        max_pixels: how many pixels a picture may have.
        link_seconds: how long addresses of pictures in a bucket are good; 0: none are given.
    """

    def __init__(
        self, blobs: Blobs, max_pixels: int = MOST_PIXELS, link_seconds: float = 0
    ) -> None:
        self.blobs = blobs
        self.max_pixels = max_pixels
        self.link_seconds = link_seconds
        self._turns = BoundedSemaphore(_DECODED_AT_ONCE)
        self._examined: Callable[[str], Picture] = lru_cache(maxsize=4096)(self._examine)

    def digest(self, data: bytes) -> str:
        """What a picture will be called; raises BindError if its head shows that it is none."""
        data = unpacked(data)
        return examine(data, reference_of(data), self.max_pixels).digest

    def put(self, data: bytes) -> Picture:
        """Keep a picture; raises BindError if it is none, damaged or too large.

        It is decoded once, so that what is kept runs. A file of base64 text counts as the picture
        that it stands for.
        """
        data = unpacked(data)
        found = examine(data, reference_of(data), self.max_pixels)
        if not self.blobs.touch(found.digest):
            with self._turns:
                _check_pixels(data)
            self.blobs.put(data)
        return found

    def get(self, digest: str) -> tuple[str, bytes] | None:
        """The type and the file of a picture, or None if there is none of this digest."""
        if digest not in self.blobs:
            return None
        data = self.blobs.get(digest)
        media_type = media_type_of(data)
        return None if media_type is None else (media_type, data)

    def file(self, digest: str) -> tuple[str, Path] | None:
        """The type and the place of a picture, or None if there is none of this digest."""
        path = self.blobs.file(digest)
        if path is None:
            return None
        with path.open("rb") as file:
            media_type = media_type_of(file.read(_HEAD))
        return None if media_type is None else (media_type, path)

    def link(self, digest: str) -> str | None:
        """An address in the bucket at which anybody gets a picture for a while; None without."""
        return self.blobs.link(digest, self.link_seconds) if self.link_seconds else None

    def size(self, digest: str) -> int | None:
        """How many bytes the file of a picture has, or None if there is none of this digest."""
        return self.blobs.size(digest)

    def describe(self, digest: str) -> Picture | None:
        """What is known of a picture, or None if there is none of this digest."""
        if digest not in self.blobs:
            return None
        try:
            return self._examined(digest)
        except BindError:
            return None

    def _examine(self, digest: str) -> Picture:
        return examine(self.blobs.get(digest), digest, self.max_pixels)


def examine(data: bytes, digest: str, max_pixels: int) -> Picture:
    """What a picture's file says of itself; raises BindError if the engine could not read it."""
    try:
        header = read_header(data)
    except PictureError as error:
        code = "damaged_picture" if error.code == "truncated_picture" else error.code
        if known_format(data) is None:
            code = "not_a_picture"
        raise BindError(error.message, code=code) from error
    try:
        check_readable(data, header, max_pixels)
    except PictureError as error:
        raise BindError(error.message, code=error.code) from error
    return Picture(digest, KINDS[header.format].media_type, header.width, header.height)


def _check_pixels(data: bytes) -> None:
    """Raise BindError if the pixels of a readable picture are damaged: only decoding shows it."""
    header = read_header(data)
    try:
        if is_wide(header):
            from paintgraph.imaging.files.decode import read_samples  # loads OpenCV

            read_samples(data, header, None)
        else:
            load_picture(data, header)
    except PictureError as error:
        raise BindError(error.message, code=error.code) from error


@dataclass(frozen=True, slots=True)
class Addresses:
    """Gives pictures' addresses. Where keys are set they are signed, and open for a day.

    `editor` is the path of ComfyUI's page, if that is served.
    """

    signer: Signer | None = None
    keys: Keys = field(default_factory=Keys)
    editor: str = ""

    def of(self, digest: str) -> str:
        """The address of a picture, relative to the server; the same one for an hour."""
        return self.open(IMAGES_URL + digest)

    def open(self, path: str) -> str:
        """A path of the server that a plain GET can fetch; the same one for an hour."""
        if self.signer is None or not self.keys:
            return path
        return self.signer.sign(path, (int(time.time()) // _HOUR + _OPEN_HOURS + 1) * _HOUR)

    def in_editor(self, job_id: str) -> str | None:
        """Where the graph of a job is looked at; None without an editor."""
        return f"{self.editor}?graph={job_id}" if self.editor else None


class PictureBinder:
    """Binds what one request calls pictures.

    `fetched` has, for each web address, the digest of what was there or why it cannot be had.
    `inline` gathers the digests of pictures that came inside the request.
    """

    def __init__(
        self, pictures: Pictures, references: References, fetched: Mapping[str, str | BindError]
    ) -> None:
        self._pictures = pictures
        self._references = references
        self._fetched = fetched
        self.inline: dict[str, str] = {}

    def bind(self, text: str) -> str:
        """The digest of a picture; raises BindError with the cure."""
        found = self._fetched.get(text)
        if isinstance(found, BindError):
            raise found
        if found is not None:
            return found
        if text.startswith(IMAGES_URL):
            text = digest_of(text.removeprefix(IMAGES_URL).partition("?")[0]) or text
        if text.startswith(PREFIX):
            return self._references.bind(text)
        digest = self._pictures.put(self._carried(text)).digest
        if len(text) > _LONGEST_NAME or is_inline(text):
            self.inline[text] = digest
        return digest

    def _carried(self, text: str) -> bytes:
        """The bytes of a file in the input folder, or those that the text is itself."""
        if len(text) <= _LONGEST_NAME:
            with suppress(BindError):
                return self._references.read(text)
        if is_inline(text):
            return read_inline(text)
        short = shorten(text)
        raise BindError(
            f"'{short}' names no picture here; allowed are {_FORMS}. Upload the picture to "
            f"{IMAGES_URL.rstrip('/')} and give its digest.",
            code="no_such_picture",
        )
