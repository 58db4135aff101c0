"""Base64 (RFC 4648) in every dress that people send it in, read exactly or refused.

Read are both alphabets, padding that is missing or too long, wrapped lines, quotes of JSON and of
Python's `b'...'`, a byte order mark, percent-encoding and the head of a data URL (RFC 2397). What
would be guessed is refused: no character is ever skipped.
"""

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote

from paintgraph.base.errors import Error

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_QUOTES = "\"'`"
_AROUND = " \t\r\n\v\f\0\xa0\ufeff\u200b"  # the last ones: byte order mark, zero-width space
_MARK = "\xef\xbb\xbf"  # a byte order mark that was read as Latin-1
_LONGEST_HEAD = 1000
_MOST_QUOTES = 4
_WIDTHS = (76, 64)  # lines of MIME (RFC 2045) and of PEM (RFC 7468)
_SHORTEST_UNTOLD = 16  # base64 after a head that does not say so; less may be any word
_CURE = "Encode the picture again."


class Base64Error(Error):
    """A text that looks like base64 but cannot be decoded without guessing."""

    code = "bad_base64"


@dataclass(frozen=True, slots=True)
class Base64Text:
    """A text without its dress.

    Attributes:
        body: what stands between head, quotes and blanks; lines may be wrapped.
        start: where the body begins in the text.
        is_url: it begins as a data URL.
        is_told: its head says that base64 follows.
    """

    body: str
    start: int
    is_url: bool
    is_told: bool


def undressed(text: str) -> Base64Text:
    """The text without head, quotes, byte order mark and what percent-encoding did to it."""
    plain = unquote(text) if "%" in text else text
    body = _unquoted(plain)
    is_url = body[: len("data:")].lower() == "data:"
    comma = body.find(",", 0, _LONGEST_HEAD)
    head = re.sub(r"\s", "", body[: max(comma, 0)]).lower()
    is_told = head.endswith("base64")
    if is_told or (is_url and comma >= 0):
        body = _unquoted(body[comma + 1 :])
    # Python prints line breaks as \n, PHP's JSON slashes as \/.
    body = body.replace("\\r", "").replace("\\n", "\n").replace("\\/", "/")
    return Base64Text(body, max(text.find(body[:40]), 0), is_url, is_told)


def _unquoted(text: str) -> str:
    """The text without blanks and quotes around it, those of Python's bytes as well."""
    for _ in range(_MOST_QUOTES):
        text = text.strip(_AROUND).removeprefix(_MARK)
        start = 1 if text[:1] in {"b", "B"} and text[1:2] in set(_QUOTES) else 0
        if len(text) < start + 2 or text[start] not in _QUOTES or text[-1] != text[start]:
            return text
        text = text[start + 1 : -1]
    return text


def read_base64(text: str) -> bytes:
    r"""The bytes that a text stands for.

    >>> read_base64("-_8"), read_base64("data:;base64,+/8==")
    (b'\xfb\xff', b'\xfb\xff')

    Raises:
        Base64Error: nothing is left, a character belongs to no alphabet or to the other one,
            blanks stand where a + must have been, padding stands inside, or the text is cut off.
    """
    given = undressed(text)
    if given.is_url and not given.is_told and not _may_be_untold(given.body):
        raise Base64Error(f"this is a data URL without base64; needed is ';base64,'. {_CURE}")
    packed = _joined(given).rstrip("=")
    if not packed:
        raise Base64Error(f"this is base64 of nothing; needed is a picture's. {_CURE}")
    data = packed.encode("ascii", "replace")
    _check_alphabet(data, packed, given)
    if len(data) % 4 == 1:
        raise Base64Error(
            f"this looks like base64, but it is cut off: one of its {len(data)} characters is left "
            f"over, and allowed are groups of four, the last of two or more. {_CURE}"
        )
    return binascii.a2b_base64(data.translate(_TO_STANDARD) + b"=" * (-len(data) % 4))


def _may_be_untold(body: str) -> bool:
    """Whether base64 stands behind a head that says nothing, as FooocusAPI takes it."""
    start = body[:_LONGEST_HEAD].encode("ascii", "replace")
    return len(start) >= _SHORTEST_UNTOLD and not start.translate(None, _ALPHABET + b"= \t\r\n")


def _joined(given: Base64Text) -> str:
    """The body in one line. Blanks inside a line once were plus signs, or line breaks."""
    lines = [line.strip(_AROUND) for line in given.body.splitlines()]
    if len(lines) == 1 and _is_folded(lines[0].split(" ")):
        lines = lines[0].split(" ")
    for line in lines:
        if " " in line or "\t" in line:
            at = _place(given, " " if " " in line else "\t")
            raise Base64Error(
                f"this looks like base64 whose + became blanks (the first is character {at}), as a "
                "form or an address does to it; allowed is + itself. Send it as JSON, or "
                "percent-encode it: %2B."
            )
    return "".join(lines)


def _is_folded(pieces: list[str]) -> bool:
    """Whether blanks stand just where lines are wrapped, as folded texts of YAML have them.

    One blank could stand there by chance; two or more cannot.
    """
    widths = {len(piece) for piece in pieces[:-1]}
    return len(pieces) > 2 and widths <= {*_WIDTHS} and len(widths) == 1


def _check_alphabet(data: bytes, packed: str, given: Base64Text) -> None:
    others = data.translate(None, _ALPHABET)
    if others or not packed.isascii():
        wrong = next(sign for sign in packed if sign.encode() not in _ALPHABET)
        if wrong == "=":
            what = "padding (=) stands inside it"
            cure = "Encode the picture in one piece."
        else:
            what, cure = f"{wrong!r} is none of its characters", _CURE
        raise Base64Error(
            f"this looks like base64, but {what} (character {_place(given, wrong)}); allowed are "
            f"A to Z, a to z, 0 to 9, + and /, or - and _ in their place, and = at the end. {cure}"
        )
    first = [found for sign in ("[+/]", "[-_]") if (found := re.search(sign, packed))]
    if len(first) > 1:
        second = max(first, key=re.Match.start)[0]
        raise Base64Error(
            "this looks like base64, but of two alphabets, one with + and /, one with - and _ (the "
            f"second begins at character {_place(given, second)}); allowed is one of them. {_CURE}"
        )


def _place(given: Base64Text, character: str) -> int:
    """Where a character of the body first stands in the text, from 1."""
    return given.start + given.body.find(character) + 1
