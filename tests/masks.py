"""Masks of one box in the forms in which people, browsers and cameras make them."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from paintgraph.tests.nodes.bench import noise, png

HEIGHT, WIDTH = 48, 64
LEFT, TOP, RIGHT, BOTTOM = 21, 12, 43, 30  # no multiple of a block of JPEG
BOX = np.zeros((HEIGHT, WIDTH), np.bool_)
BOX[TOP:BOTTOM, LEFT:RIGHT] = True
PHOTO = noise(HEIGHT, WIDTH)
MIDDLE = noise(HEIGHT, WIDTH, seed=1)  # what a picture shows where nobody cares


def _grey(inside: int, outside: int = 0) -> NDArray[np.uint8]:
    return np.where(BOX, inside, outside).astype(np.uint8)


def saved(samples: NDArray[Any], kind: str = "PNG", **options: Any) -> bytes:
    """The file of samples, as Pillow writes it."""
    file = BytesIO()
    Image.fromarray(samples).save(file, kind, **options)
    return file.getvalue()


def _palette() -> bytes:
    """White everywhere by its palette, and clear outside the box by its tRNS chunk."""
    picture = Image.fromarray(BOX.astype(np.uint8))
    picture.putpalette([255] * 6)
    file = BytesIO()
    picture.save(file, "PNG", transparency=b"\x00\xff")
    return file.getvalue()


def oriented(samples: NDArray[Any], orientation: int, kind: str = "PNG", **options: Any) -> bytes:
    """The file of samples as they are stored, with an EXIF orientation."""
    exif = Image.Exif()
    exif[274] = orientation
    return saved(samples, kind, exif=exif.tobytes(), **options)


_SEL, _WHITE, _BLACK = _grey(255), np.full_like(_grey(0), 255), _grey(0)
_WIDE = (_SEL.astype(np.uint16)) * 257

FORMS: Mapping[str, tuple[bytes, dict[str, Any]]] = {
    "black and white": (saved(_SEL), {}),
    "white strokes on a clear white layer": (
        saved(np.dstack([_WHITE] * 3 + [_SEL])),
        {},
    ),
    "white strokes on a clear black layer": (saved(np.dstack([_SEL] * 4)), {}),
    "grey with alpha": (saved(np.dstack([_WHITE, _SEL])), {}),
    "a palette with a clear entry": (_palette(), {}),
    "16 bits with alpha": (png(np.dstack([np.full_like(_WIDE, 65535)] * 3 + [_WIDE])), {}),
    "black strokes on a clear layer": (saved(np.dstack([_BLACK] * 3 + [_SEL])), {}),
    "dark grey strokes on a clear layer": (
        saved(np.dstack([np.full_like(_SEL, 2)] * 3 + [_SEL])),
        {},
    ),
    "black that is 1": (saved(_grey(255, 1)), {}),
    "black that is 8": (saved(_grey(255, 8)), {}),
    "levels of video": (saved(_grey(235, 16)), {"threshold": 0.5}),
    "a grey scan": (saved(_grey(220, 40)), {"threshold": 0.5}),
    "a good JPEG": (saved(_SEL, "JPEG", quality=90), {}),
    "a JPEG": (saved(_SEL, "JPEG", quality=60), {}),
    "a poor JPEG": (saved(_SEL, "JPEG", quality=20), {}),
    "a lossy WebP": (saved(np.dstack([_SEL] * 3), "WEBP", quality=50), {}),
    "an AVIF": (saved(np.dstack([_SEL] * 3), "AVIF", quality=40), {}),
    "a GIF": (saved(_SEL, "GIF"), {}),
    "what is transparent": (saved(np.dstack([MIDDLE, _grey(0, 255)])), {"channel": "alpha"}),
    "what is opaque": (saved(np.dstack([MIDDLE, _SEL])), {"channel": "opaque"}),
    "red": (saved(np.dstack([_SEL, _BLACK, _BLACK])), {"channel": "red"}),
    "the blue of three masks": (
        saved(np.dstack([_WHITE, _grey(0, 255), _SEL, _BLACK])),
        {"channel": "blue"},
    ),
}
"""For each form the file of a mask that selects the box, and what a recipe is told of it."""

TOLD = {
    "black strokes on a clear layer": "black wherever it is not transparent",
    "dark grey strokes on a clear layer": "black wherever it is not transparent",
    "black that is 1": "The black of the mask is 1/255 and not 0",
    "black that is 8": "The black of the mask is 8/255 and not 0",
    "a good JPEG": "format of the mask's file is lossy",
    "a JPEG": "format of the mask's file is lossy",
    "a poor JPEG": "format of the mask's file is lossy",
    "a lossy WebP": "format of the mask's file is lossy",
}
"""The forms whose reading is doubtful, and words of the warning."""
