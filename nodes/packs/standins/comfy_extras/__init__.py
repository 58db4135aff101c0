"""Stand-ins for `comfy_extras`: nodes on masks and pictures; all else is a placeholder."""

from paintgraph.nodes.packs.host.placeholders import names_of

__getattr__ = names_of("comfy_extras")
