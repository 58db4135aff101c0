"""Files of packs for ComfyUI's page: its scripts, and what these load.

In the page they are code like the page's own, so they are served where routes of packs are allowed,
and else not. They are read from the packs' folders; no code of packs runs here.
"""

import asyncio
from collections.abc import Mapping
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from paintgraph.api.services.parts import PARTS

_SCRIPT = ".js"
_TYPES = {_SCRIPT: "text/javascript", ".mjs": "text/javascript", ".css": "text/css"}


async def scripts_of_packs(request: web.Request) -> list[str]:
    """The paths of all scripts, which the page loads beside its own."""
    return await asyncio.to_thread(_listed, _folders(request))


async def send(request: web.Request) -> web.StreamResponse:
    """A file of a pack's folder for the page, by the pack's name and the path in it."""
    folder = _folders(request).get(request.match_info["pack"])
    file = await asyncio.to_thread(_inside, folder, request.match_info["path"]) if folder else None
    if file is None:
        raise web.HTTPNotFound
    kind = _TYPES.get(file.suffix) or guess_type(file.name)[0] or "application/octet-stream"
    headers = {"Content-Type": kind, "Cache-Control": "no-cache"}
    return web.FileResponse(file, headers=headers)


def _folders(request: web.Request) -> Mapping[str, Path]:
    """The folders for the page by the names of their packs; none where that is not allowed."""
    ready = request.app[PARTS].dispatcher.ready
    packs = ready.packs if ready.door else ()
    return {each["name"]: Path(each["web"]) for each in reversed(packs) if each["web"]}


def _listed(folders: Mapping[str, Path]) -> list[str]:
    return sorted(
        f"/extensions/{quote(name)}/{quote(file.relative_to(folder).as_posix())}"
        for name, folder in folders.items()
        for file in folder.rglob(f"*{_SCRIPT}")
    )


def _inside(folder: Path, path: str) -> Path | None:
    """A file within a folder; None if there is none, or if it lies elsewhere."""
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
