"""Whole graphs of families that are sampled by flow matching, from tiny files to a picture."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.node.events import Preview
from paintgraph.models.denoising.samplers import Samplers
from paintgraph.models.denoising.showing import show
from paintgraph.models.latents.autoencoders import Autoencoders
from paintgraph.models.networks.facts import LATENTS
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.networks import tiny_files, tiny_qwen
from paintgraph.tests.nodes.bench import Bench, bench_in, use

WIDTH, HEIGHT = 64, 48


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("flow")
    models = folder / "models"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models))
        patch.setattr(tiny_files, "WORDS", 49_408)
        tiny_qwen.put(models / "diffusion/qwen")
        schnell = tiny_files.flux(is_guided=False)
        tiny_files.write(
            tiny_files.checkpoint("flux", schnell), models / "checkpoints/schnell.safetensors"
        )
        words, _ = tiny.t5()
        words.save_pretrained(models / "checkpoints/tokenizer")
        with bench_in(folder, memory_bytes=2**26) as made:
            yield made


def graph(checkpoint: str, wanted: str = "a red boat", **sampler: Any) -> dict[str, Node]:
    settings = {"steps": 2, "cfg": 1.0, "seed": 3, "scheduler": "simple", **sampler}
    size = {"width": WIDTH, "height": HEIGHT}
    return {
        "ckpt": use("CheckpointLoaderSimple", ckpt_name=checkpoint),
        "wanted": use("CLIPTextEncode", text=wanted, clip=Link("ckpt", 1)),
        "unwanted": use("CLIPTextEncode", text="blurry", clip=Link("ckpt", 1)),
        "told": use("FluxGuidance", conditioning=Link("wanted", 0), guidance=9.0),
        "empty": use("EmptySD3LatentImage", **size),
        "sampled": use(
            "KSampler",
            model=Link("ckpt", 0),
            positive=Link("wanted", 0),
            negative=Link("unwanted", 0),
            latent_image=Link("empty", 0),
            **settings,
        ),
        "it": use("VAEDecode", samples=Link("sampled", 0), vae=Link("ckpt", 2)),
    }


def picture(bench: Bench, nodes: dict[str, Node]) -> Any:
    found = bench.run(nodes, ["it"]).array()
    assert found.shape == (1, HEIGHT, WIDTH, 3)
    assert found.std() > 1e-3
    return found


@pytest.mark.parametrize("checkpoint", ["qwen", "schnell.safetensors"])
def test_a_prompt_becomes_a_picture_that_prompt_and_seed_choose(
    bench: Bench, checkpoint: str
) -> None:
    first = picture(bench, graph(checkpoint))

    assert np.array_equal(first, picture(bench, graph(checkpoint)))
    assert not np.array_equal(first, picture(bench, graph(checkpoint, seed=4)))
    assert not np.array_equal(first, picture(bench, graph(checkpoint, "a blue house")))


def test_qwen_image_is_guided_away_from_a_negative_prompt(bench: Bench) -> None:
    assert not np.array_equal(
        picture(bench, graph("qwen", cfg=4.0)), picture(bench, graph("qwen", cfg=1.0))
    )


def test_flux_schnell_reads_no_guidance_and_its_steps_are_not_shifted(bench: Bench) -> None:
    plain = graph("schnell.safetensors")
    guided = graph("schnell.safetensors")
    sampler = guided["sampled"]
    told = use("KSampler", **{**sampler.inputs, "positive": Link("told", 0)})
    levels = bench.node("BasicScheduler", model=bench.run(plain, ["ckpt"]).value("ckpt"), steps=4)

    assert np.array_equal(picture(bench, plain), picture(bench, {**guided, "sampled": told}))
    assert np.allclose(levels.value().data, [1, 0.75, 0.5, 0.25, 0])


@pytest.mark.parametrize("checkpoint", ["qwen", "schnell.safetensors"])
def test_previews_have_the_colours_that_the_models_vae_gives(bench: Bench, checkpoint: str) -> None:
    ran = bench.run(graph(checkpoint, steps=6), ["sampled", "ckpt"])
    denoiser, vae = (ran.value("ckpt", place).data for place in (0, 2))
    services = bench.assembly.worker.services
    form = LATENTS[denoiser.family]
    even = torch.zeros(1, 16, 4, 4)
    even[:, 5] = 1

    colours = services.get(Samplers).colours(denoiser)
    shown = show(even, denoiser.family, colours)
    decoded = services.get(Autoencoders).decode(vae, form.unscaled(even).numpy())

    assert sum(isinstance(event, Preview) for event in ran.events) == 1
    assert shown is not None
    np.testing.assert_allclose(shown.mean((1, 2)), decoded.mean((1, 2)), atol=1e-5)
