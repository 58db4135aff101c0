"""What clients ask of the server itself: the machine, what it can do, what it has learnt to say."""

import asyncio
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aiohttp import web

from paintgraph.api.comfy.following.websocket import features_of
from paintgraph.api.http.requests import json_response
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.base.packages import installed_version
from paintgraph.models.loading.accelerators import Accelerator, accelerators
from paintgraph.models.loading.devices import CPU, total_bytes

ROUTES = web.RouteTableDef()
SPOKEN_VERSION = "0.3.64"
"""The ComfyUI whose protocol is spoken; clients compare it."""

_ARGUMENTS = ("paintgraph", "--disable-api-nodes")
"""ComfyUI's page reads them: with this one it asks nobody else for news."""

_MEMORY = Path("/proc/meminfo")


class Devices:
    """Where models work; accelerators are looked up once, when somebody asks."""

    def __init__(self) -> None:
        self._found: asyncio.Task[tuple[Accelerator, ...]] | None = None

    async def described(self, parts: ServerParts) -> list[dict[str, Any]]:
        """Accelerators if models may work on one that is there, else the CPU.

        What no model of ours holds counts as free.
        """
        if not parts.rules.device.startswith(CPU):
            if self._found is None:
                self._found = asyncio.create_task(asyncio.to_thread(accelerators))
            if found := await asyncio.shield(self._found):
                return [_described(one, parts) for one in found]
        total = total_bytes(CPU)
        return [_device(CPU, CPU, 0, total, min(_free_bytes(), total))]


_DEVICES = web.AppKey("devices", Devices)


def add_devices(app: web.Application) -> None:
    """What the routes of this module need."""
    app[_DEVICES] = Devices()


@ROUTES.get("/system_stats")
async def stats(request: web.Request) -> web.Response:
    """The machine and its memory. Neither paths nor the true command line are told."""
    total, free = total_bytes(CPU), _free_bytes()
    return json_response(
        {
            "system": {
                "os": sys.platform,
                "ram_total": total,
                "ram_free": min(free, total),
                "comfyui_version": SPOKEN_VERSION,
                "paintgraph_version": version("paintgraph"),
                "required_frontend_version": "",
                "installed_templates_version": "",
                "required_templates_version": "",
                "python_version": platform.python_version(),
                "pytorch_version": installed_version("torch") or "",
                "embedded_python": False,
                "argv": _ARGUMENTS,
            },
            "devices": await request.app[_DEVICES].described(request.app[PARTS]),
        }
    )


@ROUTES.get("/features")
async def features(request: web.Request) -> web.Response:
    """What the server can do; the same is said over a socket that asks."""
    return json_response(features_of(request))


def _described(one: Accelerator, parts: ServerParts) -> dict[str, Any]:
    """An accelerator; models call the first one by its type alone."""
    names = {f"{one.type}:{one.index}", *([one.type] if one.index == 0 else [])}
    held = sum(
        count
        for numbers in parts.dispatcher.pool.numbers()
        for device, count in numbers["bytes"].items()
        if device in names
    )
    free = max(0, one.total_bytes - held)
    return _device(f"{one.type}:{one.index} {one.name}", one.type, one.index, one.total_bytes, free)


def _device(name: str, type_: str, index: int, total: int, free: int) -> dict[str, Any]:
    return {
        "name": name,
        "type": type_,
        "index": index,
        "vram_total": total,
        "vram_free": free,
        "torch_vram_total": total,
        "torch_vram_free": free,
    }


def _free_bytes() -> int:
    """Memory that programs may still take, where the system tells it."""
    try:
        for line in _MEMORY.read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return total_bytes(CPU)
