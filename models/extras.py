"""Packages that are not installed with everything else."""

from importlib.util import find_spec

from paintgraph.models.errors import MissingPackageError


def missing_package(module: str, package: str, extra: str) -> MissingPackageError | None:
    """What to tell a user who lacks the package of a module, or None; imports nothing."""
    if find_spec(module) is not None:
        return None
    return MissingPackageError(
        f"the package '{package}' is not installed; this model needs it. "
        f"Run: pip install 'paintgraph[{extra}]'"
    )
