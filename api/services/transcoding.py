"""Pictures as clients want them: in the format that `Accept` names first."""

import asyncio
import re
from collections.abc import Mapping
from io import BytesIO

from aiohttp import web

from paintgraph.base.file_kinds import KINDS, Format, media_type_of
from paintgraph.base.pictures import texts_of

_WEIGHT = re.compile(r"[01](\.[0-9]*)?", re.ASCII)
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
    """The type of pictures that `Accept` wants most; None if it wants something else as much.

    Of types that it wants alike it is the first.
    """
    first, weight = next(iter(_wanted(request).items()), ("", 0.0))
    return first if first in FORMATS and weight else None


def type_instead(request: web.Request, kept: str) -> str | None:
    """The type that `Accept` wants most where it does not allow that of the kept file; else None.

    A type is allowed by `image/*` and `*/*`, too: browsers name all that they can show, and want
    what there is.
    """
    wanted = _wanted(request)
    names = (kept, f"{kept.partition('/')[0]}/*", "*/*")
    if next((wanted[name] for name in names if name in wanted), 0.0):
        return None
    return next((name for name, weight in wanted.items() if name in FORMATS and weight), None)


def _wanted(request: web.Request) -> Mapping[str, float]:
    """The media ranges of `Accept`, how much each is wanted, the most wanted first: RFC 9110."""
    found: dict[str, float] = {}
    for each in ",".join(request.headers.getall("Accept", [])).lower().split(","):
        name, *parameters = (part.strip() for part in each.split(";"))
        weights = [part.removeprefix("q=") for part in parameters if part.startswith("q=")]
        weight = 1.0 if not weights else float(weights[0]) if _WEIGHT.fullmatch(weights[0]) else 0.0
        if name and weight > found.get(name, -1.0):
            found[name] = weight
    return dict(sorted(found.items(), key=lambda item: -item[1]))


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
