"""The JavaScript of the pages has sound types and form, and the page's texts are whole."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.tests.test_readme import ROOT

WEB = ROOT / "api" / "page" / "web"
_TOOLS = Path(sys.prefix) / "javascript"
_CALL = re.compile(r"""\bt\(\s*(["'])([\w.-]+)\1""")
_NAMED = re.compile(r"""data-t(?:-label)?="([\w.-]+)\"""")
_ANY = re.compile(r"""(["'`])([a-z][\w-]*(?:\.[\w-]+)*)\1""")
_BEGINNING = re.compile(r"`([a-z][\w.-]*\.)\$\{")
_VALUE = re.compile(r"\{(\w+)\}")


@pytest.mark.skipif(not _TOOLS.is_dir(), reason="scripts/test fetches what checks JavaScript")
def test_types_and_form_are_sound() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "javascript" / "check"],
        env=os.environ | {"venv": sys.prefix},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_both_languages_have_the_same_texts_with_the_same_values() -> None:
    english, german = _texts("en"), _texts("de")

    assert list(german) == list(english)  # in one order, too: a missing line is seen at once
    for key, text in english.items():
        assert _values(german[key]) == _values(text), key


def test_every_text_that_is_asked_for_is_there_and_every_text_is_asked_for() -> None:
    there = set(_texts("en"))
    asked: set[str] = set()
    used: set[str] = set()
    for path in (*WEB.rglob("*.js"), WEB / "index.html"):
        code = path.read_text(encoding="utf-8") if path.is_file() else ""
        asked |= {key for _, key in _CALL.findall(code)} | set(_NAMED.findall(code))
        used |= {key for _, key in _ANY.findall(code)} & there
        for beginning in _BEGINNING.findall(code):  # t(`select.${name}`)
            used |= {key for key in there if key.startswith(beginning)}

    assert sorted(asked - there) == []
    assert sorted(there - asked - used) == []


def _texts(language: str) -> dict[str, str | dict[str, str]]:
    read: dict[str, str | dict[str, str]] = json.loads(
        (WEB / "texts" / f"{language}.json").read_text("utf-8")
    )
    return read


def _values(text: str | dict[str, str]) -> set[str]:
    """The names of the values that a text takes; of one with forms, those of all."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for name in _VALUE.findall(form)}
