"""Nodes that change the tones of pictures and masks."""

from typing import Annotated

from paintgraph.engine.node.declaration import OneOf, Output, Range, node
from paintgraph.imaging.blend import tones
from paintgraph.imaging.errors import ContractError
from paintgraph.nodes.pictures.resizing import Picture
from paintgraph.nodes.sockets import IMAGE, MASK, Array, Image

Adjusted = Annotated[Array, OneOf((IMAGE, MASK)), Output("adjusted", follows=("input",))]
Tone = Range(0, 1, step=0.01)


@node(
    title="Adjust Levels",
    category="image/adjust",
    keywords=("brightness", "contrast", "gamma", "black point", "white point", "choke mask"),
    see_also={"AdjustCurve": "Bends tones by a curve through points."},
)
def adjust_levels(
    input: Annotated[Picture, "A picture or a mask; the result is the like."],  # noqa: A002 - as ResizeImageMaskNode
    black: Annotated[float, Tone, "This tone and all below become the darkest."] = 0.0,
    white: Annotated[float, Tone, "This tone and all above become the lightest."] = 1.0,
    gamma: Annotated[
        float, Range(0.01, 10, step=0.01), "Above 1 the middle becomes lighter, below 1 darker."
    ] = 1.0,
    darkest: Annotated[float, Tone, "What black becomes."] = 0.0,
    lightest: Annotated[float, Tone, "What white becomes; below darkest tones turn around."] = 1.0,
) -> Adjusted:
    """Spread the tones of a picture or a mask; alpha stays.

    Of a mask it cuts off what is selected too little or nearly wholly, as of a matte or a shadow.
    """
    return tones.levels(input, black, white, gamma, darkest, lightest)


@node(
    title="Adjust Curve",
    category="image/adjust",
    keywords=("tone curve", "curves", "contrast", "brightness"),
    see_also={"AdjustLevels": "Spreads tones between black and white, with a gamma."},
)
def adjust_curve(
    input: Annotated[Picture, "A picture or a mask; the result is the like."],  # noqa: A002
    points: Annotated[
        list[float], "Tones of 0 to 1, each before and after: 0,0,0.5,0.6,1,1 is lighter inside."
    ] = (0, 0, 1, 1),  # type: ignore[assignment] # frozen
) -> Adjusted:
    """Change the tones of a picture or a mask by a smooth curve through points; alpha stays."""
    numbers = [float(number) for number in points]
    if len(numbers) % 2 or not all(0 <= number <= 1 for number in numbers):
        raise ContractError(
            f"points has {len(numbers)} numbers from {min(numbers):g} to {max(numbers):g}; allowed "
            "are pairs of tones before and after, 0 to 1. Give e.g. 0,0,0.5,0.6,1,1.",
            code="bad_curve",
        )
    return tones.curve(input, list(zip(numbers[::2], numbers[1::2], strict=True)))


@node(
    title="Adjust Saturation",
    category="image/adjust",
    keywords=("desaturate", "greyscale", "black and white", "vibrance"),
)
def adjust_saturation(
    image: Image,
    factor: Annotated[
        float, Range(0, 4, step=0.01), "0 leaves greys, 1 changes nothing, above 1 is stronger."
    ] = 0.0,
) -> Image:
    """Make colours stronger or weaker, or leave greys alone."""
    return tones.saturate(image, factor)
