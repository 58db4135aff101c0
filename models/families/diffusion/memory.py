"""Where the parts of a pipeline stay while it works: chosen by what the device may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from paintgraph.models.loading.devices import CPU

Offload = Literal["none", "model", "sequential"]

WORK_BYTES = 1_500_000_000
"""What activations take beside the weights, for pictures of about a megapixel."""

_TILED_ABOVE_PIXELS = 1536 * 1536


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """How a pipeline uses memory.

    Attributes:
        offload: "none" keeps all on the device; "model" brings one part at a time there;
            "sequential" one layer at a time, which is slow but needs least.
        slicing: attention goes through its heads one by one.
        tiling: the VAE works on overlapping tiles.
    """

    offload: Offload = "none"
    slicing: bool = False
    tiling: bool = False


def plan_memory(
    device: str, part_bytes: Mapping[str, int], budget_bytes: int, pixels: int, *, small: bool
) -> MemoryPlan:
    """The plan for a device that may hold so many bytes, and parts of these sizes.

    `small` is the plan for after memory ran out: one step further than the usual one.
    """
    tiling = small or pixels > _TILED_ABOVE_PIXELS
    if device == CPU:  # there is nothing to bring parts to
        return MemoryPlan("none", small, tiling)
    room = budget_bytes - WORK_BYTES
    fits = [sum(part_bytes.values()) <= room, max(part_bytes.values(), default=0) <= room, True]
    offloads: tuple[Offload, ...] = ("none", "model", "sequential")
    first = fits.index(True)
    offload = offloads[min(first + 1, len(offloads) - 1) if small else first]
    return MemoryPlan(offload, small or offload == "sequential", tiling)


def part_bytes(pipe: Any) -> dict[str, int]:
    """What the weights of each part take, as they are loaded."""
    return {
        name: sum(each.nelement() * each.element_size() for each in part.parameters())
        for name, part in pipe.components.items()
        if hasattr(part, "parameters")
    }


def apply_plan(pipe: Any, plan: MemoryPlan, device: str) -> None:
    """Bring a pipeline to a device by a plan."""
    if plan.slicing and hasattr(pipe, "enable_attention_slicing"):
        pipe.enable_attention_slicing()
    vae: Any = getattr(pipe, "vae", None)
    if plan.tiling and hasattr(vae, "enable_tiling"):
        vae.enable_tiling()
    if plan.offload == "none":
        pipe.to(device)
        return
    pipe.remove_all_hooks()
    if plan.offload == "model":
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.enable_sequential_cpu_offload(device=device)
