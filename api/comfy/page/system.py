"""What clients ask of the server itself: the machine, what it can do, what it has learnt to say."""

import platform
import sys
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from paintgraph.api.comfy.following.websocket import features_of
from paintgraph.api.http.requests import json_response
from paintgraph.base.packages import installed_version
from paintgraph.models.loading.devices import total_bytes

ROUTES = web.RouteTableDef()
SPOKEN_VERSION = "0.3.64"
"""The ComfyUI whose protocol is spoken; clients compare it."""

_ARGUMENTS = ("paintgraph", "--disable-api-nodes")
"""ComfyUI's page reads them: with this one it asks nobody else for news."""

_MEMORY = Path("/proc/meminfo")


@ROUTES.get("/system_stats")
async def stats(_: web.Request) -> web.Response:
    """The machine and its memory. Neither paths nor the true command line are told."""
    total, free = total_bytes("cpu"), _free_bytes()
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
            "devices": [
                {
                    "name": "cpu",
                    "type": "cpu",
                    "index": 0,
                    "vram_total": total,
                    "vram_free": min(free, total),
                    "torch_vram_total": total,
                    "torch_vram_free": min(free, total),
                }
            ],
        }
    )


@ROUTES.get("/features")
async def features(request: web.Request) -> web.Response:
    """What the server can do; the same is said over a socket that asks."""
    return json_response(features_of(request))


def _free_bytes() -> int:
    """Memory that programs may still take, where the system tells it."""
    try:
        for line in _MEMORY.read_text("ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return total_bytes("cpu")
