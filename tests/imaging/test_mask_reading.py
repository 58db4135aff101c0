import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.masks.algebra import from_image, to_image
from paintgraph.imaging.masks.reading import read_mask
from paintgraph.imaging.samples import quantise
from paintgraph.tests.strategies import images, masks


@given(images(channels=4))
def test_luminance_selects_nothing_where_alpha_is_0(image: Image) -> None:
    mask = from_image(image)

    assert not mask[image[..., 3] == 0].any()
    assert (mask <= image[..., 3]).all()
    opaque = image[..., 3] == 1
    assert np.array_equal(mask[opaque], from_image(image[..., :3])[opaque])


@given(images(channels=4), st.data())
def test_a_mask_never_depends_on_colours_that_cannot_be_seen(
    image: Image, data: st.DataObject
) -> None:
    other = data.draw(images(size=image.shape[1:3], batch=len(image), channels=3))
    hidden = image[..., 3:] == 0
    changed = np.concatenate([np.where(hidden, other, image[..., :3]), image[..., 3:]], axis=3)

    assert np.array_equal(read_mask(image).mask, read_mask(changed).mask)


@given(masks())
def test_a_soft_mask_from_a_lossless_file_stays_exact(mask: Mask) -> None:
    read = read_mask(to_image(mask))

    assert np.array_equal(mask, read.mask)
    assert read.notes == ()


@pytest.mark.parametrize("depth", [8, 16])
def test_every_level_of_grey_stays_what_it_is(depth: int) -> None:
    codes = np.arange(1 << depth)
    grey = np.divide(codes, codes[-1], dtype=np.float32).reshape(1, 1, -1)

    assert np.array_equal(read_mask(to_image(grey)).mask, grey)
    assert np.array_equal(quantise(from_image(to_image(grey)), depth)[0, 0], codes)


def test_a_ramp_that_begins_just_above_black_stays_a_ramp() -> None:
    ramp = np.linspace(2 / 255, 1, 4000, dtype=np.float32).reshape(1, 40, 100)

    read = read_mask(to_image(ramp))

    assert np.array_equal(ramp, read.mask)
    assert read.notes == ()


def test_a_flat_ground_just_above_black_is_not_selected_and_soft_edges_stay() -> None:
    mask = np.full((1, 40, 50), 3 / 255, np.float32)
    mask[0, 10:20, 10:20] = 1
    mask[0, 20, 10:20] = 0.5
    expected = np.where(mask == mask.min(), np.float32(0), mask)

    read = read_mask(to_image(mask))

    assert np.array_equal(expected, read.mask)
    (note,) = read.notes
    assert note == (
        "The black of the mask is 3/255 and not 0; it was taken as not selected. Make it 0 to be "
        "rid of this warning."
    )


def test_a_soft_mask_of_a_lossy_file_keeps_its_softness_but_not_what_lies_around_it() -> None:
    distance = np.abs(np.arange(200) - 100)
    ramp = np.clip((70 - distance) / 40, 0, 1).astype(np.float32)
    mask = np.tile(ramp, (1, 50, 1))
    noisy = np.clip(mask + np.float32(0.02), np.float32(0.02), np.float32(0.98))

    read = read_mask(to_image(noisy), is_lossy=True)

    assert not read.mask[mask == 0].any()
    assert (read.mask[mask == 1] == 1).all()
    middle = (mask > 0.1) & (mask < 0.9)
    assert np.array_equal(read.mask[middle], noisy[middle])


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_that_is_opaque_or_clear_everywhere_selects_nothing(value: float) -> None:
    image = np.zeros((1, 4, 5, 4), np.float32)
    image[..., 3] = value

    assert not read_mask(image).mask.any()
    assert read_mask(image).notes == ()


@pytest.mark.parametrize(("source", "words"), [("alpha", "nothing"), ("opaque", "all")])
def test_a_channel_that_is_not_there_is_told(source: str, words: str) -> None:
    read = read_mask(np.zeros((1, 4, 5, 3), np.float32), source)  # type: ignore[arg-type] # one of them

    assert read.mask.any() == (words == "all")
    (note,) = read.notes
    assert note == (
        f"The mask has no transparency, so channel {source} selects {words} of the picture. Use "
        "channel luminance for a mask of black and white."
    )
