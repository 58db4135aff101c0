"""Diffusion models as engines: lent by `LoadedModels`, one run at a time."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from paintgraph.base.listening import SILENT, Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.entries import ModelRef, Placed
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.errors import PipelineError
from paintgraph.models.families.diffusion.loading import Library, load_library, load_pipeline
from paintgraph.models.families.diffusion.memory import part_bytes, plan_memory
from paintgraph.models.families.diffusion.pipeline import LoadedPipeline
from paintgraph.models.families.diffusion.sources import Source, find_source
from paintgraph.models.inpainting.protocols import (
    USUAL,
    InpaintRequest,
    ResizedResult,
    Sampling,
)
from paintgraph.models.loading.devices import Placement, budgets
from paintgraph.models.loading.loaded import Loading
from paintgraph.models.loading.loaded_work import perform

_WORK_BYTES = 1_500_000_000
_LEAST_MULTIPLE = 16  # px: every family's latents, in pairs


class Model(NamedTuple):
    """A diffusion model as an engine knows it."""

    ref: ModelRef
    placed: Placed
    source: Source


class DiffusionModels:
    """The diffusion models that references mean, and how they are loaded and lent."""

    def __init__(self, models: ModelLender) -> None:
        self._models = models
        self._budget = budgets(models.rules)

    def engine(
        self,
        name: str,
        sampling: Sampling = USUAL,
        listening: Listening = SILENT,  # noqa: ARG002 - it is loaded when it paints
    ) -> "DiffusionInpainter":
        """The engine that paints with a model; raises ModelError if its files cannot be used."""
        ref = ModelRef.parse(name)
        placed = self._models.placed(ref)
        source = find_source(placed, self._models.names.placed)
        return DiffusionInpainter(self, Model(ref, placed, source), sampling)

    def close(self) -> None:
        """Nothing: its models belong to the lender."""

    def run(
        self,
        model: "Model",
        work: Callable[[LoadedPipeline], Image],
        pixels: int,
        listening: Listening,
    ) -> Image:
        """What `work` makes with the loaded pipeline, for pictures of so many px."""
        library = load_library()
        entry, source = model.placed.entry, model.source

        def paint(pipeline: LoadedPipeline, *, small: bool) -> Image:
            # Two runs at once on one device are slower than one after the other.
            with self._models.my_turn(listening):
                plan = plan_memory(
                    pipeline.device,
                    part_bytes(pipeline.pipe),
                    self._budget(pipeline.device),
                    pixels,
                    small=small,
                )
                pipeline.place(plan)
                return work(pipeline)

        return perform(
            self._models.loaded,
            Loading(
                str(model.ref),
                entry.memory_bytes or source.weight_bytes + _WORK_BYTES,
                partial(self._load, source, library, entry.options, listening),
            ),
            self._models.placement(model.placed),
            partial(paint, small=False),
            partial(paint, small=True),
            listening,
        )

    def _load(
        self,
        source: Source,
        library: Library,
        options: Mapping[str, Any],
        listening: Listening,
        placement: Placement,
    ) -> LoadedPipeline:
        with self._models.my_turn(listening):
            pipe = load_pipeline(source, library, dtype_for(library, placement))
            if options.get("compile"):
                (getattr(pipe, "unet", None) or pipe.transformer).compile()
            tiny = self._tiny(options, library, placement)
            return LoadedPipeline(pipe, source, library, placement.device, tiny)

    def _tiny(self, options: Mapping[str, Any], library: Library, placement: Placement) -> Any:
        """The tiny autoencoder that an entry names for previews, if it is there."""
        name = options.get("preview")
        if not name or self._models.names.fault(str(name)):
            return None
        folder = self._models.names.placed(str(name)).folder
        try:
            tiny = library.diffusers.AutoencoderTiny.from_pretrained(
                folder, local_files_only=True, use_safetensors=True
            )
        except (OSError, ValueError) as error:
            raise PipelineError(
                f"model '{name}' is no tiny autoencoder for previews. Mend the option 'preview'."
            ) from error
        return tiny.to(placement.device)


class DiffusionInpainter(ResizedResult):
    """One diffusion model, with how it samples, as an `Inpainter`."""

    copies_surroundings = False

    def __init__(self, models: DiffusionModels, model: "Model", sampling: Sampling) -> None:
        side = int(model.placed.entry.options.get("side", model.source.side))
        self.name = model.ref.name
        self.working_side = side
        self.working_pixels = side**2
        self.least_side = side
        self.size_multiple = max(_LEAST_MULTIPLE, 2 * model.source.scale)
        self._models = models
        self._model = model
        self._sampling = sampling

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        listening: Listening,
        *,
        avoid: Mask | None = None,  # noqa: ARG002 - nothing is copied
    ) -> Image:
        """Sample what the mask selects; see `Inpainter`."""

        def work(pipeline: LoadedPipeline) -> Image:
            return pipeline.paint(image, mask, request, self._sampling, listening)

        pixels = mask.shape[1] * mask.shape[2]
        return self._models.run(self._model, work, pixels, listening)


def dtype_for(library: Library, placement: Placement) -> Any:
    """What torch calls the samples of a placement; where it is left open, a safe one."""
    torch = library.torch
    if placement.dtype != "auto":
        return getattr(torch, placement.dtype)
    if placement.device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if placement.device == "mps" else torch.float32
