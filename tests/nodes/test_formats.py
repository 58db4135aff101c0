"""`same`: a picture is saved in the format of the file that it comes from."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.nodes.pictures.formats import format_for
from paintgraph.tests.nodes.bench import Bench, Ran, noise, use

READ_ONLY = dict.fromkeys(("BMP", "GIF"), "PNG")
SAVED = {**{form: form for form in ("PNG", "JPEG", "WEBP", "TIFF", "AVIF")}, **READ_ONLY}
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "TIFF": ".tif", "AVIF": ".avif"}


def _file(form: str, channels: int = 3) -> bytes:
    stream = BytesIO()
    Pillow.fromarray(noise(8, 9, channels)).save(stream, form)
    return stream.getvalue()


def _format(ran: Ran) -> str | None:
    (file,) = ran.files
    with Pillow.open(BytesIO(file)) as picture:
        return picture.format


def _through_nodes(bench: Bench, form: str, channels: int = 3, **saving: object) -> Ran:
    photo = bench.put(f"photo.{form.lower()}", _file(form, channels))
    nodes = {
        "photo": Node("LoadImage", {"image": photo, "alpha": "keep"}),
        "canvas": Node("PadForOutpaint", {"image": Link("photo", 0), "left": 2}),
        "scaled": Node("ImageScaleBy", {"image": Link("canvas", 0), "scale_by": 2}),
        "it": Node("SaveImage", {"images": Link("scaled", 0), **saving}),
    }
    return bench.run(nodes, ["it"])


@pytest.mark.parametrize("form", SAVED)
def test_the_format_follows_through_nodes(bench: Bench, form: str) -> None:
    ran = _through_nodes(bench, form, format="same")

    assert ran.outcome.failures == ()
    assert _format(ran) == SAVED[form]
    assert ran.effects[0].suffix == SUFFIXES[SAVED[form]]
    assert ran.effects[0].media_type == f"image/{SAVED[form].lower()}"


@pytest.mark.parametrize("form", READ_ONLY)
def test_what_cannot_be_written_becomes_png_with_a_warning(bench: Bench, form: str) -> None:
    ran = _through_nodes(bench, form, format="same")

    assert ran.warnings == [f"{form} is read only; the picture is saved as PNG instead."]


def test_a_jpeg_whose_background_was_removed_becomes_png_with_a_warning(bench: Bench) -> None:
    mask = np.zeros((1, 8, 9), np.float32)
    nodes = {
        "photo": Node("LoadImage", {"image": bench.put("photo.jpg", _file("JPEG"))}),
        "cut": use("JoinImageWithAlpha", image=Link("photo", 0), alpha=mask),
        "it": Node("SaveImage", {"images": Link("cut", 0), "format": "same"}),
    }

    ran = bench.run(nodes, ["it"])

    assert _format(ran) == "PNG"
    assert ran.warnings == ["JPEG holds no transparency; the picture is saved as PNG instead."]


@pytest.mark.parametrize("form", SAVED)
def test_png_stays_what_is_saved_unless_something_else_is_asked_for(
    bench: Bench, form: str
) -> None:
    ran = _through_nodes(bench, form)

    assert (_format(ran), ran.warnings) == ("PNG", [])


def test_a_picture_of_no_file_is_saved_as_png(bench: Bench) -> None:
    nodes = {
        "mask": Node("SolidMask", {"width": 4, "height": 4}),
        "shown": Node("MaskToImage", {"mask": Link("mask", 0)}),
        "it": Node("SaveImage", {"images": Link("shown", 0), "format": "same"}),
    }

    ran = bench.run(nodes, ["it"])

    assert (_format(ran), ran.warnings) == ("PNG", [])


def test_a_png_has_the_facts_that_it_had(bench: Bench) -> None:
    """Its format is the default: a fact of it would make what is kept of it useless."""
    facts = bench.node("LoadImage", image=bench.put("photo.png", _file("PNG"))).value().facts

    assert dict(facts) == {"depth": 8}


@pytest.mark.parametrize("form", ["jpeg", "webp", "tiff", "png"])
def test_a_format_that_is_named_is_what_is_saved(form: str) -> None:
    facts = {"format": "bmp"}

    assert format_for(form, facts, has_alpha=True) == (form, "")  # type: ignore[arg-type]


def test_a_folder_comes_back_in_its_formats(bench: Bench) -> None:
    names = [bench.put(f"p{place}", _file(form)) for place, form in enumerate(SAVED)]
    inputs = {
        "names": names,
        "recipe_name": "outpaint",
        "settings": '{"engine": "telea"}',
        "format": "same",
    }

    ran = bench.run({"it": Node("MapImages", inputs)})

    assert ran.outcome.failures == ()
    assert {effect.prefix[-2:]: effect.suffix for effect in ran.effects} == {
        f"p{place}": SUFFIXES[form] for place, form in enumerate(SAVED.values())
    }


def test_a_long_name_is_cut_so_that_its_results_can_be_written(bench: Bench) -> None:
    names = [bench.put(f"{'日' * 80}{n}.png", _file("PNG")) for n in range(2)]
    inputs = {"names": names, "recipe_name": "outpaint", "settings": '{"engine": "telea"}'}

    ran = bench.run({"it": Node("MapImages", {**inputs, "filename_prefix": "a/wide"})})

    prefixes = [effect.prefix for effect in ran.effects]
    assert prefixes == [f"a/wide_{'日' * 79}"] * 2
    assert len(f"{prefixes[0]}_00001_.webp".removeprefix("a/").encode()) <= 255


def test_pictures_that_no_file_names_are_named_after_the_prefix_alone(bench: Bench) -> None:
    names = [bench.put("a:b.png", _file("PNG")), bench.assembly.blobs.put(_file("PNG"))]
    inputs = {"names": names, "recipe_name": "outpaint", "settings": '{"engine": "telea"}'}

    ran = bench.run({"it": Node("MapImages", inputs)})

    assert {effect.prefix for effect in ran.effects} == {"paintgraph_a:b", "paintgraph"}
