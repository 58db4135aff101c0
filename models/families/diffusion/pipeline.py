"""One pipeline in memory: it keeps what it worked out, and every run leaves it as it was."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np

from paintgraph.base.errors import Error
from paintgraph.base.listening import Listening
from paintgraph.base.words import shorten
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.errors import EngineFailedError
from paintgraph.models.families.diffusion.adapters import Adapters
from paintgraph.models.families.diffusion.loading import Library, load_vae
from paintgraph.models.families.diffusion.memory import MemoryPlan, apply_plan
from paintgraph.models.families.diffusion.previews import Previews
from paintgraph.models.families.diffusion.sampling import arguments, check_request, make_scheduler
from paintgraph.models.families.diffusion.soft_masks import SoftMask
from paintgraph.models.families.diffusion.sources import Source
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling, VaeFile
from paintgraph.models.loading.loaded_work import is_out_of_memory

MOST_BYTES = 128 * 2**20

_PLAIN = (str, int, float, bool, type(None))


class Kept:
    """Results by key, the most recently used ones, within a bound of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._results: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What is kept under the key, else what `make` gives, which is kept."""
        if key not in self._results:
            made = make()
            self._results[key] = made, sum(map(_bytes_of, _tensors(made)))
        self._results.move_to_end(key)
        result, _ = self._results[key]
        while sum(size for _, size in self._results.values()) > self._most_bytes:
            self._results.popitem(last=False)
        return result

    def clear(self) -> None:
        """Forget everything."""
        self._results.clear()


def keep_prompts(pipe: Any, kept: Kept, state: Callable[[], Hashable]) -> None:
    """Let a pipeline keep what its text encoders make of a prompt.

    `state` gives what else their answer depends on, such as LoRAs.
    """
    encode = pipe.encode_prompt

    def encode_prompt(*args: Any, **options: Any) -> Any:
        key = _plain((args, sorted(options.items())))
        if key is None:
            return encode(*args, **options)
        return kept.get(("prompt", state(), key), lambda: encode(*args, **options))

    pipe.encode_prompt = encode_prompt


def keep_encoded(vae: Any, kept: Kept, name: str) -> None:
    """Let a VAE, called `name`, keep what it makes of a picture; seeds draw from it."""
    encode = vae.encode

    def encode_kept(x: Any, *args: Any, **options: Any) -> Any:
        plain = _plain((args, sorted(options.items())))
        digest = blake2b(x.detach().float().cpu().contiguous().numpy().data, digest_size=20)
        tiled = bool(getattr(vae, "use_tiling", False))
        key = ("vae", name, tiled, str(x.dtype), str(x.device), tuple(x.shape), digest.digest())
        return kept.get((*key, plain), lambda: encode(x, *args, **options))

    vae.encode = encode_kept


def _plain(value: Any) -> Hashable | None:
    """A text that equal values have in common; None for what has no short one, such as tensors."""
    if isinstance(value, list | tuple):
        parts = [_plain(each) for each in value]
        return None if None in parts else (type(value).__name__, *parts)
    if isinstance(value, _PLAIN) or type(value).__name__ in ("device", "dtype"):
        return repr(value)
    return None


def _tensors(value: Any) -> Iterator[Any]:
    """The tensors in a result, which may be an output object with a distribution inside."""
    if hasattr(value, "element_size"):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif hasattr(value, "__dict__"):
        yield from _tensors(list(vars(value).values()))


def _bytes_of(tensor: Any) -> int:
    return int(tensor.element_size() * tensor.nelement())


MOST_VAES = 2
"""VAEs that stay loaded in place of the model's own."""


