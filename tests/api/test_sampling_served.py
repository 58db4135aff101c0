"""Graphs that sample with files of a ComfyUI, by the command and served with a pack's detailer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests.api.comfy.asking import node, post
from paintgraph.tests.api.comfy.hearing import listening, told, unpacked
from paintgraph.tests.api.serving import Served, serving
from paintgraph.tests.models.networks import tiny_files

pytest.importorskip("torch")
PACK = Path(__file__).parents[1] / "packs" / "sampling"
CHECKPOINT = "1.5/photo.safetensors"
PREVIEW = 1
"""The event of a frame that is a preview."""


@pytest.fixture(scope="module", autouse=True)
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ComfyUI's models, named by its `extra_model_paths.yaml`; those of our own are none."""
    folder = tmp_path_factory.mktemp("comfy")
    paths = folder / "extra_model_paths.yaml"
    paths.write_text(f"comfyui:\n  base_path: {folder}\n  checkpoints: models/checkpoints/\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_files, "WORDS", 49_408)
        patch.setenv("PAINTGRAPH_EXTRA_MODEL_PATHS", str(paths))
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "none"))
        patch.setenv(VARIABLE, str(folder / "data"))
        whole = tiny_files.checkpoint("sd1", tiny_files.sd1())
        tiny_files.write(whole, folder / "models/checkpoints" / CHECKPOINT)
        yield folder


def prompt(sampler: str = "KSampler", **more: Any) -> dict[str, Any]:
    """A prompt of ComfyUI whose node "it" samples."""
    settings = {"steps": 6, "cfg": 4.0, "sampler_name": "euler", "scheduler": "normal", "seed": 3}
    links = {"model": ["ckpt", 0], "positive": ["text", 0], "negative": ["text", 0]}
    return {
        "ckpt": node("CheckpointLoaderSimple", ckpt_name=CHECKPOINT),
        "text": node("CLIPTextEncode", text="a boat", clip=["ckpt", 1]),
        "it": node(sampler, **settings, **links, **more),
    }


def test_the_command_runs_a_graph_with_a_checkpoint_of_a_comfyui(comfy: Path) -> None:
    graph = prompt(latent_image=["empty", 0], denoise=1.0) | {
        "empty": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        "picture": node("VAEDecode", samples=["it", 0], vae=["ckpt", 2]),
        "save": node("SaveImage", images=["picture", 0], filename_prefix="made"),
    }
    (comfy / "graph.json").write_text(json.dumps(graph))
    command = ["run", str(comfy / "graph.json"), "--device", "cpu", "--output-dir", str(comfy)]
    found = CliRunner().invoke(app, command)

    assert found.exit_code == 0, found.stderr
    (made,) = comfy.glob("made*")
    with Image.open(made) as picture:
        assert picture.size == (64, 64)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), node_packs=(str(PACK),)) as server:
        yield server


def detailed() -> dict[str, Any]:
    more = {"denoise": 1.0, "guide_size": 64, "way": "common", "clip": ["ckpt", 1]}
    pictures = {"image": ["image", 0], "mask": ["mask", 0], "vae": ["ckpt", 2]}
    return prompt("DetailMasked", **more, **pictures) | {
        "image": node("EmptyImage", width=64, height=64),
        "mask": node("SolidMask", value=1.0, width=64, height=64),
        "show": node("PreviewImage", images=["it", 0]),
    }


def test_a_detailer_of_a_pack_samples_in_its_process_and_shows_its_steps(server: Served) -> None:
    async def story() -> Any:
        async with listening(server, "detailer") as client:
            await client.post(detailed(), client_id="detailer")
            ended = await client.until("executing", node=None)
            return ended, client.of("progress"), client.frames, client.of("execution_error")

    _, progress, frames, errors = told(story())

    assert errors == []
    steps = [(p["value"], p["max"]) for p in progress if p["node"] == "it"]
    assert 6 in {most for _, most in steps}  # sampling; decoding is counted anew after it
    assert steps[-1][0] == steps[-1][1]
    kinds = [unpacked(frame)[0] for frame in frames]
    assert PREVIEW in kinds


def test_a_pack_s_node_that_changes_models_is_refused_before_anything_runs(server: Served) -> None:
    answer = post(server, detailed() | {"patch": node("PatchAttention", model=["ckpt", 0])})

    assert answer.status == 400
    assert "set_model_attn2_patch" in answer.body.decode()
    assert "use the model as it is, and leave the node out" in answer.body.decode()
