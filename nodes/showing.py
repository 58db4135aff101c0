"""Pictures of work that goes on, as whoever follows a node is shown them."""

from dataclasses import replace

from paintgraph.base.listening import Listening
from paintgraph.engine.node.context import Context
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.files.encode import preview_jpeg
from paintgraph.imaging.geometry.resize import resize

_SIDE = 512


def showing(context: Context) -> Listening:
    """The call's own, which gets pictures `[1, H, W, 3]` of the work so far as JPEG."""

    def preview(image: Image) -> None:
        height, width = image.shape[1:3]
        scale = _SIDE / max(height, width)
        if scale > 1:  # latents are small
            image = resize(image, round(width * scale), round(height * scale))
        context.preview(preview_jpeg(image, _SIDE))

    return replace(context.listening, preview=preview)
