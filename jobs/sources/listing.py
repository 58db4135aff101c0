"""Which pictures there are in the folders inside the input folder; nothing leads out of it.

Names are fixed by this, contents are not: the digests of a folder of photos take reading all of it,
minutes of it before a job is even accepted. Each picture is fixed when its turn comes.
"""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from paintgraph.engine.errors import BindError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
_DIGITS = re.compile(r"(\d+)", re.ASCII)
_LONGEST_PATTERN = 1000  # no name of a file is as long


class Listing:
    """Lists folders inside one input folder. Links are neither followed nor listed.

    `most` bounds how many names one listing gives in all, since they become a part of a job.
    """

    def __init__(self, input_folder: Path, most: int | None = None) -> None:
        self._folder = input_folder
        self._most = most
        self._left = most

    def bind(self, asked: tuple[str, str]) -> list[str]:
        """Names of a folder's pictures that fit a pattern, from the input folder on, 2 before 10.

        The pattern takes * ? and [...] and does not tell capitals from small letters; hidden files
        and sub-folders are left out. Raises BindError with the cure.
        """
        names = self._names(*asked)
        if self._left is not None:
            if len(names) > self._left:
                raise BindError(
                    f"the folder '{asked[0]}' holds {len(names)} such pictures; allowed are "
                    f"{self._most} in all folders of a graph. Name fewer with the pattern.",
                    code="too_many_pictures",
                )
            self._left -= len(names)
        return names

    def _names(self, folder: str, pattern: str) -> list[str]:
        if len(pattern) > _LONGEST_PATTERN:
            raise BindError(
                f"the pattern has {len(pattern)} characters; allowed are {_LONGEST_PATTERN}. "
                "Shorten it.",
                code="bad_pattern",
            )
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
        if not fitting:
            raise BindError(
                f"the folder '{folder}' holds no picture named like '{pattern}'; allowed are "
                f"{', '.join(SUFFIXES)}. Change the folder or the pattern.",
                code="no_pictures",
            )
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
            is_picture = entry.name.lower().endswith(SUFFIXES)
            if is_plain and is_picture and _is_text(entry.name):
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
