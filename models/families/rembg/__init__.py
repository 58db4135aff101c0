"""Masks of what stands out in a picture, by rembg."""

from collections.abc import Iterator
from pathlib import Path

from paintgraph.models.catalogue.entries import ModelEntry, Placed
from paintgraph.models.catalogue.family import Environment, Family, Kind
from paintgraph.models.loading.devices import Placement, onnx_devices
from paintgraph.models.loading.onnx_networks import memory_bytes

_ELSEWHERE = "sends the picture to a company; here models work on this machine alone"


def _home(environ: Environment) -> Path:
    """Rembg's home, by its own rules."""
    data = environ.get("XDG_DATA_HOME")
    home = environ.get("U2NET_HOME") or environ.get("REMBG_HOME")
    return Path(home or (str(Path(data) / "rembg") if data else "~/.rembg")).expanduser()


def _models(environ: Environment) -> Path:
    return _home(environ) / "models"


def _folders(entry: ModelEntry, _: Path, environ: Environment) -> Iterator[Path]:
    """Where rembg itself looks, and nowhere else: now, and in its old, flat home."""
    yield _models(environ) / entry.name
    old = Path(environ.get("XDG_DATA_HOME") or "~") / ".u2net"
    yield Path(environ.get("U2NET_HOME") or old).expanduser()


def _load(placed: Placed, placement: Placement) -> object:
    from paintgraph.models.catalogue.wording import cure_in_words
    from paintgraph.models.families.rembg.sessions import SubjectSession

    kind = str(placed.entry.options.get("session", placed.entry.name))
    cure = cure_in_words(placed.entry)
    return SubjectSession.load(kind, placed.file, placement.device, cure, FAMILY.refused)


FAMILY = Family(
    name="rembg",
    kind=Kind.SUBJECT,
    refused={
        "sam": "wants points or boxes, which masks of this kind do without",
        "withoutbg": _ELSEWHERE,
        "atlascloud": _ELSEWHERE,
    },
    folders=_folders,
    for_a_start="u2netp",  # its maker states the licence, and it is small
    is_in_comfyui=False,
    home=_models,
    home_set_by="REMBG_HOME, or U2NET_HOME",
    memory_bytes=lambda placed: placed.entry.memory_bytes or memory_bytes(placed.size),
    devices=onnx_devices,
    load=_load,
)
