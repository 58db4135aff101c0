"""The documented calls, in both forms: `requests` against the real server."""

import base64
import json
from typing import Any

import numpy as np
import pytest
import requests

from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.fooocus.asking import (
    BOX,
    EVERYTHING,
    HEIGHT,
    PHOTO,
    WIDTH,
    mask_of,
    samples,
    text_of,
)
from paintgraph.tests.api.generation.asking import (
    FILES,
    INPAINT,
    SECONDS,
    V1,
    V2,
    ended,
    form,
    get,
    picture,
    post,
    results,
)
from paintgraph.tests.api.serving import Served

DOCUMENTED = {
    "inpaint_additional_prompt": "",
    "outpaint_selections": "Left,Right",
    "outpaint_distance_left": 0,
    "outpaint_distance_right": 0,
    "outpaint_distance_top": 0,
    "outpaint_distance_bottom": 0,
    "prompt": "",
    "negative_prompt": "",
    "style_selections": "",
    "performance_selection": "Speed",
    "aspect_ratios_selection": "1152*896",
    "image_number": 1,
    "image_seed": -1,
    "sharpness": 2,
    "guidance_scale": 4,
    "base_model_name": "juggernautXL_version6Rundiffusion.safetensors",
    "refiner_model_name": None,
    "refiner_switch": 0.5,
    "loras": '[{"model_name":"sd_xl_offset_example-lora_1.0.safetensors","weight":0.1}]',
    "advanced_params": "",
    "require_base64": False,
    "async_process": False,
}
"""The form of the original's documentation."""


def warnings_of(answer: requests.Response) -> str:
    return answer.headers.get("X-Paintgraph-Warning", "")


def test_the_documented_form_outpaints(server: Served) -> None:
    answer = form(server, data=DOCUMENTED, files={"input_image": PHOTO, "input_mask": None})

    (result,) = results(answer)
    assert result.keys() == {"base64", "url", "seed", "finish_reason"}
    assert result["base64"] is None
    assert result["seed"].isdigit()
    assert result["url"].startswith(f"{server.url}/files/")
    made = picture(result)
    third = WIDTH // 3
    assert made.shape[:2] == (HEIGHT, WIDTH + 2 * third)
    assert (made[:, third:-third] == samples(PHOTO)).all()
    assert "no effect" not in warnings_of(answer)


