"""Nodes that look at, change, spread or compare the colours of a picture."""

from typing import Annotated, Any

from paintgraph.engine.graph.sockets import INT, TEXT
from paintgraph.engine.node.declaration import OneOf, Range, Resource, Rows, node
from paintgraph.imaging import edges
from paintgraph.imaging.blend import effects
from paintgraph.imaging.colour_names import parse_colour, split_colour
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks import selection
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.nodes.boxes import POINT, points_of
from paintgraph.nodes.resource_names import COLOUR, COLOUR_WORDS
from paintgraph.nodes.sockets import Image, Mask

_MOST_POINTS = 100  # each may be of another colour, which is looked for in all of the picture
ColourNumber = Annotated[
    Any,
    OneOf((INT, TEXT)),
    Resource(COLOUR),
    Range(0, 0xFFFFFF),
    f"{COLOUR_WORDS.capitalize()}; or one number: red * 65536 + green * 256 + blue.",
]


def colour_of(given: int | str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of a colour by name or as one number."""
    return parse_colour(given) if isinstance(given, str) else split_colour(given)


@node(title="Invert Image", category="image/adjust", keywords=("negative",))
def image_invert(image: Image) -> Image:
    """Turn a picture into its negative; where it has alpha, what was clear is opaque then."""
    return 1 - image


@node(
    title="Mask from Color Number",
    category="mask/select",
    keywords=("colour key", "select by colour"),
    see_also={"MaskFromColor": "Takes similar colours, too, or those around points."},
)
def image_color_to_mask(
    image: Image,
    color: ColourNumber = 0,
) -> Mask:
    """Select what has exactly one colour, once rounded to 8 bits."""
    return selection.select_code(image, colour_of(color))


@node(
    title="Mask from Colour",
    category="mask/select",
    keywords=(
        "magic wand",
        "fuzzy select",
        "colour key",
        "chroma key",
        "green screen",
        "select by colour",
    ),
    see_also={"ImageColorToMask": "Takes one exact colour, as graphs of ComfyUI have it."},
)
def mask_from_color(
    image: Image,
    colour: Annotated[
        str, Resource(COLOUR), f"{COLOUR_WORDS.capitalize()}; nothing: that at each of the points."
    ] = "",
    tolerance: Annotated[
        float, Range(0, 255), "How far a colour may be off, in steps of what measures it."
    ] = 16,
    measure: Annotated[
        selection.Measure,
        "rgb: the channel that differs most, in steps of 8 bits; perceived: how different colours "
        "look (CIEDE2000), where 2 is hardly seen and black and white are 100 apart.",
    ] = "rgb",
    softness: Annotated[
        float, Range(0, 255), "Over how many further steps the selection fades."
    ] = 0,
    points: Annotated[
        list[int],
        Rows(POINT, most=_MOST_POINTS),
        "Places in px that have the colour, or that it begins at.",
    ] = (),  # type: ignore[assignment] # frozen
    contiguous: Annotated[  # noqa: FBT002 - as all inputs
        bool, "Only what hangs together with one of the points, as a magic wand selects."
    ] = False,
) -> Mask:
    """Select what has a colour, or nearly has it; wherever it is, or around points.

    The colour at a point is the mean of the 3x3 px around it.
    """
    height, width = image.shape[1:3]
    given = points_of(points, "points", width, height)
    places = [(int(x), int(y)) for x, y in given]
    if len(places) > _MOST_POINTS:  # of a list that came by a link
        raise ContractError(
            f"points has {len(places)} points; allowed are {_MOST_POINTS}. Give fewer.",
            code="wrong_length",
        )
    if not places and (contiguous or not colour):
        lacks = "contiguous is on" if colour else "there is no colour"
        raise ContractError(
            f"{lacks}, but points is empty; needed is at least one point. Give e.g. 120,80"
            f"{', or turn contiguous off' if colour else ', or a colour'}.",
            code="nothing_selected",
        )
    if not colour:
        how = (tolerance, softness, measure)
        return selection.select_at(image, places, *how, contiguous=contiguous)
    mask = selection.select_colour(image, parse_colour(colour), tolerance, softness, measure)
    return selection.connected_to(mask, places) if contiguous else mask


@node(
    title="Mask from Alpha",
    category="mask/select",
    keywords=("select transparent", "transparency"),
    see_also={"ImageToMask": "Takes any channel; of alpha, what is opaque is selected."},
)
def mask_from_alpha(image: Image) -> Mask:
    """Select what is transparent, as LoadImage does; nothing in a picture without transparency."""
    return selection.select_transparent(image)


@node(
    title="Blur Image",
    category="image/adjust",
    keywords=("gaussian", "out of focus", "soften picture", "bokeh"),
    packages=("opencv-python",),
    see_also={"ImageBlur": "Has the numbers of ComfyUI's node, up to 31 px."},
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
    see_also={
        "BlurImage": "Goes further, and keeps a subject out; the one for graphs of your own."
    },
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
