import base64
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example
from hypothesis import given as for_all
from hypothesis import strategies as st
from PIL import Image as Pillow

from paintgraph.base.naming import name_fault
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.nodes.pictures.naming import with_source
from paintgraph.nodes.sockets import Array
from paintgraph.tests.imaging.files import SRGB, exif_block, png_file
from paintgraph.tests.nodes.bench import (
    Bench,
    Ran,
    Samples,
    bench_in,
    given,
    image_of,
    noise,
    png,
    samples_of,
    use,
)

RGBA = noise(7, 9, 4)
EXIF = exif_block(maker="a maker")
FORMS = (
    "'sha256:...' of an earlier picture, a 'data:' URL, or the name of a file in the input folder"
)


def data_url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def load(bench: Bench, reference: object, **inputs: object) -> Value:
    ran = bench.node("LoadImage", image=reference, **inputs)
    assert ran.outcome.failures == ()
    return ran.value()


def linked(reference: str) -> dict[str, Node]:
    """A graph in which the name reaches the node by a link."""
    return {
        "name": Node("Switch", {"switch": True, "on_true": reference}),
        "it": Node("LoadImage", {"image": Link("name", 0)}),
    }


def rich_png(samples: Samples) -> bytes:
    """A 16-bit PNG with profile and EXIF."""
    height, width, channels = samples.shape
    return png_file(
        [row.astype(">u2").tobytes() for row in samples.reshape(height, -1)],
        width=width,
        depth=16,
        colour={3: 2, 4: 6}[channels],
        extra={b"iCCP": b"sRGB\0\0" + zlib.compress(SRGB), b"eXIf": EXIF},
    )


def test_transparency_becomes_the_mask(bench: Bench) -> None:
    ran = bench.node("LoadImage", image=bench.put("rgba.png", png(RGBA)))

    assert np.array_equal(image_of(RGBA)[..., :3], ran.array())
    assert np.array_equal(1 - image_of(RGBA)[..., 3], ran.array(output=1))


def test_transparency_can_be_kept(bench: Bench) -> None:
    ran = bench.node("LoadImage", image=bench.put("rgba.png", png(RGBA)), alpha="keep")

    assert np.array_equal(image_of(RGBA), ran.array())
    assert np.array_equal(1 - image_of(RGBA)[..., 3], ran.array(output=1))


@pytest.mark.parametrize("alpha", ["mask", "keep"])
def test_an_opaque_picture_selects_nothing(bench: Bench, alpha: str) -> None:
    name = bench.put("rgb.png", png(noise(7, 9)))
    ran = bench.node("LoadImage", image=name, alpha=alpha)

    assert np.array_equal(image_of(noise(7, 9)), ran.array())
    assert np.array_equal(np.zeros((1, 7, 9)), ran.array(output=1))


@pytest.mark.parametrize("by_link", [False, True])
@pytest.mark.parametrize(
    "form", ["name", "suffix", "subfolder", "both", "inside", "blob", "data", "link_inside"]
)
def test_a_picture_can_be_named_in_many_ways(
    bench: Bench,
    form: str,
    by_link: bool,  # noqa: FBT001 - a case
) -> None:
    file = png(RGBA)
    bench.put("named.png", file)
    bench.put("some folder/named.png", file)
    link = bench.inputs / "link.png"
    if not link.exists():
        link.symlink_to("some folder/named.png")
    reference = {
        "name": "named.png",
        "suffix": "named.png [input]",
        "subfolder": "some folder/named.png",
        "both": "some folder/named.png [input]",
        "inside": "some folder/../named.png",
        "blob": bench.assembly.blobs.put(file),
        "data": data_url(file),
        "link_inside": "link.png",
    }[form]

    ran = bench.run(linked(reference)) if by_link else bench.node("LoadImage", image=reference)

    assert np.array_equal(image_of(RGBA)[..., :3], ran.array())


def test_a_mask_has_the_depth_of_its_picture_and_nothing_else_of_it(bench: Bench) -> None:
    name = bench.put("rich.png", rich_png(noise(5, 6, 4, depth=16)))
    nodes = {
        "photo": Node("LoadImage", {"image": name}),
        "it": Node("LoadImageMask", {"image": name}),
        "by_link": Node("LoadImageMask", {"image": Link("photo", 0), "channel": "red"}),
        "shown": Node("MaskToImage", {"mask": Link("it", 0)}),
        "back": Node("ImageToMask", {"image": Link("shown", 0)}),
    }

    ran = bench.run(nodes)

    assert ran.value("photo", 1).facts == {"depth": 16}
    assert [ran.value(id_).facts for id_ in ("it", "by_link", "shown", "back")] == [
        {"depth": 16}
    ] * 4


