"""Nodes that ComfyUI has by the same name give its numbers, for opaque pictures and masks.

Its formulas are written here px by px; `torch` and Pillow, which it computes with, are asked too.
"""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as Pillow

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.geometry.sampling import Method
from paintgraph.nodes.masks import algebra, parts, shape
from paintgraph.nodes.painting.outpaint import image_pad_for_outpaint
from paintgraph.nodes.pictures import batch, colour, fitting, size
from paintgraph.nodes.pictures import parts as pictures
from paintgraph.tests.strategies import images, images_with_masks, masks, sizes

Numbers = NDArray[Any]

CODE = 1.001 / 255
METHODS: list[Method] = ["nearest-exact", "bilinear", "area", "bicubic"]
opaque = images(channels=3)
offsets = st.integers(0, 12)


def agree(actual: Numbers, expected: Numbers, within: float = 1e-5) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=within)


def rows_of(method: Method, old: int, new: int) -> Numbers:
    """How much of each old px the new ones hold, `[new, old]`, by the formulas."""
    shares = np.zeros((new, old))
    for i in range(new):
        if method == "nearest-exact":
            shares[i, math.floor((i + 0.5) * old / new)] = 1
        elif method == "area":
            first, end = math.floor(i * old / new), math.ceil((i + 1) * old / new)
            shares[i, first:end] = 1 / (end - first)
        else:
            centre = (i + 0.5) * old / new - 0.5
            for place in range(math.floor(centre) - 1, math.floor(centre) + 3):
                shares[i, min(max(place, 0), old - 1)] += kernel(method, abs(place - centre))
    return shares


def kernel(method: Method, distance: float) -> float:
    if method == "bilinear":
        return max(0, 1 - distance)
    a = -0.75
    if distance <= 1:
        return (a + 2) * distance**3 - (a + 3) * distance**2 + 1
    return a * distance**3 - 5 * a * distance**2 + 8 * a * distance - 4 * a if distance < 2 else 0


def scaled(image: Numbers, width: int, height: int, method: Method) -> Numbers:
    """Pictures `[B, H, W, C]` or masks `[B, H, W]` at another size."""
    if method == "lanczos":
        codes = np.floor(image * 255 + 1e-3).astype(np.uint8)
        each = [Pillow.fromarray(c).resize((width, height), Pillow.LANCZOS) for c in codes]  # type: ignore[attr-defined]
        return np.stack([np.asarray(picture) for picture in each]) / 255
    down = rows_of(method, image.shape[1], height)
    across = rows_of(method, image.shape[2], width)
    return np.asarray(np.einsum("yh,xw,bhw...->byx...", down, across, image)).clip(0, 1)


