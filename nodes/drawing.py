"""The node that draws on pictures."""

from typing import Annotated

from engine.declaration import Range, node
from imaging.drawing import draw_boxes as draw
from imaging.errors import ContractError
from imaging.regions import Box
from nodes.sockets import Image

_CORNERS = 4


@node(title="Draw Boxes", category="image", packages=("pillow",))
def draw_boxes(
    image: Image,
    boxes: Annotated[
        list[int], "Left, top, right, bottom in px of each box; right and bottom are exclusive."
    ],
    labels: Annotated[list[str], "A text for each box, in the same order."] = (),  # type: ignore[assignment] # frozen
    thickness: Annotated[int, Range(1, 256, "px"), "Of the frames."] = 2,
) -> Image:
    """Draw a frame inside each box, with its label; all other pixels stay as they are.

    What lies outside the picture is cut off.
    """
    return draw(image, _boxes(boxes, labels), labels, thickness)


def _boxes(numbers: list[int], labels: list[str]) -> list[Box]:
    if len(numbers) % _CORNERS:
        raise ContractError(
            f"boxes has {len(numbers)} numbers; allowed are 4 for each box: left, top, right, "
            "bottom in px. Give e.g. 120,80,300,260.",
            code="bad_box",
        )
    boxes = [Box(*numbers[at : at + _CORNERS]) for at in range(0, len(numbers), _CORNERS)]
    if len(labels) > len(boxes):
        raise ContractError(
            f"there are {len(labels)} labels for {len(boxes)} boxes; allowed is one for each box. "
            "Drop labels, or add boxes.",
            code="bad_box",
        )
    for index, box in enumerate(boxes):
        if box.width < 1 or box.height < 1:
            raise ContractError(
                f"box {index} is {','.join(map(str, box))}, which holds no pixel; left must be "
                "below right, top below bottom. Correct the box.",
                code="bad_box",
            )
    return boxes
