"""Painting by a diffusion model against diffusers alone: a random UNet as wide as a real one.

Its two levels have the widths of Stable Diffusion's first two, so that a run takes seconds on a
processor and what surrounds the pipeline is measured as it would be beside a real model.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES
from paintgraph.models.families.diffusion.engine import DiffusionInpainter, DiffusionModels
from paintgraph.models.inpainting.protocols import InpaintRequest, Sampling
from paintgraph.models.inpainting.repaint import repaint
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels

_SIDE = 256
_STEPS = 6
_PAIRS = 5
_WIDTH, _HEIGHT = 2048, 1536
_HOLE = 200
_NAME = "wide"

WIDTHS: Mapping[str, Any] = {
    "block_out_channels": (320, 640),
    "sample_size": _SIDE // 8,
    "attention_head_dim": 8,
    "norm_num_groups": 32,
}
"""How the random UNet is built."""


def figures() -> list[Figure]:
    """A crop side by side with diffusers, a large picture through its crop, second runs."""
    with tempfile.TemporaryDirectory() as name, _wide_model(Path(name)) as (engine, pipe):
        pairs = rounds(_Pairs(engine, pipe).measure, _PAIRS, 120)
        ours, bare = zip(*pairs, strict=True)
        overhead = tuple(one / other for one, other in pairs)
        crop, whole = _crop_and_whole(engine, pipe)
        again = rounds(_Again(engine).measure, 3, 60)
    first, seed, mask = zip(*again, strict=True)
    return [
        Figure(f"200 px of 2048x1536, {_STEPS} steps at {_SIDE} px", ours, "s"),
        Figure("diffusers alone on the same crop", bare, "s"),
        Figure("the first by the second", overhead, "x", 1.05, undisturbed=min(ours) / min(bare)),
        Figure("200 px of 2048x1536, 1 step", (crop,), "s"),
        Figure("diffusers on the whole picture, 1 step", (whole,), "s"),
        Figure("the second by the first", (whole / crop,), "x", 4, more_is_better=True),
        Figure("a first run of 1 step", first, "s"),
        Figure("with another seed, by the first", _by(seed, first), "x"),
        Figure("with another mask, by the first", _by(mask, first), "x"),
    ]


def _by(times: tuple[float, ...], first: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(time / median(first) for time in times)


class _Pairs:
    """Our run and that of diffusers with the same, both of a picture that neither saw before."""

    def __init__(self, engine: DiffusionInpainter, pipe: Any) -> None:
        self._engine = engine
        self._pipe = pipe
        self._seed = 0
        self.measure()  # the first run of a process is slower

    def measure(self) -> tuple[float, float]:
        """Seconds of ours and of theirs; who begins alternates."""
        self._seed += 1
        image, mask = _picture(self._seed), _hole()
        request = InpaintRequest(
            seed=1, prompt=f"a cat, {self._seed}", steps=_STEPS, guidance_scale=1
        )
        crop, crop_mask = image[:, :_SIDE, :_SIDE], mask[:, :_SIDE, :_SIDE]

        def ours() -> object:
            return repaint(image, mask, self._engine, request)

        def theirs() -> object:
            return _bare(self._pipe, crop, crop_mask, request)

        if self._seed % 2:
            return seconds_of(ours), seconds_of(theirs)
        other = seconds_of(theirs)
        return seconds_of(ours), other


class _Again:
    """A first run, the same with another seed, and with another mask."""

    def __init__(self, engine: DiffusionInpainter) -> None:
        self._engine = engine
        self._seed = 100

    def measure(self) -> tuple[float, float, float]:
        """Seconds of the three."""
        self._seed += 1
        image, mask = _picture(self._seed), _hole()
        other = mask.copy()
        other[:, :, _HOLE:] = 0

        def run(mask: Mask, seed: int) -> float:
            request = InpaintRequest(
                seed=seed, prompt=f"a dog, {self._seed}", steps=1, guidance_scale=1, fill="keep"
            )
            return seconds_of(lambda: repaint(image, mask, self._engine, request))

        return run(mask, 1), run(mask, 2), run(other, 1)


def _crop_and_whole(engine: DiffusionInpainter, pipe: Any) -> tuple[float, float]:
    image, mask = _picture(50), _hole()
    request = InpaintRequest(seed=1, prompt="a cat", steps=1, guidance_scale=1)
    crop = seconds_of(lambda: repaint(image, mask, engine, request))
    return crop, seconds_of(lambda: _bare(pipe, image, mask, request))


def _bare(pipe: Any, image: Image, mask: Mask, request: InpaintRequest) -> object:
    import torch

    return pipe(
        prompt=request.prompt,
        image=image,
        mask_image=mask,
        height=image.shape[1],
        width=image.shape[2],
        strength=1.0,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(request.seed),
        output_type="np",
    ).images


def _picture(seed: int) -> Image:
    small = np.random.default_rng(seed).random((1, _HEIGHT // 16, _WIDTH // 16, 3), np.float32)
    image: Image = small.repeat(16, 1).repeat(16, 2)
    return image


def _hole() -> Mask:
    mask = np.zeros((1, _HEIGHT, _WIDTH), np.float32)
    near = 100
    mask[:, near : near + _HOLE, near : near + _HOLE] = 1
    return mask


@contextmanager
def _wide_model(folder: Path) -> Iterator[tuple[DiffusionInpainter, Any]]:
    """The engine and the bare pipeline of one model."""
    import diffusers

    from paintgraph.tests.models.diffusion import tiny

    tiny.sd(folder / "diffusion" / _NAME, **WIDTHS)
    pipe: Any = diffusers.DiffusionPipeline.from_pretrained(
        folder / "diffusion" / _NAME, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    names = ModelNames(
        ModelIndex(ModelCatalogue.load(FAMILIES, folder), ModelPlaces(FAMILIES, folder, {}))
    )
    with LoadedModels(lambda _: 10**11) as loaded:
        models = DiffusionModels(ModelLender(names, loaded, DeviceRules(device="cpu")))
        ref = ModelRef(_NAME, f"sha256:{'0' * 64}")
        yield models.engine(str(ref), Sampling()), pipe
