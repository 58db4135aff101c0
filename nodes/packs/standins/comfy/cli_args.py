"""Stand-in for `comfy.cli_args`: flags of ComfyUI's entry point, all at their defaults."""

from enum import Enum
from typing import Any


class LatentPreviewMethod(Enum):
    """How latents are shown."""

    NoPreviews = "none"
    Auto = "auto"
    Latent2RGB = "latent2rgb"
    TAESD = "taesd"


class PerformanceFeature(Enum):
    """Flags for speed."""

    Fp16Accumulation = "fp16_accumulation"
    Fp8MatrixMultiplication = "fp8_matrix_mult"
    CublasOps = "cublas_ops"


class Arguments:
    """The flags; one that is not named here is None, as if it had not been given."""

    def __init__(self) -> None:
        self.listen = "127.0.0.1"
        self.port = 8188
        self.preview_method = LatentPreviewMethod.NoPreviews
        self.cuda_device: int | None = None
        self.fast: set[PerformanceFeature] = set()
        for flag in (
            "cpu",
            "multi_user",
            "disable_metadata",
            "disable_all_custom_nodes",
            "lowvram",
        ):
            setattr(self, flag, False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


args = Arguments()


def enables_dynamic_vram() -> bool:
    """Whether weights move by themselves."""
    return False
