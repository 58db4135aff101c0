"""Names of files: however the disk spells them, a text shows them and finds them."""

import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.errors import Error, Problem
from paintgraph.base.names import legible, path_in

NAMES = (b"caf\xe9.jpg", b"\xff\xfe", b"a\xc3", "Größe é.jpg".encode(), "日本.png".encode())


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_text_says_leads_to_the_same_file(tmp_path: Path, name: bytes, form: Any) -> None:
    """macOS takes accents apart (NFD), graphs have them in one (NFC)."""
    real = unicodedata.normalize(form, os.fsdecode(name))
    for folder in ("first", real):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / real).write_bytes(b"")

        for asked in ("NFC", "NFD"):
            text = unicodedata.normalize(asked, legible(f"{folder}/{real}"))
            assert text.encode().decode() == text
            assert path_in(tmp_path, text).samefile(tmp_path / folder / real)


@given(st.binary(max_size=12))
def test_a_legible_name_can_be_written_down(name: bytes) -> None:
    assert legible(os.fsdecode(name)).encode().decode() == legible(os.fsdecode(name))


@given(st.text())
def test_unicode_is_legible_as_it_is(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("name", ["no.png", "no/no.png", "\\x2e\\x2e/é", "a\0b", "é" * 300, ""])
def test_what_is_not_there_keeps_its_name(tmp_path: Path, name: str) -> None:
    assert path_in(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["../café.png", "in/../../café.png", "/café.png"])
def test_no_name_is_looked_for_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / unicodedata.normalize("NFD", "café.png")).write_bytes(b"")

    assert path_in(tmp_path / "in", name) == tmp_path / "in" / name


def test_what_is_told_of_such_a_name_can_be_written_down() -> None:
    name = os.fsdecode(b"caf\xe9.jpg")

    assert str(Error(f"no file '{name}'")) == "no file 'caf\\xe9.jpg'"
    assert Problem("no_file", f"no file '{name}'").message == "no file 'caf\\xe9.jpg'"
