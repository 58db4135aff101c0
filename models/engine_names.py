"""Names of engines, LoRAs and VAEs in graphs: what there is, what is wrong, what `auto` stands for.

Nothing is loaded here, so that graphs can be checked and bound anywhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from paintgraph.base.words import shorten
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.family import ENGINES, Kind
from paintgraph.models.catalogue.names import AUTO, ModelNames
from paintgraph.models.errors import ModelError
from paintgraph.models.loading.devices import ANY_DEVICE, DeviceRules

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
    """What graphs may name to paint with.

    Attributes:
        models: all models, those that select too.
    """

    def __init__(
        self, models: ModelNames, rules: DeviceRules = ANY_DEVICE, auto: str = AUTO
    ) -> None:
        """`rules` say where models work; `auto` is what that word stands for, if not the best."""
        self.models = models
        self._rules = rules
        self._auto = auto

    def choices(self) -> list[str]:
        """All engines, present or not."""
        return [AUTO, *self.models.choices(*ENGINES)]

    def needs_files(self, engine: str) -> bool:
        """Whether an engine is a model, not one that works without any."""
        return engine not in (AUTO, *self.models.choices(Kind.FILL))

    def fault(self, engine: str) -> ModelError | None:
        """Why an engine cannot be used now, or None; reads no more than headers of files.

        Of a name that nobody knows it says nothing: whoever has the choices names them.
        """
        if not self.needs_files(engine) or engine not in self.choices():
            return None
        return self.models.fault(engine)

    def resolve(self, engine: str, prompt: str) -> str:
        """What paints: an engine without weights, or `name@sha256:...`; raises ModelError.

        "auto" with a prompt is the best generating model that is there and that the devices have
        room for, without one the best eraser, else the first engine that needs no model.
        """
        engine = self._auto if engine == AUTO else engine
        if engine == AUTO:
            best = self._best(Kind.GENERATE if prompt else Kind.ERASE)
            engine = best or self.models.choices(Kind.FILL)[0]
        return str(self.models.bind(engine)) if self.needs_files(engine) else engine

    def bind_loras(self, text: str) -> str:
        """LoRAs, such as `ink:0.8, grain`, as references with weights; raises ModelError."""
        return ", ".join(str(each) for each in self._loras(text))

    def bind_vae(self, text: str) -> str:
        """A VAE as a reference; raises ModelError."""
        return str(self._bound(text, Kind.VAE, "VAE")) if text else ""

    def _loras(self, text: str) -> Iterable[WeighedRef]:
        for part in re.split(r"[,\n]", text):
            if not part.strip():
                continue
            if "*" in part:  # bound already
                bound = WeighedRef.parse(part.strip())
                yield WeighedRef(self._bound(str(bound.ref), Kind.LORA, "LoRA"), bound.weight)
                continue
            name, _, weight = part.strip().partition(":")
            weighed = _weight(weight.strip() or "1", part.strip())
            yield WeighedRef(self._bound(name.strip(), Kind.LORA, "LoRA"), weighed)

    def _bound(self, name: str, kind: Kind, what: str) -> ModelRef:
        plain = name.partition("@")[0]
        if plain not in self.models.choices(kind):
            self.models.index.catalogue.refresh()  # it may have come since
        choices = self.models.choices(kind)
        if plain not in choices:
            known = ", ".join(choices) or "none"
            (family, *_) = self.models.families.of(kind)
            raise ModelError(
                f"there is no {what} '{shorten(plain)}'; known are {known}. Put the file, "
                f"{shorten(plain)}.safetensors, into the folder '{family.name}' of the models "
                "folder.",
                code="unknown_model",
            )
        return self.models.bind(name)

    def _best(self, kind: Kind) -> str | None:
        """The sound model of the highest rank that the devices have room for."""
        names = (entry.name for entry in self.models.usable(kind))
        return next(filter(self._has_room, names), None)

    def _has_room(self, name: str) -> bool:
        placed = self.models.placed(name)
        family = self.models.family(placed)
        return family.has_room(placed, self.models.placed, self._rules)


def _weight(number: str, text: str) -> float:
    """How strongly a LoRA counts that stands in a text; raises ModelError."""
    if _NUMBER.fullmatch(number) and abs(float(number)) <= MOST_WEIGHT:
        return float(number)
    raise ModelError(
        f"'{shorten(text)}' is no LoRA with a weight; allowed is a name, or a name and a weight "
        f"from -{MOST_WEIGHT:g} to {MOST_WEIGHT:g}, such as ink:0.8. Several are divided by commas."
    )
