"""Whether a model whose files are there can be loaded: packages, options, files to be trusted.

Nothing is loaded, and no file is read: graphs are checked with this.
"""

import os
from importlib.util import find_spec

from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.family import Accepted
from paintgraph.models.errors import MissingPackageError, ModelError, RefusedModelError

ACCEPT_VARIABLE = "PAINTGRAPH_ACCEPT_UNPINNED"
"""Set to 1, checkpoints of unknown origin are loaded, too."""

TRANSFORMERS = "transformers"
"""The library that loads a folder as huggingface.co has it, for families that also have another."""

_PICKLES = (".pth", ".pt", ".bin", ".ckpt")


def missing_package(module: str, package: str, extra: str) -> MissingPackageError | None:
    """The error for a user who lacks the package of a module, or None; imports nothing."""
    if find_spec(module) is not None:
        return None
    return MissingPackageError(
        f"the package '{package}' is not installed; this model needs it. "
        f"Run: pip install 'paintgraph[{extra}]'"
    )


def check_packages(extra: str, *packages: tuple[str, str]) -> None:
    """Raises MissingPackageError for the first of these (module, package) that is not there."""
    for module, package in packages:
        if missing := missing_package(module, package, extra):
            raise missing


def backend_of(entry: ModelEntry, own: str) -> str:
    """The library that an entry names, else what its form is of: `own` or transformers.

    Raises ModelError for another one.
    """
    named = str(entry.options.get("backend", TRANSFORMERS if entry.hub else own))
    if named not in (own, TRANSFORMERS):
        raise bad_option(entry, "backend", f"{own} and {TRANSFORMERS}")
    return named


def check_origin(entry: ModelEntry, accepted: Accepted) -> None:
    """Raises RefusedModelError for a checkpoint that nobody knows, unless these are trusted."""
    if os.environ.get(ACCEPT_VARIABLE) == "1":
        return
    for file in entry.files:
        if file.path.endswith(_PICKLES) and not accepted(file):
            raise RefusedModelError(
                f"model '{entry.name}': nobody knows what '{file.path}' should hold, and files of "
                "this kind can do harm. Get it with 'paintgraph models pull', or give its "
                f"'digests' in models.yaml, or trust all such files with {ACCEPT_VARIABLE}=1."
            )


def bad_option(entry: ModelEntry, name: str, allowed: str) -> ModelError:
    """The error for an option of an entry that its loader cannot use."""
    return ModelError(
        f"model '{entry.name}': option '{name}' is {entry.options.get(name)!r}; allowed are "
        f"{allowed}. Mend the catalogue's entry.",
        code="bad_catalogue",
    )
