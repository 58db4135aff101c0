"""Stand-in for `comfy.model_management`: devices, memory, and the end of a cancelled node."""

import gc
from collections.abc import Iterable
from enum import Enum
from typing import Any

import torch

from paintgraph.engine.errors import Cancelled
from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current


class InterruptProcessingException(Cancelled):
    """The job was cancelled."""

    def __init__(self, message: str = "The run was cancelled.") -> None:
        super().__init__(message)


OOM_EXCEPTION = torch.cuda.OutOfMemoryError
XFORMERS_IS_AVAILABLE = XFORMERS_ENABLED_VAE = DISABLE_SMART_MEMORY = False
ENABLE_PYTORCH_ATTENTION = True
FORCE_FP32 = FORCE_FP16 = False
EXTRA_RESERVED_VRAM = 0
XFORMERS_VERSION = ""
VAE_DTYPES = [torch.float32]
xpu_available = npu_available = mlu_available = False
directml_enabled = False
in_training = False
current_loaded_models: list[Any] = []


class VRAMState(Enum):
    """How much of the device's memory may be used."""

    DISABLED = 0
    NO_VRAM = 1
    LOW_VRAM = 2
    NORMAL_VRAM = 3
    HIGH_VRAM = 4
    SHARED = 5


class CPUState(Enum):
    """What computes."""

    GPU = 0
    CPU = 1
    MPS = 2


vram_state = VRAMState.NORMAL_VRAM
set_vram_to = VRAMState.NORMAL_VRAM
cpu_state = CPUState.GPU if torch.cuda.is_available() else CPUState.CPU
total_vram = 0.0
total_ram = 0.0
_device: list[torch.device] = []


def configure(device: str) -> None:
    """Say where models work: "cpu", "cuda", "mps"; "auto" takes the best that there is."""
    _device[:] = [torch.device(_best() if device == "auto" else device)]


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def get_torch_device() -> torch.device:
    """Where models work."""
    if not _device:
        configure("auto")
    return _device[0]


def get_all_torch_devices(exclude_current: bool = False) -> list[torch.device]:
    """All places where models may work."""
    return [] if exclude_current else [get_torch_device()]


def get_torch_device_name(device: torch.device) -> str:
    """A device's name for people."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def _cpu(*_: Any, **__: Any) -> torch.device:
    return torch.device("cpu")


def _work(*_: Any, **__: Any) -> torch.device:
    return get_torch_device()


unet_offload_device = text_encoder_offload_device = vae_offload_device = _cpu
intermediate_device = unet_inital_load_device = _cpu
text_encoder_device = vae_device = text_encoder_initial_device = _work


def intermediate_dtype() -> torch.dtype:
    """Sample type of what flows between nodes."""
    return torch.float32


def _float32(*_: Any, **__: Any) -> torch.dtype:
    return torch.float32


unet_dtype = vae_dtype = text_encoder_dtype = pick_weight_dtype = _float32


def unet_manual_cast(*_: Any, **__: Any) -> None:
    """No other sample type."""


def get_autocast_device(dev: torch.device | None = None) -> str:
    """The kind of a device, for torch.autocast."""
    return "cuda" if dev is None else dev.type


def is_device_type(device: Any, kind: str) -> bool:
    """Whether a device is of a kind."""
    return getattr(device, "type", "") == kind


def is_device_mps(device: Any) -> bool:
    """Whether a device is Apple's."""
    return is_device_type(device, "mps")


def is_device_cpu(device: Any) -> bool:
    """Whether a device is the processor."""
    return is_device_type(device, "cpu")


def is_device_cuda(device: Any) -> bool:
    """Whether a device is CUDA's."""
    return is_device_type(device, "cuda")


def cpu_mode() -> bool:
    """Whether models work on the processor."""
    return is_device_cpu(get_torch_device())


def mps_mode() -> bool:
    """Whether models work on Apple's device."""
    return is_device_mps(get_torch_device())


def is_nvidia() -> bool:
    """Whether models work on a device of NVIDIA's."""
    return is_device_cuda(get_torch_device()) and torch.version.hip is None


def is_amd() -> bool:
    """Whether models work on a device of AMD's."""
    return is_device_cuda(get_torch_device()) and torch.version.hip is not None


def _never(*_: Any, **__: Any) -> bool:
    return False


