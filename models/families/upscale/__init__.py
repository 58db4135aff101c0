"""Networks that enlarge pictures, of the architectures that spandrel knows.

Graphs of ComfyUI name them by their files, so the file's name is the model's.
"""

from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Kind, found_files
from paintgraph.models.catalogue.readiness import check_packages
from paintgraph.models.loading.devices import Placement

_SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin")
_EXTRA = "upscale"
# Measured with a whole ESRGAN (64 features, 23 blocks, x4) on a tile of 512 px.
_WORK_BYTES = 3_200_000_000


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
    found=lambda folder: found_files(folder, _SUFFIXES),
    check_ready=_check_ready,
    memory_bytes=lambda placed: placed.entry.memory_bytes or placed.size + _WORK_BYTES,
    load=_load,
    extra=_EXTRA,
    packages=("spandrel",),
)
