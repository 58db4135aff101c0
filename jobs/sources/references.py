"""What a graph may call a picture or a folder, and how it becomes blobs; seeds become numbers.

A graph's texts never are paths of the machine: they name blobs, carry data, or name files inside
one input folder.
"""

import math
import os
import posixpath
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from paintgraph.base.file_kinds import OTHER_SUFFIXES, SUFFIXES
from paintgraph.base.names import legible
from paintgraph.base.naming import BAD_NAME, name_fault
from paintgraph.base.words import shorten
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX, Blobs
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binder
from paintgraph.jobs.sources.inline import is_inline, read_inline
from paintgraph.jobs.sources.trees import FileTree

_DIGEST = re.compile(PREFIX + "[0-9a-f]{64}")
_SUFFIX = re.compile(r" \[(input|output|temp)\]$")
_FORMS = (
    "'sha256:...' of an earlier picture, a 'data:' URL, or the name of a file in the input folder"
)


class References:
    """Turns what a graph calls a picture into a blob's reference.

    A name may say in which folder it lies: "a.png [output]". `others` has such folders beside the
    input folder, of whose files those count that may be read, by kind and path. What is not in the
    input folder is looked for in the `shared` ones.
    """

    def __init__(
        self,
        blobs: Blobs,
        inputs: FileTree,
        others: Mapping[str, FileTree] | None = None,
        shared: Sequence[FileTree] = (),
        may_read: Callable[[str, str], bool] = lambda _kind, _path: True,
    ) -> None:
        self._blobs = blobs
        self._inputs = (inputs, *shared)
        self._others = dict(others or {})
        self._may_read = may_read

    def bind(self, text: str, unchanged_since: float | None = None) -> str:
        """The blob's reference; raises BindError with the cure.

        So does a file that was changed after a time in seconds since 1970, if one is given.
        """
        if text.startswith(PREFIX):
            if not _DIGEST.fullmatch(text) or not self._blobs.touch(text):
                raise BindError(
                    f"there is no picture '{shorten(text, 80)}' here. Upload it again.",
                    code="unknown_picture",
                )
            return text
        if text.startswith(("http://", "https://")):
            raise BindError(
                f"'{shorten(text, 60)}' is a web address; the command line reads {_FORMS}. "
                "Download the picture first.",
                code="address_refused",
            )
        try:
            tree, path = self._found(text)
        except BindError:
            if not is_inline(text):
                raise
            return self._blobs.put(read_inline(text))
        inner = path.relative_to(tree.root).as_posix()
        _check_unchanged(tree, inner, f"file '{shorten(text, 60)}'", unchanged_since)
        return self._blobs.adopt(path)

    def expect(self, name: str, reference: str) -> str:
        """The blob's reference, which the file of a name had before; raises BindError if gone.

        The file is not read: whoever gets the blob looks whether it has changed.
        """
        if not self._blobs.touch(reference):
            self._blobs.expect(reference, self._found(name)[1])
        return reference

    def read(self, name: str) -> bytes:
        """The bytes of a file in the input folder; raises BindError if it cannot be had."""
        try:
            return self._found(name)[1].read_bytes()
        except OSError as error:
            raise BindError(
                f"the file '{shorten(name, 60)}' cannot be read: {error.strerror}. Check its name.",
                code="unreadable_file",
            ) from error

    def _found(self, name: str) -> tuple[FileTree, Path]:
        """The file that a name means, and its tree; neither `..` nor links lead out of that."""
        marked = _SUFFIX.search(name)
        plain = name[: marked.start()] if marked else name
        kind = marked[1] if marked else "input"
        if kind != "input" and kind not in self._others:
            raise BindError(
                f"'{shorten(name, 60)}' is a name that was only made while the job ran; of the "
                f"{kind} folder only names that stand in the graph are read. Write it there.",
                code="no_such_file",
            )
        if not plain.strip() or plain in {".", ".."} or "\0" in plain:
            raise BindError(
                f"'{shorten(name, 60)}' names no picture; allowed are {_FORMS}. Name one.",
                code="bad_reference",
            )
        for tree in [self._others[kind]] if kind in self._others else self._inputs:
            root = tree.root.resolve()
            try:
                path = tree.place(plain).resolve()
                path.exists()
            except (OSError, RuntimeError):  # too long a name, links in a circle
                path = root / shorten(plain, 60)
            if not path.is_relative_to(root):
                raise BindError(
                    f"'{shorten(name, 60)}' lies outside the {kind} folder; graphs read files in "
                    "it only. Copy the picture there, or make it an input of the recipe.",
                    code="outside_input_folder",
                )
            inner = path.relative_to(root).as_posix()
            if kind == "input" or self._may_read(kind, inner):
                with suppress(OSError):
                    if file := tree.file(inner):
                        return tree, file
        raise BindError(
            f"there is no file '{shorten(plain, 60)}' in the {kind} folder; allowed are "
            f"{_FORMS}. {self._cure(plain, kind)}",
            code="no_such_file",
        )

    def _cure(self, name: str, kind: str) -> str:
        """What to do about a file that is not in the folder of its kind."""
        with suppress(OSError):  # too long a name
            for other, tree in self._others.items():
                may_read = other == "input" or self._may_read(other, name)
                if other != kind and may_read and tree.file(name):
                    return f"Write '{name} [{other}]' for the file of that name in that folder."
        return "Check the spelling."


