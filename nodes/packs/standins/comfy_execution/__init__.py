"""Stand-ins for `comfy_execution`: what node classes need to expand graphs and to block."""

from paintgraph.nodes.packs.host.placeholders import names_of

__getattr__ = names_of("comfy_execution")
