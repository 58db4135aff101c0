"""Files of diffusion models as graphs of ComfyUI name them: whole checkpoints, and parts alone.

What a file holds is told by its header; each graph's node says what it takes of it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from paintgraph.base.naming import PICKLES
from paintgraph.models.catalogue.entries import Placed
from paintgraph.models.catalogue.family import Accepted, Family, Find, Found, Kind, found_files

if TYPE_CHECKING:
    from paintgraph.models.families.checkpoints.describing import Need

_WEIGHTS = (".safetensors", ".sft")
_EXTRA = "diffusion"
_PACKAGES = ("torch", "diffusers", "transformers")


def _check_ready(_: Placed, __: Accepted) -> None:
    from paintgraph.models.families.diffusion.loading import check_library

    check_library()


def _checking(need: "Need | None") -> Callable[[Placed, Find], object]:
    """Refuses files whose headers have nothing of what is needed of them."""

    def check_files(placed: Placed, find: Find) -> object:
        from paintgraph.models.families.checkpoints.describing import describe

        described = describe(placed, find)
        return described if need is None else described.check(need)

    return check_files


def _brought(folder: str, *comfy_folders: str) -> str:
    others = " or ".join(f"'{each}'" for each in comfy_folders)
    return (
        f"Put its .safetensors file into the folder '{folder}' of the models folder ('paintgraph "
        "models where' shows it), or name the extra_model_paths.yaml of a ComfyUI that has it in "
        f"{others} by PAINTGRAPH_EXTRA_MODEL_PATHS."
    )


def _is_converted(path: Path) -> bool:
    """Whether it is a pickle beside the same model in a form that is loaded."""
    is_pickle = path.suffix.lower() in PICKLES
    return is_pickle and any(path.with_suffix(suffix).is_file() for suffix in _WEIGHTS)


def _family(
    name: str,
    kind: Kind,
    *comfy_folders: str,
    need: "Need | None" = None,
    is_short: bool = False,
) -> Family:
    """A family of files, which are called by their path in its folder."""

    def found(folder: Path) -> Iterator[Found]:
        files = found_files(folder, (*_WEIGHTS, *PICKLES), is_short=is_short)
        return (each for each in files if not _is_converted(folder / each.file))

    return Family(
        name=name,
        kind=kind,
        comfy_folders=comfy_folders,
        brought=_brought(name, *comfy_folders),
        found=found,
        check_ready=_check_ready,
        check_files=_checking(need),
        extra=_EXTRA,
        packages=_PACKAGES,
    )


CHECKPOINTS = _family("checkpoints", Kind.CHECKPOINT, "checkpoints", need="denoiser")
DENOISERS = _family("diffusion_models", Kind.DENOISER, "diffusion_models", "unet", need="denoiser")
TEXT_ENCODERS = _family(
    "text_encoders", Kind.TEXT_ENCODER, "text_encoders", "clip", need="encoders"
)
CONTROLNETS = _family("controlnet", Kind.CONTROL, "controlnet", need="control")
EMBEDDINGS = _family("embeddings", Kind.EMBEDDING, "embeddings", is_short=True)
LORA = _family("lora", Kind.LORA, "loras", is_short=True, need="lora")
VAE = _family("vae", Kind.VAE, "vae", is_short=True, need="autoencoder")