def _check_unchanged(tree: FileTree, name: str, what: str, since: float | None) -> None:
    """Raise BindError if a file or folder was changed after a time."""
    if since is not None and (tree.changed(name) or math.inf) > since:
        raise BindError(
            f"the {what} has changed since the job was accepted; its name was only made while the "
            "job ran. Run the job again.",
            code="file_changed",
        )


def source_binders(
    picture: Binder, *inputs: FileTree, most: int | None = None
) -> dict[str, Binder]:
    """What fixes pictures, folders and seeds, and looks at names of files, by kind of resource.

    `picture` fixes one picture; `most` bounds how many names of folders there may be in all.
    """
    listing = Listing(*inputs, most=most)
    return {
        "picture": picture,
        "folder": listing.bind,
        "seed": draw_seed,
        "file_name": _bind_file_name,
    }


def _bind_file_name(name: str) -> str:
    """The name of files that are to be written, as it is; raises BindError for what is none."""
    if fault := name_fault(name):
        raise BindError(fault, code=BAD_NAME)
    return name


RANDOM = -1
_BITS = 32


def draw_seed(seed: int) -> int:
    """The seed itself, or a number drawn for -1."""
    return secrets.randbits(_BITS) if seed == RANDOM else seed


_DIGITS = re.compile(r"(\d+)", re.ASCII)
_MOST_SHOWN = 5
_LONGEST_PATTERN = 1000  # no name of a file is as long


