"""What a picture file tells beside its pixels, through load, each recipe that repaints, and save.

The files are made byte by byte (`described`), the results are read by exiftool and Pillow, and the
right values are written down: nothing here trusts the code that it tests.
"""

import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

import paintgraph
from paintgraph.imaging.files.metadata import Kept
from paintgraph.tests.graphs import described

WIDTH, HEIGHT = 60, 40  # as stored; turned by a quarter when seen
TURNED = 6
FORMATS = ("png", "jpg", "webp", "tif")
LEVELS: tuple[Kept, ...] = ("keep", "private", "none")
PHOTO = np.random.default_rng(4).integers(40, 200, (HEIGHT, WIDTH, 3), dtype=np.uint8)
HOLE = np.zeros((WIDTH, HEIGHT), bool)
HOLE[20:36, 10:26] = True

SOURCES = {
    "png": described.described_png(PHOTO, orientation=TURNED),
    "jpg": described.jpeg(PHOTO, orientation=TURNED),
    "webp": described.webp(PHOTO, orientation=TURNED),
    "tif": described.tiff(PHOTO, orientation=TURNED),
}
SCENERY = described.png(np.full((9, 9, 3), 77, np.uint8), {b"tEXt": b"Comment\0of the scenery"})
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "inpaint": {"mask": HOLE, "engine": "telea"},
    "erase_object": {"box": [10, 20, 26, 36], "engine": "telea"},
    "outpaint": {"sides": ["left"], "engine": "telea"},
    "outpaint_to_size": {"ratio": "1:1", "engine": "telea"},
    "outpaint_far": {"sides": ["top"], "engine": "telea"},
    "replace_background_by_mask": {"mask": HOLE, "background": SCENERY},
    "remove_background_by_mask": {"mask": HOLE},
}
TRANSPARENT = {"remove_background_by_mask"}


class Case(NamedTuple):
    """A file of one format, what is made of it, and the format in which that is saved."""

    source: str
    recipe: str
    form: str

    def file(self, level: str) -> str:
        """Name of the result's file."""
        return f"{self.source}-{self.recipe}-{level}.{self.form}"


CASES = [
    Case(source, recipe, form)
    for source in SOURCES
    for recipe in RECIPES
    for form in FORMATS
    if not (form == "jpg" and recipe in TRANSPARENT)
]
each_case = pytest.mark.parametrize("case", CASES, ids="-".join)

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed"
)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[paintgraph.Session]:
    with paintgraph.session(data_dir=tmp_path_factory.mktemp("data")) as session:
        yield session


