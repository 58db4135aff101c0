"""Which files there are in the folders inside the input folder; nothing leads out of it."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from engine.errors import BindError

_DIGITS = re.compile(r"(\d+)", re.ASCII)


class Listing:
    """Lists folders inside one input folder. Links are neither followed nor listed."""

    def __init__(self, input_folder: Path) -> None:
        self._folder = input_folder

    def bind(self, asked: tuple[str, str]) -> list[str]:
        """Names of a folder's files that fit a pattern, from the input folder on, 2 before 10.

        The pattern takes * ? and [...] and does not tell capitals from small letters; hidden files
        and sub-folders are left out. Raises BindError with the cure.
        """
        folder, pattern = asked
        root = self._folder.resolve()
        place = self._place(root, folder)
        try:
            found = list(_files(place))
        except OSError as error:
            raise BindError(
                f"the folder '{folder}' cannot be read: {error.strerror}. Check its permissions.",
                code="unreadable_folder",
            ) from error
        fitting = [name for name in found if fnmatchcase(name.casefold(), pattern.casefold())]
        above = place.relative_to(root)
        return [(above / name).as_posix() for name in sorted(fitting, key=_natural)]

    def _place(self, root: Path, folder: str) -> Path:
        """The folder itself; neither `..` nor links lead out of the input folder."""
        # Not resolved, so that a link on the way shows.
        place = root if "\0" in folder else Path(os.path.normpath(root / folder))
        if "\0" in folder or not place.is_relative_to(root) or place.resolve() != place:
            raise BindError(
                f"the folder {folder!r} lies outside the input folder, or behind a link; "
                "graphs read files in it only. Copy the pictures there.",
                code="outside_input_folder",
            )
        if not place.is_dir():
            raise BindError(
                f"there is no folder '{folder}' in the input folder; allowed are its "
                "folders, or nothing for itself. Check the spelling.",
                code="no_such_file",
            )
        return place


def _files(place: Path) -> Iterator[str]:
    with os.scandir(place) as entries:
        for entry in entries:
            is_plain = not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
            if is_plain and _is_text(entry.name):
                yield entry.name


def _is_text(name: str) -> bool:
    """Whether a graph can hold the name: one that is no Unicode cannot be written down."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _natural(name: str) -> tuple[list[str | int], str]:
    """What names are sorted by: numbers in them count as numbers."""
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
