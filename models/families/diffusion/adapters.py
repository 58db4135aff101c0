"""LoRAs of a pipeline: loaded once each, switched on with weights for one run, else off."""

import warnings
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from paintgraph.base.listening import Listening
from paintgraph.base.words import first_line
from paintgraph.models.catalogue.readiness import missing_package
from paintgraph.models.errors import LoraError
from paintgraph.models.families.diffusion.loading import EXTRA
from paintgraph.models.families.diffusion.lora_headers import is_lora
from paintgraph.models.families.diffusion.sources import read_tensors
from paintgraph.models.inpainting.protocols import Lora

MOST_KEPT = 4
"""LoRAs that stay loaded beside those in use."""

_SHOWN = 3
_MARKS = (
    ".lora_A",
    ".lora_B",
    "_lora.",
    ".lora.",
    ".lora_down",
    ".lora_up",
    ".lora_linear_layer",
    ".lora_magnitude",
    ".dora_scale",
    ".alpha",
)
_OF_CLIP = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}


class Adapters:
    """The LoRAs of one pipeline.

    Where the pipeline has only some `parts`, such as "text_encoder", what LoRAs have for others is
    no fault.
    """

    def __init__(self, pipe: Any, model: str, parts: Collection[str] = ()) -> None:
        self._pipe = pipe
        self._model = model
        self._parts = parts
        self._loaded: OrderedDict[str, str] = OrderedDict()
        self._read = 0
        self.active: tuple[tuple[str, float], ...] = ()
        """Digest and weight of those that are on."""

    def use(self, loras: Sequence[Lora], listening: Listening) -> None:
        """Switch these on and all others off; raises LoraError or WeightsError.

        Warns of what of them the model has no place for.
        """
        wanted = tuple((lora.digest, lora.weight) for lora in loras)
        if wanted == self.active:
            return
        if loras and not hasattr(self._pipe, "load_lora_weights"):
            raise LoraError(
                f"model '{self._model}' takes no LoRAs. Leave them out, or use another model."
            )
        self.active = ()
        for lora in loras:
            if lora.digest not in self._loaded:
                self._load(lora, listening)
            self._loaded.move_to_end(lora.digest)
        self._forget(len(loras) + MOST_KEPT)
        used = [(self._loaded[lora.digest], lora.weight) for lora in loras]
        named = {name: weight for name, weight in used if name}
        if named:
            self._pipe.enable_lora()
            self._pipe.set_adapters(list(named), list(named.values()))
        else:
            self._pipe.disable_lora()
        self.active = wanted

    def _load(self, lora: Lora, listening: Listening) -> None:
        if lacking := missing_package("peft", "peft", EXTRA):
            raise lacking
        from safetensors.torch import load_file

        read_tensors(lora.path)
        tensors = load_file(lora.path)
        if self._parts and is_lora(dict.fromkeys(tensors, ())):
            tensors = {n: tensor for n, tensor in tensors.items() if _part_of(n) in self._parts}
            if not tensors:
                self._loaded[lora.digest] = ""
                return
        self._read += 1
        name = f"lora{self._read}"
        try:
            self._check_fit(lora, dict(tensors), listening)
            # That is meant. Not within `catch_warnings`: other threads' filters would change.
            warnings.filterwarnings("ignore", "Already found a `peft_config`")
            self._pipe.load_lora_weights(tensors, adapter_name=name)
        except LoraError:
            raise
        except (ValueError, RuntimeError, KeyError, IndexError, AttributeError, TypeError) as error:
            if self._loaded:
                self._loaded.clear()
            self._pipe.unload_lora_weights()
            raise self._unfit(lora, first_line(error)) from error
        self._loaded[lora.digest] = name

    def _check_fit(self, lora: Lora, tensors: dict[str, Any], listening: Listening) -> None:
        """Tensors have to be of the right width, and at least some of them for the model."""
        # Those of SDXL may count blocks as its original code does.
        config = getattr(getattr(self._pipe, "unet", None), "config", None)
        converted = self._pipe.lora_state_dict(
            tensors, **({"unet_config": config} if config is not None else {})
        )
        weights: Mapping[str, Any] = converted[0] if isinstance(converted, tuple) else converted
        layers = dict(_layers(self._pipe))
        strange, wrong = {}, {}
        for key, tensor in weights.items():
            name = layer_of(key)
            if name not in layers:
                strange[name] = name
            elif (width := _width(key, tensor)) not in (None, own := _own_width(key, layers[name])):
                wrong[name] = f"{name} ({width} wide, not {own})"
        if wrong:
            raise self._unfit(lora, f"the layers are of other widths: {_some(wrong)}")
        if not weights:
            raise self._unfit(lora, "it has no weights of a LoRA")
        if len(strange) == len({layer_of(key) for key in weights}):
            raise self._unfit(lora, f"the model has nothing for {_some(strange)}")
        if strange:
            listening.warn(f"Of LoRA '{lora.name}' parts are left out: {_some(strange)}.")

    def _unfit(self, lora: Lora, why: str) -> LoraError:
        return LoraError(
            f"LoRA '{lora.name}' does not fit model '{self._model}': {why}. "
            "Use one that was made for this family of models."
        )

    def _forget(self, most: int) -> None:
        while len(self._loaded) > most:
            _, name = self._loaded.popitem(last=False)
            if name:
                self._pipe.delete_adapters(name)


def _part_of(name: str) -> str:
    """The part of a pipeline that a tensor of a LoRA is for."""
    if name.startswith(("lora_te2_", "text_encoder_2.")):
        return "text_encoder_2"
    if name.startswith(("lora_te_", "lora_te1_", "text_encoder.")):
        return "text_encoder"
    return DENOISER


DENOISER = "denoiser"
"""What `parts` calls the UNet or transformer."""


def _layers(pipe: Any) -> Iterator[tuple[str, Any]]:
    """Layers by the name that a LoRA gives them: the part's name and the path in it."""
    for part, module in pipe.components.items():
        if not hasattr(module, "named_modules"):
            continue
        for path, layer in module.named_modules():
            # A LoRA that is loaded already stands between.
            yield f"{part}.{path.removesuffix('.base_layer')}", getattr(layer, "base_layer", layer)


def layer_of(key: str) -> str:
    """The layer that a tensor of a LoRA, named as diffusers names it of old or now, is for."""
    name = key.replace(".processor.", ".")
    for mark in _MARKS:
        name = name.partition(mark)[0]
    place, _, last = name.rpartition(".")
    if name.startswith("text_encoder"):
        return f"{place}.{_OF_CLIP.get(last, last)}"
    return f"{name}.0" if last == "to_out" else name


def _some(names: Mapping[str, str]) -> str:
    """The first few, and how many more."""
    shown = ", ".join(list(names.values())[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def _width(key: str, tensor: Any) -> int | None:
    """The width of the layer that a tensor was made for, on the side that it touches."""
    if _is_down(key):
        return int(tensor.shape[1])
    if any(mark in key for mark in (".lora_B", "lora.up", "lora_up")):
        return int(tensor.shape[0])
    return None


def _is_down(key: str) -> bool:
    return any(mark in key for mark in (".lora_A", "lora.down", "lora_down"))


def _own_width(key: str, layer: Any) -> int | None:
    weight = getattr(layer, "weight", None)
    if weight is None:
        return None
    return int(weight.shape[1 if _is_down(key) else 0])
