"""Stand-in for `comfy.sd`: the classes of what loaders give."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.sampling.handles import Clip as CLIP
from paintgraph.nodes.packs.sampling.handles import Vae as VAE

__all__ = ["CLIP", "VAE"]

__getattr__ = names_of("comfy.sd")
