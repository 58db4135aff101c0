"""A graph with KSampler against diffusers' pipeline alone: a random UNet as wide as a real one.

Both are given the same texts, read before, and go through the same steps to a picture. The UNet is
that of the benchmark `diffusion`; beside a deeper one the same overhead is less. The steps are as
many as graphs have by default.
"""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

from paintgraph.benchmarks.diffusion import WIDTHS
from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.models.catalogue.places import VARIABLE
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.nodes.bench import Bench, bench_in, use

_SIDE = 128
_STEPS = 20
_CFG = 7.0
_PAIRS = 5
_MODEL = "wide"
_TEXT_BYTES = 1 << 26
"""Where what the texts gave is kept from run to run, as a server does."""


def figures() -> list[Figure]:
    """Runs side by side, each with a seed of its own; the texts are read once."""
    import diffusers

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "models" / "diffusion" / _MODEL
        tiny.sd(model, channels=4, **WIDTHS)
        pipe: Any = diffusers.DiffusionPipeline.from_pretrained(model, local_files_only=True)
        pipe.set_progress_bar_config(disable=True)
        pipe.scheduler = diffusers.EulerDiscreteScheduler.from_config(pipe.scheduler.config)
        settings = {VARIABLE: str(folder / "models")}
        with (
            mock.patch.dict(os.environ, settings),
            bench_in(folder, memory_bytes=_TEXT_BYTES) as bench,
        ):
            pairs = rounds(_Pairs(bench, pipe).measure, _PAIRS, 150)
    ours, bare = zip(*pairs, strict=True)
    overhead = tuple(one / other for one, other in pairs)
    return [
        Figure(f"a graph with KSampler, {_STEPS} steps at {_SIDE} px", ours, "s"),
        Figure("diffusers' pipeline with the same", bare, "s"),
        Figure("the first by the second", overhead, "x", 1.05, undisturbed=min(ours) / min(bare)),
    ]


class _Pairs:
    """Our run and that of diffusers; who begins alternates.

    Both work in a thread of their own, as nodes do: the main thread of a process is slower, here by
    two to four times.
    """

    def __init__(self, bench: Bench, pipe: Any) -> None:
        self._bench = bench
        self._pipe = pipe
        self._seed = 0
        self._thread = ThreadPoolExecutor(1)
        texts = pipe.encode_prompt(
            "a cat",
            device=pipe.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=True,
            negative_prompt="a dog",
        )
        self._texts = dict(zip(("prompt_embeds", "negative_prompt_embeds"), texts, strict=True))
        self.measure()  # the first run of a process is slower

    def measure(self) -> tuple[float, float]:
        """Seconds of ours and of theirs."""
        self._seed += 1
        if self._seed % 2:
            return seconds_of(self._ours), seconds_of(self._theirs)
        other = seconds_of(self._theirs)
        return seconds_of(self._ours), other

    def _ours(self) -> None:
        ran = self._bench.run(_graph(self._seed), ["picture"])
        if ran.outcome.failures:
            raise RuntimeError(str(ran.outcome.failures))

    def _theirs(self) -> None:
        import torch

        self._thread.submit(
            self._pipe,
            **self._texts,
            height=_SIDE,
            width=_SIDE,
            num_inference_steps=_STEPS,
            guidance_scale=_CFG,
            generator=torch.Generator("cpu").manual_seed(self._seed),
            output_type="np",
        ).result()


def _graph(seed: int) -> dict[str, Node]:
    sampler = use(
        "KSampler",
        model=Link("model", 0),
        seed=seed,
        steps=_STEPS,
        cfg=_CFG,
        sampler_name="euler",
        scheduler="normal",
        positive=Link("wanted", 0),
        negative=Link("unwanted", 0),
        latent_image=Link("empty", 0),
    )
    return {
        "model": use("CheckpointLoaderSimple", ckpt_name=_MODEL),
        "wanted": use("CLIPTextEncode", text="a cat", clip=Link("model", 1)),
        "unwanted": use("CLIPTextEncode", text="a dog", clip=Link("model", 1)),
        "empty": use("EmptyLatentImage", width=_SIDE, height=_SIDE),
        "sampled": sampler,
        "picture": use("VAEDecode", samples=Link("sampled", 0), vae=Link("model", 2)),
    }
