import numpy as np
import pytest
from hypothesis import given

from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.arrays import Image
from paintgraph.nodes.pictures.colour import (
    image_color_to_mask,
    image_invert,
    mask_from_alpha,
    mask_from_color,
)
from paintgraph.nodes.resource_names import checks
from paintgraph.tests.nodes.bench import Bench, image_of, use
from paintgraph.tests.strategies import images

SAMPLES = np.array([[[255, 128, 0], [255, 127, 0], [239, 144, 16], [238, 128, 0]]], np.uint8)
NOTHING = np.zeros((1, 1, 4), np.float32)


@given(images())
def test_invert_undoes_itself_and_turns_transparency_too(image: Image) -> None:
    inverted = image_invert(image)

    assert image_invert(inverted) == pytest.approx(image, abs=1e-6)
    assert image + inverted == pytest.approx(1)


def test_a_colour_is_selected_by_number_exactly_and_by_name_nearly() -> None:
    image = image_of(SAMPLES)

    assert image_color_to_mask(image, 0xFF8000).tolist() == [[[1, 0, 0, 0]]]
    assert mask_from_color(image, "#FF8000", 0).tolist() == [[[1, 0, 0, 0]]]
    assert mask_from_color(image, "#ff8000", 16).tolist() == [[[1, 1, 1, 0]]]
    assert mask_from_color(image, "ff8000", 255).all()


def test_one_spelling_of_colours_serves_every_node(bench: Bench) -> None:
    image = image_of(SAMPLES)

    assert image_color_to_mask(image, "#ff8000").tolist() == [[[1, 0, 0, 0]]]
    assert bench.node("EmptyImage", color="#f80", width=1, height=1).array()[0, 0, 0] == (
        pytest.approx([1, 136 / 255, 0])
    )
    filled = bench.node("FillMasked", image=image, mask=NOTHING + 1, fill="colour", colour="navy")
    assert filled.array() == pytest.approx(np.full((1, 1, 4, 3), [0, 0, 128 / 255]), abs=1e-6)
    shown = bench.node("OverlayMask", image=image, mask=NOTHING + 1, colour="lime", opacity=1.0)
    assert shown.array() == pytest.approx(np.full((1, 1, 4, 3), [0, 1, 0]))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("MaskFromColor", "colour"), ("EmptyImage", "color"), ("PreviewMask", "colour")],
)
def test_a_bad_colour_is_told_before_a_run(bench: Bench, kind: str, name: str) -> None:
    graph = Graph({"it": use(kind, **{name: "ornge"})})

    resources = Resources(checks(bench.assembly.names))
    problems = check(graph, bench.assembly.registry, resources=resources).errors

    assert [each.message for each in problems if each.code == "bad_colour"] == [
        (
            f"node 'it' ({kind}): {name}: 'ornge'; allowed are #rrggbb and #rgb in hexadecimal "
            "digits, and names of CSS such as orange. Did you mean 'orange'?"
        )
    ]


def test_a_magic_wand_selects_around_its_points(bench: Bench) -> None:
    image = np.zeros((1, 5, 13, 3), np.float32)
    image[..., 1:4, :] = image[..., 9:12, :] = (0.8, 0.1, 0.1)  # two bars of one colour

    def columns(**wanted: object) -> list[int]:
        mask = bench.node("MaskFromColor", image=image, measure="perceived", **wanted).array()
        assert (mask == mask[:, :1]).all()
        return [int(column) for column in np.flatnonzero(mask[0, 0])]

    assert columns(points=[10, 2]) == [1, 2, 3, 9, 10, 11]
    assert columns(points=[10, 2], contiguous=True) == [9, 10, 11]
    assert columns(points=[10, 2], contiguous=True, colour="#cc1a1a") == [9, 10, 11]
    assert columns(points=[10, 2, 6, 2], contiguous=True) == [4, 5, 6, 7, 8, 9, 10, 11]


def test_a_selection_without_a_place_to_begin_is_told(bench: Bench) -> None:
    image = image_of(SAMPLES)

    assert bench.node("MaskFromColor", image=image).fault == (
        "nothing_selected",
        (
            "node 'it' (MaskFromColor): there is no colour, but points is empty; needed is at "
            "least one point. Give e.g. 120,80, or a colour."
        ),
    )
    assert bench.node("MaskFromColor", image=image, colour="red", contiguous=True).fault == (
        "nothing_selected",
        (
            "node 'it' (MaskFromColor): contiguous is on, but points is empty; needed is at least "
            "one point. Give e.g. 120,80, or turn contiguous off."
        ),
    )


@given(images(channels=4))
def test_what_is_transparent_is_selected(image: Image) -> None:
    assert np.array_equal(1 - image[..., 3], mask_from_alpha(image))
    assert not mask_from_alpha(image[..., :3]).any()


def test_lines_are_white_on_black(bench: Bench) -> None:
    image = np.zeros((2, 9, 12, 4), np.float32)
    image[..., 3] = 1
    image[1, :, 6:, :3] = 1

    lines = bench.node("Canny", image=image).array()

    assert lines.shape == (2, 9, 12, 3)
    assert not lines[0].any()
    assert np.array_equal(lines[1], np.repeat(lines[1, ..., :1], 3, axis=2))
    assert np.array_equal(lines[1, ..., 0].sum(axis=1), np.ones(9))


def test_a_low_threshold_above_the_high_one_is_told_and_swapped_is_fine(bench: Bench) -> None:
    image = np.zeros((1, 4, 5, 3), np.float32)

    assert bench.node("Canny", image=image, low_threshold=0.8, high_threshold=0.4).fault == (
        "bad_threshold",
        (
            "node 'it' (Canny): low_threshold is 0.8 but high_threshold 0.4; allowed is at most "
            "the same. Swap them."
        ),
    )
    swapped = bench.node("Canny", image=image, low_threshold=0.4, high_threshold=0.8)
    assert swapped.outcome.failures == ()
