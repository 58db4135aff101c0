"""What a request says of a diffusion model, with a small one."""

import base64
import json
import re
import time
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.watching import Seen
from paintgraph.tests.api.fooocus.asking import (
    BOX,
    ask,
    changed,
    finished,
    inpaint,
    result,
    text_of,
)
from paintgraph.tests.api.generation.asking import INPAINT, post
from paintgraph.tests.api.serving import OUTER_SECONDS, Served, png

pytestmark = pytest.mark.slow  # a worker imports diffusers

MODEL = "sd-inpaint"
MANY = {"overwrite_step": 200, "image_number": 4}
"""Steps that take longer than it takes to ask what is seen of them."""

FEW = {"overwrite_step": 2, "base_model_name": MODEL, "prompt": "a cat"}


@pytest.fixture(scope="module")
def server(models: Served) -> Served:
    return models


def painted(server: Served, task: Any) -> Any:
    """What the sampler was given."""
    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    return graph["nodes"]["painted"]


def test_the_model_that_is_named_paints_as_it_is_told(server: Served) -> None:
    task = finished(
        inpaint(
            server,
            **FEW,
            negative_prompt="a dog",
            guidance_scale=5,
            inpaint_strength=0.5,
            inpaint_disable_initial_latent=True,
            clip_skip=1,
            loras=[
                {"enabled": True, "model_name": "ink.safetensors", "weight": 0.5},
                {"enabled": False, "model_name": "ink.safetensors", "weight": 1},
                {"enabled": True, "model_name": "None", "weight": 1},
            ],
        )
    )

    given = painted(server, task)
    assert given["painter"][0].startswith(f"{MODEL}@sha256:")
    assert re.fullmatch(r"ink@sha256:[0-9a-f]{64}\*0.50*", given["loras"])
    expected = {
        "negative_prompt": "a dog",
        "guidance": 5,
        "strength": 0.5,
        "steps": 4,  # of which the last half is taken
        "sampler": "dpmpp_2m_sde_gpu",
        "scheduler": "karras",
        "clip_skip": 1,
        "disable_initial_latent": True,
    }
    assert {name: given[name] for name in expected} == expected
    assert task["warnings"] == []
    assert not changed(server, task)[~BOX].any()
    assert changed(server, task)[BOX].mean() > 0.9


def test_the_prompt_counts(server: Served) -> None:
    cat, dog = (finished(inpaint(server, **{**FEW, "prompt": word})) for word in ("cat", "dog"))

    assert not np.array_equal(result(server, cat), result(server, dog))


def test_a_model_that_is_here_paints_in_place_of_one_that_is_not(server: Served) -> None:
    task = finished(inpaint(server, overwrite_step=2, prompt="a cat"))

    given = painted(server, task)
    assert given["painter"][0].startswith(f"{MODEL}@")
    assert (given["sampler"], given["loras"], given["clip_skip"]) == ("auto", "", 0)
    assert f"'{MODEL}' paints" in task["warnings"][0]


def test_what_is_not_here_is_left_out_and_told(server: Served) -> None:
    task = finished(
        inpaint(
            server,
            **FEW,
            loras=[{"model_name": "gone.safetensors", "weight": 1}],
            vae_name="gone_vae.safetensors",
            sampler_name="restart",
            performance_selection="Lightning",
        )
    )

    told = " ".join(task["warnings"])
    for words in ("gone.safetensors", "gone_vae.safetensors", "restart", "Lightning"):
        assert words in told
    assert painted(server, task)["sampler"] == "auto"


@pytest.mark.parametrize(("performance", "steps"), [("Speed", 30), ("Quality", 60)])
def test_steps_are_those_of_the_performance(server: Served, performance: str, steps: int) -> None:
    chosen = {"base_model_name": MODEL, "performance_selection": performance}
    task = inpaint(server, **chosen, async_process=True).json
    assert painted(server, task)["steps"] == steps
    server.call("DELETE", f"/v1/jobs/{task['task_id']}")


def test_outpainting_by_a_model(server: Served) -> None:
    photo = text_of(png(0, 64, 64))

    task = finished(
        ask(
            server,
            inpaint_input_image=photo,
            outpaint_selections=["Right"],
            inpaint_strength=0.5,
            **FEW,
        )
    )

    assert result(server, task).shape[:2] == (64, 85)
    given = painted(server, task)
    assert (given["strength"], given["crop"], given["crop_amount"]) == (1, "field", 1)


@pytest.fixture(scope="module")
def told(server: Served) -> list[Any]:
    """The events of a task of many steps."""
    answer = inpaint(server, **{**FEW, "overwrite_step": 60}, stream_output=True)
    assert answer.status == 200, answer.body
    lines = answer.body.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


def test_a_stream_shows_what_a_picture_looks_like_so_far(told: list[Any]) -> None:
    previews = [event["preview"] for event in told if event["preview"]]

    assert previews
    assert len(previews) == len(set(previews))
    for preview in previews:
        data = base64.b64decode(preview.removeprefix("data:image/png;base64,"), validate=True)
        with Image.open(BytesIO(data)) as shown:
            assert shown.format == "PNG"


def test_a_stream_tells_the_steps(told: list[Any]) -> None:
    steps = [event["message"] for event in told if "step" in event["message"]]

    assert steps
    assert all(re.fullmatch(r"Painting, step \d+/60", each) for each in steps)
    progress = [event["progress"] for event in told]
    assert progress == sorted(progress)


def test_a_job_shows_what_it_looks_like_to_who_asks(server: Served) -> None:
    """Of both APIs: one polls tasks, the other jobs."""
    fields = {**INPAINT, "base_model_name": MODEL, "advanced_params": {"overwrite_step": 200}}
    task = inpaint(server, **{**FEW, **MANY}, image_seed=20, async_process=True).json["task_id"]
    of_task = shown_by(server, task, f"/tasks/{task}", "preview")
    job = post(server, **fields, image_number=4, async_process=True).json()["job_id"]
    path = f"/v1/generation/query-job?job_id={job}&require_step_preivew=True"
    of_job = shown_by(server, job, path, "job_step_preview")

    for text in (of_task, of_job):
        with Image.open(BytesIO(base64.b64decode(text, validate=True))) as picture:
            assert picture.format == "PNG"


def shown_by(server: Served, job_id: str, path: str, name: str) -> str:
    """What a job shows at last that has not ended; then it is cancelled.

    Every fifth step makes a picture: once twenty have been heard of, one has to be there.
    """
    heard: list[int] = []
    deadline = time.monotonic() + OUTER_SECONDS
    while time.monotonic() < deadline:
        done, _ = server.app[PARTS].watches._seen.get(job_id, Seen()).steps
        answer = server.call("GET", path).json
        if answer[name]:
            server.call("DELETE", f"/v1/jobs/{job_id}")
            return str(answer[name])
        heard += [done] if done else []
        assert not heard or done <= heard[0] + 20, answer
        assert (answer.get("progress") or answer.get("job_progress") or 0) < 100, answer
        time.sleep(0.02)
    raise TimeoutError(f"job {job_id} shows nothing")


def test_a_stream_without_previews_shows_none(server: Served) -> None:
    answer = inpaint(server, **FEW, image_seed=8, stream_output=True, disable_preview=True)

    assert b"data:image" not in answer.body


def test_models_that_are_here_are_listed(server: Served) -> None:
    answer = server.call("GET", "/v1/engines/all-models")

    assert answer.json == {"model_filenames": [MODEL], "lora_filenames": ["ink"]}