is_intel_xpu = is_ascend_npu = is_mlu = is_directml_enabled = xformers_enabled = _never
xformers_enabled_vae = should_use_bf16 = supports_fp8_compute = force_channels_last = _never
device_should_use_non_blocking = device_supports_non_blocking = _never


def pytorch_attention_enabled() -> bool:
    """Whether torch's own attention is used."""
    return True


def should_use_fp16(device: torch.device | None = None, *_: Any, **__: Any) -> bool:
    """Whether half precision is faster."""
    return is_device_cuda(get_torch_device() if device is None else device)


def get_free_memory(
    dev: torch.device | None = None,
    torch_free_too: bool = False,
) -> Any:
    """Free bytes of a device; with those that torch holds in reserve beside them if asked for."""
    device = get_torch_device() if dev is None else dev
    on_device = is_device_cuda(device)
    free = torch.cuda.mem_get_info(device)[0] if on_device else _memory("MemAvailable")
    return (free, free) if torch_free_too else free


def get_total_memory(
    dev: torch.device | None = None,
    torch_total_too: bool = False,
) -> Any:
    """All bytes of a device."""
    device = get_torch_device() if dev is None else dev
    total = torch.cuda.mem_get_info(device)[1] if is_device_cuda(device) else _memory("MemTotal")
    return (total, total) if torch_total_too else total


def _memory(name: str) -> int:
    """Bytes of main memory, as Linux tells; elsewhere a guess of 8 GiB."""
    from pathlib import Path

    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        lines = []
    found = (line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(next(found, 8 * 2**20)) * 1024


def soft_empty_cache(force: bool = False) -> None:
    """Give memory of the device back that torch holds in reserve."""
    if get_torch_device().type == "cuda":
        torch.cuda.empty_cache()


def free_memory(memory_required: float, device: torch.device, *_: Any, **__: Any) -> list[Any]:
    """Make room: paintgraph unloads its own models where it needs it; nothing is unloaded here."""
    del memory_required, device
    gc.collect()
    soft_empty_cache()
    return []


def unload_all_models() -> None:
    """Give memory back that nobody uses."""
    gc.collect()
    soft_empty_cache()


def cleanup_models() -> None:
    """Nothing: there are no model objects."""


def load_models_gpu(models: Iterable[Any], *_: Any, **__: Any) -> None:
    """Move models to the device where they work, if they can be moved."""
    for model in models:
        inner = getattr(model, "model", model)
        if hasattr(inner, "to"):
            inner.to(get_torch_device())


def load_model_gpu(model: Any) -> None:
    """Move a model to the device where it works."""
    load_models_gpu([model])


def unload_model_clones(model: Any, *_: Any, **__: Any) -> bool:
    """Nothing: there are no model objects."""
    return True


def loaded_models(only_currently_used: bool = False) -> list[Any]:
    """No model objects."""
    return []


def minimum_inference_memory() -> int:
    """Bytes to keep free on the device."""
    return 2**30


extra_reserved_memory = minimum_inference_memory


def module_size(module: torch.nn.Module) -> int:
    """Bytes of a module's weights."""
    return sum(t.nelement() * t.element_size() for t in module.state_dict().values())


def dtype_size(dtype: torch.dtype) -> int:
    """Bytes of a sample."""
    return dtype.itemsize


def cast_to(
    weight: torch.Tensor,
    dtype: torch.dtype | None = None,
    device: torch.device | None = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> torch.Tensor:
    """A tensor of another type, elsewhere."""
    return weight.to(
        device=device or weight.device,
        dtype=dtype or weight.dtype,
        non_blocking=non_blocking,
        copy=copy,
    )


def cast_to_device(
    tensor: torch.Tensor,
    device: torch.device,
    dtype: torch.dtype,
    copy: bool = False,
) -> torch.Tensor:
    """A tensor of another type, elsewhere."""
    return cast_to(tensor, dtype, device, copy=copy)


def raise_non_oom(error: Exception) -> None:
    """Raise an error unless it says that memory ran out."""
    if not isinstance(error, OOM_EXCEPTION):
        raise error


def interrupt_current_processing(value: bool = True) -> None:
    """Cancel the job that runs."""
    if value:
        current().cancellation.cancel()


def processing_interrupted() -> bool:
    """Whether the job that runs was cancelled."""
    return current().cancellation.is_set


def throw_exception_if_processing_interrupted() -> None:
    """End the node here if its job was cancelled."""
    if processing_interrupted():
        raise InterruptProcessingException


__getattr__ = names_of("comfy.model_management")
