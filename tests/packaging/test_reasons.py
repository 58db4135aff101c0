"""docs/dependencies.md gives a reason for what pyproject.toml requires, and for nothing else."""

import re

import pytest
from packaging.utils import canonicalize_name

from paintgraph.tests.packaging.declared import PROJECT, ROOT, names

SECTIONS = re.split(r"^## ", (ROOT / "docs" / "dependencies.md").read_text(), flags=re.MULTILINE)
EXTRAS = sorted(set(PROJECT["optional-dependencies"]) - {"all"})


def explained(heading: str) -> set[str]:
    """The packages in the first column of a section's table, each with a reason beside it."""
    (section,) = (text for text in SECTIONS if text.startswith(heading + "\n"))
    rows = re.findall(r"^\| (.+?) \| .{10,} \|$", section, flags=re.MULTILINE)
    return {str(canonicalize_name(name)) for row in rows for name in row.split(", ")} - {"package"}


def test_the_core_is_explained() -> None:
    assert explained("Core") == names("")


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_explained(extra: str) -> None:
    assert explained(f"Extra `{extra}`") == names(extra)


def test_there_is_no_extra_that_is_not_there() -> None:
    headings = [line for text in SECTIONS if (line := text.splitlines()[0]).startswith("Extra")]

    assert headings == [
        f"Extra `{extra}`" for extra in PROJECT["optional-dependencies"] if extra != "all"
    ]


def test_all_is_every_extra_that_runs_models() -> None:
    (line,) = PROJECT["optional-dependencies"]["all"]

    assert line == f"paintgraph[{','.join(e for e in EXTRAS if e != 'dev')}]"
