"""The engines that fill pictures, by name."""

from typing import Self

import numpy as np

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.errors import UnknownModelError
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.families.diffusion.sampling import Sampling
from paintgraph.models.families.eraser.engine import ErasingModels
from paintgraph.models.families.patchmatch.engine import PatchMatch, PatchMatchPool
from paintgraph.models.families.telea.engine import Telea
from paintgraph.models.inpainting.engine_names import AUTO, DEFAULT_ENGINE
from paintgraph.models.inpainting.protocols import Inpainter, InpaintRequest
from paintgraph.models.inpainting.repaint import repaint

_USUAL = Sampling()


class Inpainters:
    """All engines of a worker. Close it, or use it in a `with` statement."""

    def __init__(
        self,
        helpers: int = 2,
        diffusion: DiffusionModels | None = None,
        erasers: ErasingModels | None = None,
    ) -> None:
        self.diffusion = diffusion
        self._erasers = erasers
        self._pool = PatchMatchPool(helpers)
        engines: tuple[Inpainter, ...] = (PatchMatch(self._pool), Telea())
        self._engines = {engine.name: engine for engine in engines}

    def get(
        self, name: str, sampling: Sampling = _USUAL, listening: Listening = SILENT
    ) -> Inpainter:
        """An engine without weights by its name, or a model by `name@sha256:...`.

        Only a diffusion model has a use for `sampling`. An eraser is loaded, which `listening`
        may end. Raises ModelError if the model cannot be used.
        """
        engine = self._engines.get(DEFAULT_ENGINE if name == AUTO else name)
        if engine is not None:
            return engine
        if self._erasers is not None and self._erasers.has(name):
            return self._erasers.engine(ModelRef.parse(name), listening)
        if self.diffusion is None:
            raise UnknownModelError(f"there is no engine '{name[:100]}'. Use patchmatch or telea.")
        return self.diffusion.engine(ModelRef.parse(name), sampling)

    def fill(self, image: Image, mask: Mask, seed: int, listening: Listening) -> Image:
        """Textures continued into what the mask selects; see `Filler`."""
        hole = (mask > 0).astype(np.float32)
        engine = self._engines[DEFAULT_ENGINE]
        request = InpaintRequest(seed=seed)
        # The steps that are reported are those of the engine that is shown the result.
        painted = repaint(
            image[..., :3], hole, engine, request, Listening(check=listening.check)
        ).image
        return np.concatenate([painted, image[..., 3:]], axis=3)

    def names(self) -> list[str]:
        """The engines without weights, the default first."""
        return list(self._engines)

    def close(self) -> None:
        """End their helper processes."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
