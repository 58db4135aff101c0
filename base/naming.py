"""Names of files: tokens for the date are filled in, and every system can hold what comes out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from posixpath import normpath

from paintgraph.base.words import shorten

_TOKEN = re.compile(r"%(?:(year|month|day|hour|minute|second)|date:([^%]*))%")
_DATE_FORMS: Mapping[str, Callable[[datetime], int]] = {
    "d": lambda when: when.day,
    "M": lambda when: when.month,
    "h": lambda when: when.hour,
    "m": lambda when: when.minute,
    "s": lambda when: when.second,
}
_DATE_FORM = re.compile("dd?|MM?|hh?|mm?|ss?|yyyy|yy")
_UNFIT = re.compile(r'[<>:"|?*\\\x01-\x1f\x7f]')
_UNFIT_END = re.compile(r"[. ](?=[. ]*$)")
# With any suffix, too: "con.png" is the console.
_DEVICE = re.compile(r"^(con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?= *(?:\.|$))", re.IGNORECASE)


_NUMBER_DIGITS = 5
BAD_NAME = "bad_file_name"
"""The code of the error for a name that files cannot have."""

MOST_NAME_BYTES = 255 - len("__00001_.webp")
"""What file systems hold, beside a number and a suffix."""

PICKLES = (".ckpt", ".pt", ".pth", ".bin")
"""Endings of files with weights that may run code."""


def without_pickle(name: str) -> str:
    """The name that a model has as .safetensors, where it is that of a pickle.

    Examples:
        >>> without_pickle("old/sd.ckpt"), without_pickle("ink")
        ('old/sd.safetensors', 'ink')
    """
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.safetensors" if dot + suffix.lower() in PICKLES else name


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file is to be called.

    Attributes:
        folder: which of the folders it lies in, "output" or "temp".
        stem: its path in there without number and suffix; / parts folders.
        suffix: ".png" and the like.
        is_numbered: whether it gets a number even where its plain name is free.
    """

    folder: str
    stem: str
    suffix: str
    is_numbered: bool = True

    @property
    def plain(self) -> str:
        """Its path in the folder without a number."""
        return self.stem + self.suffix

    def numbered(self, number: int) -> str:
        """Its path in the folder with a number.

        >>> FileName("output", "a/copy", ".png").numbered(7)
        'a/copy_00007_.png'
        """
        return f"{self.stem}_{number:0{_NUMBER_DIGITS}}_{self.suffix}"


def with_date(name: str, when: datetime) -> str:
    """The name with its tokens for the date filled in; what is no token stays as it is.

    Tokens are %year%, %month%, %day%, %hour%, %minute%, %second%, and %date:FORM%, whose form is
    made of yyyy, yy, MM, M, dd, d, hh, h (0 to 23), mm, m, ss and s: those of ComfyUI.

    >>> with_date("%year%/%date:dM-hhmm%_%nope%", datetime(2025, 3, 4, 5, 6))
    '2025/43-0506_%nope%'
    """

    def fill(token: re.Match[str]) -> str:
        if token[1]:
            return str(getattr(when, token[1])).zfill(2)
        return _DATE_FORM.sub(lambda form: _in_form(form[0], when), token[2])

    return _TOKEN.sub(fill, name)


def _in_form(form: str, when: datetime) -> str:
    if form[0] == "y":
        return f"{when.year:04}"[-len(form) :]
    return str(_DATE_FORMS[form[0]](when)).zfill(len(form))


def name_fault(name: str) -> str:
    """What is wrong with a name that a graph wants for its files, and the cure; or nothing.

    >>> name_fault("../a")
    "'../a' leads outside the output folder; allowed are names in it. Drop '..' and the first '/'."
    """
    shown = shorten(name, 60)
    plain = portable(with_date(name, datetime(2000, 12, 30, 23, 59, 59)))  # noqa: DTZ001 - any
    if not plain.strip() or plain.endswith("/") or "\0" in plain:
        return f"'{shown}' names no file; allowed are words, with / between folders. Add one."
    inside = normpath(plain)
    if inside in {".", ".."} or inside.startswith(("/", "../")):
        return (
            f"'{shown}' leads outside the output folder; allowed are names in it. "
            "Drop '..' and the first '/'."
        )
    parts = inside.encode("utf-8", "surrogateescape").split(b"/")
    if any(len(part) > MOST_NAME_BYTES for part in parts):
        return (
            f"'{shown}' is too long; allowed are {MOST_NAME_BYTES} bytes for the file and for each "
            "folder. Shorten it."
        )
    return ""


def portable(name: str) -> str:
    r"""The name with _ for each character that some system refuses; / parts folders.

    Those are < > : " | ? * \ and control characters, and dots and blanks at the end of a folder's
    name. A name that Windows keeps for a device gets a _ after it.

    >>> portable("a?b/12:30. /con/nul.x/Column")
    'a_b/12_30__/con_/nul_.x/Column'
    """
    *folders, last = (_UNFIT.sub("_", part) for part in name.split("/"))
    whole = [part if part in {".", ".."} else _UNFIT_END.sub("_", part) for part in folders]
    return "/".join(_DEVICE.sub(r"\1_", part) for part in (*whole, last))
