"""The loop: noise in, and out again step by step, over one denoiser that is loaded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from paintgraph.base.errors import Error
from paintgraph.base.listening import Listening
from paintgraph.base.words import shorten
from paintgraph.models.denoising.conditions import prepare, with_shared_controls
from paintgraph.models.denoising.controls import Controls
from paintgraph.models.denoising.course import Course, chart
from paintgraph.models.denoising.guidance import Evaluation, Guidance
from paintgraph.models.denoising.inpainting import of_latents
from paintgraph.models.denoising.masks import Held, to_latents
from paintgraph.models.denoising.noise import draw_noise, generator_for
from paintgraph.models.denoising.requests import SampleRequest
from paintgraph.models.denoising.showing import Colours, show
from paintgraph.models.denoising.transformers import TransformerEvaluation
from paintgraph.models.denoising.unets import UnetEvaluation
from paintgraph.models.errors import EngineFailedError, SamplingError
from paintgraph.models.families.diffusion.loading import Library
from paintgraph.models.loading.loaded_work import is_out_of_memory
from paintgraph.models.networks.loaded import LoadedControlNet, LoadedDenoiser
from paintgraph.models.sampling.values import Array, ControlNet, Denoiser, Latent

PREVIEW_STEPS = 5

Watch: TypeAlias = Callable[[int, Any, Any, int], None]
"""Called after each step with its number from 0, with tensors as the denoiser sees latents: what it
takes for the picture, and what is sampled next; and with the number of all steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """What sampling gives.

    Attributes:
        samples: `[B, C, h, w]`, unscaled, as in `Latent`.
        denoised: what the denoiser took for the picture in the last step, laid out alike; where no
            noise is left it is `samples`, nearly.
    """

    samples: Array
    denoised: Array


