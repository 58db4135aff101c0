"""The node that puts pictures out of focus."""

from typing import Annotated

from paintgraph.engine.node.declaration import Range, node
from paintgraph.imaging.blend import blurring
from paintgraph.nodes.sockets import Image, Mask


@node(title="Blur Image", category="image", packages=("opencv-python",))
def blur_image(
    image: Image,
    radius: Annotated[int, Range(0, 1024, "px"), "How far colours spread; 0 changes nothing."] = 16,
    avoid: Annotated[
        Mask | None, "What this selects does not mix into its surroundings, which spread into it."
    ] = None,
) -> Image:
    """Blur a picture; with a subject to avoid, so that no halo of it stays in the background."""
    return blurring.blur(image, radius, avoid)
