"""Stand-in for `comfy_extras.nodes_mask`: classes over our own nodes."""

from torch import Tensor

from paintgraph.nodes.masks.algebra import image_to_mask, invert_mask, mask_to_image
from paintgraph.nodes.masks.parts import crop_mask, feather_mask, mask_composite, solid_mask
from paintgraph.nodes.masks.shape import grow_mask, threshold_mask
from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.pictures.colour import image_color_to_mask
from paintgraph.nodes.pictures.parts import image_composite_masked

ImageCompositeMasked = core_class(image_composite_masked, "composite")
MaskToImage = core_class(mask_to_image, "mask_to_image")
ImageToMask = core_class(image_to_mask, "image_to_mask")
ImageColorToMask = core_class(image_color_to_mask, "image_to_mask")
SolidMask = core_class(solid_mask, "solid")
InvertMask = core_class(invert_mask, "invert")
CropMask = core_class(crop_mask, "crop")
MaskComposite = core_class(mask_composite, "combine")
FeatherMask = core_class(feather_mask, "feather")
GrowMask = core_class(grow_mask, "expand_mask")
ThresholdMask = core_class(threshold_mask, "image_to_mask")

CLASSES = (
    *(ImageCompositeMasked, MaskToImage, ImageToMask, ImageColorToMask, SolidMask, InvertMask),
    *(CropMask, MaskComposite, FeatherMask, GrowMask, ThresholdMask),
)


def composite(
    destination: Tensor,
    source: Tensor,
    x: int,
    y: int,
    mask: Tensor | None = None,
    multiplier: int = 8,
    resize_source: bool = False,
) -> Tensor:
    """Lay pictures `[B, C, H, W]` over others, in place, at (x, y) of `multiplier` px each."""
    place = x // multiplier, y // multiplier
    pictures = destination.movedim(1, -1), source.movedim(1, -1)
    flat = None if mask is None else mask.reshape(-1, *mask.shape[-2:])
    (laid,) = ImageCompositeMasked.execute(*pictures, *place, resize_source, flat)
    return destination.copy_(laid.movedim(-1, 1))


__getattr__ = names_of("comfy_extras.nodes_mask")
