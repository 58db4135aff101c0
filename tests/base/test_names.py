"""Names of files that are no Unicode are shown by their bytes, and found by that."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.errors import Error, Problem
from paintgraph.base.names import legible, path_in


@given(st.binary(max_size=12).filter(lambda name: not {0, 47, 92} & {*name}))
def test_a_legible_name_leads_to_the_same_file(name: bytes) -> None:
    shown = legible(os.fsdecode(name))

    assert shown.encode().decode() == shown
    assert path_in(Path("folder"), shown) == Path("folder", os.fsdecode(name))


@given(st.text())
def test_unicode_is_legible_as_it_is(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("escape", ["\\x2e\\x2e/", "\\x2f", "\\x00", "\\xE9"])
def test_only_bytes_that_are_no_ascii_are_read_back(escape: str) -> None:
    assert path_in(Path("folder"), escape) == Path("folder", escape)


def test_what_is_told_of_such_a_name_can_be_written_down() -> None:
    name = os.fsdecode(b"caf\xe9.jpg")

    assert str(Error(f"no file '{name}'")) == "no file 'caf\\xe9.jpg'"
    assert Problem("no_file", f"no file '{name}'").message == "no file 'caf\\xe9.jpg'"