class LoadedPipeline:
    """A pipeline for inpainting, for one run at a time."""

    def __init__(
        self,
        pipe: Any,
        source: Source,
        library: Library,
        device: str,
        tiny: Any = None,
    ) -> None:
        self.pipe = pipe
        self._source = source
        self._library = library
        self.device = device
        self._kept = Kept()
        self._adapters = Adapters(pipe, source.name)
        self._previews = Previews(library, tiny)
        self._scheduler = pipe.scheduler
        self._vaes: dict[str, Any] = {}
        self._plan: MemoryPlan | None = None
        if hasattr(pipe, "vae"):
            keep_encoded(pipe.vae, self._kept, "")
            self._vaes[""] = pipe.vae
        if hasattr(pipe, "encode_prompt"):
            keep_prompts(pipe, self._kept, lambda: self._adapters.active)

    def place(self, plan: MemoryPlan) -> None:
        """Bring it to its device by a plan."""
        if plan != self._plan:
            apply_plan(self.pipe, plan, self.device)
            self._plan = plan

    def paint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        sampling: Sampling,
        listening: Listening,
    ) -> Image:
        """Sample what the mask selects; see `Inpainter.inpaint`."""
        check_request(request)
        pipe = self.pipe
        self._adapters.use(sampling.loras, listening)
        self._use_vae(sampling.vae)
        pipe.scheduler = make_scheduler(
            self._library.diffusers, self._scheduler, sampling.sampler, sampling.scheduler
        )
        if sampling.disable_initial_latent and request.strength < 1:
            _start_from_nothing(pipe.scheduler)
        height, width = mask.shape[1:]
        soft = SoftMask(self._library, image, mask, request.seed + 1, self._source.scale)
        steps = _Steps(self._previews, soft, listening, sampling.preview_steps, (height, width))
        options = arguments(pipe, request, sampling, listening)
        listening.check()
        try:
            painted = pipe(
                **options,
                image=image,
                mask_image=self._hard(mask),
                height=height,
                width=width,
                generator=self._library.torch.Generator("cpu").manual_seed(request.seed),
                output_type="np",
                callback_on_step_end=steps.ended,
            ).images
        except (IndexError, ValueError, RuntimeError) as error:
            if isinstance(error, Error) or is_out_of_memory(error):
                raise
            raise EngineFailedError(
                f"model '{self._source.name}' cannot be sampled in {request.steps} steps with "
                f"sampler '{sampling.sampler}' and scheduler '{sampling.scheduler}' "
                f"({shorten(str(error), 200)}). Change one of these."
            ) from error
        finally:
            pipe.maybe_free_model_hooks()
            pipe.scheduler = self._scheduler
        result: Image = np.clip(painted, 0, 1).astype(np.float32, copy=False)
        if not np.isfinite(result).all():
            raise EngineFailedError(
                f"model '{self._source.name}' gave no numbers (NaN); with samples of 16 bits some "
                "models do. Set the device's dtype to float32 or bfloat16."
            )
        return result

    def _hard(self, mask: Mask) -> Mask:
        """What is to be painted, as 0 and 1.

        A model that is not made for inpainting keeps whole latents, of which diffusers looks at
        one pixel: there all of a latent is painted of which any pixel is.
        """
        hard = (mask > 0).astype(np.float32)
        scale = self._source.scale
        if not _keeps_latents(self.pipe) or any(length % scale for length in mask.shape[1:]):
            return hard
        rows, columns = (length // scale for length in mask.shape[1:])
        cells = hard.reshape(len(hard), rows, scale, columns, scale).max(axis=(2, 4))
        whole: Mask = cells.repeat(scale, 1).repeat(scale, 2)
        return whole

    def _use_vae(self, wanted: VaeFile | None) -> None:
        key = wanted.digest if wanted else ""
        if wanted and key not in self._vaes:
            own = self._vaes[""]
            vae = load_vae(own, wanted.path, self._source.folder, wanted.name, own.dtype)
            vae.to(self.device)
            keep_encoded(vae, self._kept, key)
            for oldest in list(self._vaes)[1 : len(self._vaes) - MOST_VAES + 1]:
                del self._vaes[oldest]
            self._vaes[key] = vae
        if key in self._vaes:
            self.pipe.vae = self._vaes[key]


class _Steps:
    """What happens between two steps of a run."""

    def __init__(
        self,
        previews: Previews,
        soft: SoftMask,
        listening: Listening,
        every: int,
        size: tuple[int, int],
    ) -> None:
        self._previews = previews
        self._soft = soft
        self._listening = listening
        self._every = every
        self._size = size

    def ended(self, pipe: Any, index: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """The tensors that the next step goes on with."""
        total = pipe.num_timesteps
        if self._soft.is_soft:
            tensors["latents"] = self._soft.hold(pipe, index, total, tensors["latents"])
        self._listening.progress(index + 1, total)
        self._listening.check()
        is_due = (index + 1) % self._every == 0 and index + 1 < total
        if self._listening.preview is not None and is_due:
            shown = self._previews.show(pipe, tensors["latents"], *self._size)
            if shown is not None:
                self._listening.preview(shown)
        return tensors


def _keeps_latents(pipe: Any) -> bool:
    """Whether a pipeline puts known latents back after each step: its denoiser sees no mask."""
    denoiser = getattr(pipe, "unet", None) or getattr(pipe, "transformer", None)
    vae = getattr(pipe, "vae", None)
    channels = getattr(getattr(vae, "config", None), "latent_channels", None)
    if denoiser is None or channels is None:
        return False
    return denoiser.config.get("in_channels") in (channels, 4 * channels)  # packed in twos


def _start_from_nothing(scheduler: Any) -> None:
    """Let the latents of a run begin as noise over an empty latent, not over the picture's own.

    The first noising of a run is that of its first latents.
    """
    name = "scale_noise" if hasattr(scheduler, "scale_noise") else "add_noise"
    noise_over = getattr(scheduler, name)

    def first(latents: Any, *args: Any) -> Any:
        setattr(scheduler, name, noise_over)
        return noise_over(latents.new_zeros(latents.shape), *args)

    setattr(scheduler, name, first)
