"""Nodes for clean edges: what of a pixel belongs to the subject, and in which colour."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.masks import matting
from paintgraph.imaging.masks.shadow import shadow_of
from paintgraph.nodes.sockets import Image, Mask

_PACKAGES = ("pymatting", "numba", "scipy", "opencv-python")


@node(
    title="Matte Mask",
    category="mask/shape",
    keywords=("hair", "fur", "alpha matting", "cut out", "trimap"),
    lane="serial",
    heavy=True,
    packages=_PACKAGES,
    see_also={"SnapMask": "Moves the outline to edges of the picture; it stays hard."},
)
def matte_mask(
    image: Image,
    mask: Annotated[
        Mask, "A selection, or a trimap: 1 is selected, 0 is not, what is between is found out."
    ],
    band: Annotated[
        int,
        Range(0, 256, "px"),
        "How far beside the outline and what is between the mask is found out anew, too.",
    ] = 10,
) -> Mask:
    """Find the outline of a selection anew from the colours: hair, fur, nets (alpha matting).

    What lies further inside or outside keeps 1 or 0. Takes seconds per megapixel of outline.
    """
    return matting.matte(image, mask, band)


@node(
    title="Decontaminate Edges",
    category="image/adjust",
    keywords=("colour fringe", "halo", "green rim", "spill", "cut out"),
    lane="serial",
    heavy=True,
    packages=_PACKAGES,
)
def decontaminate_edges(
    image: Image, mask: Annotated[Mask, "The subject; where it is 1 nothing changes."]
) -> Image:
    """Take the colours of the background out of the soft edge of a subject.

    For putting the subject before something else: no rim of the old background stays. Alpha stays
    as it is.
    """
    return matting.decontaminate(image, mask)


@node(
    title="Mask from Shadow",
    category="mask/select",
    keywords=("keep shadow", "drop shadow", "product photo", "cut out"),
    heavy=True,
    packages=("opencv-python",),
)
def mask_from_shadow(
    image: Image,
    subject: Annotated[Mask, "What throws the shadow."],
    least: Annotated[
        float,
        Range(0, 1, step=0.01),
        "What is darker than the ground by no more than this is no shadow; raise it for grain.",
    ] = 0.06,
    smooth: Annotated[int, Range(0, 256, "px"), "Takes grain out of the shadow."] = 4,
) -> Mask:
    """Find the soft shadow of a subject on an even ground: black paint of this opacity.

    The ground's own brightness may change slowly over the picture. Only what touches the subject
    counts. A ground with a pattern, or a wall behind a table, is no even ground.
    """
    return shadow_of(image, subject, least, smooth)
