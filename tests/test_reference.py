"""The written reference says what the declarations say."""

from pathlib import Path

import pytest

from paintgraph.cli.reference import pages

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.parametrize("name", ["nodes.md", "recipes.md"])
def test_reference_is_up_to_date(name: str) -> None:
    """If this fails: python -m paintgraph.cli.reference docs."""
    expected = pages()[name]

    assert expected == (DOCS / name).read_text(encoding="utf-8")