@pytest.fixture(scope="module")
def folder(session: paintgraph.Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of every source, recipe, level and format."""
    folder = tmp_path_factory.mktemp("results")
    for (source, recipe), cases in groupby(CASES, key=lambda case: (case.source, case.recipe)):
        result = session.run(recipe, {"image": SOURCES[source], **RECIPES[recipe]})
        for case in cases:
            for level in LEVELS:
                result.save(folder / case.file(level), metadata=level)
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """What exiftool reads in every file, by the file's name."""
    command = ["exiftool", "-json", "-a", "-G1", "-n", "-q", str(folder)]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return {Path(one["SourceFile"]).name: one for one in json.loads(output)}


def _sizes(tags: Mapping[str, Any], *names: str) -> set[int]:
    return {tags[name] for name in names if name in tags}


@needs_exiftool
@pytest.mark.parametrize("level", LEVELS)
@each_case
def test_nothing_of_the_old_picture_is_left(
    told: Mapping[str, Mapping[str, Any]], folder: Path, case: Case, level: str
) -> None:
    name = case.file(level)
    tags, data = told[name], (folder / name).read_bytes()
    small = [tag for tag in tags if "Thumbnail" in tag or "Preview" in tag or "IFD1" in tag]
    with Pillow.open(folder / name) as picture:
        width, height = picture.size
        frames = getattr(picture, "n_frames", 1)

    assert not [tag for tag in tags if tag.endswith((":Warning", ":Error"))]
    assert not small
    assert frames == 1
    assert described.thumbnail()[-200:-2] not in data
    assert data.count(b"\xff\xd8\xff") == (case.form == "jpg")
    assert _sizes(tags, "ExifIFD:ExifImageWidth", "XMP-exif:ExifImageWidth") <= {width}
    assert _sizes(tags, "ExifIFD:ExifImageHeight", "XMP-exif:ExifImageHeight") <= {height}
    assert _sizes(tags, "IFD0:Orientation", "XMP-tiff:Orientation") <= {1}
    assert not [tag for tag in tags if tag.lower().endswith(("workflow", "prompt"))]


DENSITY = {
    "png": {"PNG-pHYs:PixelsPerUnitX": 11811, "PNG-pHYs:PixelUnits": 1},
    "jpg": {"JFIF:XResolution": 300, "JFIF:YResolution": 300, "JFIF:ResolutionUnit": 1},
    "webp": {"IFD0:XResolution": 300, "IFD0:YResolution": 300, "IFD0:ResolutionUnit": 2},
    "tif": {"IFD0:XResolution": 300, "IFD0:YResolution": 300, "IFD0:ResolutionUnit": 2},
}


@needs_exiftool
@each_case
def test_what_was_told_is_kept_where_the_format_has_a_place(
    told: Mapping[str, Mapping[str, Any]], case: Case
) -> None:
    tags = told[case.file("keep")]
    expected = {
        "IFD0:Copyright": "(c) Ada 2026",
        "IFD0:Artist": "Ada Secret",
        "ExifIFD:SerialNumber": described.SERIAL,
        "XMP-dc:Title": "A quiet title",
        **DENSITY[case.form],
    }
    if {case.source, case.form} <= {"png", "jpg"}:
        expected["PNG:Comment" if case.form == "png" else "File:Comment"] = "a comment"

    assert {name: tags.get(name) for name in expected} == expected
    assert tags["GPS:GPSLatitude"] == pytest.approx(48 + 8 / 60, abs=1e-6)


@needs_exiftool
@each_case
def test_private_keeps_colour_density_and_copyright_alone(
    told: Mapping[str, Mapping[str, Any]], folder: Path, case: Case
) -> None:
    name = case.file("private")
    data, tags = (folder / name).read_bytes(), told[name]
    expected = {"IFD0:Copyright": "(c) Ada 2026", **DENSITY[case.form]}

    assert {key: tags.get(key) for key in expected} == expected
    for secret in (described.SERIAL, "Ada Secret", "Maker", "A quiet title", "a comment"):
        assert secret.encode() not in data
    assert not [tag for tag in tags if tag.startswith(("GPS", "XMP")) or "Comment" in tag]


@needs_exiftool
@each_case
def test_none_keeps_no_description(
    told: Mapping[str, Mapping[str, Any]], folder: Path, case: Case
) -> None:
    name = case.file("none")
    data, tags = (folder / name).read_bytes(), told[name]

    for secret in (described.SERIAL, "Ada", "Maker", "A quiet title", "a comment"):
        assert secret.encode() not in data
    assert not [tag for tag in tags if tag.startswith(("GPS", "XMP")) or "Comment" in tag]


# Colours as stored, what describes them, and how sRGB shows them: 128 by a linear curve is 188;
# Display P3's (200, 80, 60), by its primaries and sRGB's curve, is (216, 69, 50).
GREY, LIGHT = (128, 128, 128), (188, 188, 188)
P3, P3_SHOWN = (200, 80, 60), (216, 69, 50)
PRIMARIES_P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def _flat(colour: tuple[int, int, int], channels: int = 3) -> described.Samples:
    return np.full((24, 24, channels), (*colour, 255)[:channels], np.uint8)


def _grey() -> described.Samples:
    return np.full((24, 24), 128, np.uint8)


def _iccp(profile: bytes) -> dict[bytes, bytes]:
    return {b"iCCP": b"p\0\0" + zlib.compress(profile)}


def _saved(samples: described.Samples, name: str, profile: bytes) -> bytes:
    file = BytesIO()
    options = {"quality": 100} if name == "JPEG" else {"lossless": True}
    Pillow.fromarray(samples).save(file, name, icc_profile=profile, **options)
    return file.getvalue()


LINEAR_GREY = described.profile(1.0, None)
COLOURS = {
    "png with a linear grey profile": (described.png(_grey(), _iccp(LINEAR_GREY)), LIGHT),
    "16-bit png with a linear grey profile": (
        described.png(_grey().astype(np.uint16) * 257, _iccp(LINEAR_GREY)),
        LIGHT,
    ),
    "jpeg with a linear grey profile": (_saved(_grey(), "JPEG", LINEAR_GREY), LIGHT),
    "tiff with a linear grey profile": (described.tiff(_grey(), icc=LINEAR_GREY), LIGHT),
    "png with gAMA 1.0": (
        described.png(_flat(GREY), {b"gAMA": struct.pack(">I", 100000)}),
        LIGHT,
    ),
    "grey png with gAMA 1.0": (
        described.png(_grey(), {b"gAMA": struct.pack(">I", 100000)}),
        LIGHT,
    ),
    "png with cICP of Display P3": (
        described.png(_flat(P3), {b"cICP": bytes([12, 13, 0, 1])}),
        P3_SHOWN,
    ),
    "png with gAMA 1/2.2 and cHRM of Display P3": (
        described.png(
            _flat(P3),
            {
                b"gAMA": struct.pack(">I", 45455),
                b"cHRM": struct.pack(">8I", *PRIMARIES_P3),
            },
        ),
        (218, 67, 47),
    ),
    "png with sRGB": (described.png(_flat(GREY), {b"sRGB": b"\0"}), GREY),
    "webp with a linear profile": (
        _saved(_flat(GREY), "WEBP", described.profile(1.0, "sRGB")),
        LIGHT,
    ),
    "tiff with a linear profile": (
        described.tiff(_flat(GREY), icc=described.profile(1.0, "sRGB")),
        LIGHT,
    ),
    "jpeg with a linear profile": (
        _saved(_flat(GREY), "JPEG", described.profile(1.0, "sRGB")),
        LIGHT,
    ),
    "png without any": (described.png(_flat(GREY)), GREY),
}


def _shown(data: bytes) -> Any:
    """How a viewer that obeys what the file says shows its upper left px, in sRGB."""
    samples = _samples(data)
    colour: Any = tuple(int(part) // (257 if samples.itemsize > 1 else 1) for part in samples[0, 0])
    with Pillow.open(BytesIO(data)) as picture:
        profile = picture.info.get("icc_profile")
        if profile is not None:
            is_grey = profile[16:20] == b"GRAY"
            one = Pillow.new("L" if is_grey else "RGB", (1, 1), colour[0] if is_grey else colour)
            wanted = ImageCms.createProfile("sRGB")
            kind = ImageCms.Intent.RELATIVE_COLORIMETRIC
            opened = ImageCms.ImageCmsProfile(BytesIO(profile))
            shown = ImageCms.profileToProfile(one, opened, wanted, kind, "RGB")
            assert shown is not None
            return shown.getpixel((0, 0))
    chunks = _chunks(data) if data.startswith(b"\x89PNG") else {}
    code = np.array(colour) / 255
    if b"cICP" in chunks:
        assert chunks[b"cICP"] == bytes([12, 13, 0, 1])
        return _srgb(_TO_SRGB_FROM_P3 @ _linear(code))
    if b"sRGB" in chunks or b"gAMA" not in chunks:
        return colour
    light = code ** (100000 / struct.unpack(">I", chunks[b"gAMA"])[0])
    if b"cHRM" in chunks:
        assert struct.unpack(">8I", chunks[b"cHRM"]) == PRIMARIES_P3
        light = _TO_SRGB_FROM_P3 @ light
    return _srgb(light)


# By IEC 61966-2-1 and the chromaticities of SMPTE EG 432-1.
_P3_TO_XYZ = np.array(
    [
        [0.4865709, 0.2656677, 0.1982173],
        [0.2289746, 0.6917385, 0.0792869],
        [0, 0.0451134, 1.0439444],
    ]
)
_SRGB_TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
_TO_SRGB_FROM_P3 = np.linalg.inv(_SRGB_TO_XYZ) @ _P3_TO_XYZ


def _linear(code: Any) -> Any:
    return np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)


def _srgb(light: Any) -> tuple[int, int, int]:
    light = np.clip(light, 0, 1)
    code = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    red, green, blue = (round(part) for part in 255 * code)
    return red, green, blue


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        found[data[at + 4 : at + 8]] = data[at + 8 : at + 8 + length]
        at += length + 12
    return found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("source", COLOURS)
def test_colours_look_as_they_did(
    session: paintgraph.Session, source: str, form: str, tmp_path: Path
) -> None:
    data, shown = COLOURS[source]
    hole = np.zeros((24, 24), bool)
    hole[8:16, 8:16] = True
    result = session.run("inpaint", image=data, mask=hole, engine="telea")
    for level in LEVELS:
        best = 100 if form == "jpg" else None  # a quality of WebP gives up being lossless
        (file,) = result.save(tmp_path / f"{level}.{form}", metadata=level, quality=best)
        assert np.abs(np.subtract(_shown(file.read_bytes()), shown)).max() <= 2

    assert np.abs(np.subtract(_shown(data), shown)).max() <= 1  # what is written down is right


DEEP = np.random.default_rng(5).integers(0, 65536, (HEIGHT, WIDTH, 4), dtype=np.uint16)
EXACT = {
    "8-bit png": described.png(PHOTO),
    "8-bit tiff": described.tiff(PHOTO),
    "8-bit webp": described.webp(PHOTO),
    "8-bit png with alpha": described.png((DEEP >> 8).astype(np.uint8)),
    "8-bit webp with alpha": described.webp((DEEP >> 8).astype(np.uint8)),
    "8-bit tiff with alpha": described.tiff((DEEP >> 8).astype(np.uint8)),
    "16-bit png": described.png(DEEP[..., :3]),
    "16-bit tiff": described.tiff(DEEP[..., :3]),
    "16-bit png with alpha": described.png(DEEP),
    "16-bit tiff with alpha": described.tiff(DEEP),
    "grey png": described.png(PHOTO[..., 0]),
    "16-bit grey png": described.png(DEEP[..., 0]),
    "grey png with alpha": described.png((DEEP[..., :2] >> 8).astype(np.uint8)),
}


def _samples(data: bytes) -> Any:
    """The samples of a file, RGB or RGBA, at their depth."""
    with Pillow.open(BytesIO(data)) as picture:
        if picture.mode not in {"I;16", "I;16B"} and b"16" not in str(picture.tile).encode():
            return np.asarray(picture.convert("RGBA" if "A" in picture.mode else "RGB"))
    read: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if read.ndim == 2:
        return np.repeat(read[..., np.newaxis], 3, axis=2)
    return read[..., [2, 1, 0, 3][: read.shape[2]]]


@pytest.mark.parametrize("form", ["png", "tif", "webp"])
@pytest.mark.parametrize("recipe", ["inpaint", "outpaint", "replace_background_by_mask"])
@pytest.mark.parametrize("source", EXACT)
def test_every_sample_outside_the_mask_is_kept(
    session: paintgraph.Session, source: str, recipe: str, form: str, tmp_path: Path
) -> None:
    data = EXACT[source]
    before = _samples(data)
    if form == "webp" and before.dtype == np.uint16:
        before = (before // 257).astype(np.uint8)  # 8 bits truncate
    hole = np.zeros((HEIGHT, WIDTH), bool)
    hole[10:26, 20:36] = True
    inputs = dict(RECIPES[recipe])
    if "mask" in inputs:
        inputs["mask"] = hole
    (file,) = session.run(recipe, {"image": data, **inputs}).save(tmp_path / f"it.{form}")
    after = _samples(file.read_bytes())
    kept = hole if recipe == "replace_background_by_mask" else ~hole  # white is the subject
    if recipe == "outpaint":
        after, kept = after[:, -WIDTH:], np.ones_like(hole)
    if recipe == "replace_background_by_mask" and before.shape[2] == 4:
        kept = kept & (before[..., 3] == np.iinfo(before.dtype).max)  # else scenery shines through

    assert after.dtype == before.dtype
    assert after.shape[2] >= before.shape[2] - (recipe == "replace_background_by_mask")
    assert (after[kept][:, : before.shape[2]] == before[kept][:, : after.shape[2]]).all()
