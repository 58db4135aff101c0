"""Images to picture files, never with a silent loss of alpha, depth or profile."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate
from typing import Any, Unpack

import numpy as np
from PIL import Image as Pillow

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.alpha import on_white
from paintgraph.imaging.arrays import Image, validate_image
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.descriptions import exif, jpeg, xmp
from paintgraph.imaging.files.descriptions.colour import profile_of_chunks
from paintgraph.imaging.files.descriptions.resolution import physical_chunk, with_density
from paintgraph.imaging.files.descriptions.texts import packed_text, text_chunk
from paintgraph.imaging.files.formats import tiff
from paintgraph.imaging.files.formats.parts import insert, make_chunk, riff_chunks, riff_file
from paintgraph.imaging.files.formats.tiff import Entry
from paintgraph.imaging.files.heic import NEEDED, has_heic, save_heic
from paintgraph.imaging.files.metadata import Metadata, fitted
from paintgraph.imaging.opencv import cv2
from paintgraph.imaging.samples import Samples, quantise

_BGR_ORDER = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
_ICC_NAME = b"ICC profile"
_STRIP_BYTES = 1 << 20
_ALPHA = 0x10  # flag of VP8X, and the bit of a VP8L header in its fifth byte
# An alpha plane that is 255 everywhere, packed losslessly: one symbol, no bit for each px. By the
# WebP container's and the lossless format's specification (RFC 9649, 2.7.1.2 and 3).
_OPAQUE_PLANE = bytes.fromhex("01e87f4404")


_NO_AVIF = (
    "is AVIF, which Pillow was built without here; allowed are the other formats. Install Pillow's "
    "own wheel, or choose another."
)


@dataclass(frozen=True, slots=True)
class _Ability:
    """What a format can hold."""

    alpha: bool
    wide: bool
    metadata: bool
    max_side: int


_ABILITIES: Mapping[Format, _Ability] = {
    "PNG": _Ability(alpha=True, wide=True, metadata=True, max_side=1_000_000),
    "TIFF": _Ability(alpha=True, wide=True, metadata=True, max_side=1_000_000),
    "WEBP": _Ability(alpha=True, wide=False, metadata=True, max_side=16_383),
    "JPEG": _Ability(alpha=False, wide=False, metadata=True, max_side=65_500),
    "AVIF": _Ability(alpha=True, wide=False, metadata=True, max_side=65_535),
    "HEIC": _Ability(alpha=True, wide=False, metadata=True, max_side=16_384),
    "BMP": _Ability(alpha=False, wide=False, metadata=False, max_side=32_767),
}


def encode(  # noqa: PLR0913 - options of the formats, keyword-only
    image: Image,
    *,
    format: Format = "PNG",  # noqa: A002 - the word that every caller knows
    depth: int = 8,
    compression: int = 1,
    quality: int = 95,
    lossless: bool = True,
    **metadata: Unpack[Metadata],
) -> bytes:
    """One picture `[1, H, W, 3 or 4]` or `[H, W, 3 or 4]` as a file.

    Alpha (unless it is 1 everywhere), depth, profile or EXIF that the format cannot hold are an
    error, never dropped. Sizes and resolution that the file names beside its pixels are those of
    the result.

    Args:
        image: picture `[1, H, W, 3 or 4]` or `[H, W, 3 or 4]`, 0 to 1.
        format: of the file.
        depth: bits per sample, 8 or 16 (PNG and TIFF).
        compression: 0 to 9, for PNG and TIFF.
        quality: 1 to 100, for JPEG, AVIF, HEIC and, with `lossless` off, for WebP.
        lossless: of WebP.
        metadata: what the file says beside its pixels, as far as the format has a place for it.

    Returns:
        The file.

    Raises:
        PictureError: the format cannot hold that, or an option is out of its range.
        ContractError: the array is no picture.
    """
    one = _one_picture(image)
    if format in _ABILITIES and not _ABILITIES[format].alpha and (one[..., 3:] == 1).all():
        one = one[..., :3]  # says nothing that is lost
    _check_range("compression", compression, 0, 9)
    _check_range("quality", quality, 1, 100)
    _check_ability(one, format, depth, has_metadata=not metadata.keys().isdisjoint({"icc", "exif"}))
    samples = quantise(one, depth)
    try:
        metadata = fitted(metadata, format)
        if format == "PNG":
            return _png(samples, metadata, compression)
        if format == "TIFF":
            return _tiff(samples, metadata, compression)
        if format == "WEBP":
            return _webp(samples, metadata, quality, lossless=lossless)
        if format == "JPEG":
            return _jpeg(samples, metadata, quality)
        if format in ("AVIF", "HEIC"):
            return _boxed(samples, metadata, quality, format)
        return _by_pillow(samples, format, {})
    except (OSError, ValueError, OverflowError, cv2.error) as error:
        raise PictureError(
            f"picture: cannot be written as {format} ({error}); allowed are whole profiles and "
            "EXIF blocks of less than 64 KiB. Leave them out, or choose PNG."
        ) from error


def writes_avif() -> bool:
    """Whether Pillow was built with AVIF here."""
    from PIL.AvifImagePlugin import SUPPORTED

    return bool(SUPPORTED)


def preview_jpeg(image: Image, max_size: int = 512) -> bytes:
    """A small JPEG of the first picture of a batch, to look at; clear parts show white.

    Args:
        image: pictures `[B, H, W, 3 or 4]`, 0 to 1.
        max_size: px of the longer side.

    Returns:
        The file.

    Raises:
        ContractError: the array is no picture.
    """
    validate_image(image)
    colours = on_white(image[0])
    height, width = colours.shape[:2]
    scale = min(1.0, max_size / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        colours = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.float32)
    samples = quantise(np.clip(colours, 0, 1))
    return _by_pillow(samples, "JPEG", {"quality": 85})


def _one_picture(image: Image) -> Image:
    if isinstance(image, np.ndarray) and image.ndim == 3:
        image = image[np.newaxis]
    validate_image(image)
    if image.shape[0] != 1:
        raise PictureError(
            f"image: is a batch of {image.shape[0]}; allowed is one picture for one file. "
            "Encode them one by one."
        )
    one: Image = image[0]
    return one


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise PictureError(f"{name}: is {value}; allowed is {low} to {high}. Choose one of them.")


def _check_ability(one: Image, name: Format, depth: int, *, has_metadata: bool) -> None:
    if name not in _ABILITIES:
        raise PictureError(
            f"format: is {name!r}; allowed are {', '.join(_ABILITIES)}. Choose one of them."
        )
    if name == "AVIF" and not writes_avif():
        raise PictureError(f"format: {_NO_AVIF}", code="missing_library")
    if name == "HEIC" and not has_heic():
        raise PictureError(f"format: {NEEDED}", code="missing_library")
    can = _ABILITIES[name]
    if one.shape[2] == 4 and not can.alpha:
        raise PictureError(
            f"picture: has alpha, which {name} cannot hold; allowed is RGB. "
            "Choose PNG or WEBP, or drop the alpha first."
        )
    if depth == 16 and not can.wide:
        raise PictureError(
            f"picture: is to be written with 16 bits, but {name} holds 8; allowed is depth 8. "
            "Choose PNG or TIFF, or ask for depth 8."
        )
    if has_metadata and not can.metadata:
        raise PictureError(
            f"picture: has an ICC profile or EXIF, which {name} cannot hold; allowed is neither. "
            "Choose PNG, or leave them out."
        )
    if max(one.shape[:2]) > can.max_side:
        raise PictureError(
            f"picture: is {one.shape[0]}x{one.shape[1]} (height x width); allowed in {name} are "
            f"{can.max_side} px a side. Choose PNG, or scale it down with ImageScale."
        )


def _png(samples: Samples, metadata: Metadata, compression: int) -> bytes:
    swapped = cv2.cvtColor(samples, _BGR_ORDER[samples.shape[2]])
    _, packed = cv2.imencode(".png", swapped, [cv2.IMWRITE_PNG_COMPRESSION, compression])
    new = []
    colour = metadata.get("colour", b"")
    if colour:
        new.append(colour)
    if "icc" in metadata and metadata["icc"] != profile_of_chunks(colour):
        packed_icc = zlib.compress(metadata["icc"])
        new.append(make_chunk(b"iCCP", _ICC_NAME + bytes(2) + packed_icc))
    if "dpi" in metadata:
        new.append(physical_chunk(metadata["dpi"]))
    if "exif" in metadata:
        new.append(make_chunk(b"eXIf", _exif(samples, metadata) or b""))
    if "xmp" in metadata:
        new.append(packed_text(xmp.KEY, metadata["xmp"]))
    new.extend(text_chunk(key, text) for key, text in metadata.get("texts", {}).items())
    return insert(packed.tobytes(), new)


def _exif(samples: Samples, metadata: Metadata, *, of_jpeg: bool = False) -> bytes | None:
    """The EXIF block with the size and resolution of this result, or None."""
    height, width = samples.shape[:2]
    block = metadata.get("exif")
    bare = block and block.removeprefix(exif.PREFIX)
    return exif.finished(bare, (width, height), metadata.get("dpi"), of_jpeg=of_jpeg)


def _jpeg(samples: Samples, metadata: Metadata, quality: int) -> bytes:
    if len(metadata.get("exif", b"")) > exif.MAX_BYTES:
        raise ValueError("EXIF data is too long")
    data = _by_pillow(samples, "JPEG", {"quality": quality, "subsampling": 0})
    if "dpi" in metadata:
        data = with_density(data, metadata["dpi"])
    new = jpeg.segments(
        block=_exif(samples, metadata, of_jpeg=True) if "exif" in metadata else None,
        packet=metadata.get("xmp"),
        icc=metadata.get("icc"),
        records=metadata.get("iptc"),
        comment=metadata.get("comment", ""),
    )
    return jpeg.with_segments(data, new)


def _boxed(samples: Samples, metadata: Metadata, quality: int, name: Format) -> bytes:
    """An AVIF or HEIC file, with colours at every px as JPEG has them here."""
    options = {"quality": quality, **_described(samples, metadata)}
    if name == "HEIC":
        return save_heic(samples, {"chroma": 444, **options})
    return _by_pillow(samples, name, {"subsampling": "4:4:4", **options})


def _described(samples: Samples, metadata: Metadata) -> dict[str, Any]:
    """What a WebP, AVIF or HEIC file says beside its pixels, as Pillow's options."""
    options: dict[str, Any] = {}
    if "icc" in metadata:
        options["icc_profile"] = metadata["icc"]
    if "xmp" in metadata:
        options["xmp"] = metadata["xmp"]
    block = _exif(samples, metadata)
    if block is not None:
        options["exif"] = exif.PREFIX + block
    return options