def middle(image: Numbers, width: int, height: int) -> Numbers:
    """The picture without what does not fit, as much of it on one side as on the other."""
    old_height, old_width = image.shape[1:3]
    old, new = old_width / old_height, width / height
    x = round((old_width - old_width * (new / old)) / 2) if old > new else 0
    y = round((old_height - old_height * (old / new)) / 2) if old < new else 0
    x, y = min(x, (old_width - 1) // 2), min(y, (old_height - 1) // 2)
    return image[:, y : old_height - y, x : old_width - x]


@given(opaque, sizes(30), st.sampled_from(METHODS))
def test_scaling(image: Image, new: tuple[int, int], method: Method) -> None:
    height, width = new

    agree(size.image_scale(image, method, width, height), scaled(image, width, height, method))
    agree(
        size.image_scale(image, method, width, height, "center"),
        scaled(middle(image, width, height), width, height, method),
    )


@given(opaque, st.integers(1, 30))
def test_a_side_that_follows_is_rounded_and_the_picture_cut_for_it(image: Image, side: int) -> None:
    old_height, old_width = image.shape[1:3]
    width, height = side, max(1, round(old_height * side / old_width))

    agree(
        size.image_scale(image, "bilinear", side, 0, "center"),
        scaled(middle(image, width, height), width, height, "bilinear"),
    )


@given(opaque, sizes(30))
def test_scaling_by_lanczos(image: Image, new: tuple[int, int]) -> None:
    height, width = new

    agree(
        size.image_scale(image, "lanczos", width, height),
        scaled(image, width, height, "lanczos"),
        CODE,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("old", "new"), [((640, 480), (333, 777)), ((500, 300), (128, 1001))])
def test_scaling_of_large_pictures_is_that_of_torch(
    method: Method, old: tuple[int, int], new: tuple[int, int]
) -> None:
    image = np.random.default_rng(5).random((1, *old, 3), np.float32)
    there = torch.nn.functional.interpolate(
        torch.from_numpy(image).movedim(-1, 1), size=new, mode=method
    )

    agree(size.image_scale(image, method, new[1], new[0]), there.movedim(1, -1).clamp(0, 1).numpy())


@given(opaque, st.sampled_from([*METHODS, "lanczos"]), st.floats(0.1, 3))
def test_scaling_by_a_factor_or_to_a_number_of_px(
    image: Image, method: Method, factor: float
) -> None:
    height, width = image.shape[1:3]
    new_width, new_height = max(1, round(width * factor)), max(1, round(height * factor))
    longer = max(width, height)

    agree(
        size.image_scale_by(image, method, factor),
        scaled(image, new_width, new_height, method),
        CODE,
    )
    agree(
        fitting.image_scale_to_max_dimension(image, method, 20),
        scaled(
            image, max(1, round(width / longer * 20)), max(1, round(height / longer * 20)), method
        ),
        CODE,
    )


@given(opaque, opaque)
def test_a_batch_scales_what_joins_it(first: Image, second: Image) -> None:
    height, width = first.shape[1:3]

    agree(
        batch.image_batch(first, second),
        np.concatenate([first, scaled(middle(second, width, height), width, height, "bilinear")]),
    )


@given(opaque, images_with_masks(), st.booleans(), offsets, offsets)
def test_composites_scale_the_mask_to_the_source(
    below: Image, above: tuple[Image, Mask], resizes: Any, x: int, y: int
) -> None:
    source, mask = above[0][..., :3], above[1][:, :5]
    height, width = below.shape[1:3]
    expected = below.astype(np.float64)

    composed = pictures.image_composite_masked(below, source, x, y, resizes, mask)

    if resizes:
        source = scaled(source, width, height, "bilinear")
    mask = scaled(mask, source.shape[2], source.shape[1], "bilinear")
    for item in range(len(below)):
        over, share = source[item % len(source)], mask[item % len(mask)]
        for row in range(y, min(height, y + over.shape[0])):
            for column in range(x, min(width, x + over.shape[1])):
                part = share[row - y, column - x]
                pixel = expected[item, row, column]
                pixel[:] = over[row - y, column - x] * part + pixel * (1 - part)
    agree(composed, expected)


@given(opaque, masks())
def test_alpha_is_what_the_scaled_mask_leaves(image: Image, mask: Mask) -> None:
    joined = pictures.join_image_with_alpha(image, mask)

    alpha = 1 - scaled(mask, image.shape[2], image.shape[1], "bilinear")
    assert np.array_equal(image, joined[..., :3])
    for item, got in enumerate(joined[..., 3]):
        agree(got, alpha[item % len(alpha)])


@given(opaque, opaque, st.floats(0, 1, width=16))
def test_blending_scales_the_second_picture(first: Image, second: Image, share: float) -> None:
    first, second = first[:1], second[:1]
    height, width = first.shape[1:3]
    above = scaled(middle(second, width, height), width, height, "bicubic")

    for mode, expected in (("normal", above), ("multiply", first * above)):
        agree(
            pictures.image_blend(first, second, share, mode),  # type: ignore[arg-type]
            np.clip(first * (1 - share) + expected * share, 0, 1),
        )


@given(images(), *[offsets] * 4, st.integers(0, 6))
def test_new_canvas_is_grey_in_every_channel(  # noqa: PLR0913 - the inputs of the node
    image: Image, left: int, top: int, right: int, bottom: int, feathering: int
) -> None:
    canvas, mask = image_pad_for_outpaint(image, left, top, right, bottom, feathering)

    count, height, width, channels = image.shape
    expected = np.full((count, top + height + bottom, left + width + right, channels), 0.5)
    expected[:, top : top + height, left : left + width] = image
    assert np.array_equal(expected, canvas)
    new = np.ones(expected.shape[1:3])
    for row in range(height):
        for column in range(width):
            far = min(
                row if top else height,
                height - row if bottom else height,
                column if left else width,
                width - column if right else width,
            )
            is_soft = 0 < 2 * feathering < min(height, width) and far < feathering
            new[top + row, left + column] = (1 - far / feathering) ** 2 if is_soft else 0
    agree(mask, np.broadcast_to(new, mask.shape))


@given(images(), st.data())
def test_colours(image: Image, data: st.DataObject) -> None:
    codes = np.rint(image[..., :3].astype(np.float64) * 255).astype(int)
    number = data.draw(st.sampled_from(sorted({*map(tuple, codes.reshape(-1, 3).tolist())})))
    red, green, blue = number
    selected = (codes == number).all(axis=3)

    agree(colour.image_invert(image), 1 - image.astype(float))
    found = colour.image_color_to_mask(image[..., :3], red * 65536 + green * 256 + blue)
    assert np.array_equal(selected, found)


def test_grey_of_a_half_is_code_128_alone() -> None:
    grey = np.full((1, 1, 1, 3), 0.5, np.float32)

    assert colour.image_color_to_mask(grey, 0x808080).all()
    assert not colour.image_color_to_mask(grey, 0x7F7F7F).any()


OPERATIONS = {
    "multiply": lambda below, above: below * above,
    "add": lambda below, above: below + above,
    "subtract": lambda below, above: below - above,
    "and": lambda below, above: np.rint(below) * np.rint(above),
    "or": lambda below, above: np.rint(below) + np.rint(above),
    "xor": lambda below, above: abs(np.rint(below) - np.rint(above)),
}


@given(masks(), masks(batch=1), st.sampled_from(list(OPERATIONS)), offsets, offsets)
def test_masks_on_masks(below: Mask, above: Mask, operation: Any, x: int, y: int) -> None:
    expected = below.astype(np.float64)
    covered = expected[:, y : y + above.shape[1], x : x + above.shape[2]]
    part = above[:, : covered.shape[1], : covered.shape[2]]
    covered[:] = np.clip(OPERATIONS[operation](covered.copy(), part), 0, 1)

    agree(parts.mask_composite(below, above, x, y, operation), expected)


@given(masks(), st.integers(-3, 3), st.booleans())
def test_masks_grow_step_by_step(mask: Mask, expand: int, tapered: Any) -> None:
    height, width = mask.shape[1:]
    reach = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)]
    reach += [] if tapered else [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    best = max if expand > 0 else min
    expected = mask.tolist()
    for _ in range(abs(expand)):
        expected = [
            [
                [
                    best(
                        layer[y + down][x + along]
                        for down, along in reach
                        if 0 <= y + down < height and 0 <= x + along < width
                    )
                    for x in range(width)
                ]
                for y in range(height)
            ]
            for layer in expected
        ]

    assert shape.grow_mask(mask, expand, tapered).tolist() == expected


@given(masks(), st.floats(0, 1, width=32), offsets, offsets, sizes())
def test_masks(mask: Mask, level: float, x: int, y: int, part: tuple[int, int]) -> None:
    height, width = part

    assert np.array_equal(mask > np.float32(level), shape.threshold_mask(mask, level))
    agree(algebra.invert_mask(mask), 1 - mask.astype(float))
    grey = algebra.mask_to_image(mask)
    assert np.array_equal(np.stack([mask] * 3, axis=3), grey)
    assert np.array_equal(grey[..., 0], algebra.image_to_mask(grey, "red"))
    agree(parts.solid_mask(level, width, height), np.full((1, height, width), level))
    if x < mask.shape[2] and y < mask.shape[1]:
        assert np.array_equal(
            mask[:, y : y + height, x : x + width], parts.crop_mask(mask, x, y, width, height)
        )


@given(opaque, offsets, offsets, sizes(), st.integers(1, 3))
def test_pictures_and_their_batches(
    image: Image, x: int, y: int, part: tuple[int, int], count: int
) -> None:
    height, width = part
    left, top = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)
    first = min(x, len(image) - 1)

    cropped = pictures.image_crop(image, width, height, x, y)

    assert np.array_equal(image[:, top : top + height, left : left + width], cropped)
    assert np.array_equal(np.concatenate([image] * count), batch.repeat_image_batch(image, count))
    assert np.array_equal(image[first : first + count], batch.image_from_batch(image, x, count))
    empty = batch.empty_image(width, height, count, 0x4080FF)
    expected = np.broadcast_to([64 / 255, 128 / 255, 1], (count, height, width, 3))
    agree(empty, expected)
