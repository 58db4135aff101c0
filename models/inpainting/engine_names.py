"""Names of engines, LoRAs and VAEs in graphs: what there is, what is wrong, what `auto` stands for.

Nothing is loaded here, so that graphs can be checked and bound anywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paintgraph.models.catalogue.entries import Family, ModelRef
from paintgraph.models.errors import ModelError
from paintgraph.models.families.eraser.options import EraserOptions
from paintgraph.models.loading.devices import CPU, DeviceRules, budgets, torch_devices

if TYPE_CHECKING:
    from paintgraph.models.catalogue.names import (
        ModelNames,  # whoever makes names has it; it takes its time
    )
    from paintgraph.models.families.diffusion.sources import Source

AUTO = "auto"
DEFAULT_ENGINE = "patchmatch"
WEIGHTLESS = (DEFAULT_ENGINE, "telea")
"""Engines that need no model."""

MOST_WEIGHT = 10.0
_NUMBER = re.compile(r"-?[0-9]{1,2}(\.[0-9]{1,20})?")


@dataclass(frozen=True, slots=True)
class WeighedRef:
    """A LoRA and how strongly it counts; `str()` gives `name@sha256:...*0.8000`."""

    ref: ModelRef
    weight: float

    def __str__(self) -> str:
        return f"{self.ref}*{self.weight:.4f}"

    @classmethod
    def parse(cls, text: str) -> "WeighedRef":
        """The LoRA that a text stands for; raises ModelError."""
        ref, _, weight = text.partition("*")
        return cls(ModelRef.parse(ref), _weight(weight, text))


class EngineNames:
    """What graphs may name to paint with; `auto` is what that word stands for, if not the best."""

    def __init__(self, names: "ModelNames", rules: DeviceRules, auto: str = AUTO) -> None:
        self._names = names
        self._rules = rules
        self._auto = auto

    def choices(self) -> list[str]:
        """All engines, present or not."""
        names = self._names
        return [AUTO, *WEIGHTLESS, *names.choices("eraser"), *names.choices("diffusion")]

    def fault(self, engine: str) -> ModelError | None:
        """Why an engine cannot be used now, or None; reads no more than headers of files.

        Of a name that nobody knows it says nothing: whoever has the choices names them.
        """
        if engine in (AUTO, *WEIGHTLESS):
            return None
        try:
            if engine in self._names.choices("eraser"):
                EraserOptions.of(self._names.placed(engine).entry)
            elif engine in self._names.choices("diffusion"):
                self.source(engine)
        except ModelError as error:
            return error
        return None

    def source(self, model: str) -> "Source":
        """What a diffusion model is loaded from; raises ModelError."""
        from paintgraph.models.families.diffusion.sources import find_source

        placed = self._names.placed(model)
        config = placed.entry.options.get("config")
        return find_source(placed, self._names.placed(str(config)).folder if config else None)

    def resolve(self, engine: str, prompt: str) -> str:
        """What paints: an engine without weights, or `name@sha256:...`; raises ModelError.

        "auto" with a prompt is the best diffusion model that is there and fits the device, unless
        that is the CPU, which takes minutes: there one has to be asked for by name. Without a
        prompt it is the best eraser that is there.
        """
        engine = self._auto if engine == AUTO else engine
        if engine == AUTO:
            engine = (self._best() if prompt else self._best_eraser()) or DEFAULT_ENGINE
        return engine if engine in WEIGHTLESS else str(self._names.bind(engine))

    def bind_loras(self, text: str) -> str:
        """LoRAs, such as `ink:0.8, grain`, as references with weights; raises ModelError."""
        return ", ".join(str(each) for each in self._loras(text))

    def bind_vae(self, text: str) -> str:
        """A VAE as a reference; raises ModelError."""
        return str(self._bound(text, "vae", "VAE")) if text else ""

    def _loras(self, text: str) -> Iterable[WeighedRef]:
        for part in re.split(r"[,\n]", text):
            if not part.strip():
                continue
            if "*" in part:  # bound already
                bound = WeighedRef.parse(part.strip())
                yield WeighedRef(self._bound(str(bound.ref), "lora", "LoRA"), bound.weight)
                continue
            name, _, weight = part.strip().partition(":")
            weighed = _weight(weight.strip() or "1", part.strip())
            yield WeighedRef(self._bound(name.strip(), "lora", "LoRA"), weighed)

    def _bound(self, name: str, family: Family, what: str) -> ModelRef:
        plain = name.partition("@")[0]
        if plain not in self._names.choices(family):
            known = ", ".join(self._names.choices(family)) or "none"
            raise ModelError(
                f"there is no {what} '{plain[:100]}'; known are {known}. Put the file, "
                f"{plain[:100]}.safetensors, into the folder '{family}' of the models folder.",
                code="unknown_model",
            )
        return self._names.bind(name)

    def _best_eraser(self) -> str | None:
        """The present eraser of the highest rank."""
        erasers = self._names.choices("eraser")
        return next((name for name in erasers if self.fault(name) is None), None)

    def _best(self) -> str | None:
        """The present diffusion model of the highest rank that an accelerator has room for."""
        present = [name for name in self._names.choices("diffusion") if self.fault(name) is None]
        if not present or self._rules.device == CPU:
            return None
        device = torch_devices(self._rules).placement().device
        if device == CPU:
            return None
        room = budgets(self._rules)(device)
        return next((n for n in present if self.source(n).weight_bytes <= room), None)


def _weight(number: str, text: str) -> float:
    """How strongly a LoRA counts that stands in a text; raises ModelError."""
    if _NUMBER.fullmatch(number) and abs(float(number)) <= MOST_WEIGHT:
        return float(number)
    raise ModelError(
        f"'{text[:100]}' is no LoRA with a weight; allowed is a name, or a name and a weight from "
        f"-{MOST_WEIGHT:g} to {MOST_WEIGHT:g}, such as ink:0.8. Several are divided by commas."
    )
