"""Files of clients by kind of place, folder and name; none leads out of its place."""

import re
from pathlib import Path

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.services.client_files import ClientFiles
from paintgraph.api.services.owning import files_of, may_read
from paintgraph.base.words import shorten
from paintgraph.jobs.sources.trees import FileTree

KINDS = ("input", "output", "temp")
_MARK = re.compile(rf" ?\[({'|'.join(KINDS)})\]$")


def tree_of(files: ClientFiles, kind: str) -> FileTree:
    """The client's files of a kind of place; raises ApiError if there is none of this kind."""
    named = {"input": files.inputs[0], **files.made}
    if kind in named:
        return named[kind]
    raise ApiError(
        400,
        "unknown_type",
        f"the type is '{shorten(kind, 40)}'; allowed are {', '.join(KINDS)}. Choose one.",
    )


def named_file(request: web.Request, kind: str, subfolder: str, name: str) -> Path | None:
    """The file that a client names, None without one; raises ApiError if it leads elsewhere.

    Another client's file is as if it were not there.
    """
    files = files_of(request)
    for tree in files.inputs if kind == "input" else (tree_of(files, kind),):
        folder = name_inside(tree, subfolder, status=403)
        inner = name_inside(tree, folder, name)
        if (kind == "input" or may_read(request, kind, inner)) and (file := tree.file(inner)):
            return file
    return None


def unmarked(name: str, kind: str) -> tuple[str, str]:
    """A name without its mark, and the kind of place that this names: "a.png [temp]"."""
    found = _MARK.search(name)
    return (name[: found.start()], found[1]) if found else (name, kind)


def name_inside(tree: FileTree, *names: str, status: int = 400) -> str:
    """What a tree calls a file or folder, "" itself; neither .. nor links lead out of it.

    Empty names are left out. Raises ApiError.
    """
    root = tree.root.resolve()
    parts = [name.replace("\\", "/") for name in names if name]
    if any("\0" in part or part.startswith("/") for part in parts):
        raise _outside(names, status)
    try:
        path = tree.place("/".join(parts)).resolve()
        path.exists()  # raises for names that no system takes
    except (OSError, RuntimeError, ValueError) as error:  # too long, or links in a circle
        raise _outside(names, status) from error
    if not path.is_relative_to(root):
        raise _outside(names, status)
    inner = path.relative_to(root).as_posix()
    return "" if inner == "." else inner


def _outside(names: tuple[str, ...], status: int) -> ApiError:
    name = shorten("/".join(name for name in names if name))
    return ApiError(
        status,
        "outside_folder",
        f"'{name}' is no path inside the folder; allowed are plain names, with / between folders. "
        "Change it.",
    )
