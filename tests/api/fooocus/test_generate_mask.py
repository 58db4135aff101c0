"""Masks by the models of rembg: every model and parameter, in the shape that clients read."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.fooocus.asking import (
    GENERATE,
    HEIGHT,
    MASK,
    PHOTO,
    WIDTH,
    ask,
    changed,
    finished,
    inpaint,
    text_of,
)
from paintgraph.tests.api.fooocus.conftest import NETWORKS
from paintgraph.tests.api.serving import Answer, Served, encoded

RED_LEFT = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
RED_LEFT[:, : WIDTH // 2] = (255, 0, 0)
RED_LEFT[:, WIDTH // 2 :] = (0, 0, 255)


def mask_in(answer: Answer) -> Any:
    """The samples `[H, W]` of a mask that was answered."""
    assert answer.status == 200, answer.body
    text = answer.json
    assert isinstance(text, str)
    with Image.open(BytesIO(base64.b64decode(text, validate=True))) as mask:
        assert (mask.format, mask.mode) == ("PNG", "L")
        return np.array(mask)


@pytest.mark.parametrize("model", sorted(NETWORKS.keys() - {"u2net_cloth_seg"}))
def test_every_model_gives_a_grey_mask_of_the_pictures_size(server: Served, model: str) -> None:
    mask = mask_in(ask(server, MASK, image=text_of(encoded(RED_LEFT)), mask_model=model))

    assert mask.shape == (HEIGHT, WIDTH)
    if model == "isnet-general-use":
        assert (mask[HEIGHT // 2, WIDTH // 2], mask[0, 0]) == (255, 0)
    elif model == "silueta":
        assert not mask.any()
    else:
        assert mask[:, : WIDTH // 2 - 8].min() > 200
        assert mask[:, WIDTH // 2 + 8 :].max() < 50


@pytest.mark.parametrize("category", ["full", "upper", "lower"])
def test_clothes_are_told_apart(server: Served, category: str) -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    place = ["upper", "lower", "full"].index(category)  # found by red, green, blue
    picture[:, : WIDTH // 2, place] = 255

    mask = mask_in(
        ask(
            server,
            MASK,
            image=text_of(encoded(picture)),
            mask_model="u2net_cloth_seg",
            cloth_category=category,
        )
    )

    assert mask.shape == (HEIGHT, WIDTH)
    assert mask[:, : WIDTH // 2 - 8].min() > 200
    assert mask[:, WIDTH // 2 + 8 :].max() < 50


def test_only_the_picture_is_needed_and_what_is_for_others_is_passed_over(server: Served) -> None:
    alone = ask(server, MASK, image=text_of(PHOTO))
    with_all = ask(
        server,
        f"{MASK}/",
        image=text_of(PHOTO, "png"),
        mask_model="isnet-general-use",
        cloth_category="nonsense",
        dino_prompt_text="cat",
        sam_model="vit_x",
        dino_debug="true",
        unknown=1,
    )

    assert alone.json == with_all.json
    assert "X-Paintgraph-Detections" not in alone.headers


def test_nothing_found_is_a_black_mask_with_a_warning(server: Served) -> None:
    answer = ask(server, MASK, image=text_of(PHOTO), mask_model="silueta")

    assert not mask_in(answer).any()
    assert "finds nothing" in answer.headers["X-Paintgraph-Warning"]


def test_alpha_and_odd_formats_are_taken(server: Served) -> None:
    with Image.open(BytesIO(PHOTO)) as photo:
        for mode in ("RGBA", "LA", "P", "1", "L", "CMYK"):
            file = BytesIO()
            photo.convert(mode).save(file, "TIFF" if mode == "CMYK" else "PNG")
            mask = mask_in(ask(server, MASK, image=text_of(file.getvalue())))
            assert mask.shape == (HEIGHT, WIDTH)


def test_a_mask_is_no_task_and_its_graph_can_be_seen(server: Served) -> None:
    before = len(server.call("GET", "/tasks?page_size=100").json["history"])

    answer = ask(server, MASK, image=text_of(PHOTO))

    assert len(server.call("GET", "/tasks?page_size=100").json["history"]) == before
    job = answer.headers["X-Paintgraph-Job"]
    graph = server.call("GET", f"/v1/jobs/{job}/graph").json["graph"]
    assert graph["nodes"]["found"]["model"].startswith("isnet-general-use@sha256:")


def test_generate_makes_no_mask_by_itself(server: Served) -> None:
    task = finished(inpaint(server, mask_model="isnet-general-use"))

    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    assert "MaskFromModel" not in str(graph)


def test_a_mask_of_the_background_is_its_inverse(server: Served) -> None:
    text = ask(server, MASK, image=text_of(PHOTO)).json
    middle = mask_in(ask(server, MASK, image=text_of(PHOTO))) > 127

    task = finished(
        ask(
            server,
            GENERATE,
            inpaint_input_image=text_of(PHOTO),
            inpaint_mask_image_upload=text,
            invert_mask_checkbox=True,
        )
    )

    assert not changed(server, task)[middle].any()
    assert changed(server, task)[~middle].any()


def test_hidden_colours_select_nothing(server: Served) -> None:
    clear = np.asarray(Image.open(BytesIO(PHOTO)).convert("RGBA")).copy()
    clear[: HEIGHT // 2, :, 3] = 0
    other = clear.copy()
    other[: HEIGHT // 2, :, :3] = (255, 0, 0)

    first, second = (
        mask_in(ask(server, MASK, image=text_of(encoded(samples)))) for samples in (clear, other)
    )

    assert np.array_equal(first, second)
