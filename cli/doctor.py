"""`paintgraph doctor`: what is installed, where things are kept, and whether the engines work."""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

import typer

from paintgraph.base.bucket_health import examine_bucket
from paintgraph.base.errors import Error
from paintgraph.base.findings import Finding
from paintgraph.base.packages import installed_version
from paintgraph.cli.faults import FAILED, OK, plain, print_json
from paintgraph.jobs.sources.folders import VARIABLE, default_folders
from paintgraph.models.catalogue.wording import in_bytes

_CORE = (
    *("numpy", "opencv-python", "pillow", "networkx", "pydantic", "pyyaml", "orjson", "aiohttp"),
    *("typer", "rich", "platformdirs", "pypatchmatch", "rembg", "onnxruntime"),
)
_LITTLE_DISK = 2 * 10**9


def examine(jobs: str | None, objects: str | None, *, json: bool) -> int:
    """Look at everything; exit code 1 if something is at fault.

    `jobs` and `objects` are the addresses of what servers share, if not those of the settings.
    """
    findings = [
        *(*_system(), *_packages(), *_opencv()),
        *(*_folders(), *_models(), *_memory(), *_engines(), *_shared(jobs, objects)),
    ]
    if json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(plain(finding.to_text()))
    return FAILED if any(finding.is_fault for finding in findings) else OK


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
        there = installed_version(name)
        cure = f"missing. Install it with: pip install {name}"
        findings.append(Finding(name, there or cure, is_fault=there is None))
    for extra, names in _extras().items():
        versions = {name: installed_version(name) for name in names}
        installed = [f"{name} {version}" for name, version in versions.items() if version]
        missing = f"not installed; pip install 'paintgraph[{extra}]' adds it"
        findings.append(Finding(f"extra {extra}", ", ".join(installed) or missing))
    if installed_version("opencv-python-headless"):
        cure = "installed beside opencv-python; they overwrite each other. Uninstall it."
        findings.append(Finding("opencv-python-headless", cure, is_fault=True))
    return findings


def _opencv() -> list[Finding]:
    """Whether OpenCV finds the libraries of the system that it needs."""
    try:
        from paintgraph.imaging.opencv import cv2
    except Error as error:
        return [Finding("OpenCV", str(error), is_fault=True)]
    return [Finding("OpenCV", f"{cv2.__version__}, with the libraries that it needs")]


def _extras() -> dict[str, list[str]]:
    """The packages of each extra that families of models need."""
    from paintgraph.models.families import FAMILIES

    found: dict[str, list[str]] = {}
    for family in sorted(FAMILIES, key=lambda family: family.extra):
        if family.extra:
            found.setdefault(family.extra, []).extend(family.packages)
    return found


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
    is_full = free < _LITTLE_DISK
    cure = f"; {_LITTLE_DISK / 1e9:.0f} GB should be. Free space." if is_full else ""
    text = f"{folder}, {free / 1e9:.1f} GB free{cure}"
    return [Finding("data folder", text, is_fault=is_full)]


def _models() -> list[Finding]:
    """Which models are there, and what is wrong with them as far as quick looks tell."""
    from paintgraph.models.catalogue.model_index import damaged_in_words
    from paintgraph.models.catalogue.names import ModelNames
    from paintgraph.models.catalogue.places import default_models_dir
    from paintgraph.models.errors import ModelError
    from paintgraph.models.families import open_index

    folder = default_models_dir()
    try:
        index = open_index(folder)
        looked = [index.look(entry) for entry in index.catalogue]
    except ModelError as error:
        return [Finding("models", str(error), is_fault=True)]
    names = ModelNames(index)
    reasons = {each.entry.name: names.unusable(each) for each in looked if each.state == "present"}
    present = [name for name, why in reasons.items() if not why]
    named = f": {', '.join(present)}" if present else ". Get them with: paintgraph models pull NAME"
    damaged = [each for each in looked if each.state == "damaged"]
    return [
        Finding("models folder", str(folder)),
        Finding("models present", f"{len(present)} of {len(looked)}{named}"),
        *(Finding(f"model {name}", f"not loaded: {why}") for name, why in reasons.items() if why),
        *(Finding(f"model {d.entry.name}", damaged_in_words(d), is_fault=True) for d in damaged),
    ]


def _memory() -> list[Finding]:
    """What models may take of each device; torch is not asked, which would take seconds."""
    from paintgraph.models.loading.devices import (
        ANY_DEVICE,
        budgets,
        onnx_devices,
        total_bytes,
    )

    try:
        there = onnx_devices(ANY_DEVICE).there
    except ImportError as error:
        return [Finding("devices", f"cannot be listed: {error}", is_fault=True)]
    budget = budgets(ANY_DEVICE)
    return [
        Finding(
            f"device {device}",
            f"{in_bytes(total_bytes(device))}; models may take {in_bytes(budget(device))} of it",
        )
        for device in there
    ]


def _engines() -> list[Finding]:
    """Each engine fills a hole in a small picture; what they need may be what is missing."""
    try:
        import numpy as np

        from paintgraph.models.inpainters import Inpainters
        from paintgraph.models.inpainting.protocols import InpaintRequest
        from paintgraph.models.inpainting.repaint import repaint
    except (Error, ImportError) as error:
        return [Finding("engines", f"cannot be loaded: {error}", is_fault=True)]
    image = np.full((1, 48, 48, 3), 0.5, np.float32)
    mask = np.zeros((1, 48, 48), np.float32)
    mask[:, 16:32, 16:32] = 1
    findings = []
    with Inpainters(helpers=1) as engines:
        for name in engines.names():
            fault = _fault(partial(repaint, image, mask, engines.get(name), InpaintRequest()))
            findings.append(Finding(f"engine {name}", fault or "works", is_fault=fault is not None))
    return findings


def _shared(jobs: str | None, objects: str | None) -> Iterator[Finding]:
    """The job store and the bucket that several machines share, where any are named."""
    from paintgraph.api.settings import SettingsError, load_settings

    try:
        settings = load_settings({"jobs": jobs, "objects": objects})
    except SettingsError as error:
        yield Finding("settings", str(error), is_fault=True)
        return
    if settings.jobs is not None:
        try:
            from paintgraph.jobs.store.postgresql_health import examine_store
        except ImportError as error:
            cure = f"{error}. Install it: pip install 'paintgraph[cluster]'"
            yield Finding("job store", cure, is_fault=True)
        else:
            yield from examine_store(settings.jobs.get_secret_value())
    if settings.objects is not None:
        yield from examine_bucket(settings.objects)


def _fault(action: Callable[[], object]) -> str | None:
    try:
        action()
    except (Error, ValueError, OSError, ImportError) as error:
        return f"{type(error).__name__}: {error}"
    return None
