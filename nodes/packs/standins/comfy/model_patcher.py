"""Stand-in for `comfy.model_patcher`: the class of a MODEL."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.handles import Model as ModelPatcher

__all__ = ["ModelPatcher"]

__getattr__ = names_of("comfy.model_patcher")