def test_a_picture_passes_through_with_its_facts(bench: Bench) -> None:
    name = bench.put("rich.png", rich_png(noise(5, 6, 4, depth=16)))
    nodes = {
        "photo": Node("LoadImage", {"image": name, "alpha": "keep"}),
        "it": Node("LoadImage", {"image": Link("photo", 0), "alpha": "keep"}),
        "opaque": Node("LoadImage", {"image": Link("photo", 0)}),
    }

    ran = bench.run(nodes)

    photo = ran.value("photo")
    assert photo.facts == {"depth": 16, "icc": SRGB, "exif": EXIF}
    assert ran.value().data is photo.data
    assert ran.value().facts == photo.facts
    assert ran.value("opaque").facts == photo.facts
    assert np.array_equal(photo.data[..., :3], ran.array("opaque"))
    assert np.array_equal(1 - photo.data[..., 3], ran.array("opaque", 1))


WRONG = {
    "../secret.png": (
        "outside_input_folder",
        (
            "'../secret.png' lies outside the input folder; graphs read files in it only. "
            "Copy the picture there, or make it an input of the recipe."
        ),
    ),
    "a/../../secret.png [input]": (
        "outside_input_folder",
        (
            "'a/../../secret.png [input]' lies outside the input folder; graphs read "
            "files in it only. Copy the picture there, or make it an input of the recipe."
        ),
    ),
    "/etc/hostname": (
        "outside_input_folder",
        (
            "'/etc/hostname' lies outside the input folder; graphs read files in it only. "
            "Copy the picture there, or make it an input of the recipe."
        ),
    ),
    "out.png": (
        "outside_input_folder",
        (
            "'out.png' lies outside the input folder; graphs read files in it only. "
            "Copy the picture there, or make it an input of the recipe."
        ),
    ),
    "a\0b.png": ("bad_reference", f"'a\0b.png' names no picture; allowed are {FORMS}. Name one."),
    "": ("bad_reference", f"'' names no picture; allowed are {FORMS}. Name one."),
    "missing.png": (
        "no_such_file",
        (
            "there is no file 'missing.png' in the input folder; allowed are "
            f"{FORMS}. Check the spelling."
        ),
    ),
    "folder": (
        "no_such_file",
        (
            "there is no file 'folder' in the input folder; allowed are "
            f"{FORMS}. Check the spelling."
        ),
    ),
    "http://example.org/a.png": (
        "address_refused",
        (
            f"'http://example.org/a.png' is a web address; the command line reads {FORMS}. "
            "Download the picture first."
        ),
    ),
    "data:image/png;base64,####": (
        "bad_data_url",
        (
            "the data URL 'data:image/png;base64,####' is damaged: this looks like base64, but '#' "
            "is none of its characters (character 23); allowed are A to Z, a to z, 0 to 9, + and "
            "/, or - and _ in their place, and = at the end. Encode the picture again."
        ),
    ),
    "data:image/png,raw": (
        "bad_data_url",
        (
            "'data:image/png,raw' is no data URL with base64; it starts 'data:image/png;base64,'. "
            "Encode the picture so."
        ),
    ),
}


@pytest.fixture
def bench_beside_a_secret(bench: Bench) -> Bench:
    secret = bench.inputs.parent / "secret.png"
    secret.write_bytes(png(RGBA))
    (bench.inputs / "folder").mkdir(exist_ok=True)
    if not (bench.inputs / "out.png").is_symlink():
        (bench.inputs / "out.png").symlink_to(secret)
    return bench


@pytest.mark.parametrize("reference", WRONG)
def test_a_wrong_name_is_refused_before_the_run(
    bench_beside_a_secret: Bench, reference: str
) -> None:
    code, message = WRONG[reference]
    with pytest.raises(GraphError) as caught:
        bench_beside_a_secret.node("LoadImage", image=reference)

    (problem,) = caught.value.problems
    said = message
    assert (problem.code, problem.message) == (code, f"node 'it' (LoadImage): image: {said}")
    assert (problem.node, problem.input) == ("it", "image")


@pytest.mark.parametrize("reference", WRONG)
def test_a_wrong_name_that_comes_by_a_link_fails_the_node(
    bench_beside_a_secret: Bench, reference: str
) -> None:
    code, message = WRONG[reference]
    ran = bench_beside_a_secret.run(linked(reference), ["it"])

    said = message
    assert ran.fault == (code, f"node 'it' (LoadImage): {said}")


