"""What JSON is read and refused, where and with which words."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.base.errors import Place
from paintgraph.base.text.document import TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.text.writers import write_json

PROMPT = (
    '{\n\t"3": {"class_type": "A\\/\\"B", "inputs": {"\\u00e9": ["4", 0]}},\r\n "s": -1.5e3 }\n'
)

DEEP = "lists and mappings are nested more than 64 deep; at most 64 are allowed. Flatten the value."
NOT_FINITE = (
    "is not finite; allowed are numbers up to about 1.8e308. Write a finite one, or quote it if it"
    " is meant as text."
)
SYNTAX = (
    "allowed are values in double quotes, brackets and commas as RFC 8259 has them. Check quotes,"
    " commas and brackets here and before."
)
OUT_OF_RANGE = (
    "is out of range; allowed -9223372036854775808 to 18446744073709551615. Write it as text, in"
    " quotes."
)
SURROGATE = (
    "half a surrogate pair stands alone, which is no character; only whole characters are allowed."
    " Write the character itself, or both halves of it."
)
DUPLICATE = "a key is allowed once in a mapping. Rename or remove one of them."

REFUSED: list[tuple[str, str | bytes, str, str, tuple[int, int]]] = [
    (
        "latin 1",
        b'"\xe9"',
        "not_utf8",
        (
            "byte 1 of the text is 0xe9, which is not UTF-8; only UTF-8 is read. Save the file as"
            " UTF-8."
        ),
        (1, 2),
    ),
    ("blank", b" ", "empty", "the text is empty; a value is needed. Write one.", (1, 1)),
    ("NaN", '{"a":\n [1, NaN]}', "not_finite", f"the number NaN {NOT_FINITE}", (2, 6)),
    ("infinity", "-Infinity", "not_finite", f"the number -Infinity {NOT_FINITE}", (1, 1)),
    ("large float", "[1, -1e999]", "not_finite", f"the number -1e999 {NOT_FINITE}", (1, 5)),
    (
        "large integer",
        '{"18446744073709551616": [1,\n 18446744073709551616]}',
        "integer_range",
        f"the integer 18446744073709551616 {OUT_OF_RANGE}",
        (2, 2),
    ),
    (
        "digits",
        f"[-{'9' * 5000}]",
        "not_finite",
        f"the number -{'9' * 39}... {NOT_FINITE}",
        (1, 2),
    ),
    ("high surrogate", '["a", "\\ud800"]', "lone_surrogate", SURROGATE, (1, 8)),
    ("low surrogate", '["\\udc00"]', "lone_surrogate", SURROGATE, (1, 3)),
    ("raw surrogate", '"\ud800"', "lone_surrogate", SURROGATE, (1, 2)),
    (
        "same key",
        '{"n": [{"b": 1}, {"b": 1,\n "c": {},\n "\\u0062": 2}]}',
        "duplicate_key",
        f"the key 'b' was given before, at line 1, column 19; {DUPLICATE}",
        (3, 2),
    ),
    ("open lists", "[" * 100_000, "too_deep", DEEP, (1, 65)),
    ("closed lists", "[" * 500 + "]" * 500, "too_deep", DEEP, (1, 65)),
    ("objects", '{"a":' * 100_000, "too_deep", DEEP, (1, 321)),
    (
        "comma",
        '{"a": 1 b}',
        "bad_json",
        f"this is not JSON from here on, before 'b}}'; {SYNTAX}",
        (1, 9),
    ),
    (
        "control",
        '["\0"]',
        "bad_json",
        f"this is not JSON from here on, before '\\x00\"]'; {SYNTAX}",
        (1, 3),
    ),
    (
        "open end",
        '{"a": [1',
        "bad_json",
        f"this is not JSON from here on, at its end; {SYNTAX}",
        (1, 9),
    ),
    ("closing", "]", "bad_json", f"this is not JSON from here on, before ']'; {SYNTAX}", (1, 1)),
    (
        "two values",
        "1\n2",
        "bad_json",
        f"this is not JSON from here on, before '2'; {SYNTAX}",
        (2, 1),
    ),
    ("yaml", "a: 1", "bad_json", f"this is not JSON from here on, before 'a: 1'; {SYNTAX}", (1, 1)),
]


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_refusals(text: str | bytes, code: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(TextError) as caught:
        read_json(text)

    assert (code, message, place) == (caught.value.code, str(caught.value), caught.value.place)


def test_the_size_is_looked_at_first() -> None:
    with pytest.raises(TextError) as caught:
        read_json("[" * 11, max_bytes=10)

    assert caught.value.code == "too_large"


def test_a_text_of_too_many_values_is_refused_unread() -> None:
    with pytest.raises(TextError) as caught:
        read_json("[" * 1_000_001)

    assert str(caught.value) == (
        "the text holds more than 1000000 values; at most as many are read. Put lists of numbers"
        " into files of their own."
    )


def test_what_stands_far_behind_has_the_place_of_what_holds_it() -> None:
    many = "1," * 200_000

    assert read_json(f'{{"a": [{many}1]}}').place(("a", 199_999)) == Place(1, 7)
    with pytest.raises(TextError) as caught:
        read_json(f'[{many} {{"b": 1, "b": 2}}]')
    assert "the key 'b' was given before, in the same mapping" in str(caught.value)


def test_value_with_and_without_byte_order_mark() -> None:
    expected = {"3": {"class_type": 'A/"B', "inputs": {"é": ["4", 0]}}, "s": -1500.0}

    assert expected == read_json(PROMPT).value
    assert expected == read_json(b"\xef\xbb\xbf" + PROMPT.encode()).value


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), Place(1, 1), Place(1, 1)),
        (("3",), Place(2, 7), Place(2, 2)),
        (("3", "class_type"), Place(2, 22), Place(2, 8)),
        (("3", "inputs", "é", 1), Place(2, 59), Place(2, 59)),
        (("3", "inputs", "é", 2), Place(2, 53), Place(2, 43)),
        (("s",), Place(3, 7), Place(3, 2)),
    ],
)
def test_places(path: tuple[str | int, ...], value: Place, key: Place) -> None:
    document = read_json(PROMPT)

    assert (value, key) == (document.place(path), document.place(path, key=True))


@pytest.mark.parametrize("number", [0, -1, 2**64 - 1, -(2**63), 2**53 + 1])
def test_integers_stay_whole(number: int) -> None:
    assert read_json(f"[{number}]").value == [number]


def test_deepest_allowed_value_is_read() -> None:
    assert read_json("[" * 64 + "]" * 64).value


@given(st.binary() | st.text() | st.text('{}[]:,"\\u0d8ce19.-tnNI \n\t', max_size=60))
def test_any_text_is_read_as_the_other_readers_do_or_refused(text: str | bytes) -> None:
    try:
        document = read_json(text)
    except TextError:
        return
    read = orjson.loads(text.removeprefix("\ufeff" if isinstance(text, str) else b"\xef\xbb\xbf"))  # type: ignore[arg-type]
    assert read == document.value
    assert document.place(())


@given(st.text('[]{}:,"\\ a', max_size=40))
def test_any_text_that_is_refused_has_a_place(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(TextError) as caught:
            read_json(text)
        assert caught.value.place


def test_written_text_is_indented_and_reads_back() -> None:
    value = {"a": [1, "é😀"], "b": {}}

    assert write_json(value) == '{\n  "a": [\n    1,\n    "é😀"\n  ],\n  "b": {}\n}\n'
    assert read_json(write_json(value)).value == value
