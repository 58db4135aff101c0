"""Small picture files of every format, mode, number of frames and kind of damage."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import product

import numpy as np
from PIL import Image as Pillow

from paintgraph.imaging.files.encode import encode
from paintgraph.tests.imaging.files import exif_block, pillow_file, png_file, tiff_file

_MODES = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "PA")
_PACKINGS = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4", "lzma", "zstd")
# libtiff has no others, and some versions of Pillow abort when asked for them.
_PACKED = {"group4": ("1",), "jpeg": ("L", "RGB", "CMYK", "YCbCr")}
_OPTIONS: dict[str, tuple[dict[str, object], ...]] = {
    "PNG": ({}, {"exif": exif_block(6, "Maker")}),
    "JPEG": ({}, {"progressive": True}, {"exif": exif_block(6, "Maker")}),
    "WEBP": ({}, {"lossless": True}, {"exif": exif_block(6, "Maker")}),
    "TIFF": ({}, *[dict[str, object](compression=name) for name in _PACKINGS]),
    "BMP": ({},),
    "AVIF": ({}, {"exif": exif_block(6, "Maker")}),
    "GIF": ({}, {"interlace": 1}, {"transparency": 3}),
}
_ANIMATED = ("PNG", "WEBP", "TIFF", "AVIF", "GIF")
_FLOATS = np.linspace(0, 1, 90, dtype=np.float32).reshape(5, 6, 3)
_NOISE = np.random.default_rng(5).integers(0, 256, (20, 24, 3), np.uint8)


def _of_pillow() -> Iterator[tuple[str, bytes]]:
    noise = Pillow.fromarray(_NOISE)
    for name, options in _OPTIONS.items():
        for mode, option in product(_MODES, options):
            if mode not in _PACKED.get(str(option.get("compression")), _MODES):
                continue
            # Pillow writes no such file, or not for long.
            with suppress(OSError, ValueError, KeyError, DeprecationWarning):
                picture = Pillow.new(mode, (9, 7)) if ";" in mode else noise.convert(mode)
                yield (
                    f"{name} {mode} {' '.join(map(str, option))}",
                    pillow_file(picture, name, **option),
                )
    for name in _ANIMATED:
        more = [Pillow.new("RGB", (24, 20), colour) for colour in ("red", "blue")]
        yield f"{name} of 3 frames", pillow_file(noise, name, save_all=True, append_images=more)


def _of_tiff() -> Iterator[tuple[str, bytes]]:
    grid = product(
        (0, 1, 2, 3, 4, 5, 6, 8, None),  # white is 0, black is 0, RGB, palette, mask, CMYK ...
        (1, 2, 4, 6, 8, 12, 16, 32),  # bits
        (1, 2, 3, 4, 5),  # samples
        (None, 0, 1, 2),  # what further samples mean
        (1, 2),  # side by side, or in planes
        (1, 2),  # order of the bits
    )
    for colour, depth, samples, extra, planes, order in grid:
        tags: dict[int, int | list[int] | tuple[int, ...]] = {
            256: 4, 257: 3, 258: (depth,) * samples, 259: 1, 266: order, 277: samples, 278: 3,
            284: planes,
        }  # fmt: skip
        if colour is not None:
            tags[262] = colour
        if extra is not None:
            tags[338] = extra
        if colour == 3:
            tags[320] = [value % 256 * 257 for value in range(3 << min(depth, 8))]
        pixels = bytes(range(3 * -(-4 * depth * samples // 8)))
        name = f"TIFF {colour} {depth} bits {samples} samples {extra} planes {planes} order {order}"
        yield name, tiff_file(tags, pixels)
    yield "TIFF of floats", tiff_file({**_GREY, 258: 32, 339: 3}, bytes(48))
    yield "TIFF of signed numbers", tiff_file({**_GREY, 258: 16, 339: 2}, bytes(24))
    yield "TIFF of two pages", tiff_file(_GREY, bytes(12), pages=2)


_GREY: dict[int, int] = {256: 4, 257: 3, 258: 8, 259: 1, 262: 1, 277: 1, 278: 3}


def _of_png() -> Iterator[tuple[str, bytes]]:
    for colour, depth in product(range(8), (1, 2, 4, 8, 16, 32)):
        channels = {2: 3, 4: 2, 6: 4}.get(colour, 1)
        rows = [bytes(-(-4 * depth * channels // 8))] * 3
        palette = {b"PLTE": bytes(range(3)) * (1 << min(depth, 8))}
        for extra in ({}, palette, {b"tRNS": b"\0\1" * channels}, {b"acTL": b"\0\0\0\2" * 2}):
            name = f"PNG colour {colour} {depth} bits {' '.join(map(str, extra))}"
            yield name, png_file(rows, width=4, depth=depth, colour=colour, extra=extra)


def _of_bmp() -> Iterator[tuple[str, bytes]]:
    masks = ((0xFF0000, 0xFF00, 0xFF, 0), (0xF800, 0x7E0, 0x1F, 0), (1, 2, 4, 8))
    grid = product((40, 56, 124), (0, 1, 2, 4, 8, 16, 24, 32, 64), (0, 3, 4, 5, 6), masks, (3, -3))
    for size, bits, packing, fields, height in grid:
        head = struct.pack("<IiiHHIIiiII", size, 4, height, 1, bits, packing, 0, 0, 0, 0, 0)
        head += struct.pack("<4I", *fields)
        palette = bytes(range(256)) * 4 if 0 < bits <= 8 else b""
        rest = (head if size == 40 else head.ljust(size, b"\0")[:size]) + palette
        start = struct.pack("<IHHI", 0, 0, 0, 14 + len(rest))
        yield (
            f"BMP {size} {bits} bits {packing} {fields} {height}",
            (b"BM" + start + rest + bytes(120)),
        )


CORPUS = dict([*_of_pillow(), *_of_tiff(), *_of_png(), *_of_bmp()])
"""Files that are read and files that are not."""

WHOLE = {
    name: data
    for name, data in CORPUS.items()
    if name.split()[0] in _OPTIONS and name.split()[1] in {"RGB", "RGBA", "L", "P", "1"}
} | {f"{name} of 16 bits": encode(_FLOATS, format=name, depth=16) for name in ("PNG", "TIFF")}
"""Some of them that are read, to be cut off and damaged."""
