"""Networks in memory: where their weights are while they work, and the LoRAs that are on."""

from collections.abc import Callable, Sequence
from typing import Any

from paintgraph.base.listening import Listening
from paintgraph.models.families.diffusion.adapters import DENOISER, Adapters
from paintgraph.models.families.diffusion.loading import load_library, mend_text_encoders
from paintgraph.models.families.diffusion.memory import MemoryPlan
from paintgraph.models.inpainting.protocols import Lora
from paintgraph.models.loading.devices import Placement

_PIPELINES = {
    "sd1": "StableDiffusionPipeline",
    "sd2": "StableDiffusionPipeline",
    "sdxl": "StableDiffusionXLPipeline",
    "sdxl_refiner": "StableDiffusionXLPipeline",
    "sd3": "StableDiffusion3InpaintPipeline",
    "flux": "FluxInpaintPipeline",
    "qwen_image": "QwenImageInpaintPipeline",
}
_FLUX_FILL = "FluxFillPipeline"


class HeldNetwork:
    """One network, for one user at a time.

    Attributes:
        network: the module of diffusers or transformers.
        device: such as "cpu" or "cuda".
        dtype: of its samples, as torch calls it.
        placement: where it was loaded for.
    """

    def __init__(self, network: Any, placement: Placement, dtype: Any) -> None:
        self.network = network
        self.placement = placement
        self.device = placement.device
        self.dtype = dtype
        self.hook: Any = None
        self.adapters: Adapters | None = None
        self._plan: MemoryPlan | None = None
        self._group: tuple[int, ...] = ()

    @property
    def weight_bytes(self) -> int:
        """What its weights take."""
        weights = self.network.parameters()
        return sum(each.nelement() * each.element_size() for each in weights)

    def with_pipe(self, family: str, name: str, part: str, *, is_fill: bool = False) -> None:
        """Put a pipeline of its family around it, as its `part`, for LoRAs; the rest is missing."""
        diffusers = load_library().diffusers
        kind: Any = getattr(diffusers, _FLUX_FILL if is_fill else _PIPELINES[family])
        pipe = _pipeline_of(kind, part, self.network)
        own = part if part.startswith("text_encoder") else DENOISER
        if own != DENOISER:
            mend_text_encoders(pipe)
            pipe.load_lora_weights = _text_loader(pipe, part)
        self.adapters = Adapters(pipe, name, (own,))

    def use(self, loras: Sequence[Lora], listening: Listening) -> None:
        """Switch these LoRAs on and all others off; raises LoraError or WeightsError."""
        if self.adapters is None:
            return
        wanted = tuple((lora.digest, lora.weight) for lora in loras)
        if wanted != self.adapters.active:
            self._take_back()
            self.adapters.use(loras, listening)

    def _take_back(self) -> None:
        """Let no hook move its weights any more."""
        from accelerate.hooks import remove_hook_from_module  # type: ignore[import-untyped]

        if self._plan is not None and self._plan.offload != "none":
            remove_hook_from_module(self.network, recurse=True)
            self.hook = None
        self._plan = None


def place(held: Sequence[HeldNetwork], plan: MemoryPlan) -> None:
    """Bring networks that work together to their device by a plan."""
    from accelerate import (  # type: ignore[import-untyped]
        cpu_offload,
        cpu_offload_with_hook,
    )

    group = tuple(map(id, held))
    if all(each._plan == plan and each._group == group for each in held):  # noqa: SLF001 - its own module
        return
    before: Any = None
    for each in held:
        each._take_back()  # noqa: SLF001 - its own module
        network = each.network
        if plan.offload == "none":
            network.to(each.device)
        elif plan.offload == "model":
            network.to("cpu")
            _, each.hook = cpu_offload_with_hook(network, each.device, prev_module_hook=before)
            before = each.hook
        else:
            network.to("cpu")
            has_own = bool(network._parameters)  # noqa: SLF001 - torch has no other way to ask
            cpu_offload(network, each.device, offload_buffers=has_own)
        if hasattr(network, "set_attention_slice"):
            network.set_attention_slice("auto" if plan.slicing else None)
        if hasattr(network, "enable_tiling"):
            (network.enable_tiling if plan.tiling else network.disable_tiling)()
        each._plan, each._group = plan, group  # noqa: SLF001 - its own module


def release(held: Sequence[HeldNetwork]) -> None:
    """Take networks that were brought one by one off their device again."""
    for each in held:
        if each.hook is not None:
            each.hook.offload()


def _pipeline_of(kind: Any, part: str, network: Any) -> Any:
    import inspect

    names = [
        name
        for name, each in inspect.signature(kind.__init__).parameters.items()
        if name != "self" and each.default is inspect.Parameter.empty
    ]
    return kind(**{**dict.fromkeys(names), part: network})


def _text_loader(pipe: Any, part: str) -> Callable[..., None]:
    """Loads a LoRA into a text encoder, where there is no denoiser beside it."""

    def load_lora_weights(tensors: Any, adapter_name: str) -> None:
        found = pipe.lora_state_dict(tensors)
        state, alphas = found if isinstance(found, tuple) else (found, None)
        pipe.load_lora_into_text_encoder(
            state,
            network_alphas=alphas,
            text_encoder=getattr(pipe, part),
            prefix=part,
            lora_scale=1.0,
            adapter_name=adapter_name,
            _pipeline=None,
        )

    return load_lora_weights