class Listing:
    """Lists folders among a client's inputs, in the first of several trees that has them.

    Links are neither followed nor listed. `most` bounds how many names one listing gives in all,
    since they become a part of a job.
    """

    def __init__(self, *inputs: FileTree, most: int | None = None) -> None:
        self._inputs = inputs
        self._most = most
        self._left = most

    def bind(self, asked: tuple[str, str], unchanged_since: float | None = None) -> list[str]:
        """Names of a folder's pictures that fit a pattern, from the input folder on, 2 before 10.

        The pattern takes * ? and [...] and does not tell capitals from small letters; hidden files
        and sub-folders are left out. Raises BindError with the cure, also for a folder that was
        changed after a time in seconds since 1970, if one is given.
        """
        tree, place = self._place(asked[0])
        _check_unchanged(tree, place, f"folder '{asked[0]}'", unchanged_since)
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

    def unread(self, folder: str, pattern: str) -> list[str]:
        """Names of a folder's pictures that fit a pattern but are of kinds that are not read."""
        return self._fitting(folder, pattern, OTHER_SUFFIXES)

    def _names(self, folder: str, pattern: str) -> list[str]:
        names = self._fitting(folder, pattern, SUFFIXES)
        if not names:
            others = self.unread(folder, pattern)
            there = f", but {_counted(others)} to be converted to PNG first" if others else ""
            raise BindError(
                f"the folder '{folder}' holds no picture named like '{pattern}'{there}; allowed "
                f"are {', '.join(SUFFIXES)}. Change the folder or the pattern.",
                code="no_pictures",
            )
        return names

    def _fitting(self, folder: str, pattern: str, suffixes: tuple[str, ...]) -> list[str]:
        if len(pattern) > _LONGEST_PATTERN:
            raise BindError(
                f"the pattern has {len(pattern)} characters; allowed are {_LONGEST_PATTERN}. "
                "Shorten it.",
                code="bad_pattern",
            )
        tree, place = self._place(folder)
        try:
            found = [each.name for each in tree.entries(place) if not each.is_folder]
        except OSError as error:
            raise BindError(
                f"the folder '{folder}' cannot be read: {error.strerror}. Check its permissions.",
                code="unreadable_folder",
            ) from error
        wanted = pattern.casefold()
        fitting = [
            each
            for each in found
            if each.lower().endswith(suffixes)
            and fnmatchcase(posixpath.basename(each).casefold(), wanted)
        ]
        return [*map(legible, sorted(fitting, key=_natural))]

    def _place(self, folder: str) -> tuple[FileTree, str]:
        """The tree that has a folder, and its name; neither `..` nor links lead out of it."""
        for tree in self._inputs:
            root = tree.root.resolve()
            inner = self._inside(tree, folder).relative_to(root).as_posix()
            place = "" if inner == "." else inner
            if tree.has_folder(place):
                return tree, place
        raise BindError(
            f"there is no folder '{folder}' in the input folder; allowed are its "
            "folders, or nothing for itself. Check the spelling.",
            code="no_such_file",
        )

    def _inside(self, tree: FileTree, folder: str) -> Path:
        root = tree.root.resolve()
        # Not resolved, so that a link on the way shows.
        place = root if "\0" in folder else Path(os.path.normpath(tree.place(folder)))
        if "\0" in folder or not place.is_relative_to(root) or place.resolve() != place:
            raise BindError(
                f"the folder {folder!r} lies outside the input folder, or behind a link; "
                "graphs read files in it only. Copy the pictures there.",
                code="outside_input_folder",
            )
        return place


def left_out(graph: Graph, registry: Registry, *inputs: FileTree) -> list[str]:
    """Warnings of a bound graph: pictures in its folders that are of kinds that are not read."""
    listing = Listing(*inputs)
    warnings = []
    for node in graph.nodes.values():
        spec = registry.spec(node.kind)
        for declared in spec.inputs if spec else ():
            asked = [node.inputs.get(name) for name in declared.found_by]
            if declared.resource != "folder" or not all(isinstance(each, str) for each in asked):
                continue
            folder, pattern = map(str, asked)
            with suppress(BindError):  # told when it was bound
                if names := listing.unread(folder, pattern):
                    warnings.append(
                        f"the folder '{folder}' holds {_counted(names)} of kinds that are not "
                        "read, which are left out. Convert them to PNG first."
                    )
    return warnings


def _counted(names: list[str]) -> str:
    """How many pictures there are, and the first of them."""
    shown = ", ".join(f"'{shorten(name, 60)}'" for name in names[:_MOST_SHOWN])
    more = ", ..." if len(names) > _MOST_SHOWN else ""
    return f"{len(names)} picture{'s' * (len(names) > 1)} ({shown}{more})"


def _natural(name: str) -> tuple[list[str | int], str]:
    """What names are sorted by: numbers in them count as numbers."""
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
