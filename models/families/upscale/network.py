"""One network that spandrel recognises by its tensors, as an `Upscaler`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from paintgraph.base.words import first_line
from paintgraph.models.errors import CheckpointError, EngineFailedError, ModelError
from paintgraph.models.loading.checkpoints import looks_like, read_pickle
from paintgraph.models.loading.devices import Placement
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.roles import Samples

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

_FORMS = {(1, 1), (3, 3), (4, 3), (4, 4)}
"""Channels in and out that a picture can be shown in; the fourth is alpha."""


class UpscaleNetwork:
    """An `Upscaler`. Make it with `load`."""

    def __init__(self, model: "ImageModelDescriptor[Any]", name: str) -> None:
        self.scale = int(model.scale)
        self._model = model
        self._name = name

    @classmethod
    def load(cls, path: Path, placement: Placement) -> "UpscaleNetwork":
        """The network of a file of weights.

        Samples of 16 bits are used where they are asked for and the architecture supports them.
        Raises CheckpointError for a file that holds no network that enlarges pictures.
        """
        from spandrel import ImageModelDescriptor

        model = _recognised(path)
        form = model.input_channels, model.output_channels
        if not isinstance(model, ImageModelDescriptor):
            raise _unfit(path, f"is {model.architecture.name}, which paints into holes")
        if form not in _FORMS:
            raise _unfit(path, f"takes {form[0]} channels and gives {form[1]}")
        model.model.requires_grad_(requires_grad=False)
        return cls(model.to(placement.device, _dtype(model, placement)).eval(), path.name)

    def enlarge(self, picture: Samples) -> Samples:
        """The picture `[H, W, 3]`, `scale` times as large; see `Upscaler`."""
        import torch

        height, width = picture.shape[:2]
        channels = self._model.input_channels
        shown = np.array(picture.transpose(2, 0, 1), order="C")  # torch takes no read-only ones
        if channels == 4:
            shown = np.concatenate([shown, np.ones_like(shown[:1])])
        given = torch.from_numpy(shown).to(self._model.device, self._model.dtype)
        # A network for grey pictures sees each colour as one.
        parts = [each[None] for each in given] if channels == 1 else [given]
        try:
            with _without_chance(self._model.device):
                made = torch.cat([self._model(part[None])[0] for part in parts])[:3]
        except Exception as error:
            if is_out_of_memory(error) or not isinstance(error, RuntimeError):
                raise
            raise ModelError(
                f"model '{self._name}' cannot work on {height}x{width} px (height x width): "
                f"{first_line(error)}. Use a larger picture, or another model.",
                code="unfit_model",
            ) from error
        enlarged: Samples = made.float().permute(1, 2, 0).cpu().numpy()
        if not np.isfinite(enlarged).all():
            raise EngineFailedError(
                f"model '{self._name}' gave no numbers (NaN) for this picture. Use samples of "
                "float32, or another model."
            )
        return enlarged


@contextmanager
def _without_chance(device: Any) -> Iterator[None]:
    """Some architectures add noise: meanwhile it is the same each time."""
    import torch

    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(0)
        yield


def _recognised(path: Path) -> Any:
    """What spandrel makes of the tensors of a file."""
    from spandrel import MAIN_REGISTRY, UnsupportedModelError, canonicalize_state_dict

    tensors = _tensors(path)
    # Of spandrel's own code. Not within `catch_warnings`: other threads' filters would change.
    warnings.filterwarnings("ignore", "torch.meshgrid")
    warnings.filterwarnings("ignore", "Initializing zero-element tensors")
    try:
        return MAIN_REGISTRY.load(canonicalize_state_dict(tensors))
    except UnsupportedModelError as error:
        what = f"is of no architecture that spandrel knows: it {looks_like(tensors)}"
        raise _unfit(path, what) from error
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # Each architecture works out its form from the tensors, and fails in ways of its own.
        raise _unfit(path, f"is cut off or damaged ({first_line(error)})") from error


def _tensors(path: Path) -> dict[str, Any]:
    if path.suffix.lower() != ".safetensors":
        found = read_pickle(path)
        if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
            raise _unfit(path, "holds no tensors by name")
        return found
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise _unfit(path, f"is cut off or damaged ({first_line(error)})") from error


def _dtype(model: Any, placement: Placement) -> Any:
    import torch

    if placement.dtype == "float16" and model.supports_half:
        return torch.float16
    if placement.dtype == "bfloat16" and model.supports_bfloat16:
        return torch.bfloat16
    return torch.float32


def _unfit(path: Path, what: str) -> CheckpointError:
    return CheckpointError(
        f"file '{path.name}' {what}; allowed are networks that enlarge or restore pictures, such "
        "as ESRGAN, SwinIR, HAT, DAT, SPAN and the others of spandrel. Bring another file."
    )
