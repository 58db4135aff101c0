"""Texts made to crash, fill or slow down the reader of YAML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.text.document import TextError
from paintgraph.base.text.yaml_reader import read_yaml

BOMB = "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9 if i else ['x'] * 9)}]\n" for i in range(9)
)
LONG_BOMB = f"a: &a {'x' * 500_000}\nb: [{', '.join(['*a'] * 1000)}]\n"
ALIAS_CHAIN = "".join(f"a{i}: &a{i} [{f'*a{i - 1}' if i else 1}]\n" for i in range(80))
ALIAS = "an alias repeats a value that was written before. Write the value out."
DEEP = "lists and mappings are nested more than 64 deep; at most 64 are allowed. Flatten the value."
KEY = "a key is a text or a whole number. Quote it."
NOT_FINITE = (
    "is not finite; allowed are numbers up to about 1.8e308. Write a finite one, or quote it if it"
    " is meant as text."
)
OUT_OF_RANGE = (
    "is out of range; allowed -9223372036854775808 to 18446744073709551615. Write it as text, in"
    " quotes."
)

HOSTILE: list[tuple[str, str, str, str, tuple[int, int]]] = [
    ("flow lists", "[" * 100_000, "too_deep", DEEP, (1, 65)),
    ("closed lists", "[" * 100_000 + "]" * 100_000, "too_deep", DEEP, (1, 65)),
    ("flow mappings", "{a: " * 100_000, "too_deep", DEEP, (1, 257)),
    ("block lists", "- " * 100_000, "too_deep", DEEP, (1, 129)),
    (
        "block keys",
        "? " * 100_000,
        "bad_key",
        f"here is a key made of a list or mapping; {KEY}",
        (1, 3),
    ),
    ("lines of lists", "[\n" * 100_000, "too_deep", DEEP, (65, 1)),
    ("depth by aliases", ALIAS_CHAIN, "too_deep", DEEP, (64, 12)),
    (
        "alias bomb",
        BOMB,
        "alias_bomb",
        f"the alias *a4 makes the text longer than 100000 values; {ALIAS}",
        (6, 10),
    ),
    (
        "bomb of one text",
        LONG_BOMB,
        "alias_bomb",
        f"the alias *a makes the text longer than 100000 values; {ALIAS}",
        (2, 81),
    ),
    (
        "alias to its parent",
        "a: &a\n  b: *a",
        "recursive_alias",
        f"the alias *a stands inside its own anchor; {ALIAS}",
        (2, 6),
    ),
    (
        "alias to nothing",
        "*a",
        "bad_yaml",
        f"the alias *a has no anchor before it; {ALIAS}",
        (1, 1),
    ),
    ("not a number", "a: .nan", "not_finite", f"the number .nan {NOT_FINITE}", (1, 4)),
    ("infinity", "[-.INF]", "not_finite", f"the number -.INF {NOT_FINITE}", (1, 2)),
    ("large float", "1e999", "not_finite", f"the number 1e999 {NOT_FINITE}", (1, 1)),
    (
        "large integer",
        f"a: -{'9' * 5000}",
        "integer_range",
        f"the integer -{'9' * 39}... {OUT_OF_RANGE}",
        (1, 4),
    ),
    (
        "large hexadecimal",
        f"0x{'f' * 17}",
        "integer_range",
        f"the integer 0xfffffffffffffffff {OUT_OF_RANGE}",
        (1, 1),
    ),
]


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [case[1:] for case in HOSTILE],
    ids=[case[0] for case in HOSTILE],
)
def test_hostile_text_is_refused(
    text: str, code: str, message: str, place: tuple[int, int]
) -> None:
    with pytest.raises(TextError) as caught:
        read_yaml(text)

    assert (code, message, place) == (caught.value.code, str(caught.value), caught.value.place)


@given(st.binary() | st.text() | st.text("{}[]:,-?&*a1!|>'\"%~#.\n \t\r<@`", max_size=60))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    try:
        document = read_yaml(text)
    except TextError:
        return
    assert document.place(())
