"""What people are told to do fits what is there."""

import re
from pathlib import Path

import pytest
import yaml

from paintgraph.tests.packaging.declared import PROJECT, ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
)
ROOMS = "api|base|benchmarks|cli|docs|engine|graphs|imaging|jobs|models|nodes|python|scripts|tests"


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert re.fullmatch(rf"{re.escape(PROJECT['version'])} - \d{{4}}-\d\d-\d\d", headings[1])


def test_commits_are_checked_as_the_gate_checks() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    gate = re.findall(
        r'^"\$bin/((?:ruff|mypy)"[^&#\n]*)', (ROOT / "scripts" / "test").read_text(), re.MULTILINE
    )
    checks = {".venv/bin/" + check.replace('"', "").strip() for check in gate}

    assert {hook["entry"] for hook in hooks} == checks


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_files_and_modules_that_are_there(document: Path) -> None:
    text = document.read_text()
    paths = re.findall(rf"`((?:{ROOMS})/[\w./*-]*)`", text)
    modules = re.findall(r"python -m (?!pip|pytest|venv)([\w.]+)", text)
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text)

    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []
    assert [name for name in modules if not _is_module(name)] == []
    assert [link for link in links if not (document.parent / link).exists()] == []


def _is_module(name: str) -> bool:
    first, _, rest = name.partition(".")
    inside = ROOT / rest.replace(".", "/")
    return first == "paintgraph" and (inside.is_dir() or inside.with_suffix(".py").is_file())
