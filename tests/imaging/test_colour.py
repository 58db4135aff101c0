"""What a picture's colours are survives in every format; samples stay as they are.

LittleCMS, which Pillow carries, says what is seen.
"""

import struct
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms

from paintgraph.base.file_kinds import Format
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.descriptions import profiles
from paintgraph.imaging.files.descriptions.colour import profile_of_chunks
from paintgraph.imaging.files.descriptions.profiles import D65, SRGB, Primaries
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.files.formats import tiff
from paintgraph.imaging.files.formats.parts import chunks, find, make_chunk
from paintgraph.imaging.samples import Samples, pixel_digest, quantise
from paintgraph.tests.imaging.files import SRGB as SRGB_PROFILE
from paintgraph.tests.imaging.files import exif_block, pillow_file, png_file

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "TIFF")
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.stack([GREYS, GREYS.T, GREYS[::-1]], axis=2)
P3 = bytes([12, 13, 0, 1])
P3_ENDS = Primaries(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
CHRM = struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def grey_profile(curve: bytes, pcs: bytes = b"XYZ ") -> bytes:
    """A profile of grey samples, as scanners and Photoshop write them."""
    tags = {b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061), b"kTRC": curve}
    body, entries = b"", b""
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, 156 + len(body), len(content))
        body += content.ljust(-len(content) % 4 + len(content), b"\0")
    size = struct.pack(">I4xI", 156 + len(body), 0x02400000)
    head = size + b"mntrGRAY" + pcs + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", 2) + entries + body


def gamma(value: float) -> bytes:
    """A curve of one number, 1/256 the step."""
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256)) + bytes(2)


def as_srgb(samples: NDArray[Any], icc: bytes | None) -> NDArray[np.int64]:
    """What LittleCMS makes of samples for a screen: `[H, W, 3]`."""
    picture = Pillow.fromarray(samples)
    if icc is None:
        return np.asarray(picture.convert("RGB"), np.int64)
    source = ImageCms.ImageCmsProfile(BytesIO(icc))
    target = ImageCms.createProfile("sRGB")
    seen = ImageCms.profileToProfile(
        picture,
        source,
        target,
        outputMode="RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.NOOPTIMIZE,  # a shortcut of its own is up to 10 levels off in the dark
    )
    return np.asarray(seen, np.int64)


def far(samples: NDArray[Any], icc: bytes | None, other: NDArray[Any], by: bytes | None) -> int:
    """Levels by which two pictures look different at most."""
    return int(np.abs(as_srgb(samples, icc) - as_srgb(other, by)).max())


def codes(data: bytes) -> Samples:
    return quantise(decode(data).image[0])


GREY_PROFILES = {
    "linear": grey_profile(gamma(1)),
    "gamma 1.8": grey_profile(gamma(1.8)),
    "gamma 2.2": grey_profile(gamma(2.2)),
    "identity": grey_profile(b"curv" + bytes(8)),
    "table": grey_profile(profiles.table_curve(np.linspace(0, 1, 300) ** 3)),
    "sRGB": grey_profile(profiles.SRGB_CURVE),
    "lightness": grey_profile(gamma(1), b"Lab "),
    "lightness by a power": grey_profile(gamma(0.8), b"Lab "),
}


