"""The libraries that diffusion needs, loaded at first use: they are an optional part."""

from types import ModuleType
from typing import NamedTuple

from paintgraph.models.errors import ModelError
from paintgraph.models.extras import missing_package

EXTRA = "diffusion"
_PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors")


class Library(NamedTuple):
    """What this package uses of torch and diffusers."""

    torch: ModuleType
    diffusers: ModuleType


def library_fault() -> ModelError | None:
    """Which package is missing, with the command that installs it, or None; imports nothing."""
    found = (missing_package(name, name, EXTRA) for name in _PACKAGES)
    return next((fault for fault in found if fault is not None), None)


def load_library() -> Library:
    """The libraries, silent; raises MissingPackageError."""
    fault = library_fault()
    if fault is not None:
        raise fault
    import diffusers
    import torch
    import transformers

    # Their bars and hints would fill the terminal; what matters is told by our own messages.
    for logging in (diffusers.utils.logging, transformers.utils.logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    return Library(torch, diffusers)
