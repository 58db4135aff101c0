"""Stand-in for `comfy_extras.nodes_images`: classes over our own nodes."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.pictures.batch import image_from_batch, repeat_image_batch
from paintgraph.nodes.pictures.parts import image_crop

ImageCrop = core_class(image_crop, "crop")
RepeatImageBatch = core_class(repeat_image_batch, "repeat")
ImageFromBatch = core_class(image_from_batch, "frombatch")

CLASSES = (ImageCrop, RepeatImageBatch, ImageFromBatch)

__getattr__ = names_of("comfy_extras.nodes_images")
