"""What pyproject.toml declares."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def requirements() -> Iterator[tuple[str, Requirement]]:
    """All that is required, with the extra that asks for it ("" for the core)."""
    groups = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    for extra, lines in groups.items():
        for requirement in map(Requirement, lines):
            if requirement.name != "paintgraph":
                yield extra, requirement


def names(*extras: str) -> set[str]:
    """The canonical names of what these extras ask for."""
    return {canonicalize_name(r.name) for extra, r in requirements() if extra in extras}
