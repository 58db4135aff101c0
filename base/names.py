r"""Names of files as texts have them: Unicode in one form, \xNN for each byte that is none.

Python has such a byte as half a surrogate pair, which no text file, JSON or terminal can hold.
"""

import os
import re
import unicodedata
from pathlib import Path

_ODD = re.compile(r"[\ud800-\udfff]")
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
    r"""The path of a name inside a folder, where texts may spell it differently from the disk.

    A part of it that is no file's name stands for the first one that a text spells so: \xNN for a
    byte that is no Unicode, and either form of accents (macOS takes letters and accents apart).
    """
    asked = Path(name)
    path = folder / asked
    if asked.is_absolute() or ".." in asked.parts or os.path.lexists(path):
        return path
    found = folder
    for part in asked.parts:
        found = found / (part if os.path.lexists(found / part) else _entry(found, part))
    return found


def _entry(folder: Path, part: str) -> str:
    """The entry of a folder that a text spells so; the text itself if there is none."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):
        return part
    return next((name for name in names if spelt(name) == spelt(part)), part)


def spelt(name: str) -> str:
    """A name in the one spelling that stands for all that texts may use, see `path_in`."""
    return unicodedata.normalize("NFC", legible(name))


def cut(name: str, most: int) -> str:
    """The beginning of a name that takes at most so many bytes as UTF-8, in whole characters.

    >>> cut("naïve", 3), cut("naïve", 4)
    ('na', 'naï')
    """
    return name.encode()[: max(most, 0)].decode(errors="ignore")


def _show(odd: re.Match[str]) -> str:
    byte = ord(odd[0]) - _FIRST
    return f"\\x{byte:02x}" if 0x80 <= byte <= 0xFF else f"\\u{ord(odd[0]):04x}"
