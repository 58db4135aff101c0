r"""Names of files that are no Unicode: texts show each of their odd bytes as \xNN.

Python has such a byte as half a surrogate pair, which no text file, JSON or terminal can hold.
"""

import os
import re
from pathlib import Path

_ODD = re.compile(r"[\ud800-\udfff]")
_SHOWN = re.compile(r"\\x([89a-f][0-9a-f])")
_FIRST = 0xDC00  # surrogateescape (PEP 383) has byte NN as U+DCNN


def legible(text: str) -> str:
    r"""The text with \xNN for each byte that is no Unicode; any other text as it is.

    >>> print(legible(b"caf\xe9.jpg".decode("utf-8", "surrogateescape")))
    caf\xe9.jpg
    """
    if text.isascii():
        return text
    return _ODD.sub(_show, text)


def path_in(folder: Path, name: str) -> Path:
    r"""The path of a name inside a folder; where no file is so called, \xNN stands for a byte."""
    path = folder / name
    return path if os.path.lexists(path) else folder / _SHOWN.sub(_byte, name)


def cut(name: str, most: int) -> str:
    """The beginning of a name that takes at most so many bytes as UTF-8, in whole characters.

    >>> cut("naïve", 3), cut("naïve", 4)
    ('na', 'naï')
    """
    return name.encode()[: max(most, 0)].decode(errors="ignore")


def _show(odd: re.Match[str]) -> str:
    byte = ord(odd[0]) - _FIRST
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else f"\\u{ord(odd[0]):04x}"


def _byte(shown: re.Match[str]) -> str:
    return chr(_FIRST + int(shown[1], 16))
