"""Stand-in for `comfy_extras.nodes_differential_diffusion`: a class over our own node."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.core_classes import core_class
from paintgraph.nodes.sampling.patches import differential_diffusion

DifferentialDiffusion = core_class(differential_diffusion, "apply")

CLASSES = (DifferentialDiffusion,)

__getattr__ = names_of("comfy_extras.nodes_differential_diffusion")
