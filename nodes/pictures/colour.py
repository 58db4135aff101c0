"""Nodes that look at, change, spread or compare the colours of a picture."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging import edges
from paintgraph.imaging.blend import effects
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks import selection
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.nodes.sockets import Image, Mask

ColourNumber = Annotated[
    int, Range(0, 0xFFFFFF), "As one number: red * 65536 + green * 256 + blue."
]


@node(title="Invert Image", category="image/adjust", keywords=("negative",))
def image_invert(image: Image) -> Image:
    """Turn a picture into its negative; where it has alpha, what was clear is opaque then."""
    return 1 - image


@node(
    title="Mask from Color Number",
    category="mask/select",
    keywords=("colour key", "select by colour"),
)
def image_color_to_mask(
    image: Image,
    color: ColourNumber = 0,
) -> Mask:
    """Select what has exactly one colour, once rounded to 8 bits."""
    return selection.select_code(image, selection.split_colour(color))


@node(
    title="Mask from Colour",
    category="mask/select",
    keywords=("magic wand", "colour key", "chroma key", "green screen", "select by colour"),
)
def mask_from_color(
    image: Image,
    colour: Annotated[str, "As #rrggbb: two hexadecimal digits each for red, green and blue."],
    tolerance: Annotated[
        int, Range(0, 255), "How far each channel may be off, in steps of 8 bits."
    ] = 16,
) -> Mask:
    """Select what has a colour, or nearly has it."""
    return selection.select_colour(image, selection.parse_colour(colour), tolerance)


@node(
    title="Mask from Alpha", category="mask/select", keywords=("select transparent", "transparency")
)
def mask_from_alpha(image: Image) -> Mask:
    """Select what is transparent, as LoadImage does; nothing in a picture without transparency."""
    return selection.select_transparent(image)


@node(
    title="Blur Image",
    category="image/adjust",
    keywords=("gaussian", "out of focus", "soften picture", "bokeh"),
    packages=("opencv-python",),
)
def blur_image(
    image: Image,
    radius: Annotated[int, Range(0, 1024, "px"), "How far colours spread; 0 changes nothing."] = 16,
    avoid: Annotated[
        Mask | None, "What this selects does not mix into its surroundings, which spread into it."
    ] = None,
) -> Image:
    """Blur a picture; with a subject to avoid, so that no halo of it stays in the background."""
    return effects.blur(image, radius, avoid)


@node(
    title="Blur Image by a Window",
    category="image/adjust",
    keywords=("gaussian", "soften picture"),
    packages=("opencv-python",),
)
def image_blur(
    image: Image,
    blur_radius: Annotated[int, Range(1, 31, "px"), "No colour spreads further."] = 1,
    sigma: Annotated[
        float,
        Range(0.1, 10, "radii", 0.1),
        "How evenly those within the radius mix: by 10 all alike, by 0.1 nearly not at all.",
    ] = 1.0,
) -> Image:
    """Blur a picture as ComfyUI's node of this name does; BlurImage goes further and avoids a mask.

    By a Gaussian that ends at the radius; at its sides the picture counts as mirrored.
    """
    return effects.blur_window(image, blur_radius, sigma)


Threshold = Annotated[
    float, Range(0.01, 0.99, step=0.01), "Of the contrast; a step from black to white has 2.59."
]


@node(
    title="Detect Edges (Canny)",
    category="image/adjust",
    keywords=("outline", "line drawing"),
    packages=("opencv-python",),
)
def canny(image: Image, low_threshold: Threshold = 0.4, high_threshold: Threshold = 0.8) -> Image:
    """White lines on black along the edges of what a picture shows.

    Lines begin where the contrast is above the high threshold and go on as long as it is above the
    low one.
    """
    if low_threshold > high_threshold:
        raise ContractError(
            f"low_threshold is {low_threshold:g} but high_threshold {high_threshold:g}; allowed is "
            "at most the same. Swap them.",
            code="bad_threshold",
        )
    return to_image(edges.canny(image, low_threshold, high_threshold))
