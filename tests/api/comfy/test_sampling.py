"""Graphs of samplers over HTTP, as a client of ComfyUI sends and follows them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import ended, error_types, post, posted, upload
from paintgraph.tests.api.comfy.hearing import Heard, listening, told, unpacked
from paintgraph.tests.api.serving import Served, serving
from paintgraph.tests.models.networks.asked_for import bring
from paintgraph.tests.nodes import sampling
from paintgraph.tests.nodes.bench import samples_of

pytestmark = pytest.mark.slow

INPAINT = Path(sampling.__path__[0]) / "graphs" / "encode_for_inpaint.json"
STEPS = 7


def inpainting(**changes: Any) -> dict[str, Any]:
    """A prompt that repaints; `changes` are made at its sampler."""
    prompt: dict[str, Any] = json.loads(INPAINT.read_text())
    prompt["sample"]["inputs"] |= {"steps": STEPS, **changes}
    return prompt


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that is brought, while it runs, the checkpoint and picture that the prompt names.

    And half a checkpoint.
    """
    folder = tmp_path_factory.mktemp("sampling")
    models = folder / "models"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models))
        with serving(folder / "data") as served:
            bring(inpainting(), models, folder)
            (whole,) = (models / "checkpoints").iterdir()
            (models / "checkpoints" / "half.safetensors").write_bytes(
                whole.read_bytes()[: whole.stat().st_size // 2]
            )
            upload(served, (folder / "photo.png").read_bytes(), name="photo.png")
            yield served


def test_what_was_just_brought_can_be_chosen(server: Served) -> None:
    def choices() -> list[str]:
        info = server.call("GET", "/object_info/CheckpointLoaderSimple").json
        found: list[str] = info["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0]
        return found

    assert {"sd15.safetensors", "half.safetensors"} <= set(choices())
    later = server.data.parent / "models" / "checkpoints" / "later.safetensors"
    later.write_bytes(b"")
    assert "later.safetensors" in choices()
    assert "later.safetensors" in server.call("GET", "/models/checkpoints").json
    later.unlink()
    assert "later.safetensors" not in choices()


def test_a_client_hears_steps_and_previews_and_gets_the_picture(server: Served) -> None:
    async def story() -> tuple[Heard, str]:
        async with listening(server, "sampling") as heard:
            id_ = await heard.post(inpainting(), client_id="sampling")
            await heard.until("executing", node=None)
            return heard, id_

    heard, id_ = told(story())

    steps = [each["value"] for each in heard.of("progress") if each["node"] == "sample"]
    assert steps == list(range(1, STEPS + 1))
    ((_, _, preview),) = map(unpacked, heard.frames)
    assert samples_of(preview).shape == (512, 512, 3)
    (file,) = ended(server, id_)["outputs"]["save"]["images"]
    made = server.call("GET", f"/view?filename={file['filename']}&type={file['type']}").body
    assert samples_of(made).shape == (128, 128, 3)


def test_another_seed_encodes_nothing_again(server: Served) -> None:
    first, second = (ended(server, posted(server, inpainting(seed=seed))) for seed in (3, 4))
    (cached,) = (data for kind, data in second["status"]["messages"] if kind == "execution_cached")

    assert {"positive", "negative", "latent"} <= set(cached["nodes"])
    assert first["status"]["status_str"] == second["status"]["status_str"] == "success"


@pytest.mark.parametrize(
    ("node", "input_", "value", "words"),
    [
        ("ckpt", "ckpt_name", "sd16.safetensors", "Did you mean 'sd15.safetensors'? Put its"),
        ("ckpt", "ckpt_name", "half.safetensors", "it is cut off: "),
        ("sample", "cfg", float("nan"), "cfg is null; allowed is a number."),
        ("sample", "steps", 0, "steps is 0; allowed is 1 to "),
    ],
)
def test_what_cannot_be_sampled_is_refused_before_anything_is_loaded(
    node: str, input_: str, value: object, words: str, server: Served
) -> None:
    prompt = inpainting()
    prompt[node]["inputs"][input_] = value

    answer = post(server, prompt)

    assert answer.status == 400
    assert list(error_types(answer)) == ["", node]
    assert words in answer.json["node_errors"][node]["errors"][0]["message"]
