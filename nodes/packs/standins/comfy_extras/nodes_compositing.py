"""Stand-in for `comfy_extras.nodes_compositing`: classes over our own nodes."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.pictures.parts import join_image_with_alpha

JoinImageWithAlpha = core_class(join_image_with_alpha, "join_image_with_alpha")

CLASSES = (JoinImageWithAlpha,)

__getattr__ = names_of("comfy_extras.nodes_compositing")
