"""Pictures as clients want them: in the format that `Accept` names first."""

import asyncio
from collections.abc import Mapping
from io import BytesIO

from aiohttp import web

from paintgraph.base.file_kinds import KINDS, Format, media_type_of
from paintgraph.base.pictures import texts_of

_SHOWN: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
_SUFFIXES = frozenset(suffix for shown in _SHOWN for suffix in KINDS[shown].suffixes)
FORMATS: Mapping[str, Format] = {
    **{KINDS[shown].media_type: shown for shown in _SHOWN},
    "image/jpg": "JPEG",
}
"""Media types that may be asked for, and their formats."""

IMAGES = {KINDS[shown].media_type: {"type": "string", "format": "binary"} for shown in _SHOWN}
"""Bodies of answers that are pictures."""


def accepted_type(request: web.Request) -> str | None:
    """The type of pictures that `Accept` names first; None if it names something else first."""
    first = request.headers.get("Accept", "").split(",")[0].partition(";")[0].strip().lower()
    return first if first in FORMATS else None


async def transcoded(
    data: bytes, media_type: str, turns: asyncio.Semaphore, max_pixels: int
) -> bytes:
    """The picture's file in the format of a media type; the same bytes if it has it already.

    It waits for one of the `turns`: a large picture takes hundreds of megabytes meanwhile. Raises
    PictureError if it is damaged.
    """
    wanted = FORMATS[media_type]
    if FORMATS.get(media_type_of(data) or "") == wanted:
        return data
    async with turns:
        return await asyncio.to_thread(_converted, data, wanted, max_pixels)


def _converted(data: bytes, wanted: Format, max_pixels: int) -> bytes:
    """The same picture with all that its file says of it; on white where there is no alpha."""
    from paintgraph.imaging.alpha import on_white
    from paintgraph.imaging.files.decode import decode
    from paintgraph.imaging.files.encode import encode
    from paintgraph.imaging.files.made import with_made
    from paintgraph.imaging.files.metadata import MADE, described

    picture = decode(data, max_pixels=max_pixels)
    image = picture.image
    if wanted == "JPEG":
        image = on_white(image)
    depth = picture.depth if wanted == "PNG" else 8
    converted = encode(image, format=wanted, depth=depth, **described(picture.metadata))
    return with_made(converted, texts_of(BytesIO(data), MADE))
