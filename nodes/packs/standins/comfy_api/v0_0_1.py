"""Stand-in for `comfy_api.v0_0_1`: the same names as the latest."""

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.standins.comfy_api.latest import *  # noqa: F403 - all of it, by design

__getattr__ = names_of("comfy_api.v0_0_1")