def _webp(samples: Samples, metadata: Metadata, quality: int, *, lossless: bool) -> bytes:
    options: dict[str, Any] = {"quality": quality, **_described(samples, metadata)}
    if lossless:
        # `quality` is effort then; without `exact` colours under alpha 0 change.
        options |= {"lossless": True, "exact": True, "quality": 25, "method": 1}
    data = _by_pillow(samples, "WEBP", options)
    if samples.shape[2] < 4:
        return data
    return with_opaque_alpha(data, samples.shape[1], samples.shape[0])


def _by_pillow(samples: Samples, name: Format, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    Pillow.fromarray(samples).save(file, name, **options)
    return file.getvalue()


def _tiff(samples: Samples, metadata: Metadata, compression: int) -> bytes:
    """A TIFF file of samples `[H, W, 3 or 4]`, losslessly packed in strips of rows."""
    height, width, channels = samples.shape
    block = metadata.get("exif")
    order, said, maker_note = exif.in_tiff(block) if block is not None else (">", {}, None)
    ordered = samples.dtype.newbyteorder(order)
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [
        zlib.compress(samples[row : row + rows].astype(ordered).tobytes(), compression)
        for row in range(0, height, rows)
    ]
    shorts = {
        258: [samples.itemsize * 8] * channels,
        259: [8],  # deflate
        262: [2],  # RGB
        277: [channels],
        284: [1],  # channels side by side
        **({338: [2]} if channels == 4 else {}),  # straight alpha
    }
    longs = {256: [width], 257: [height], 278: [rows], 279: [len(strip) for strip in strips]}
    tree = {
        **said,
        **{tag: tiff.integers(order, values, tiff.SHORT) for tag, values in shorts.items()},
        **{tag: tiff.integers(order, values) for tag, values in longs.items()},
        **tiff.resolution(order, metadata.get("dpi")),
    }
    if "xmp" in metadata:
        tree[tiff.XMP] = Entry(tiff.BYTE, len(metadata["xmp"]), metadata["xmp"])
    if "iptc" in metadata:
        words = metadata["iptc"] + bytes(-len(metadata["iptc"]) % 4)
        tree[tiff.IPTC] = Entry(tiff.LONG, len(words) // 4, words)
    if "icc" in metadata:
        tree[tiff.ICC_PROFILE] = Entry(tiff.UNDEFINED, len(metadata["icc"]), metadata["icc"])

    def head(start: int) -> bytes:
        """The file up to its strips, which begin at a place that its length tells."""
        at = accumulate((len(strip) for strip in strips[:-1]), initial=start)
        return tiff.write(order, {**tree, 273: tiff.integers(order, list(at))}, maker_note)

    return b"".join([head(len(head(0))), *strips])


def with_opaque_alpha(data: bytes, width: int, height: int) -> bytes:
    """The WebP file of a picture that has alpha, whose decoders give four channels.

    Args:
        data: a file of one frame as libwebp writes it; one that has alpha comes back as it is.
        width: px of the picture.
        height: px of the picture.
    """
    parts = [(name, data[start:end]) for name, start, end in riff_chunks(data)]
    names = {name for name, _ in parts}
    if b"ALPH" in names:
        return data
    if b"VP8L" in names:
        return riff_file([(name, _flagged(name, content)) for name, content in parts])
    if b"VP8X" not in names:
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        parts.insert(0, (b"VP8X", bytes(4) + size))
    opaque: list[tuple[bytes, bytes]] = []
    for name, content in parts:
        if name == b"VP8 ":
            opaque.append((b"ALPH", _OPAQUE_PLANE))
        opaque.append((name, _flagged(name, content)))
    return riff_file(opaque)


def _flagged(name: bytes, content: bytes) -> bytes:
    """The content of a chunk, marked as having alpha if it is a head."""
    at = {b"VP8X": 0, b"VP8L": 4}.get(name)
    if at is None:
        return content
    return content[:at] + bytes([content[at] | _ALPHA]) + content[at + 1 :]
