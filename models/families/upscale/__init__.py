"""Networks that enlarge pictures, of the architectures that spandrel knows.

Graphs of ComfyUI name them by their files, so the file's name is the model's.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Found, Kind
from paintgraph.models.catalogue.readiness import check_packages
from paintgraph.models.loading.devices import Placement

_SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin")
_EXTRA = "upscale"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
# Measured with a whole ESRGAN (64 features, 23 blocks, x4) on a tile of 512 px.
_WORK_BYTES = 3_200_000_000


def _found(folder: Path) -> Iterator[Found]:
    """Files of weights, those in inner folders too, by their path as ComfyUI lists them."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        file = path.relative_to(folder).as_posix()
        name = _NOT_IN_NAMES.sub("-", file).lstrip("._-")
        others = dict.fromkeys((file, file.replace("/", "\\")))
        yield Found(name, file, tuple(other for other in others if other != name))


def _check_ready(_: Placed, __: Accepted) -> None:
    check_packages(_EXTRA, ("torch", "torch"), ("spandrel", "spandrel"))


def _load(placed: Placed, placement: Placement) -> object:
    from paintgraph.models.families.upscale.network import UpscaleNetwork

    return UpscaleNetwork.load(placed.file, placement)


FAMILY = Family(
    name="upscale_models",
    kind=Kind.UPSCALE,
    comfy_folders=("upscale_models",),
    brought=(
        "Put its file into the folder 'upscale_models' of the models folder ('paintgraph models "
        "where' shows it), or name the extra_model_paths.yaml of a ComfyUI that has it by "
        "PAINTGRAPH_EXTRA_MODEL_PATHS."
    ),
    found=_found,
    check_ready=_check_ready,
    memory_bytes=lambda placed: placed.entry.memory_bytes or placed.size + _WORK_BYTES,
    load=_load,
    extra=_EXTRA,
    packages=("spandrel",),
)
