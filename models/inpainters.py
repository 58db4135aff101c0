"""The engines that fill pictures, by name."""

from typing import Self

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.base.words import shorten
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.family import ENGINES, Kind
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import AUTO
from paintgraph.models.errors import UnknownModelError
from paintgraph.models.families import FAMILIES
from paintgraph.models.inpainting.protocols import (
    USUAL,
    FamilyEngines,
    Inpainter,
    InpaintRequest,
    Lora,
    Sampling,
    VaeFile,
)
from paintgraph.models.inpainting.repaint import repaint


class Inpainters:
    """All engines of a worker: those of `models` too, if it is given.

    Close it, or use it in a `with` statement.
    """

    def __init__(self, helpers: int = 2, models: ModelLender | None = None) -> None:
        self._models = models
        kinds = ENGINES if models else (Kind.FILL,)
        self._engines: dict[str, FamilyEngines] = {}
        # What others are made of comes first.
        for family in sorted(FAMILIES.of(*kinds), key=lambda family: bool(family.made_of)):
            if family.engines is not None:
                parts = (self._engines[name] for name in family.made_of)
                self._engines[family.name] = family.engines(models, helpers, *parts)

    def get(
        self, name: str, sampling: Sampling = USUAL, listening: Listening = SILENT
    ) -> Inpainter:
        """An engine without weights by its name, or a model by `name@sha256:...`.

        `sampling` counts for engines that generate. An eraser is loaded, which `listening` may
        end. Raises ModelError if the model cannot be used.
        """
        if self.needs_files(name):
            family = self._family_of(name)
        else:
            family = name if name != AUTO else self.names()[0]
        return self._engines[family].engine(name, sampling, listening)

    def needs_files(self, name: str) -> bool:
        """Whether an engine is a model, not one that works without any."""
        return name not in (AUTO, *self.names())

    def lora(self, ref: ModelRef, weight: float) -> Lora:
        """A LoRA; raises ModelError if its file cannot be used."""
        assert self._models is not None  # noqa: S101 - asked for beside a model
        return Lora(ref.name, self._models.placed(ref).file, ref.digest, weight)

    def vae(self, ref: ModelRef) -> VaeFile:
        """A VAE; raises ModelError if its file cannot be used."""
        assert self._models is not None  # noqa: S101 - asked for beside a model
        placed = self._models.placed(ref)
        is_file = placed.file.suffix == ".safetensors"
        return VaeFile(ref.name, placed.file if is_file else placed.folder, ref.digest)

    def fill(self, image: Image, mask: Mask, seed: int, listening: Listening) -> Image:
        """Textures continued into what the mask selects; see `Filler`."""
        hole = (mask > 0).astype(np.float32)
        request = InpaintRequest(seed=seed)
        # The steps that are reported are those of the engine that is shown the result.
        quiet = Listening(check=listening.check)
        painted = repaint(image, hole, self.get(AUTO), request, quiet).image
        return np.concatenate([painted[..., :3], image[..., 3:]], axis=3)

    def names(self) -> list[str]:
        """The engines without weights, the default first."""
        return [family.name for family in FAMILIES.of(Kind.FILL)]

    def close(self) -> None:
        """End their helper processes."""
        for engines in self._engines.values():
            engines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _family_of(self, name: str) -> str:
        """The family of a model that can paint; raises ModelError."""
        if self._models is not None:
            family = self._models.names.family(ModelRef.parse(name))
            if family.name in self._engines:
                return family.name
        known = " or ".join(self.names())
        raise UnknownModelError(f"there is no engine '{shorten(name)}'. Use {known}.")
