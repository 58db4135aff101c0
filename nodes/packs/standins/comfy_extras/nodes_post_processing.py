"""Stand-in for `comfy_extras.nodes_post_processing`: classes over our own nodes."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.pictures.colour import image_blur
from paintgraph.nodes.pictures.fitting import image_scale_to_total_pixels
from paintgraph.nodes.pictures.parts import image_blend

ImageBlend = Blend = core_class(image_blend, "blend_images")
ImageBlur = Blur = core_class(image_blur, "blur")
ImageScaleToTotalPixels = core_class(image_scale_to_total_pixels, "upscale")

CLASSES = (ImageBlend, ImageBlur, ImageScaleToTotalPixels)

__getattr__ = names_of("comfy_extras.nodes_post_processing")
