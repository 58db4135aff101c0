"""Sizes and licences in words."""

from paintgraph.models.catalogue.entries import Licence

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_TWO_DIGITS = 10
_USES = {
    "free": "commercial use is free",
    "paid": "commercial use has to be paid for",
    "forbidden": "commercial use is forbidden",
    "unknown": "whether commercial use is free is not known",
}


def in_bytes(count: float) -> str:
    """A number of bytes in the unit that suits, such as 176 MB."""
    size = float(count)
    step = 0
    while size >= _STEP and step < len(_UNITS) - 1:
        size /= _STEP
        step += 1
    digits = 1 if step and size < _TWO_DIGITS else 0
    return f"{size:.{digits}f} {_UNITS[step]}"


def licence_in_words(licence: Licence) -> str:
    """The licence, whether commercial use is free, and where to read it."""
    name = f"licence {licence.name}" if licence.name else "its licence is not recorded"
    place = f" (see {licence.url})" if licence.url else ""
    return f"{name}: {_USES[licence.commercial]}{place}"
