"""Stand-ins for `comfy_api`: the names by which V3 nodes are declared."""

from paintgraph.nodes.packs.host.placeholders import names_of

__getattr__ = names_of("comfy_api")
