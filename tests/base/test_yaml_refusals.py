"""What YAML is refused, where and with which words."""

import pytest

from paintgraph.base.text.document import TextError
from paintgraph.base.text.yaml_reader import read_yaml

KEY = "a key is a text or a whole number. Quote it."
TAGS = "is not read; allowed are !!str, !!int, !!float, !!bool, !!null, !!map and !!seq. Remove it."
SYNTAX = (
    "allowed are keys and values, indented by spaces or in brackets. Check indentation, quotes and"
    " brackets here and on the lines before."
)

REFUSED: list[tuple[str, str | bytes, str, str, tuple[int, int]]] = [
    (
        "latin 1",
        "a: é".encode("latin-1"),
        "not_utf8",
        (
            "byte 3 of the text is 0xe9, which is not UTF-8; only UTF-8 is read. Save the file as"
            " UTF-8."
        ),
        (1, 4),
    ),
    (
        "utf 16",
        "é\na: 1".encode("utf-16"),
        "not_utf8",
        (
            "byte 0 of the text is 0xff, which is not UTF-8; only UTF-8 is read. Save the file as"
            " UTF-8."
        ),
        (1, 1),
    ),
    (
        "lone surrogate",
        "é\na: \ud800",
        "lone_surrogate",
        (
            "half a surrogate pair stands alone, which is no character; only whole characters are"
            " allowed. Write the character itself, or both halves of it."
        ),
        (2, 4),
    ),
    (
        "large",
        "a" * (2**20 + 1),
        "too_large",
        (
            "the text is 1048577 bytes long; at most 1048576 are read. Take out what is large:"
            " pictures belong in files of their own."
        ),
        (1, 1),
    ),
    ("nothing", "", "empty", "the text is empty; a value is needed. Write one.", (1, 1)),
    ("blank", " \n\t", "empty", "the text is empty; a value is needed. Write one.", (1, 1)),
    (
        "comments",
        "# a",
        "empty",
        "the text holds only comments; a value is needed. Write one.",
        (1, 1),
    ),
    (
        "NUL",
        "a:\n  b\0",
        "control_character",
        (
            "the text holds the character U+0000; only printable ones, tabs and line ends are"
            " allowed. Remove it, or write \\u0000 in double quotes."
        ),
        (2, 4),
    ),
    (
        "tab",
        "a:\n\tb: 1",
        "bad_yaml",
        (
            "this is not YAML (while scanning for the next token, found character that cannot start"
            f" any token); {SYNTAX}"
        ),
        (2, 1),
    ),
    (
        "bracket",
        "a: [1, 2",
        "bad_yaml",
        (
            f"this is not YAML (while parsing a flow sequence, did not find expected ',' or ']');"
            f" {SYNTAX}"
        ),
        (1, 9),
    ),
    (
        "same key",
        "a: 1\nn:\n- {b: 1}\n- b: 1\n  c: 1\n  b: 2\nd: [",
        "duplicate_key",
        (
            "the key 'b' was given before, at line 4, column 3; a key is allowed once in a mapping."
            " Rename or remove one of them."
        ),
        (6, 3),
    ),
    ("list as key", "[a]: 1", "bad_key", f"here is a key made of a list or mapping; {KEY}", (1, 1)),
    (
        "null as key",
        "a: {~: 1}",
        "bad_key",
        f"here is a key that reads as another type than text ('~'); {KEY}",
        (1, 5),
    ),
    (
        "float as key",
        "1.5: 1",
        "bad_key",
        f"here is a key that reads as another type than text ('1.5'); {KEY}",
        (1, 1),
    ),
    (
        "tagged key",
        "!!int 1: 1",
        "bad_key",
        f"here is a key with the tag !!int; {KEY}",
        (1, 1),
    ),
    (
        "alias as key",
        "a: &a b\n*a : 1",
        "bad_key",
        f"here is a key given by the alias *a; {KEY}",
        (2, 1),
    ),
    (
        "merge key",
        "a: &a {b: 1}\nc: {<<: *a}",
        "bad_key",
        (
            "the merge key << is not read; each mapping is written out. Copy the keys here, or"
            ' quote it ("<<") if it is meant as a name.'
        ),
        (2, 5),
    ),
    (
        "python tag",
        "a: !!python/object/apply:os.system [ls]",
        "tag_refused",
        f"the tag !!python/object/apply:os.system {TAGS}",
        (1, 4),
    ),
    ("own tag", "!x a", "tag_refused", f"the tag !x {TAGS}", (1, 1)),
    ("set", "!!set {a}", "tag_refused", f"the tag !!set {TAGS}", (1, 1)),
    (
        "unfit tag",
        "!!int a",
        "tag_refused",
        "'a' is no int, which its tag says; the tag must fit the value. Remove the tag.",
        (1, 1),
    ),
    (
        "tag directives",
        "".join(f"%TAG !{i}! x\n" for i in range(60_000)) + "--- a",
        "tag_refused",
        f"the directive %TAG {TAGS}",
        (1, 1),
    ),
    (
        "two documents",
        "a: 1\n---\na: 2",
        "many_documents",
        (
            "a second document starts here; one is allowed. Remove the line '---', or put what"
            " follows into a file of its own."
        ),
        (2, 1),
    ),
]


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_refusals(text: str | bytes, code: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(TextError) as caught:
        read_yaml(text)

    assert (code, message, place) == (caught.value.code, str(caught.value), caught.value.place)
