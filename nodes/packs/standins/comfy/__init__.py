"""Stand-ins for `comfy`: what works without model objects; all else is a placeholder."""

from paintgraph.nodes.packs.host.placeholders import names_of

__getattr__ = names_of("comfy")
