"""ComfyUI's page as its package brings it: found, but neither imported nor changed.

The page is GPL-3.0 and comes by pip with the extra `editor`; nothing of it is in this repository.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from paintgraph.base.errors import Error
from paintgraph.base.packages import installed_version

PACKAGE = "comfyui-frontend-package"
TESTED = ((1, 49), (1, 59))
"""Versions of the page: from the first, up to but without the second."""

_INDEX = "index.html"
_NUMBERS = re.compile(r"(\d+)\.(\d+)")


class PageError(Error):
    """A folder holds no page."""

    code = "no_page"


@dataclass(frozen=True, slots=True)
class Page:
    """The files of a page by the path under which they are served.

    Only these are served, so no request can lead anywhere else.

    Attributes:
        files: by their paths from the page's folder, such as "assets/index.js".
        version: of the package; "" for a folder that somebody named.
    """

    files: Mapping[str, Path]
    version: str = ""

    @property
    def warning(self) -> str:
        """What to tell whoever starts the server of a version that was not tried; else ""."""
        found = _NUMBERS.match(self.version)
        if found is None or TESTED[0] <= (int(found[1]), int(found[2])) < TESTED[1]:
            return ""
        first, end = (".".join(map(str, numbers)) for numbers in TESTED)
        return (
            f"the editor is {PACKAGE} {self.version}; tried are versions from {first} up to, "
            f"without, {end}. If it fails: pip install '{PACKAGE}>={first},<{end}'."
        )


def is_installed() -> bool:
    """Whether the extra `editor` is there."""
    return _folder() is not None


def installed_page() -> Page | None:
    """The page of the installed package; None without the extra `editor`."""
    folder = _folder()
    return None if folder is None else Page(_served(folder), installed_version(PACKAGE) or "")


def _folder() -> Path | None:
    spec = find_spec(PACKAGE.replace("-", "_"))
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "static"


def page_in(folder: Path) -> Page:
    """The page that somebody built into a folder; raises PageError if there is none."""
    files = _served(folder)
    if _INDEX not in files:
        raise PageError(
            f"the folder of the editor '{folder}' has no {_INDEX}; allowed is a folder with a "
            "built page of ComfyUI. Name it with --front-end-root."
        )
    return Page(files)


def _served(folder: Path) -> dict[str, Path]:
    """What a browser asks for: no source maps, no links that lead out of the folder."""
    root = folder.resolve()
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix != ".map" and path.is_file() and path.resolve().is_relative_to(root)
    }
