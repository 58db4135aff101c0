"""Names of files: tokens of the date, and what no system holds."""

from datetime import datetime
from pathlib import PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paintgraph.base.naming import portable, with_date

WHEN = datetime(2026, 3, 4, 17, 8, 9).astimezone()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("%year%-%month%-%day%_%hour%%minute%%second%", "2026-03-04_170809"),
        ("%date:yyyy-MM-dd%/x", "2026-03-04/x"),
        ("%date:yyMMdd%_%date:hhmmss%", "260304_170809"),
        ("%date:yyyy/M/d% %date:h.m.s%", "2026/3/4 17.8.9"),
        ("%date:HH TT%", "HH TT"),
        ("100% %nope% %Sampler.seed% %width%", "100% %nope% %Sampler.seed% %width%"),
        ("%date% %date", "%date% %date"),
        ("%%year%%", "%2026%"),
    ],
)
def test_tokens_are_those_of_comfyui_and_the_rest_stays(name: str, expected: str) -> None:
    assert with_date(name, WHEN) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain name-1.2_(3)", "plain name-1.2_(3)"),
        ("日本/é", "日本/é"),
        ('<a>:"b"|c?*', "_a___b__c__"),
        ("a\\..\\b", "a_.._b"),
        ("line\nend\x7f", "line_end_"),
        ("folder./ . /x.", "folder_/___/x."),
        ("a/../b/./c", "a/../b/./c"),
        ("CON", "CON_"),
        ("nul.tar/Lpt1/com¹", "nul_.tar/Lpt1_/com¹_"),
        ("console/auxiliary/com", "console/auxiliary/com"),
    ],
)
def test_what_some_system_refuses_becomes_an_underscore(name: str, expected: str) -> None:
    assert portable(name) == expected


@given(st.text(st.sampled_from('conNUL1./\\:?*"<>| \n%_é'), max_size=20))
@example("con /nul. ")
def test_windows_can_hold_every_folder_and_file(name: str) -> None:
    *folders, last = portable(name).split("/")

    for part in [*(folder for folder in folders if folder not in {".", ".."}), f"{last}.png"]:
        assert not set(part) & set('<>:"|?*\\\n')
        assert not PureWindowsPath(part).is_reserved()
        assert part.rstrip(". ") == part


@given(st.text(max_size=20))
def test_a_portable_name_is_left_as_it_is(name: str) -> None:
    assert portable(portable(name)) == portable(name)
