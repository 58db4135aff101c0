"""Files of clients by kind of place, folder and name; none leads out of its place."""

import re
from pathlib import Path

from aiohttp import web

from paintgraph.api.http.errors import ApiError
from paintgraph.api.services.owning import files_of, may_read
from paintgraph.api.services.parts import PARTS
from paintgraph.base.names import path_in
from paintgraph.base.words import shorten
from paintgraph.jobs.sources.folders import Folders

KINDS = ("input", "output", "temp")
_MARK = re.compile(rf" ?\[({'|'.join(KINDS)})\]$")


def folder_of(folders: Folders, kind: str) -> Path:
    """The folder of a kind of place; raises ApiError if there is none of this kind."""
    named = dict(zip(KINDS, (folders.inputs, folders.outputs, folders.temp), strict=True))
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
    roots = files.inputs if kind == "input" else (folder_of(files.folders, kind),)
    for root in map(Path.resolve, roots):
        folder = path_inside(root, subfolder, status=403)
        path = path_inside(root, folder.relative_to(root).as_posix(), name)
        inner = path.relative_to(root).as_posix()
        if kind == "input":
            if path.is_file():
                return path
        elif may_read(request, kind, inner):
            return request.app[PARTS].files.storage.destinations[kind].file(inner)
    return None


def unmarked(name: str, kind: str) -> tuple[str, str]:
    """A name without its mark, and the kind of place that this names: "a.png [temp]"."""
    found = _MARK.search(name)
    return (name[: found.start()], found[1]) if found else (name, kind)


def path_inside(root: Path, *names: str, status: int = 400) -> Path:
    """The path of a file or folder inside another; neither .. nor links lead out of it.

    Empty names are left out. Raises ApiError.
    """
    root = root.resolve()
    parts = [name.replace("\\", "/") for name in names if name]
    if any("\0" in part or part.startswith("/") for part in parts):
        raise _outside(names, status)
    try:
        path = root
        for part in parts:
            path = path_in(path, part)
        path = path.resolve()
        path.exists()  # raises for names that no system takes
    except (OSError, RuntimeError, ValueError) as error:  # too long, or links in a circle
        raise _outside(names, status) from error
    if not path.is_relative_to(root):
        raise _outside(names, status)
    return path


def _outside(names: tuple[str, ...], status: int) -> ApiError:
    name = shorten("/".join(name for name in names if name))
    return ApiError(
        status,
        "outside_folder",
        f"'{name}' is no path inside the folder; allowed are plain names, with / between folders. "
        "Change it.",
    )
