"""Which packages are installed; none is imported to find out."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version(name: str) -> str | None:
    """The version of a distribution, None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
