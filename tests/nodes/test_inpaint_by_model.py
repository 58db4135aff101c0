"""The sampler with diffusion models: tiny ones, loaded and run by the real code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paintgraph.engine.errors import GraphError
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Preview, Progress
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.diffusion.files import lora
from paintgraph.tests.nodes.bench import Bench, Ran, bench_in, image_of, noise, use

FAMILIES = ("sd-inpaint", "sd", "sdxl-inpaint", "sd3", "flux-fill")
_SIDES = "flux-fill: {family: diffusion, files: [{path: model_index.json}], options: {side: 64}}"


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for family in FAMILIES:
        tiny.FAMILIES[family](folder / "diffusion" / family)
    lora(folder / "diffusion" / "sd-inpaint", folder / "lora" / "ink.safetensors")
    torch.manual_seed(9)
    tiny.vae().save_pretrained(folder / "vae" / "other")
    (folder / "models.yaml").write_text(
        f"{_SIDES}\nother: {{family: vae, files: [{{path: config.json}}]}}\n"
    )
    return folder


@pytest.fixture(scope="module")
def bench(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models_dir))
        with bench_in(tmp_path_factory.mktemp("bench")) as bench:
            yield bench
    torch.set_num_threads(threads)


def picture(height: int = 70, width: int = 90, channels: int = 3) -> Image:
    return image_of(noise(height, width, channels))


def hole(height: int = 70, width: int = 90) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    mask[:, 20:50, 30:60] = 1
    return mask


def ran(bench: Bench, engine: str, **inputs: Any) -> Ran:
    given_ = {"image": picture(), "mask": hole(), "prompt": "a cat", "steps": 2, "seed": 1}
    return bench.node("InpaintSampler", engine=engine, **(given_ | inputs))


def paint(bench: Bench, engine: str, **inputs: Any) -> Image:
    done = ran(bench, engine, **inputs)
    assert done.outcome.failures == ()
    return done.array()


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    height=st.integers(17, 150),
    width=st.integers(17, 150),
    channels=st.sampled_from([3, 4]),
    kind=st.sampled_from(["hard", "soft", "dots", "all"]),
    seed=st.integers(0, 9),
)
def test_a_pixel_that_is_not_selected_never_changes(  # noqa: PLR0913
    bench: Bench, family: str, height: int, width: int, channels: int, kind: str, seed: int
) -> None:
    image = picture(height, width, channels)
    generator = np.random.default_rng(seed)
    mask = np.zeros((1, height, width), np.float32)
    if kind == "dots":
        mask[generator.random(mask.shape) > 0.98] = 1
    else:
        mask[:, height // 4 : height // 2, width // 4 : width // 2] = 1
    if kind == "soft":
        mask *= generator.random(mask.shape, np.float32)
    if kind == "all":
        mask[:] = 1
    painted = paint(bench, family, image=image, mask=mask, steps=1)
    kept = mask == 0

    assert painted.shape == image.shape
    assert image[kept].tobytes() == painted[kept].tobytes()
    assert kind == "dots" or not np.array_equal(image[~kept], painted[~kept])


def test_a_prompt_a_seed_and_every_setting_count(bench: Bench) -> None:
    usual = paint(bench, "sd-inpaint", steps=4)
    others = {
        "prompt": "a dog",
        "negative_prompt": "blur",
        "seed": 2,
        "steps": 5,
        "guidance": 3.0,
        "strength": 0.6,
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "sgm_uniform",
        "loras": "ink:0.5",
        "vae": "other",
        "clip_skip": 2,
    }
    for name, value in others.items():
        assert not np.array_equal(usual, paint(bench, "sd-inpaint", **({"steps": 4, name: value})))
    assert np.array_equal(usual, paint(bench, "sd-inpaint", steps=4))


def test_of_several_images_each_has_the_next_seed(bench: Bench) -> None:
    several = paint(bench, "sd-inpaint", images=3, seed=5)
    alone = [paint(bench, "sd-inpaint", seed=seed) for seed in (5, 6, 7)]

    assert np.array_equal(np.concatenate(alone), several)
    assert len({each.tobytes() for each in alone}) == 3


def test_below_full_strength_a_model_works_on_what_is_there(bench: Bench) -> None:
    other = picture()
    other[hole() == 1] = 0.5

    assert np.array_equal(
        paint(bench, "sd-inpaint"), paint(bench, "sd-inpaint", image=other)
    )  # nothing of it is seen at full strength
    low = {"strength": 0.5, "steps": 4}
    assert not np.array_equal(
        paint(bench, "sd-inpaint", **low), paint(bench, "sd-inpaint", image=other, **low)
    )


def test_progress_and_previews_are_told(bench: Bench) -> None:
    done = ran(bench, "sd", steps=12, images=2)
    progress = [(e.done, e.total) for e in done.events if isinstance(e, Progress)]
    previews = [e for e in done.events if isinstance(e, Preview)]

    assert progress[-1] == (24, 24)
    assert [step for step, _ in progress] == list(range(1, 25))
    assert len(previews) == 4
    assert all(preview.data.startswith(b"\xff\xd8") for preview in previews)
    assert all(preview.media_type == "image/jpeg" for preview in previews)


def test_a_run_can_be_ended_between_steps(bench: Bench) -> None:
    cancellation = Cancellation()
    inputs = {"image": picture(), "mask": hole(), "engine": "sd", "steps": 500}
    graph = Graph({"it": use("InpaintSampler", **inputs)}, outputs={"it": Link("it", 0)})
    assembly = bench.assembly
    bound = bind(check(graph, assembly.registry).sound(), assembly.registry, {}, assembly.binders)
    done: list[float] = []

    def listen(event: object) -> None:
        if isinstance(event, Progress):
            done.append(event.done)
            if event.done == 3:
                cancellation.cancel()

    outcome = run(bound, assembly.worker, ["it"], listen=listen, cancellation=cancellation)

    assert outcome.state == "cancelled"
    assert done[-1] <= 4
    assert paint(bench, "sd").shape == (1, 70, 90, 3)


def test_auto_asks_no_model_on_a_processor(bench: Bench) -> None:
    done = ran(bench, "auto")

    assert done.warnings == [
        "The engine 'surroundings' continues what surrounds the hole; it reads no prompt."
    ]


def fault(bench: Bench, **inputs: Any) -> str:
    with pytest.raises(GraphError) as error:
        ran(bench, **({"engine": "sd"} | inputs))
    (problem,) = error.value.problems
    return problem.message


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            {"engine": "sd-inpaintings"},
            "engine is 'sd-inpaintings'; allowed are auto, surroundings, patchmatch, fsr, telea, ",
        ),
        ({"engine": "sdxl-inpainting"}, "model 'sdxl-inpainting' is not on this machine"),
        ({"strength": 0}, "strength is 0.0; allowed is 0.01 to 1."),
        ({"steps": 0}, "steps is 0; allowed is 1 to 500."),
        ({"guidance": float("nan")}, "guidance is"),
        ({"sampler": "euler_b"}, "Did you mean 'euler'?"),
        ({"loras": "ink:strong"}, "'ink:strong' is no LoRA with a weight"),
        ({"loras": "paint:0.5"}, "there is no LoRA 'paint'; known are "),
        ({"vae": "ink"}, "there is no VAE 'ink'; known are "),
    ],
)
def test_what_cannot_be_painted_is_told_before_a_model_loads(
    bench: Bench, inputs: dict[str, Any], message: str
) -> None:
    told = fault(bench, **inputs)

    assert "InpaintSampler" in told
    assert message in told
