"""Where models work: devices, sample types, and how much memory the models of a device may take."""

import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from paintgraph.models.errors import DeviceError

Dtype: TypeAlias = Literal["auto", "float32", "float16", "bfloat16"]
AUTO: Literal["auto"] = "auto"
CPU = "cpu"
DTYPES: tuple[str, ...] = get_args(Dtype)

_SHARE = {CPU: 0.5}  # of the memory; the rest is for pictures, results and other programs
_SHARE_OF_ACCELERATOR = 0.8
_ACCELERATORS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # NVIDIA, the same in WSL, AMD
_NONE_VISIBLE = ("", "-1")
_ONNX_PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "mps": "CoreMLExecutionProvider",
}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model works, such as "cpu" or "cuda", and with which samples."""

    device: str = CPU
    dtype: Dtype = AUTO


@dataclass(frozen=True, slots=True)
class DeviceRules:
    """What is wanted of devices.

    Attributes:
        device: "auto" takes an accelerator that is there, else the CPU.
        dtype: "auto" leaves it to the model.
        memory_bytes: for the models of each device together; 0: a part of what there is.
        idle_seconds: how long a model stays in memory that nobody uses; 0: for ever.
    """

    device: str = AUTO
    dtype: Dtype = AUTO
    memory_bytes: int = 0
    idle_seconds: float = 0

    def environment(self) -> str:
        """The class of machine that results depend on, such as "cpu" or "cuda float16".

        It is told without loading torch: "auto" is "accelerator" where one can be seen.
        """
        device = self.device
        if device == AUTO:
            device = "accelerator" if _sees_accelerator() else CPU
        return device if self.dtype == AUTO else f"{device} {self.dtype}"


ANY_DEVICE = DeviceRules()
"""Whatever is best, with the usual share of its memory."""


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices that a kind of model can work on, the best first; the CPU is always one."""

    rules: DeviceRules
    there: tuple[str, ...]

    def placement(self, device: str = "", dtype: str = "") -> Placement:
        """Where a model works that wants a device and samples ("": whatever is set).

        Raises DeviceError for what is not there.
        """
        wanted = device or self.rules.device
        if wanted == AUTO:
            wanted = self.there[0]
        if wanted not in self.there:
            raise DeviceError(
                f"device is '{wanted}'; here models can work on {', '.join(self.there)}. "
                "Choose one, or install what the device needs."
            )
        return Placement(wanted, _dtype(dtype or self.rules.dtype))


def _sees_accelerator() -> bool:
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if os.environ.get("CUDA_VISIBLE_DEVICES") in _NONE_VISIBLE:
        return False
    return any(map(os.path.exists, _ACCELERATORS))


def _dtype(name: str) -> Dtype:
    for one in get_args(Dtype):
        if one == name:
            return one  # type: ignore[no-any-return] # one of the literals
    raise DeviceError(f"dtype is '{name}'; allowed are {', '.join(DTYPES)}. Choose one.")


def onnx_devices(rules: DeviceRules) -> Devices:
    """Where ONNX models can work."""
    import onnxruntime

    available = onnxruntime.get_available_providers()
    found = [device for device, provider in _ONNX_PROVIDERS.items() if provider in available]
    return Devices(rules, (*found, CPU))


def torch_devices(rules: DeviceRules) -> Devices:
    """Where torch's models can work."""
    import torch

    found = ["cuda"] if torch.cuda.is_available() else []
    found += ["mps"] if torch.backends.mps.is_available() else []
    return Devices(rules, (*found, CPU))


def onnx_providers(device: str) -> list[str]:
    """What onnxruntime calls a device; what it cannot do there it does on the CPU."""
    provider = _ONNX_PROVIDERS.get(device)
    return ["CPUExecutionProvider"] if provider is None else [provider, "CPUExecutionProvider"]


def budgets(rules: DeviceRules, totals: Mapping[str, int] | None = None) -> Callable[[str], int]:
    """How many bytes the models of a device may take together, by device.

    `totals` are the bytes that devices have, for those that are known already.
    """
    known = dict(totals or {})

    def budget(device: str) -> int:
        if rules.memory_bytes:
            return rules.memory_bytes
        if device not in known:
            known[device] = total_bytes(device)
        return int(known[device] * _SHARE.get(device, _SHARE_OF_ACCELERATOR))

    return budget


def total_bytes(device: str) -> int:
    """How much memory a device has; one that cannot say has this machine's."""
    if device.startswith("cuda"):
        import torch

        if torch.cuda.is_available():
            return int(torch.cuda.get_device_properties(device).total_memory)
    return min(_machine_bytes(), _container_bytes(_LIMIT_FILES))


_LIMIT_FILES = (
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_NO_LIMIT = 2**62


def _machine_bytes() -> int:
    return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))


def _container_bytes(files: Sequence[str]) -> int:
    """What a container may use, where this is one: more would be the end of the process."""
    for file in files:
        try:
            with open(file, encoding="ascii") as limit:  # noqa: PTH123 - no path is built
                text = limit.read().strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text)
    return _NO_LIMIT
