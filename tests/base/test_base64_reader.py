"""Base64 is read in every dress, exactly, or refused by name; nothing is guessed."""

import base64
import re
import textwrap
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from paintgraph.base.text.base64_reader import Base64Error, read_base64

BYTES = bytes(range(256)) * 2 + b"\xfb\xff\xfe"
PLAIN = base64.b64encode(BYTES).decode()


def wrapped(text: str, width: int, end: str) -> str:
    return end.join(textwrap.wrap(text, width))


DRESSES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "without padding": lambda text: text.rstrip("="),
    "too much padding": lambda text: text + "==",
    "URL-safe": lambda text: text.replace("+", "-").replace("/", "_"),
    "URL-safe without padding": lambda t: t.replace("+", "-").replace("/", "_").rstrip("="),
    "lines of 76": lambda text: wrapped(text, 76, "\n"),
    "lines of 64 that end as on Windows": lambda text: wrapped(text, 64, "\r\n") + "\r\n",
    "indented lines": lambda text: wrapped(text, 76, "\n    "),
    "lines folded by YAML": lambda text: wrapped(text, 76, " "),
    "blanks around": lambda text: f" \t\n{text}\n ",
    "a byte order mark": lambda text: "\ufeff" + text,
    "a byte order mark as Latin-1": lambda text: "\xef\xbb\xbf" + text,
    "quotes": lambda text: f'"{text}"',
    "single quotes": lambda text: f"'{text}'",
    "Python's bytes": lambda text: str(text.encode()),
    "Python's bytes in lines": lambda text: str((wrapped(text, 76, "\n") + "\n").encode()),
    "quoted bytes of Python": lambda text: f'"{text.encode()!r}"',
    "slashes escaped": lambda text: text.replace("/", "\\/"),
    "a data URL": lambda text: f"data:image/png;base64,{text}",
    "a data URL in capitals": lambda text: f"DATA:IMAGE/PNG;BASE64,{text}",
    "a wrong type": lambda text: f"data:text/plain;base64,{text}",
    "no type": lambda text: f"data:;base64,{text}",
    "a charset": lambda text: f"data:image/png;charset=utf-8;base64,{text}",
    "blanks around the comma": lambda text: f"data:image/png; base64 , {text}",
    "no word data": lambda text: f"base64,{text}",
    "a type without the word data": lambda text: f"image/png;base64,{text}",
    "no word base64": lambda text: f"data:image/png,{text}",
    "a data URL, percent-encoded": lambda text: "data:image/png;base64," + quote(text, safe=""),
    "all percent-encoded": lambda text: quote(f"data:image/png;base64,{text}", safe=""),
    "a quoted data URL": lambda text: f'"data:image/png;base64,{text}"',
    "a data URL around quotes": lambda text: f"data:image/png;base64,'{text}'",
    "a data URL in lines": lambda text: "data:image/png;base64,\n" + wrapped(text, 76, "\n"),
}


@pytest.mark.parametrize("dress", DRESSES)
def test_every_dress_gives_the_same_bytes(dress: str) -> None:
    assert read_base64(DRESSES[dress](PLAIN)) == BYTES


@given(data=st.binary(min_size=200, max_size=400), dress=st.sampled_from(sorted(DRESSES)))
def test_no_byte_is_lost_in_any_dress(data: bytes, dress: str) -> None:
    assert read_base64(DRESSES[dress](base64.b64encode(data).decode())) == data


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (PLAIN.replace("+", " "), r"whose \+ became blanks \(the first is character \d+\)"),
        (PLAIN[:40] + "!" + PLAIN[40:], r"'!' is none of its characters \(character 41\)"),
        (PLAIN[:40] + "é" + PLAIN[40:], r"'é' is none of its characters \(character 41\)"),
        ("data:image/png;base64,ABCD.EFG", r"'\.' is none of its characters \(character 27\)"),
        ("data:image/png;base64,AB=CDEFG", r"padding \(=\) stands inside it \(character 25\)"),
        ("AB+DEF-H", r"two alphabets.*begins at character 7"),
        ("AB_DEF/H", r"two alphabets.*begins at character 7"),
        ("ABCDE", "one of its 5 characters is left over"),
        ("data:image/png;base64,", "base64 of nothing"),
        ("", "base64 of nothing"),
        ("data:image/png,%89PNG", "a data URL without base64"),
        ("data:text/html,<b>", "a data URL without base64"),
    ],
)
def test_what_cannot_be_decoded_is_named(text: str, what: str) -> None:
    with pytest.raises(Base64Error) as told:
        read_base64(text)

    assert re.search(what, str(told.value))
    assert len(str(told.value)) < 400


@given(data=st.binary(min_size=60, max_size=600), dress=st.sampled_from(["plain", "a data URL"]))
def test_plus_signs_that_became_blanks_are_never_damage(data: bytes, dress: str) -> None:
    text = base64.b64encode(data).decode()
    assume("+" in text[1:-1])

    with pytest.raises(Base64Error, match="became blanks"):
        read_base64(DRESSES[dress](text[:-1].replace("+", " ") + text[-1]))


@given(st.text(max_size=60), st.sampled_from(["", "data:image/png;base64,", "base64,"]))
def test_any_text_is_read_or_refused(text: str, head: str) -> None:
    with suppress(Base64Error):
        read_base64(head + text)


def test_a_head_of_100_000_parameters_takes_no_time() -> None:
    with pytest.raises(Base64Error):
        read_base64("data:image/png" + ";a=b" * 100_000 + ";base64,AAAA")
