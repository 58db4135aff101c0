"""Stand-ins for `app`: what packs ask of users; all else is a placeholder."""

from paintgraph.nodes.packs.host.placeholders import names_of

__getattr__ = names_of("app")
