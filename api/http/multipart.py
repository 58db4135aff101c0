"""The parts of a form, read within the limits of a body."""

from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from paintgraph.api.app_keys import MAX_BODY_BYTES
from paintgraph.api.http.errors import ApiError

_MOST_PARTS = 64
_CHUNK = 1 << 18
_DAMAGES = (ValueError, AssertionError, LookupError, HttpProcessingError, web.HTTPBadRequest)
"""What aiohttp says to forms that it cannot read."""


@dataclass(frozen=True, slots=True)
class Part:
    """One named part; `is_file` if it was sent as a file."""

    name: str
    data: bytes
    is_file: bool

    def text(self) -> str:
        """What it says; raises ApiError if it is no text."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            raise ApiError(
                400,
                "bad_form",
                f"the part '{self.name[:60]}' is no text in UTF-8; allowed are texts, and files "
                "with a file name. Give the file a name.",
            ) from error


async def parts_of(request: web.Request) -> list[Part]:
    """All parts of a form; raises ApiError if it is damaged, too large or has nameless parts."""
    parts: list[Part] = []
    left = request.app[MAX_BODY_BYTES]
    try:
        async for reader in await request.multipart():
            if not isinstance(reader, BodyPartReader) or not reader.name:
                raise _damaged("a part has no name")
            if len(parts) == _MOST_PARTS:
                raise _damaged(f"it has more than {_MOST_PARTS} parts")
            data = await _read(reader, left)
            left -= len(data)
            media_type = reader.headers.get("Content-Type", "")
            is_file = reader.filename is not None or media_type.startswith("image/")
            parts.append(Part(reader.name, data, is_file))
    except _DAMAGES as error:
        raise _damaged("its parts cannot be told apart") from error
    return parts


async def _read(reader: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await reader.read_chunk(_CHUNK):
        data += chunk
        if len(data) > most:
            raise ApiError(413, "too_large", "the form is larger than allowed. Send less.")
    return bytes(data)


def _damaged(reason: str) -> ApiError:
    return ApiError(
        400, "bad_form", f"the form cannot be read: {reason}. Send multipart/form-data."
    )
