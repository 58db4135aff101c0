"""Sizes, licences, and how a model that is not there is got, in words."""

from paintgraph.models.catalogue.entries import Licence, ModelEntry

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
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
    while size >= 1000 and step < len(_UNITS) - 1:
        size /= 1000
        step += 1
    digits = 1 if step and size < 10 else 0
    return f"{size:.{digits}f} {_UNITS[step]}"


def licence_in_words(licence: Licence) -> str:
    """The licence, whether commercial use is free, and where to read it."""
    name = f"licence {licence.name}" if licence.name else "its licence is not recorded"
    place = f" (see {licence.url})" if licence.url else ""
    return f"{name}: {_USES[licence.commercial]}{place}"


def missing_in_words(entry: ModelEntry) -> str:
    """That a model is not there, with its size, licence, and the command that gets it."""
    size = f" ({in_bytes(entry.size)})" if entry.size else ""
    return (
        f"model '{entry.name}'{size} is not on this machine; {licence_in_words(entry.licence)}. "
        f"{cure_in_words(entry)}"
    )


def cure_in_words(entry: ModelEntry) -> str:
    """How to get a model's files."""
    if entry.can_be_pulled:
        return f"Get it with: {entry.pull_command}"
    if source := entry.options.get("made_from"):
        needs = entry.options.get("needs", entry.family)
        return (
            f"Get '{source}' with 'paintgraph models pull {source}', and rembg makes it: "
            f"pip install '{needs}', then rembg d {entry.name}"
        )
    files = ", ".join(f"'{file.path}'" for file in entry.files)
    return (
        f"No address of it is known: put {files} into the folder that "
        f"'paintgraph models info {entry.name}' shows."
    )
