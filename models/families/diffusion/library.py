"""The libraries that diffusion needs, loaded at first use: they are an optional part."""

from types import ModuleType
from typing import NamedTuple

from paintgraph.models.catalogue.readiness import check_packages

EXTRA = "diffusion"
_PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")


class Library(NamedTuple):
    """What this package uses of torch and diffusers."""

    torch: ModuleType
    diffusers: ModuleType


def check_library() -> None:
    """Raises MissingPackageError for the first package that is not there; imports nothing."""
    check_packages(EXTRA, *((name, name) for name in _PACKAGES))


def load_library() -> Library:
    """The libraries, silent; raises MissingPackageError."""
    check_library()
    import diffusers
    import torch
    import transformers

    # Their bars and hints would fill the terminal; what matters is told by our own messages.
    for logging in (diffusers.utils.logging, transformers.utils.logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    return Library(torch, diffusers)
