"""What is written reads back equal, and reads well."""

import json
import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from paintgraph.base.text.document import TextError
from paintgraph.base.text.writers import write_json, write_yaml
from paintgraph.base.text.yaml_reader import read_yaml

TRICKY = [
    *("", " ", " a", "a ", "a: b", "a:", "- x", "-", "#c", "a #c", "\t", "a\tb", "no", "On", "y"),
    *("null", "~", "True", "1", "-1", "012", "1e3", "0o17", "0x1F", "1_000", "1:30", ".5", ".inf"),
    *(
        "2024-01-02",
        "=",
        "<<",
        "---",
        "...",
        "--- a",
        "%TAG",
        "@a",
        "`a",
        "&a",
        "*a",
        "!a",
        "?",
        ",",
    ),
    *("[a", "{a", "a]", "'", '"', "\\", "|", ">", "${a.b}", "a, b", "http://x/y", "/path", "C:\\x"),
    *(
        "a\nb",
        "a\n",
        "a\n\n",
        "\na",
        " a\nb",
        "a\n b",
        "a\n\n b\n",
        "a \nb",
        "\n",
        "a\r\nb",
        "# a\nb",
    ),
    *(
        "a\x85b",
        "\u2028",
        "a\u2029b\nc",
        "\ufeff",
        "a\ufeffb",
        "\x00",
        "\x1b[0m",
        "\x7f",
        "é",
        "漢字",
    ),
    *("😀", "e\u0301", "a\u00a0b", "\uffff", "\U0010ffff", "\ue000", "x" * 1500, "a b" * 100),
    *(
        "word " * 60 + "end",
        "two  spaces " * 20,
        "long " * 40 + "\n" + "long " * 40,
        "a b" * 50 + " ",
    ),
]
texts = st.sampled_from(TRICKY) | st.text() | st.text(" \n\t:#-[]{},'\"?&*!|>%@ab1.é", max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=25,
)


@given(trees)
@example({text: text for text in TRICKY})
@example({text: [text, {text: text}] for text in TRICKY})
@example([[[text]] for text in TRICKY])
@example({"a": {text: {text: text} for text in TRICKY}})
@example([-0.0, 1e16, 1.5e300, 5e-324, 1e-7])
def test_written_yaml_reads_back_equal(tree: object) -> None:
    assert json.dumps(tree) == json.dumps(read_yaml(write_yaml(tree)).value)


@given(scalars)
@example("1e3")
@example(1e16)
def test_a_reader_of_yaml_1_1_gets_the_same(scalar: object) -> None:
    assert json.dumps(scalar) == json.dumps(yaml.safe_load(write_yaml(scalar)))


@pytest.mark.parametrize("text", TRICKY)
def test_each_tricky_text_reads_back_in_any_position(text: str) -> None:
    for tree in (text, [text], [[text]], {text: 1}, {"a": {text: {"b": text}}}, [{text: [text]}]):
        assert tree == read_yaml(write_yaml(tree)).value
        assert tree == yaml.safe_load(write_yaml(tree))


def test_a_recipe_reads_well() -> None:
    recipe = {
        "paintgraph": 1,
        "about": "Continue a picture past its edges.",
        "inputs": {"sides": {"type": "list", "items": ["left", "top"], "default": []}},
        "nodes": {
            "photo": {"node": "LoadImage", "image": "${inputs.image}"},
            "12": {"inputs": {"image": ["4", 0]}, "class_type": "Blur"},
            "filled": {"node": "InpaintSampler", "prompt": "trees " * 20 + "and grass", "x": 1.0},
            "note": {"node": "Note", "text": "First.\n\n  Second.\n"},
        },
        "steps": [{"a": [{"b": 1}], "c": None}, [1, 2], "no"],
        "outputs": {"image": "${filled.image}"},
    }
    written = f"""\
paintgraph: 1
about: Continue a picture past its edges.
inputs:
  sides: {{type: list, items: [left, top], default: []}}
nodes:
  photo: {{node: LoadImage, image: "${{inputs.image}}"}}
  "12":
    inputs: {{image: ["4", 0]}}
    class_type: Blur
  filled:
    node: InpaintSampler
    prompt: >-
      {"trees " * 14}trees
      {"trees " * 5}and grass
    x: 1.0
  note:
    node: Note
    text: |
      First.

        Second.
steps:
  - a:
      - {{b: 1}}
    c: null
  - [1, 2]
  - "no"
outputs:
  image: "${{filled.image}}"
"""

    assert written == write_yaml(recipe)
    assert recipe == read_yaml(written).value


@pytest.mark.parametrize(
    ("value", "code", "message"),
    [
        (
            math.nan,
            "not_finite",
            (
                "the number nan is not finite; allowed are numbers up to about 1.8e308. Write a"
                " finite one, or quote it if it is meant as text."
            ),
        ),
        (
            [2**64],
            "integer_range",
            (
                "the integer 0x10000000000000000 is out of range; allowed -9223372036854775808 to"
                " 18446744073709551615. Write it as text, in quotes."
            ),
        ),
        (
            {1: 2},
            "bad_key",
            "a key of type int cannot be written; allowed: str. Convert it first.",
        ),
        (
            [b"a"],
            "bad_value",
            (
                "a value of type bytes cannot be written; allowed: dict, list, str, int, float,"
                " bool and None. Convert it first."
            ),
        ),
        (
            {"\ud800": 1},
            "lone_surrogate",
            (
                "half a surrogate pair stands alone, which is no character; only whole characters"
                " are allowed. Write the character itself, or both halves of it."
            ),
        ),
    ],
)
def test_what_no_reader_takes_is_not_written(value: object, code: str, message: str) -> None:
    for write in (write_yaml, write_json):
        with pytest.raises(TextError) as caught:
            write(value)

        assert (code, message) == (caught.value.code, str(caught.value))


def test_deepest_value_that_reads_back_is_written() -> None:
    value: list[object] = []
    for _ in range(63):
        value = [value]

    assert value == read_yaml(write_yaml(value)).value
    with pytest.raises(TextError, match="nested more than 64 deep"):
        write_yaml([value])
