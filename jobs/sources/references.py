"""What a graph may call a picture, and how it becomes a blob; random seeds become numbers.

A graph's texts never are paths of the machine: they name blobs, carry data, or name files inside
one input folder.
"""

import base64
import re
import secrets
from pathlib import Path

from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX, Blobs
from paintgraph.engine.recipes.binding import Binder
from paintgraph.jobs.sources.listing import Listing

_DATA = re.compile(r"data:[\w.+/-]*(?:;[\w=.+-]+)*;base64,", re.ASCII)
_DIGEST = re.compile(PREFIX + "[0-9a-f]{64}")
_SUFFIX = re.compile(r" \[(input|output|temp)\]$")
_FORMS = (
    "'sha256:...' of an earlier picture, a 'data:' URL, or the name of a file in the input folder"
)


class References:
    """Turns what a graph calls a picture into a blob's reference."""

    def __init__(self, blobs: Blobs, input_folder: Path) -> None:
        self._blobs = blobs
        self._folder = input_folder

    def bind(self, text: str) -> str:
        """The blob's reference; raises BindError with the cure."""
        if text.startswith(PREFIX):
            if not _DIGEST.fullmatch(text) or text not in self._blobs:
                raise BindError(
                    f"there is no picture '{shorten(text, 60)}' here. Upload it again.",
                    code="unknown_picture",
                )
            return text
        if text.startswith("data:"):
            return self._blobs.put(_data(text))
        if text.startswith(("http://", "https://")):
            raise BindError(
                f"'{shorten(text, 60)}' is a web address; the command line reads {_FORMS}. "
                "Download the picture first.",
                code="address_refused",
            )
        return self._blobs.adopt(self._file(text))

    def read(self, name: str) -> bytes:
        """The bytes of a file in the input folder; raises BindError if it cannot be had."""
        try:
            return self._file(name).read_bytes()
        except OSError as error:
            raise BindError(
                f"the file '{shorten(name, 60)}' cannot be read: {error.strerror}. Check its name.",
                code="unreadable_file",
            ) from error

    def data(self, url: str) -> bytes:
        """The bytes inside a `data:` URL; raises BindError if it is damaged."""
        return _data(url)

    def _file(self, name: str) -> Path:
        """A file inside the input folder; neither `..` nor links lead out of it."""
        root = self._folder.resolve()
        plain = _SUFFIX.sub("", name)
        if not plain.strip() or plain in {".", ".."} or "\0" in plain:
            raise BindError(
                f"'{shorten(name, 60)}' names no picture; allowed are {_FORMS}. Name one.",
                code="bad_reference",
            )
        try:
            path = (root / plain).resolve()
            is_there = path.is_file()
        except (OSError, RuntimeError):  # too long a name, links in a circle
            path, is_there = root / shorten(plain, 60), False
        if not path.is_relative_to(root):
            raise BindError(
                f"'{shorten(name, 60)}' lies outside the input folder; graphs read files in "
                "it only. Copy the picture there, or make it an input of the recipe.",
                code="outside_input_folder",
            )
        if not is_there:
            raise BindError(
                f"there is no file '{shorten(plain, 60)}' in the input folder; allowed are "
                f"{_FORMS}. Check the spelling.",
                code="no_such_file",
            )
        return path


def _data(url: str) -> bytes:
    start = _DATA.match(url)
    if start is None:
        raise BindError(
            f"'{shorten(url, 60)}' is no data URL with base64; it starts 'data:image/png;base64,'. "
            "Encode the picture so.",
            code="bad_data_url",
        )
    try:
        return base64.b64decode(url[start.end() :], validate=True)
    except ValueError as error:
        raise BindError(
            f"the data URL '{shorten(url, 60)}' is damaged: {error}. Encode the picture again.",
            code="bad_data_url",
        ) from error


def source_binders(
    picture: Binder, input_folder: Path, most: int | None = None
) -> dict[str, Binder]:
    """What fixes pictures, folders and seeds, by kind of resource.

    `picture` fixes one picture; `most` bounds how many names of folders there may be in all.
    """
    return {"picture": picture, "folder": Listing(input_folder, most).bind, "seed": draw_seed}


RANDOM = -1
_BITS = 32


def draw_seed(seed: int) -> int:
    """The seed itself, or a number drawn for -1."""
    return secrets.randbits(_BITS) if seed == RANDOM else seed