def test_lists_of_forms_may_be_fields_that_come_again(server: Served) -> None:
    """As the original's documentation sends them for an image prompt without prompts."""
    fields = {"outpaint_selections": ["Left", "Top"], "image_prompts": []}
    sent = {"input_image": PHOTO, "input_mask": None, "cn_img1": None}

    answer = form(server, "/v1/generation/image-prompt", data=fields, files=sent)

    (result,) = results(answer)
    assert picture(result).shape[:2] == (HEIGHT + HEIGHT // 3, WIDTH + WIDTH // 3)


def test_the_documented_json_outpaints(server: Served) -> None:
    lists = {"style_selections": [], "outpaint_selections": ["Left", "Right"]}
    texts = {"input_image": text_of(PHOTO), "input_mask": None, "advanced_params": None}
    loras = json.loads(str(DOCUMENTED["loras"]))

    answer = post(server, **{**DOCUMENTED, **lists, **texts, "loras": loras})

    (result,) = results(answer)
    assert picture(result).shape[:2] == (HEIGHT, WIDTH + 2 * (WIDTH // 3))


def test_form_and_json_inpaint_alike(server: Served) -> None:
    answers = (
        form(server, data={"image_seed": "7"}, files=FILES),
        post(server, **INPAINT),
        post(server, V1, **INPAINT),
        form(server, V2, data={"image_seed": "7"}, files=FILES),
        form(server, V1 + "/", data={"image_seed": "7"}, files=FILES),
        form(server, "/v1/generation/image-inpait-outpaint", data={"image_seed": "7"}, files=FILES),
        form(server, data=INPAINT),  # a form without files
    )

    made = [picture(results(answer)[0]) for answer in answers]
    assert all((each == made[0]).all() for each in made)
    changed = (made[0] != samples(PHOTO)).any(axis=2)
    assert changed[BOX].mean() > 0.9
    assert not changed[~BOX].any()


def test_distances_are_those_of_the_selected_sides(server: Served) -> None:
    distances = {"outpaint_distance_left": 5, "outpaint_distance_top": -1}
    more = {"outpaint_distance_right": 40, "outpaint_distance_bottom": None}

    answer = post(
        server,
        input_image=text_of(PHOTO),
        outpaint_selections=["Left", "Top"],
        **distances,
        **more,
    )

    (result,) = results(answer)
    assert picture(result).shape[:2] == (HEIGHT + HEIGHT // 3, WIDTH + 5)


def test_what_is_advanced_counts(server: Served) -> None:
    grown, inverted = (
        {"inpaint_erode_or_dilate": 4, "inpaint_engine": "v1"},
        {"invert_mask_checkbox": True},
    )

    made = [
        picture(results(answer)[0])
        for answer in (
            post(server, **INPAINT, advanced_params=grown),
            form(server, data={"advanced_params": json.dumps(inverted)}, files=FILES),
        )
    ]

    wide, outside = ((each != samples(PHOTO)).any(axis=2) for each in made)
    assert wide[BOX].mean() > 0.9
    assert (wide & ~BOX).any()
    assert not outside[BOX].any()
    assert outside[~BOX].any()


def test_pictures_have_seeds_one_after_another(server: Served) -> None:
    same = {"disable_seed_increment": True}
    several = results(post(server, **INPAINT, image_number=2))
    equal = results(post(server, **INPAINT, image_number=2, advanced_params=same))

    assert [each["seed"] for each in several] == ["7", "8"]
    assert [each["seed"] for each in equal] == ["7", "7"]


@pytest.mark.parametrize(
    ("extension", "start"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("webp", b"RIFF")]
)
def test_files_have_the_format_and_base64_if_it_is_wanted(
    server: Served, extension: str, start: bytes
) -> None:
    answer = post(server, **INPAINT, save_extension=extension, require_base64=True)

    (result,) = results(answer)
    data = base64.b64decode(result["base64"], validate=True)
    assert data.startswith(start)
    assert data == requests.get(result["url"], timeout=SECONDS).content


@pytest.mark.parametrize(
    "options", [{"headers": {"Accept": "image/png"}}, {"params": {"accept": "image/png"}}]
)
def test_the_picture_alone_is_sent_to_who_asks_for_it(server: Served, options: Any) -> None:
    answer = form(server, data={"image_number": 3}, files=FILES, **options)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert samples(answer.content).shape[:2] == (HEIGHT, WIDTH)
    job = server.call("GET", f"/v1/jobs/{answer.headers['X-Paintgraph-Job']}").json
    assert list(job["outputs"]) == ["saved"]


def test_a_failure_is_an_entry_or_a_status(server: Served) -> None:
    fields = {**INPAINT, "input_mask": text_of(EVERYTHING)}

    answer = post(server, **fields)
    (result,) = answer.json()
    alone = post(server, **fields, headers={"Accept": "image/png"})

    assert answer.status_code == 200
    assert (result["finish_reason"], result["url"], result["seed"]) == ("ERROR", None, "7")
    assert result["message"] == answer.headers["X-Paintgraph-Error"]
    assert (alone.status_code, alone.json()["code"]) == (500, "job_failed")
    assert result["message"] in alone.json()["detail"]


def test_a_job_is_followed_by_asking(server: Served) -> None:
    begun = post(server, **INPAINT, async_process=True, require_base64=True).json()

    assert begun["job_stage"] in ("WAITING", "RUNNING")
    assert begun["job_result"] is None
    job = ended(server, begun["job_id"])
    assert job["job_type"] == "Image Inpaint or Outpaint"
    assert (job["job_stage"], job["job_progress"]) == ("SUCCESS", 100)
    assert job["job_status"] == "Finished"
    (result,) = job["job_result"]
    assert (picture(result) == samples(base64.b64decode(result["base64"]))).all()


def test_image_prompt_inpaints_and_says_what_has_no_effect(server: Served) -> None:
    prompt = {"cn_img": text_of(PHOTO), "cn_stop": 0.6, "cn_weight": 0.6, "cn_type": "ImagePrompt"}

    both = (
        post(server, "/v2/generation/image-prompt", **INPAINT, image_prompts=[prompt]),
        form(
            server,
            "/v1/generation/image-prompt",
            data={"image_seed": 7, "cn_stop1": ""},
            files={**FILES, "cn_img1": PHOTO},
        ),
    )

    first, second = (picture(results(answer)[0]) for answer in both)
    assert np.array_equal(first, second)
    assert "image_prompts" in warnings_of(both[0])
    assert "cn_img1" in warnings_of(both[1])
    assert "cn_stop1" not in warnings_of(both[1])
    newest = get(server, "/v1/generation/job-queue")["last_job_id"]
    assert get(server, "/v1/generation/query-job", job_id=newest)["job_type"] == "Image Prompt"


def test_what_has_no_effect_is_told_under_its_own_name(server: Served) -> None:
    answer = post(
        server, **INPAINT, sharpness=5, advanced_params={"freeu_b1": 2, "canny_low_threshold": 64}
    )

    results(answer)
    told = warnings_of(answer)
    assert "no effect here: advanced_params.freeu_b1, sharpness." in told


def test_an_address_of_a_result_is_a_picture_again(server: Served) -> None:
    (first,) = results(post(server, **INPAINT))

    answer = post(server, input_image=first["url"], input_mask=text_of(mask_of()))

    assert picture(results(answer)[0]).shape == picture(first).shape


def test_a_webhook_hears_of_the_results(telling: Served, ear: Ear) -> None:
    begun = post(telling, **INPAINT, async_process=True, webhook_url=ear.url).json()
    told = ear.next()

    assert told["job_id"] == begun["job_id"]
    (result,) = told["job_result"]
    assert (result["seed"], result["finish_reason"]) == ("7", "SUCCESS")
    assert picture(result).shape[:2] == (HEIGHT, WIDTH)
