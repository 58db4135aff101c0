"""Pictures in the format that a client asks for."""

import asyncio
from io import BytesIO

from paintgraph.api.pictures import media_type_of

FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/jpg": "JPEG",
    "image/webp": "WEBP",
}
"""What may be asked for, and what Pillow calls it."""

_QUALITY = 95


async def transcoded(data: bytes, media_type: str, turns: asyncio.Semaphore) -> bytes:
    """The picture's file in the format of a media type; the same bytes if it has it already.

    It waits for one of the `turns`: a large picture takes hundreds of megabytes meanwhile. Raises
    OSError if it is damaged.
    """
    wanted = FORMATS[media_type]
    if FORMATS.get(media_type_of(data) or "") == wanted:
        return data
    async with turns:
        return await asyncio.to_thread(_converted, data, wanted)


def _converted(data: bytes, wanted: str) -> bytes:
    from PIL import Image

    file = BytesIO()
    with Image.open(BytesIO(data)) as picture:
        plain: Image.Image = picture
        if picture.mode.startswith("I"):  # 16 bits of grey
            plain = picture.convert("I").point(lambda value: value / 256).convert("L")
        if plain.mode not in ("L", "RGB", "RGBA"):
            plain = plain.convert("RGBA" if "transparency" in plain.info else "RGB")
        if wanted == "JPEG" and plain.mode == "RGBA":
            white = Image.new("RGB", plain.size, "white")
            white.paste(plain, mask=plain.getchannel("A"))
            plain = white
        if wanted == "WEBP":
            plain.save(file, wanted, lossless=True)
        else:
            plain.save(file, wanted, quality=_QUALITY)
    return file.getvalue()
