"""What YAML means here, and where it says so."""

import math
from typing import Any

import pytest

from paintgraph.base.errors import Place
from paintgraph.base.text.yaml_reader import read_yaml

RECIPE = """\
# A comment.
paintgraph: 1
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  12:
    node: Blur
    sides: [left, {a: 1}]
outputs: {}
"""

CORE_SCALARS = [
    ("null", None),
    ("~", None),
    ("Null", None),
    ("nULL", "nULL"),
    ("true", True),
    ("TRUE", True),
    ("tRue", "tRue"),
    ("False", False),
    ("no", "no"),
    ("on", "on"),
    ("yes", "yes"),
    ("y", "y"),
    ("012", 12),
    ("-0", 0),
    ("+7", 7),
    ("0o17", 15),
    ("0o18", "0o18"),
    ("0xFf", 255),
    ("0b1", "0b1"),
    ("1_000", "1_000"),
    ("1e3", 1000.0),
    ("1.", 1.0),
    (".5", 0.5),
    ("-1.5E-3", -0.0015),
    (".", "."),
    ("+", "+"),
    ("1:30", "1:30"),
    ("2024-01-02", "2024-01-02"),
    ("=", "="),
    ("<<", "<<"),
    ("'1'", "1"),
    ('"\\u00e9\\N"', "é\x85"),
    ("!!str 12", "12"),
    ("! 12", "12"),
    ("!!int '5'", 5),
    ("!!float 1", 1.0),
    ("!!bool true", True),
    ("!!null ''", None),
    ("18446744073709551615", 2**64 - 1),
    ("-9223372036854775808", -(2**63)),
    ("0" * 5000 + "1", 1),
]


@pytest.mark.parametrize(("text", "value"), CORE_SCALARS)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    for read in (read_yaml(text).value, read_yaml(f"[{text}]").value[0]):  # type: ignore[index]
        assert (type(value), value) == (type(read), read)


def test_minus_zero_keeps_its_sign() -> None:
    value = read_yaml("-0.0").value

    assert isinstance(value, float)
    assert math.copysign(1, value) == -1


def test_structure_and_number_keys() -> None:
    expected = {
        "paintgraph": 1,
        "nodes": {
            "photo": {"node": "LoadImage", "image": "${inputs.image}"},
            "12": {"node": "Blur", "sides": ["left", {"a": 1}]},
        },
        "outputs": {},
    }

    assert expected == read_yaml(RECIPE).value
    assert expected == read_yaml(RECIPE.encode()).value
    assert expected == read_yaml(RECIPE.replace("\n", "\r\n")).value
    assert expected == read_yaml(b"\xef\xbb\xbf" + RECIPE.encode()).value


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), Place(2, 1), Place(2, 1)),
        (("paintgraph",), Place(2, 13), Place(2, 1)),
        (("nodes", "photo"), Place(4, 10), Place(4, 3)),
        (("nodes", "photo", "image"), Place(4, 35), Place(4, 28)),
        (("nodes", "12", "sides", 1, "a"), Place(7, 23), Place(7, 20)),
        (("nodes", "12", "sides", 0), Place(7, 13), Place(7, 13)),
        (("nodes", "photo", "nothing", "deeper"), Place(4, 10), Place(4, 3)),
        (("nothing",), Place(2, 1), Place(2, 1)),
        (("outputs",), Place(8, 10), Place(8, 1)),
    ],
)
def test_places(path: tuple[str | int, ...], value: Place, key: Place) -> None:
    document = read_yaml(RECIPE)

    assert (value, key) == (document.place(path), document.place(path, key=True))


def test_an_alias_is_a_copy_and_stands_where_it_is_written() -> None:
    document = read_yaml("a: &x {b: [1]}\nc: *x\n&k key: 1\nd: *k\n")
    value: Any = document.value

    assert value == {"a": {"b": [1]}, "c": {"b": [1]}, "key": 1, "d": "key"}
    assert value["a"]["b"] is not value["c"]["b"]
    assert document.place(("c", "b", 0)) == Place(2, 4)


def test_deepest_allowed_value_is_read() -> None:
    assert read_yaml("[" * 64 + "]" * 64).value


def test_a_key_may_be_quoted_or_tagged_as_text() -> None:
    assert read_yaml("{!!str 1.5: a, '<<': b, \"null\": c, y: d}").value == {
        "1.5": "a",
        "<<": "b",
        "null": "c",
        "y": "d",
    }
