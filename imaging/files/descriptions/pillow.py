"""What a picture that Pillow has opened says beside its pixels, as chunks of a PNG file."""

import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.descriptions import iptc, xmp
from paintgraph.imaging.files.descriptions.resolution import physical_chunk
from paintgraph.imaging.files.descriptions.texts import packed_text, text_chunk
from paintgraph.imaging.files.formats.parts import make_chunk

_IPTC = 1028
_WRONG = (TypeError, ValueError, struct.error)


def chunks_of(info: Mapping[Any, Any]) -> list[bytes]:
    """The chunks that Pillow itself does not write again; what is odd is left out.

    Args:
        info: `Image.info`.
    """
    chunks = []
    for name, value in info.items():
        with suppress(PictureError, ArithmeticError, AttributeError, LookupError, *_WRONG):
            if name in _WRITERS:
                chunks.append(_WRITERS[name](value))
            elif isinstance(value, str) and name != xmp.KEY:
                chunks.append(text_chunk(name, value))
    return chunks


def _resolution(dpi: Any) -> bytes:
    return physical_chunk([float(number) for number in dpi])


def _primaries(numbers: Any) -> bytes:
    return make_chunk(b"cHRM", struct.pack(">8I", *(round(n * 100_000) for n in numbers)))


def _iptc(blocks: Any) -> bytes:
    block = iptc.photoshop_block(blocks[_IPTC])
    text = f"\niptc\n{len(block)}\n{block.hex()}\n"
    return text_chunk("Raw profile type iptc", text)


def _as_text(value: Any) -> str:
    """A text that some of Pillow's readers give as bytes."""
    text: str = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.strip("\0")


_WRITERS: Mapping[str, Callable[[Any], bytes]] = {
    "dpi": _resolution,
    "gamma": lambda gamma: make_chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000))),
    "chromaticity": _primaries,
    "srgb": lambda intent: make_chunk(b"sRGB", bytes([intent])),
    "xmp": lambda packet: packed_text(xmp.KEY, _as_text(packet).encode()),
    "photoshop": _iptc,
    "comment": lambda comment: text_chunk("Comment", _as_text(comment)),
}
