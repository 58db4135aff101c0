"""Which addresses are asked for models: mirrors in place of the hub and GitHub, or none at all."""

import os
from collections.abc import Mapping

from paintgraph.base.environment import wanted_offline
from paintgraph.models.errors import OfflineError

HUB_VARIABLE = "HF_ENDPOINT"
GITHUB_VARIABLE = "PAINTGRAPH_GITHUB_MIRROR"
SUBSCRIPTIONS = "https://huggingface.co"
_GITHUB = "https://github.com"


def check_online(what: str, environ: Mapping[str, str] = os.environ) -> None:
    """Raises OfflineError if no connection is wanted."""
    if name := wanted_offline(environ):
        raise OfflineError(
            f"{what} needs a connection, but {name} or --offline says that none is wanted. "
            "Leave it out, or bring the files by hand: 'paintgraph models where' shows whereto."
        )


def hub_endpoint(environ: Mapping[str, str] = os.environ) -> str:
    """Where repositories are asked for."""
    return (environ.get(HUB_VARIABLE) or SUBSCRIPTIONS).rstrip("/")


def mirrored(url: str, environ: Mapping[str, str] = os.environ) -> str:
    """The address of a file at the mirror that the environment names, else the address itself."""
    mirrors = {SUBSCRIPTIONS: environ.get(HUB_VARIABLE), _GITHUB: environ.get(GITHUB_VARIABLE)}
    for origin, mirror in mirrors.items():
        if mirror and url.startswith(f"{origin}/"):
            return mirror.rstrip("/") + url.removeprefix(origin)
    return url
