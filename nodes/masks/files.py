"""Nodes that read masks from files, uploads and addresses."""

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from paintgraph.engine.graph.sockets import TEXT, Facts
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Conversion, OneOf, Range, Resource, node
from paintgraph.imaging.arrays import check_pixels
from paintgraph.imaging.geometry.resize import resize
from paintgraph.imaging.masks import algebra
from paintgraph.imaging.masks.reading import Source, read_mask, shown_level
from paintgraph.nodes.pictures.files import as_mask, facts_of, read_picture
from paintgraph.nodes.sockets import IMAGE, MASK, Array, Image, Mask
from paintgraph.nodes.turning import turned_with, warn_if_unsure

MaskFile = Annotated[
    Any,
    OneOf((TEXT, IMAGE, MASK)),
    Resource("picture"),
    "A picture's name or address, a picture, or a mask.",
]
Channel = Annotated[
    Source,
    "What says how much is selected: alpha selects what is transparent, opaque what is not; "
    "luminance what is bright and not transparent.",
]
Threshold = Annotated[
    float,
    Range(0, 1, step=0.01),
    "Above 0 the mask becomes hard: what is brighter than this is selected, the rest is not.",
]


@node(
    title="Load Mask",
    category="mask",
    keywords=("open mask", "upload mask", "import"),
    lane="io",
    converts=(
        Conversion(
            "text",
            "image",
            "mask",
            (("channel", "luminance"),),
            "white is selected in the picture that it names",
        ),
    ),
    see_also={
        "LoadMaskIfAny": "For a mask that may be left out.",
        "ImageToMask": "For a picture that is read already.",
    },
)
def load_image_mask(
    context: Context,
    image: MaskFile,
    channel: Channel = "alpha",
    threshold: Threshold = 0.0,
    size_of: Annotated[
        Image | None,
        "The picture that the mask is for: a mask that was made before EXIF turned it is turned.",
    ] = None,
    clean: Annotated[  # noqa: FBT002 - as all inputs
        bool,
        "Take out of alpha, red, green and blue, too, what a lossy file adds to black and white, "
        "and a ground that is nearly black; luminance and opaque are always clean.",
    ] = False,
    fit: Annotated[
        Literal["exact", "stretch"],
        "A mask of another size than size_of stays as it is, and what it is for refuses it; or it "
        "is stretched to that size.",
    ] = "exact",
) -> Mask:
    """Read a mask from one channel of a picture: white (or transparent) is selected."""
    cleans = clean or channel in ("luminance", "opaque")  # the others are ComfyUI's: as stored
    loaded = _load(context, image, channel, cleans=cleans)
    mask = algebra.threshold(loaded.mask, threshold) if threshold else loaded.mask
    if isinstance(image, str):
        _tell_darkest(context, mask)
    if size_of is not None:
        stretches = fit == "stretch"
        mask = turned_with(context, size_of, mask, "size_of", any_size=stretches)
        if loaded.is_as_stored:
            warn_if_unsure(context, size_of, mask, "size_of")
        if stretches:
            height, width = size_of.shape[1:3]
            check_pixels(width, height, len(mask))
            mask = resize(mask, width, height, "bilinear")
    return as_mask(mask, loaded.facts)  # type: ignore[return-value] # with facts


@node(
    title="Load Mask If Any",
    category="mask",
    keywords=("optional mask",),
    lane="io",
    see_also={
        "LoadImageMask": "For a mask that must be there, from any channel.",
        "MaskToAvoid": "Without a mask selects faces, where a model that finds them is there.",
    },
)
def load_mask_if_any(
    context: Context,
    size_of: Annotated[Image, "The picture that the mask is for."],
    image: MaskFile = None,
) -> Mask:
    """Read a mask as LoadImageMask does from a picture's luminance; none selects nothing."""
    if image is None:
        return np.zeros(size_of.shape[:3], np.float32)
    return load_image_mask(context, image, "luminance", 0.0, size_of)


class _Loaded(NamedTuple):
    """A mask, what is known of it, and whether it is a file that EXIF did not turn."""

    mask: Mask
    facts: Facts
    is_as_stored: bool = False


def _load(context: Context, given: str | Array, channel: Source, *, cleans: bool) -> _Loaded:
    """The mask that is given, or read from a picture; warns of what was doubtful."""
    if not isinstance(given, str) and given.ndim == 3:
        return _Loaded(given, context.facts("image"))
    if not isinstance(given, str):
        mask, notes = read_mask(given, channel, cleans=cleans)
        loaded = _Loaded(mask, context.facts("image"))
    else:
        picture = read_picture(context, given)
        mask, notes = read_mask(picture.image, channel, is_lossy=picture.is_lossy, cleans=cleans)
        loaded = _Loaded(mask, facts_of(picture), picture.orientation == 1)
    for note in notes:
        context.warn(note)
    return loaded


def _tell_darkest(context: Context, mask: Mask) -> None:
    """Warn of a mask that looks as if it left something out, but selects all, if only a little."""
    darkest = float(mask.min())
    if 0 < darkest < 1:
        context.warn(
            f"Nothing in the mask is 0: its darkest px is {shown_level(darkest)}, so the whole "
            "picture is selected, if only a little. Give a threshold, such as 0.5, or make black "
            "what is to stay."
        )