def test_a_blob_that_is_not_there_is_refused(bench: Bench) -> None:
    with pytest.raises(GraphError) as caught:
        bench.node("LoadImage", image="sha256:" + "0" * 64)

    (problem,) = caught.value.problems
    assert problem.message == (
        f"node 'it' (LoadImage): image: there is no picture 'sha256:{'0' * 64}' here. "
        "Upload it again."
    )


def test_a_digest_is_no_way_out_of_the_blobs(bench_beside_a_secret: Bench) -> None:
    secret = bench_beside_a_secret.inputs.parent / "secret.png"
    for reference in (f"sha256:{secret}", "sha256:"):
        with pytest.raises(GraphError):
            bench_beside_a_secret.node("LoadImage", image=reference)
        assert bench_beside_a_secret.run(linked(reference), ["it"]).outcome.state == "failed"


@pytest.mark.parametrize(
    "reference",
    [
        "a" * 5000,
        "loop.png",
        "data:image/png;base64,ä",
    ],
)
def test_an_odd_name_is_refused_like_any_other(bench: Bench, reference: str) -> None:
    if not (bench.inputs / "loop.png").is_symlink():
        (bench.inputs / "loop.png").symlink_to("loop.png")
    with pytest.raises(GraphError):
        bench.node("LoadImage", image=reference)


def test_what_is_no_picture_fails_the_node(bench: Bench) -> None:
    ran = bench.node("LoadImage", image=bench.put("words.png", b"no picture"))

    assert ran.fault[0] == "not_a_picture"


@pytest.mark.parametrize("by_link", [False, True])
def test_a_file_that_changes_between_runs_gives_another_result(
    tmp_path: Path,
    by_link: bool,  # noqa: FBT001 - a case
) -> None:
    old, new = noise(5, 6, seed=1), noise(5, 6, seed=2)
    nodes = linked("photo.png") if by_link else {"it": use("LoadImage", image="photo.png")}
    nodes["shown"] = Node("SoftenMask", {"mask": Link("grey", 0)})
    nodes["grey"] = Node("ImageToMask", {"image": Link("it", 0)})
    with bench_in(tmp_path, memory_bytes=1 << 20) as bench:
        bench.put("photo.png", png(old))
        first = bench.run(nodes, job="first")
        again = bench.run(nodes, job="second")
        bench.put("photo.png", png(new))
        changed = bench.run(nodes, job="third")

    assert np.array_equal(image_of(old), first.array())
    assert np.array_equal(image_of(old), again.array())
    assert np.array_equal(image_of(new), changed.array())
    # What follows is known by the content of the picture, however it was named.
    assert again.array("shown") is first.array("shown")
    assert not np.array_equal(first.array("shown"), changed.array("shown"))


@pytest.mark.parametrize("index", range(3))
def test_a_mask_is_read_from_a_channel(bench: Bench, index: int) -> None:
    name = bench.put("rgba.png", png(RGBA))
    ran = bench.node("LoadImageMask", image=name, channel=("red", "green", "blue")[index])

    assert np.array_equal(image_of(RGBA)[..., index], ran.array())


def test_a_channel_is_as_it_is_stored_unless_it_is_to_be_clean(bench: Bench) -> None:
    mask = np.full((40, 40, 3), 3, np.uint8)
    mask[10:20, 15:30] = 255
    name = bench.put("ground.png", png(mask))

    def red(**inputs: object) -> Ran:
        return bench.node("LoadImageMask", image=name, channel="red", **inputs)

    assert np.array_equal(image_of(mask)[..., 0], red().array())
    assert np.array_equal(mask[np.newaxis, ..., 0] == 255, red(clean=True).array())
    assert "The black of the mask is 3/255" in red(clean=True).warnings[0]
    luminance = bench.node("LoadImageMask", image=name, channel="luminance").array()
    assert np.array_equal(red(clean=True).array(), luminance)


def test_a_mask_is_read_from_transparency_or_luminance(bench: Bench) -> None:
    name = bench.put("rgba.png", png(RGBA))
    opaque = bench.put("rgb.png", png(RGBA[..., :3]))
    grey = bench.put("grey.png", png(RGBA[..., 0]))

    assert np.array_equal(
        1 - image_of(RGBA)[..., 3], bench.node("LoadImageMask", image=name).array()
    )
    assert not bench.node("LoadImageMask", image=opaque).array().any()
    luminance = bench.node("LoadImageMask", image=grey, channel="luminance").array()
    assert luminance == pytest.approx(image_of(RGBA)[..., 0], abs=1e-6)


