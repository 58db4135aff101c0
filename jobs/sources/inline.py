"""Pictures that a text carries itself: base64, by itself or in a `data:` URL."""

import re

from paintgraph.base.file_kinds import what_it_is
from paintgraph.base.text.base64_reader import Base64Error, read_base64, undressed
from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError

_PROBE = 2000
_OUTSIDE = re.compile(r"[^A-Za-z0-9+/_-]", re.ASCII)


def is_inline(text: str) -> bool:
    """Whether a text is meant as base64 and not as a name: it says so, or begins so.

    It begins so if its first bytes, once decoded, are those of a picture or another known file.
    """
    given = undressed(text[:_PROBE])
    return given.is_url or given.is_told or what_it_is(_beginning(text)) is not None


def _beginning(text: str) -> bytes:
    """What the beginning of a text decodes to, however damaged the rest is; nothing if to none."""
    body = undressed(text[: 2 * _PROBE]).body[:_PROBE]
    line = "".join(body.splitlines()).replace(" ", "+")
    plain = _OUTSIDE.sub("", line).replace("+", "-").replace("/", "_")
    try:
        return read_base64(plain[: len(plain) // 4 * 4])
    except Base64Error:
        return b""


def read_inline(text: str) -> bytes:
    """The bytes that a text carries; raises BindError if they cannot be had without guessing."""
    try:
        return read_base64(text)
    except Base64Error as error:
        given, short = undressed(text[:_PROBE]), shorten(text, 60)
        if not given.is_url:
            raise BindError(error.message, code=error.code) from error
        message = f"the data URL '{short}' is damaged: {error.message}"
        if not given.is_told:
            message = (
                f"'{short}' is no data URL with base64; it starts 'data:image/png;base64,'. "
                "Encode the picture so."
            )
        raise BindError(message, code="bad_data_url") from error


def unpacked(data: bytes) -> bytes:
    """The file itself; if it is a text of base64 instead, the file that this stands for.

    Raises BindError if that cannot be decoded without guessing.
    """
    if what_it_is(data) is None and is_inline(data[: 2 * _PROBE].decode("utf-8", "replace")):
        return read_inline(data.decode("utf-8", "replace"))
    return data
