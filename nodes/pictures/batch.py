"""Nodes that make batches of pictures and take them apart."""

from typing import Annotated

import numpy as np

from paintgraph.engine.node.declaration import Range, Resource, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.imaging.blend import batches
from paintgraph.imaging.colour_names import parse_colour
from paintgraph.nodes.pictures.colour import ColourNumber, colour_of
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS
from paintgraph.nodes.sockets import Image

Count = Annotated[int, Range(1, 4096), "How many pictures."]


@node(title="Batch Images", category="image/batch", keywords=("join pictures",))
def image_batch(
    image1: Annotated[Image, "Comes first; its size is the size of all."],
    image2: Annotated[Image, "Comes after, at that size; what does not fit is cut off."],
) -> Image:
    """Put the pictures of two batches into one."""
    return batches.join(image1, image2)


@node(title="Repeat Image", category="image/batch", keywords=("duplicate", "copies"))
def repeat_image_batch(image: Image, amount: Count = 1) -> Image:
    """Repeat a batch of pictures, one whole batch after the other."""
    batch, height, width = image.shape[:3]
    check_pixels(width, height, batch * amount)
    return np.tile(image, (amount, 1, 1, 1))


@node(
    title="Image from Batch",
    category="image/batch",
    keywords=("pick one picture", "select from batch"),
)
def image_from_batch(
    image: Image,
    batch_index: Annotated[
        int, Range(0, 4095), "The first one taken, from 0; at most the last."
    ] = 0,
    length: Count = 1,
) -> Image:
    """Take some pictures out of a batch, as many as there are."""
    first = min(batch_index, len(image) - 1)
    return image[first : first + length]


@node(
    title="Rebatch Images",
    category="image/batch",
    keywords=("split batch", "chunks"),
    takes_lists=True,
)
def rebatch_images(
    images: list[Image],
    batch_size: Annotated[list[int], Range(1, 4096), "Pictures in each batch."] = 1,  # type: ignore[assignment] # of each list entry
) -> list[Image]:
    """Give a list of batches as a list of batches of another size; the last may be smaller.

    What is written beside the samples, such as a colour profile, is that of the first picture.
    """
    return batches.regroup(images, batch_size[0])


@node(
    title="Empty Image",
    category="image",
    keywords=("blank canvas", "solid colour", "background colour"),
)
def empty_image(
    width: Annotated[int, Range(1, 16384, "px"), "Width of the picture."] = 512,
    height: Annotated[int, Range(1, 16384, "px"), "Height of the picture."] = 512,
    batch_size: Count = 1,
    color: ColourNumber = 0,
) -> Image:
    """Make a picture of one colour."""
    check_pixels(width, height, batch_size)
    return batches.plain(width, height, batch_size, colour_of(color))


@node(
    title="Collage",
    category="image/batch",
    keywords=("grid", "contact sheet", "side by side", "place on colour", "canvas", "montage"),
    takes_lists=True,
)
def collage(
    images: list[Image],
    width: Annotated[list[int], Range(1, 8192, "px"), "Of each cell."] = 512,  # type: ignore[assignment] # of each list entry
    height: Annotated[list[int], Range(1, 8192, "px"), "Of each cell."] = 512,  # type: ignore[assignment]
    margin: Annotated[
        list[int], Range(0, 4096, "px"), "What stays free on each side of a picture."
    ] = 32,  # type: ignore[assignment]
    columns: Annotated[
        list[int], Range(0, 256), "Cells side by side; 0: about as many as rows."
    ] = 0,  # type: ignore[assignment]
    colour: Annotated[list[str], Resource(COLOUR), f"Of the ground: {COLOUR_WORDS}."] = "white",  # type: ignore[assignment]
) -> Image:
    """Put pictures onto one colour, each as large as its cell allows; one picture fills the whole.

    Through what is transparent the colour is seen. What is written beside the samples, such as a
    colour profile, is that of the first picture.
    """
    ground = parse_colour(colour[0])
    return batches.collage(images, width[0], height[0], ground, columns[0], margin[0])


@node(
    title="Side by Side",
    category="image/batch",
    keywords=("before and after", "compare", "concatenate", "stitch"),
    see_also={"ImageCompare": "Shows both and makes nothing of them."},
)
def side_by_side(
    image1: Annotated[Image, "On the left; what is written beside the samples is its."],
    image2: Annotated[Image, "On the right, at its own size."],
    gap: Annotated[int, Range(0, 4096, "px"), "Between the two."] = 8,
    colour: Annotated[str, Resource(COLOUR), f"Of the ground: {COLOUR_WORDS}."] = "white",
) -> Image:
    """Put two pictures beside each other on one colour, such as one before and after a change.

    Neither is scaled. Through what is transparent the colour is seen.
    """
    return batches.side_by_side(image1, image2, gap, parse_colour(colour))