@pytest.mark.parametrize("channel", ["alpha", "red", "luminance"])
def test_a_mask_that_is_one_already_passes_through(bench: Bench, channel: str) -> None:
    mask: Array = np.linspace(0, 1, 12, dtype=np.float32).reshape(1, 3, 4)

    assert np.array_equal(mask, bench.node("LoadImageMask", image=mask, channel=channel).array())


def test_a_picture_may_be_linked_where_a_mask_is_read(bench: Bench) -> None:
    ran = bench.node("LoadImageMask", image=image_of(RGBA), channel="green")

    assert np.array_equal(image_of(RGBA)[..., 1], ran.array())


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("form", ["png", "tiff"])
def test_depth_profile_and_exif_reach_the_file(bench: Bench, channels: int, form: str) -> None:
    samples = noise(5, 6, channels, depth=16)
    mask: Array = np.zeros((1, 5, 6), np.float32)
    mask[:, 2, 3] = 1
    nodes = {
        "photo": Node(
            "LoadImage", {"image": bench.put("rich.png", rich_png(samples)), "alpha": "keep"}
        ),
        "filled": use("FillMasked", image=Link("photo", 0), mask=mask),
        "painted": use("InpaintSampler", image=Link("filled", 0), mask=mask, engine="telea"),
        "scaled": Node("ImageScaleBy", {"image": Link("painted", 0)}),
        "canvas": Node("PadForOutpaint", {"image": Link("scaled", 0), "left": 1}),
        "it": Node(
            "SaveImage",
            {"images": Link("canvas", 0), "format": form, "filename_prefix": "a/rich"},
        ),
    }

    ran = bench.run(nodes)

    (effect,), (file,) = ran.effects, ran.files
    assert (effect.prefix, effect.folder, effect.ui) == ("a/rich", "output", "images")
    assert (effect.suffix, effect.media_type) == {
        "png": (".png", "image/png"),
        "tiff": (".tif", "image/tiff"),
    }[form]
    written = samples_of(file)
    outside = mask[0] == 0
    assert written.dtype == np.uint16
    assert np.array_equal(samples[outside], written[:, 1:][outside])
    assert load(bench, effect.blob).facts["icc"] == SRGB
    with Pillow.open(BytesIO(file)) as read:
        assert read.info["icc_profile"] == SRGB
        assert read.getexif()[271] == "a maker"
    assert ran.warnings == []


def test_each_picture_of_a_batch_becomes_a_file(bench: Bench) -> None:
    batch = np.concatenate([image_of(noise(3, 4, seed=seed)) for seed in range(3)])
    ran = bench.node("SaveImage", images=batch)

    assert [effect.prefix for effect in ran.effects] == ["paintgraph"] * 3
    for seed, file in enumerate(ran.files):
        assert np.array_equal(noise(3, 4, seed=seed), samples_of(file))


def test_a_name_tells_the_size_and_the_place_of_each_picture(bench: Bench) -> None:
    batch = np.concatenate([image_of(noise(3, 4))] * 2)
    prefix = "%width%x%height%/%batch_num%-%width%_%year%"

    ran = bench.node("SaveImage", images=batch, filename_prefix=prefix)

    assert [effect.prefix for effect in ran.effects] == ["4x3/0-4_%year%", "4x3/1-4_%year%"]


def test_a_name_tells_the_source_of_each_picture_of_a_folder(bench: Bench) -> None:
    for name in ("b.v2.png", "a.png", "100%year%.png"):
        bench.put(f"in/{name}", png(noise(3, 4)))
    nodes = {
        "files": Node("LoadImagesFromFolder", {"folder": "in"}),
        "photo": Node("LoadImage", {"image": Link("files", 0)}),
        "saved": Node(
            "SaveImage",
            {
                "images": Link("photo", 0),
                "source": Link("files", 0),
                "filename_prefix": "%source%/clean_%source%",
            },
        ),
    }

    assert [effect.prefix for effect in bench.run(nodes).effects] == [
        "100_year_/clean_100_year_",
        "a/clean_a",
        "b.v2/clean_b.v2",
    ]


@for_all(st.text(), st.sampled_from(["%source%", "a/%source%-%source%", "%source%/%source%_b"]))
@example("..", "%source%/%source%_b")
def test_a_source_gives_a_name_that_files_can_have(source: str, prefix: str) -> None:
    filled = with_source(prefix, source)

    assert name_fault(filled) == ""
    assert "%source%" not in filled
    assert filled.count("/") == prefix.count("/")


def _save(bench: Bench, form: str, facts: dict[str, Any], channels: int = 3) -> Any:
    value = given(image_of(noise(8, 9, channels)), facts)
    return bench.run({"it": Node("SaveImage", {"images": value, "format": form})})


