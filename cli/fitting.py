"""Masks that are stretched to the size of their picture, before a recipe sees them."""

from collections.abc import Mapping

from paintgraph.engine.execution.blobs import Blobs
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.files.encode import encode
from paintgraph.imaging.geometry.resize import resize


def with_scaled_masks(
    opened: Mapping[str, str], inputs: Mapping[str, InputSpec], main: str, blobs: Blobs
) -> dict[str, str]:
    """The references of pictures, those of masks of another size than the main picture scaled.

    What cannot be read stays as it is: the node that reads it tells.
    """
    fitting = dict(opened)
    try:
        height, width = decode(blobs.get(opened[main])).image.shape[1:3]
        for name, reference in opened.items():
            is_mask = inputs[name].type.partition("|")[0] == "mask"
            if name == main or not is_mask:
                continue
            mask = decode(blobs.get(reference))
            if mask.image.shape[1:3] != (height, width):
                scaled = resize(mask.image, width, height, "bilinear")
                fitting[name] = blobs.put(encode(scaled, depth=mask.depth))
    except PictureError:
        return dict(opened)
    return fitting
