"""Stand-in for `comfy.controlnet`: the class of a CONTROL_NET."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.controls import Control as ControlNet

__all__ = ["ControlNet"]

__getattr__ = names_of("comfy.controlnet")
