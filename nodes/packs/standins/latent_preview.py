"""Stand-in for `latent_preview`: nothing of it works without model objects."""

from paintgraph.nodes.packs.host.placeholders import names_of

MAX_PREVIEW_RESOLUTION = 512

__getattr__ = names_of("latent_preview")
