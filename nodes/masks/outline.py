"""Nodes that select what somebody drew an outline around."""

from typing import Annotated, Literal

from paintgraph.engine.node.declaration import Rows, node
from paintgraph.imaging.errors import ContractError
from paintgraph.imaging.masks.outline import select_outline
from paintgraph.nodes.boxes import POINT, points_of
from paintgraph.nodes.sockets import Image, Mask

_MOST_POINTS = 1000  # each is a search of its own


@node(
    title="Mask from Outline",
    category="mask/select",
    keywords=("intelligent scissors", "magnetic lasso", "polygon", "lasso", "trace"),
    heavy=True,
    packages=("opencv-python",),
    see_also={"MaskFromStrokes": "Takes rough strokes over the object."},
)
def mask_from_outline(
    image: Image,
    points: Annotated[
        list[int],
        Rows(POINT, most=_MOST_POINTS),
        "Places in px along the edge of the object, in their order around it; at least three.",
    ],
    between: Annotated[
        Literal["edges", "straight"],
        "How the outline goes from point to point: along edges of the picture, or straight.",
    ] = "edges",
) -> Mask:
    """Select what an outline encloses that goes through points, along the edges of the object.

    Between points that are near each other it is surer: more of them where edges are weak.
    """
    height, width = image.shape[1:3]
    given = points_of(points, "points", width, height)
    if len(given) > _MOST_POINTS:  # of a list that came by a link
        raise ContractError(
            f"points has {len(given)} points; allowed are {_MOST_POINTS}. Give fewer.",
            code="wrong_length",
        )
    places = [(int(x), int(y)) for x, y in given]
    return select_outline(image, places, follow=between == "edges")