class Run:
    """One run of a denoiser."""

    def __init__(  # noqa: PLR0913 - what runs, and who follows it
        self,
        library: Library,
        loaded: LoadedDenoiser,
        controls: Mapping[ControlNet, LoadedControlNet],
        request: SampleRequest,
        listening: Listening,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._colours: Colours | None = None
        self._library = library
        self._torch = library.torch
        self._loaded = loaded
        self._request = request
        self._listening = listening
        self._known = self._scaled(request.latent)
        size = tuple(self._known.shape[-2:])
        self._controls = Controls(
            self._torch, controls, size, loaded.latents.side, len(self._known)
        )

    def sample(self, grey: Array | None = None, colours: Colours | None = None) -> Sampled:
        """The latents without noise; raises SamplingError, SamplerError or EngineFailedError.

        `grey` is mid grey in latents `[C]`, unscaled; see `of_latents`. `colours` are those of
        previews, where the family has none of its own.
        """
        self._colours = colours
        request, torch, loaded = self._request, self._torch, self._loaded
        course = chart(self._library, loaded, request.sampler.name, request.steps)
        generator = generator_for(torch, request.noise.seed)
        noise = self._noise(generator)
        held = self._held(noise)
        with torch.no_grad():
            guidance = self._guidance(grey)
            x = course.begin(self._known, noise)
            try:
                x, clean = self._steps(course, guidance, x, held, generator)
            except (IndexError, ValueError, RuntimeError) as error:
                if isinstance(error, Error) or is_out_of_memory(error):
                    raise
                raise EngineFailedError(
                    f"the model cannot be sampled with sampler '{request.sampler.name}' and these "
                    f"steps ({shorten(str(error), 200)}). Change one of these."
                ) from error
        return Sampled(self._unscaled(course.latents_of(x)), self._unscaled(clean))

    def _noise(self, generator: Any) -> Any | None:
        """The noise that is added at first, or None."""
        request, torch, shape = self._request, self._torch, self._known.shape
        # It is drawn also where it is not used, so that the noise of later steps is another.
        noise = draw_noise(torch, generator, shape, request.latent.batch_index)
        if request.drawn is not None:
            if request.drawn.shape != shape:
                raise SamplingError(
                    f"the noise has the shape {list(request.drawn.shape)}, the latents "
                    f"{list(shape)}; allowed are equal ones. Draw it for these latents."
                )
            noise = torch.from_numpy(np.array(request.drawn))
        is_none = request.noise.seed is None or not noise.any()
        return None if is_none else noise.to(self._loaded.device)

    def _steps(
        self, course: Course, guidance: Guidance, x: Any, held: Held | None, generator: Any
    ) -> tuple[Any, Any]:
        """What is sampled after the last step, and what was taken for the picture in it."""
        scheduler, clean = course.scheduler, x
        done = 0
        for index in range(course.first, course.last):
            self._listening.check()
            timestep = scheduler.timesteps[index]
            seen = course.seen(x, index)
            predicted = guidance.predict(
                x, timestep.to(self._loaded.device), seen, course.progress(index)
            )
            clean = course.clean(x, predicted, index)
            if held is not None:
                clean = held.put_back_clean(course, clean, index)
            if course.ends_clean and index + 1 == course.last:
                x = clean
            else:
                x = course.step(predicted, x, index, generator)
                if held is not None:
                    x = held.put_back(course, x, index)
            if (ended := -(-(index + 1 - course.first) // course.per_step)) > done:
                done = ended
                self._ended(done, course.steps, clean, x)
        return x, clean

    def _ended(self, done: int, total: int, clean: Any, x: Any) -> None:
        listening = self._listening
        listening.progress(done, total)
        if self._watch is not None:
            self._watch(done - 1, clean, x, total)
        is_due = done % PREVIEW_STEPS == 0 and done < total
        if listening.preview is not None and is_due:
            shown = show(clean, self._loaded.family, self._colours)
            if shown is not None:
                listening.preview(shown)

    def _guidance(self, grey: Array | None) -> Guidance:
        torch, loaded, guider = self._torch, self._loaded, self._request.guider
        shape = self._known.shape
        mask = self._request.latent.noise_mask
        inpaint = of_latents(torch, loaded, self._known, mask, grey)
        evaluation = self._evaluation()
        positive = prepare(torch, loaded, guider.positive, shape, inpaint)
        away_from = with_shared_controls(guider.positive, guider.negative or ())
        negative = prepare(torch, loaded, away_from, shape, inpaint)
        return Guidance(torch, evaluation, positive, negative, guider.cfg)

    def _evaluation(self) -> Evaluation:
        if self._loaded.prediction == "flow":
            return TransformerEvaluation(self._torch, self._loaded)
        return UnetEvaluation(self._torch, self._loaded, self._controls)

    def _held(self, noise: Any) -> Held | None:
        mask = self._request.latent.noise_mask
        if mask is None:
            return None
        known = self._known
        tensor = to_latents(self._torch, mask, tuple(known.shape[-2:]), len(known)).to(known)
        return Held(tensor, known, noise, differential(self._request.guider.denoiser))

    def _scaled(self, latent: Latent) -> Any:
        """Latents as the denoiser sees them, float32; empty ones have any number of channels."""
        form = self._loaded.latents
        samples = latent.samples
        if not samples.any():
            batch, _, *size = samples.shape
            return self._torch.zeros((batch, form.channels, *size), device=self._loaded.device)
        if samples.shape[1] != form.channels:
            raise SamplingError(
                f"the latents have {samples.shape[1]} channels, those of a model of family "
                f"'{self._loaded.family}' {form.channels}. Encode the picture with the VAE of the "
                "model's family."
            )
        tensor = self._torch.from_numpy(np.array(samples)).to(self._loaded.device)
        return form.scaled(tensor)

    def _unscaled(self, x: Any) -> Array:
        array: Array = self._loaded.latents.unscaled(x.float()).cpu().numpy()
        if not np.isfinite(array).all():
            raise EngineFailedError(
                "the model gave no numbers (NaN); with samples of 16 bits some models do. Set the "
                "device's dtype to float32 or bfloat16."
            )
        return _kept(array, self._request.latent, self._torch)


def _kept(sampled: Array, latent: Latent, torch: Any) -> Array:
    """What was sampled, with the original latents, bit for bit, where nothing is selected."""
    if latent.noise_mask is None or latent.samples.shape != sampled.shape:
        return sampled
    size = sampled.shape[-2:]
    mask = to_latents(torch, latent.noise_mask, size, len(sampled)).numpy()
    return np.where(mask > 0, sampled, latent.samples).astype(np.float32, copy=False)


def differential(denoiser: Denoiser) -> float:
    """By how much a soft noise mask is one of time; 0 without the patch."""
    strength = 0.0
    for patch in denoiser.patches:
        if patch.kind == "differential":
            strength = patch.values[0] if patch.values else 1.0
    return strength