def test_jpeg_is_written_with_a_warning(bench: Bench) -> None:
    ran = _save(bench, "jpeg", {"depth": 8, "icc": SRGB})

    assert ran.warnings == ["JPEG changes pixels a little when it is written. PNG does not."]
    assert (ran.effects[0].suffix, ran.effects[0].media_type) == (".jpg", "image/jpeg")
    with Pillow.open(BytesIO(ran.files[0])) as read:
        assert (read.format, read.size, read.info["icc_profile"]) == ("JPEG", (9, 8), SRGB)


def test_a_better_jpeg_is_a_larger_one(bench: Bench) -> None:
    images = image_of(noise(32, 32))
    small, large = (
        bench.node("SaveImage", images=images, format="jpeg", quality=quality).files[0]
        for quality in (10, 100)
    )

    assert len(small) < len(large)


def test_jpeg_holds_no_alpha(bench: Bench) -> None:
    assert _save(bench, "jpeg", {}, channels=4).fault == (
        "unsupported_picture",
        (
            "node 'it' (SaveImage): picture: has alpha, which JPEG cannot hold; allowed is RGB. "
            "Choose PNG or WEBP, or drop the alpha first."
        ),
    )


def test_webp_keeps_8_bits_and_warns_of_16(bench: Bench) -> None:
    eight, sixteen = _save(bench, "webp", {}, channels=4), _save(bench, "webp", {"depth": 16})

    assert eight.warnings == []
    assert sixteen.warnings == ["WEBP holds 8 of the picture's 16 bits a sample. PNG holds all."]
    assert np.array_equal(noise(8, 9, 4), samples_of(eight.files[0]))
    assert np.array_equal(noise(8, 9), samples_of(sixteen.files[0]))


def test_a_preview_is_a_png_that_is_not_kept(bench: Bench) -> None:
    ran = bench.node("PreviewImage", images=image_of(RGBA))

    (effect,) = ran.effects
    assert (effect.folder, effect.prefix, effect.suffix, effect.media_type) == (
        "temp",
        "preview",
        ".png",
        "image/png",
    )
    assert np.array_equal(RGBA, samples_of(ran.files[0]))


@pytest.mark.parametrize("given_", [("a", "b"), ("a",), ("b",), ()])
def test_pictures_are_compared_without_keeping_them(bench: Bench, given_: tuple[str, ...]) -> None:
    pictures = {f"image_{side}": image_of(noise(3, 4, seed=ord(side))) for side in given_}

    ran = bench.node("ImageCompare", **pictures)

    assert [(e.prefix, e.folder, e.ui) for e in ran.effects] == [
        (f"compare_{side}", "temp", f"{side}_images") for side in given_
    ]
    for side, data in zip(given_, ran.files, strict=True):
        assert np.array_equal(samples_of(data), noise(3, 4, seed=ord(side)))


def test_a_compared_picture_keeps_its_depth_and_says_nothing_private(bench: Bench) -> None:
    name = bench.put("rich.png", rich_png(noise(5, 6, 3, depth=16)))
    nodes = {
        "photo": Node("LoadImage", {"image": name}),
        "it": Node("ImageCompare", {"image_b": Link("photo", 0)}),
    }

    (data,) = bench.run(nodes).files

    assert np.array_equal(samples_of(data), noise(5, 6, 3, depth=16))
    assert b"iCCP" in data
    assert b"eXIf" not in data


def test_a_picture_of_the_outputs_is_read_as_any_other(bench: Bench) -> None:
    name = bench.put("rich.png", rich_png(noise(5, 6, 4, depth=16)))

    loaded, same = (bench.node(kind, image=name) for kind in ("LoadImage", "LoadImageOutput"))

    assert np.array_equal(loaded.array(), same.array())
    assert np.array_equal(loaded.array(output=1), same.array(output=1))
    assert loaded.value().facts == same.value().facts


@pytest.mark.parametrize("kind", ["SaveImage", "PreviewImage"])
def test_a_picture_that_is_saved_or_shown_is_passed_on_with_its_facts(
    bench: Bench, kind: str
) -> None:
    name = bench.put("rich.png", rich_png(noise(5, 6, 4, depth=16)))
    nodes = {
        "photo": Node("LoadImage", {"image": name, "alpha": "keep"}),
        "it": Node(kind, {"images": Link("photo", 0)}),
    }

    ran = bench.run(nodes)

    assert ran.value().data is ran.value("photo").data
    assert ran.value().facts == ran.value("photo").facts
    assert len(ran.files) == 1
