"""`paintgraph doctor`: what is installed, where things are kept, and whether the engines work."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import orjson
import typer

from cli.faults import FAILED, OK, guard
from imaging.arrays import Image, Mask
from jobs.folders import VARIABLE, default_folders
from models.inpainters import Inpainters
from models.protocols import InpaintRequest
from models.repaint import repaint

_CORE = (
    *("numpy", "opencv-python", "pillow", "networkx", "pydantic", "pyyaml", "orjson", "aiohttp"),
    *("typer", "rich", "platformdirs", "pypatchmatch", "rembg", "onnxruntime"),
)
_EXTRA = {
    "diffusion": ("torch", "diffusers", "transformers"),
    "grounded-sam": ("segment-anything", "groundingdino-py"),
    "editor": ("comfyui-frontend-package",),
    "ray": ("ray",),
}
_LITTLE_DISK = 2 * 10**9


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `is_fault` if paintgraph cannot work as it is."""

    what: str
    found: str
    is_fault: bool = False


def examine(*, json: bool, debug: bool) -> int:
    """Look at everything; exit code 1 if something is at fault."""

    def act() -> int:
        findings = [*_system(), *_packages(), *_folders(), *_engines()]
        if json:
            plain = [{"what": f.what, "found": f.found, "fault": f.is_fault} for f in findings]
            typer.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())
        else:
            for finding in findings:
                mark = "!!" if finding.is_fault else "ok"
                typer.echo(f"{mark}  {finding.what}: {finding.found}")
        return FAILED if any(finding.is_fault for finding in findings) else OK

    return guard(act, "doctor", debug=debug)


def _system() -> list[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return [
        Finding("Python", platform.python_version()),
        Finding("system", f"{platform.system()} {platform.machine()}"),
        Finding("processors", str(os.cpu_count())),
        Finding("memory", f"{memory / 1e9:.1f} GB"),
    ]


def _packages() -> list[Finding]:
    findings = []
    for name in _CORE:
        there = _version(name)
        cure = "missing. Install it with: pip install paintgraph"
        findings.append(Finding(name, there or cure, is_fault=there is None))
    for extra, names in _EXTRA.items():
        installed = [f"{name} {_version(name)}" for name in names if _version(name)]
        missing = f"not installed; pip install 'paintgraph[{extra}]' adds it"
        findings.append(Finding(f"extra {extra}", ", ".join(installed) or missing))
    if _version("opencv-python-headless"):
        cure = "installed beside opencv-python; they overwrite each other. Uninstall it."
        findings.append(Finding("opencv-python-headless", cure, is_fault=True))
    return findings


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _folders() -> list[Finding]:
    folder = default_folders().data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        cure = f"{folder}: {error.strerror}. Set {VARIABLE} to a folder that can be written."
        return [Finding("data folder", cure, is_fault=True)]
    text = f"{folder}, {free / 1e9:.0f} GB free"
    return [Finding("data folder", text, is_fault=free < _LITTLE_DISK)]


def _engines() -> list[Finding]:
    """Each engine fills a hole in a small picture."""
    image: Image = np.full((1, 48, 48, 3), 0.5, np.float32)
    mask: Mask = np.zeros((1, 48, 48), np.float32)
    mask[:, 16:32, 16:32] = 1
    findings = []
    with Inpainters(helpers=1) as engines:
        for name in engines.names():
            fault = _fault(partial(repaint, image, mask, engines.get(name), InpaintRequest()))
            findings.append(Finding(f"engine {name}", fault or "works", is_fault=fault is not None))
    return findings


def _fault(action: Callable[[], object]) -> str | None:
    try:
        action()
    except (ValueError, OSError, ImportError) as error:
        return f"{type(error).__name__}: {error}"
    return None