@pytest.mark.parametrize("profile", GREY_PROFILES)
@pytest.mark.parametrize("source", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("form", FORMATS)
def test_a_grey_profile_becomes_one_of_rgb_with_the_same_tones(
    profile: str, source: str, form: Format
) -> None:
    icc = GREY_PROFILES[profile]
    options = {"quality": 100} if source == "JPEG" else {}
    data = pillow_file(GREYS, source, icc_profile=icc, **options)
    stored = codes(data)
    again = encode(decode(data).image, format=form, **decode(data).metadata)

    assert np.array_equal(stored[..., 0], np.asarray(Pillow.open(BytesIO(data))))  # samples stay
    assert decode(again).icc == decode(data).icc
    assert far(GREYS, icc, codes(encode_png(GREYS)), decode(data).icc) <= 2


def encode_png(samples: NDArray[Any]) -> bytes:
    return pillow_file(samples, "PNG")


@pytest.mark.parametrize("mode", ["1", "LA", "I;16"])
def test_every_kind_of_grey_keeps_its_profile(mode: str) -> None:
    picture = Pillow.fromarray(GREYS)
    kind = picture.convert(mode) if mode != "I;16" else Pillow.fromarray(GREYS.astype(np.uint16))
    data = pillow_file(kind, "PNG", icc_profile=GREY_PROFILES["linear"])

    assert decode(data).icc == profiles.of_grey(GREY_PROFILES["linear"])


def test_a_profile_of_other_channels_is_dropped() -> None:
    palette = Pillow.fromarray(COLOURS).quantize(8)
    grey = GREY_PROFILES["linear"]

    assert decode(pillow_file(COLOURS, "PNG", icc_profile=grey)).icc is None
    assert decode(pillow_file(palette, "PNG", icc_profile=grey)).icc is None
    assert decode(pillow_file(palette, "PNG", icc_profile=SRGB_PROFILE)).icc == SRGB_PROFILE


@pytest.mark.parametrize(
    "curve", [b"curv" + bytes(4) + b"\xff" * 8, b"para" + bytes(8), b"mft2" + bytes(60), b""]
)
def test_a_grey_profile_without_a_curve_is_told(curve: bytes) -> None:
    picture = decode(pillow_file(GREYS, "PNG", icc_profile=grey_profile(curve)))

    assert picture.icc is None
    assert picture.note == (
        "the picture's grey profile has no curve that can be kept, so its grey is taken as sRGB. "
        "Convert it to sRGB first to keep its tones."
    )


def expected(ends: Primaries, curve: bytes) -> bytes:
    icc = profiles.rgb_profile(ends, [curve], name="expected")
    assert icc is not None
    return icc


def power(value: float) -> bytes:
    curve = profiles.gamma_curve(value)
    assert curve is not None
    return curve


PNG_COLOURS: dict[str, tuple[Mapping[bytes, bytes], bytes]] = {
    "linear": ({b"gAMA": struct.pack(">I", 100_000)}, expected(SRGB, power(1))),
    "gamma 1.8": ({b"gAMA": struct.pack(">I", 55_556)}, expected(SRGB, power(1.8))),
    "primaries": ({b"cHRM": CHRM}, expected(P3_ENDS, profiles.SRGB_CURVE)),
    "both": (
        {b"gAMA": struct.pack(">I", 50_000), b"cHRM": CHRM},
        expected(P3_ENDS, power(2)),
    ),
    "P3": ({b"cICP": P3}, expected(P3_ENDS, profiles.SRGB_CURVE)),
    "P3 before others": (
        {b"cICP": P3, b"sRGB": b"\0", b"gAMA": struct.pack(">I", 100_000)},
        expected(P3_ENDS, profiles.SRGB_CURVE),
    ),
}


@pytest.mark.parametrize("name", PNG_COLOURS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_png_says_of_colours_survives(name: str, form: Format) -> None:
    extra, icc = PNG_COLOURS[name]
    data = png_file([row.tobytes() for row in COLOURS], width=16, depth=8, colour=2, extra=extra)
    picture = decode(data)
    again = encode(picture.image, format=form, **picture.metadata)
    found = decode(again)

    assert far(COLOURS, picture.icc, COLOURS, icc) <= 1
    assert found.icc == picture.icc
    assert pixel_digest(picture.image, 8, found.icc) == pixel_digest(picture.image, 8, picture.icc)
    if form == "PNG":
        kept = {chunk.name: chunk.content(again) for chunk in chunks(again)}
        assert {each: kept[each] for each in extra} == extra
        assert b"iCCP" not in kept


@pytest.mark.parametrize(
    "extra",
    [{b"sRGB": b"\0"}, {b"cICP": bytes([1, 13, 0, 1])}, {b"sRGB": b"\1", b"gAMA": b"\0\0\1\0"}],
)
def test_srgb_needs_no_profile(extra: Mapping[bytes, bytes]) -> None:
    picture = decode(png_file([bytes(6)], width=2, depth=8, colour=2, extra=extra))
    again = encode(picture.image, **picture.metadata)

    assert picture.icc is None
    assert all(find(again, name) == content for name, content in extra.items())


def test_a_profile_counts_more_than_gamma_and_less_than_cicp() -> None:
    profile = {b"iCCP": b"x\0\0" + zlib.compress(SRGB_PROFILE)}
    gamma_too = {**profile, b"gAMA": struct.pack(">I", 100_000), b"sRGB": b"\0"}
    by_profile = decode(png_file([bytes(6)], width=2, depth=8, colour=2, extra=gamma_too))
    again = encode(by_profile.image, **by_profile.metadata)
    by_code = decode(
        png_file([bytes(6)], width=2, depth=8, colour=2, extra={**profile, b"cICP": P3})
    )

    assert by_profile.icc == decode(again).icc == SRGB_PROFILE
    assert find(again, b"sRGB") is None  # never beside a profile
    assert find(again, b"gAMA") == struct.pack(">I", 100_000)
    assert by_code.icc == profile_of_chunks(make_chunk(b"cICP", P3))


@pytest.mark.parametrize(
    "extra",
    [
        {b"gAMA": bytes(4)},
        {b"gAMA": struct.pack(">I", 2**32 - 1)},
        {b"cHRM": bytes(32)},
        {b"cHRM": struct.pack(">8I", *[33_333] * 8)},
        {b"cICP": bytes([2, 2, 0, 1])},
        {b"cICP": bytes([12, 13, 1, 1])},
        {b"gAMA": b"short"},
    ],
)
def test_what_says_nothing_of_colours_is_no_profile(extra: Mapping[bytes, bytes]) -> None:
    assert decode(png_file([bytes(6)], width=2, depth=8, colour=2, extra=extra)).icc is None


@pytest.mark.parametrize(
    ("code", "samples", "light"),
    [
        (16, [0, 0.508, 1], [0, 0.01, 1]),  # PQ: 100 of 10,000 cd/m2 (ITU-R BT.2100, table 4)
        (18, [0, 0.5, 1], [0, 1 / 12, 1]),  # HLG (table 5)
        (1, [0, 0.5, 1], [0, 0.2597, 1]),  # ITU-R BT.709, item 1.2
        (8, [0, 0.25, 1], [0, 0.25, 1]),
        (4, [0, 0.5, 1], [0, 0.2176, 1]),
    ],
)
def test_coded_curves_are_those_of_their_standards(
    code: int, samples: list[float], light: list[float]
) -> None:
    icc = profile_of_chunks(make_chunk(b"cICP", bytes([9, code, 0, 1])))
    assert icc is not None
    curve = profiles._tag(icc, b"gTRC")
    assert curve is not None
    sampled = profiles.sampled(curve)
    assert sampled is not None

    found = np.interp(samples, np.linspace(0, 1, sampled.size), sampled)
    assert found == pytest.approx(light, abs=2e-3)


def test_the_narrow_range_begins_at_16_and_ends_at_235() -> None:
    icc = profile_of_chunks(make_chunk(b"cICP", bytes([1, 13, 0, 0])))
    curve = profiles.sampled(profiles._tag(icc or b"", b"gTRC") or b"")
    assert curve is not None

    assert curve[round(16 / 255 * 4095)] == pytest.approx(0, abs=1e-3)
    assert curve[round(235 / 255 * 4095)] == pytest.approx(1, abs=1e-3)


def test_tiff_says_its_colours_by_tags() -> None:
    page = {
        **{tag: tiff.integers("<", values) for tag, values in PAGE.items()},
        301: tiff.integers("<", (np.linspace(0, 1, 256) * 65535).astype(int).tolist(), tiff.SHORT),
        318: ratios([0.3127, 0.3290]),
        319: ratios([0.68, 0.32, 0.265, 0.69, 0.15, 0.06]),
    }
    icc = decode(tiff.write("<", page) + bytes(3)).icc

    assert far(COLOURS, icc, COLOURS, expected(P3_ENDS, power(1))) <= 1


PAGE = {256: [1], 257: [1], 258: [8, 8, 8], 262: [2], 277: [3], 273: [0], 279: [3]}


def ratios(values: list[float]) -> tiff.Entry:
    packed = b"".join(struct.pack("<II", round(value * 10_000), 10_000) for value in values)
    return tiff.Entry(tiff.RATIONAL, len(values), packed)


def test_exif_that_names_adobe_rgb_keeps_its_meaning() -> None:
    block = tiff.write(
        ">",
        {
            tiff.EXIF_IFD: {
                40961: tiff.integers(">", [0xFFFF], tiff.SHORT),
                40965: {1: tiff.Entry(2, 4, b"R03\0")},
            }
        },
    )
    picture = decode(pillow_file(COLOURS, "JPEG", exif=b"Exif\0\0" + block))
    adobe = expected(profiles.ADOBE_RGB, power(2.19921875))
    plain = decode(pillow_file(COLOURS, "JPEG", exif=b"Exif\0\0" + exif_block(None, "Maker")))
    named = decode(pillow_file(COLOURS, "JPEG", icc_profile=SRGB_PROFILE, exif=b"Exif\0\0" + block))

    assert far(COLOURS, picture.icc, COLOURS, adobe) <= 1
    assert plain.icc is None
    assert named.icc == SRGB_PROFILE


def bmp(kind: int, ends: bytes = bytes(36), gammas: bytes = bytes(12), icc: bytes = b"") -> bytes:
    """A BMP file of one px with a head of version 5."""
    head = struct.pack("<IiiHHIIiiII", 124, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
    head += struct.pack("<4II", 0, 0, 0, 0, kind) + ends + gammas
    head += struct.pack("<IIII", 4, 128 if icc else 0, len(icc), 0)
    return struct.pack("<2sIII", b"BM", 142 + len(icc), 0, 138) + head + bytes(4) + icc


def test_bmp_says_its_colours_in_its_head() -> None:
    embedded = int.from_bytes(b"MBED", "big")
    ends = np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    packed = struct.pack("<9I", *np.rint(ends * 2**30).astype(int).reshape(-1).tolist())
    linear = decode(bmp(0, packed, struct.pack("<3I", 65536, 65536, 65536)))

    assert decode(bmp(embedded, icc=SRGB_PROFILE)).icc == SRGB_PROFILE
    assert far(COLOURS, linear.icc, COLOURS, expected(SRGB, power(1))) <= 1
    for nothing in (bmp(0), bmp(embedded), bmp(int.from_bytes(b"sRGB", "big"))):
        assert decode(nothing).icc is None


def test_cmyk_is_converted_and_needs_no_profile() -> None:
    data = pillow_file(Pillow.new("CMYK", (2, 2)), "JPEG", icc_profile=SRGB_PROFILE)

    assert decode(data).icc is None


@given(st.binary(max_size=300), st.sampled_from(sorted(GREY_PROFILES)), st.integers(0, 200))
@settings(max_examples=200)
def test_any_bytes_in_a_profile_are_read_or_dropped(noise: bytes, name: str, at: int) -> None:
    icc = GREY_PROFILES[name]
    damaged = icc[:at] + noise + icc[at + len(noise) :]
    for each in (damaged, icc[:at], noise):
        found = profiles.of_grey(each)
        assert found is None or profiles.is_whole(found)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=8, max_size=8), st.integers(0, 2**32 - 1))
@settings(max_examples=200)
def test_any_primaries_are_read_or_dropped(ends: list[int], value: int) -> None:
    whole = make_chunk(b"cHRM", struct.pack(">8I", *ends)) + make_chunk(
        b"gAMA", struct.pack(">I", value)
    )
    found = profile_of_chunks(whole)

    assert found is None or profiles.is_whole(found)
