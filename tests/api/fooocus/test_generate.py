"""What is painted: masks of every kind, directions, numbers; each as the original documents it."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.api.services.parts import FooocusChoices as Choices
from paintgraph.tests.api.fooocus.asking import (
    BOX,
    HEIGHT,
    PHOTO,
    WIDTH,
    ask,
    changed,
    fetched,
    finished,
    inpaint,
    mask_of,
    result,
    samples,
    text_of,
)
from paintgraph.tests.api.serving import Served, encoded, serving


def test_nothing_changes_outside_the_mask(server: Served) -> None:
    task = finished(inpaint(server))

    assert not changed(server, task)[~BOX].any()
    assert changed(server, task)[BOX].mean() > 0.9


@pytest.mark.parametrize(
    ("mask", "is_selected"),
    [
        pytest.param(mask_of(128), True, id="128"),
        pytest.param(mask_of(127), False, id="127"),
        pytest.param(mask_of((255, 0, 0), (0, 0, 0), "RGB"), True, id="red"),
        pytest.param(mask_of((0, 0, 255), (0, 0, 0), "RGB"), False, id="blue"),
        pytest.param(mask_of((255,) * 4, (0, 0, 0, 0), "RGBA"), True, id="on transparency"),
        pytest.param(mask_of((255,) * 4, (255, 255, 255, 0), "RGBA"), True, id="clear white"),
        pytest.param(mask_of((255,) * 4, (0, 0, 0, 255), "RGBA"), True, id="on black"),
        pytest.param(mask_of(1, 0, "1"), True, id="one bit"),
        pytest.param(mask_of(size=(2 * WIDTH, 2 * HEIGHT)), True, id="larger"),
        pytest.param(mask_of(size=(WIDTH // 2, HEIGHT // 2)), True, id="smaller"),
    ],
)
def test_a_mask_selects_what_is_bright_or_red_and_opaque(
    server: Served, mask: bytes, *, is_selected: bool
) -> None:
    task = finished(inpaint(server, inpaint_mask_image_upload=text_of(mask)))

    found = changed(server, task)
    assert not found[~BOX].any()
    assert bool(found[BOX].mean() > 0.9) is is_selected
    assert any("selects nothing" in text for text in task["warnings"]) is not is_selected


def test_eroding_dilating_and_inverting(server: Served) -> None:
    grown = changed(server, finished(inpaint(server, inpaint_erode_or_dilate=3)))
    shrunk = changed(server, finished(inpaint(server, inpaint_erode_or_dilate=-3)))
    inverted = finished(
        inpaint(server, inpaint_erode_or_dilate=3, invert_mask_checkbox="true", image_seed=1)
    )

    wide = np.zeros_like(BOX)
    wide[9:33, 17:43] = True
    narrow = np.zeros_like(BOX)
    narrow[15:27, 23:37] = True
    assert not grown[~wide].any()
    assert grown[wide & ~BOX].mean() > 0.8
    assert not shrunk[~narrow].any()
    assert shrunk[narrow].mean() > 0.8
    assert not changed(server, inverted)[wide].any()
    assert changed(server, inverted)[~wide].mean() > 0.8


def test_transparency_becomes_white(server: Served) -> None:
    colours = samples(PHOTO)
    alpha = np.full((HEIGHT, WIDTH, 1), 255, np.uint8)
    alpha[:, :10] = 0
    alpha[:, 10:14] = 128

    task = finished(
        inpaint(
            server, inpaint_input_image=text_of(encoded(np.concatenate([colours, alpha], axis=2)))
        )
    )

    after = result(server, task)
    assert after.shape[2] == 3
    assert (after[:, :10] == 255).all()
    mixed = np.round(colours[:, 10:14] * (128 / 255) + 255 * (1 - 128 / 255))
    assert np.abs(after[:, 10:14] - mixed).max() <= 1
    assert np.array_equal(after[:, 44:], colours[:, 44:])


@pytest.mark.parametrize(
    ("sides", "distances", "padding"),
    [
        (["Left", "Bottom"], [0, 0, 0, 0], (21, 0, 0, 16)),
        (["Bottom", "Left"], [0, 0, 0, 0], (21, 0, 0, 16)),
        (["Left", "Top", "Right", "Bottom"], [5, 6, 7, 8], (5, 6, 7, 8)),
        (["Left", "Right"], [5, 99, 0, 99], (5, 0, 21, 0)),
        (["Top"], [9, 4, 9], (0, 16, 0, 0)),
        (["Top"], [9, 4, 9, 9, 9, 9], (0, 4, 0, 0)),
        (["Right"], [0, 0, -5, 0], (0, 0, 21, 0)),
    ],
)
def test_a_picture_is_continued(
    server: Served, sides: list[str], distances: list[int], padding: tuple[int, ...]
) -> None:
    task = finished(
        ask(
            server,
            inpaint_input_image=text_of(PHOTO, "png"),
            outpaint_selections=sides,
            outpaint_distance=distances,
            image_seed=3,
        )
    )

    after = result(server, task)
    left, top, right, bottom = padding
    assert after.shape[:2] == (HEIGHT + top + bottom, WIDTH + left + right)
    assert np.array_equal(after[top : top + HEIGHT, left : left + WIDTH], samples(PHOTO))


def test_mask_and_directions_together(server: Served) -> None:
    task = finished(inpaint(server, outpaint_selections=["Top"], outpaint_distance=[0, 8, 0, 0]))

    after = result(server, task)
    assert after.shape[:2] == (HEIGHT + 8, WIDTH)
    differs = (after[8:] != samples(PHOTO)).any(axis=2)
    assert not differs[~BOX].any()
    assert differs[BOX].mean() > 0.9


def test_outpainting_takes_full_strength_whatever_is_asked_for(server: Served) -> None:
    task = finished(
        ask(
            server,
            inpaint_input_image=text_of(PHOTO),
            outpaint_selections=["Left"],
            inpaint_strength=0,
            inpaint_respective_field=0,
        )
    )

    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    painted = graph["nodes"]["painted"]
    assert (painted["strength"], painted["crop"]) == (1, "auto")  # of an engine that copies


def test_the_respective_field_reaches_the_engine(server: Served) -> None:
    task = finished(inpaint(server, inpaint_respective_field=0.25, inpaint_strength=0.5))

    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    painted = graph["nodes"]["painted"]
    assert (painted["crop"], painted["crop_amount"], painted["strength"]) == ("field", 0.25, 0.5)


def test_several_pictures_have_seeds_that_grow(server: Served) -> None:
    task = finished(inpaint(server, image_number=3, image_seed=7))
    equal = finished(inpaint(server, image_number=2, disable_seed_increment=True))

    assert len(set(task["result"])) == 3
    pictures = [result(server, task, place) for place in range(3)]
    assert not np.array_equal(pictures[0], pictures[1])
    for place in range(3):
        alone = result(server, finished(inpaint(server, image_seed=7 + place)))
        assert np.array_equal(alone, pictures[place])
    assert np.array_equal(result(server, equal), result(server, equal, 1))
    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    assert [name for name in graph["nodes"] if name.startswith("photo")] == ["photo"]


@pytest.mark.parametrize("seed", [-1, -99, 2**63])
def test_seeds_out_of_range_are_random(server: Served, seed: int) -> None:
    first, second = (finished(inpaint(server, image_seed=seed)) for _ in range(2))

    assert not np.array_equal(result(server, first), result(server, second))


def test_the_largest_seed_is_repeatable(server: Served) -> None:
    first, second = (
        finished(inpaint(server, image_seed=2**63 - 1, image_number=2)) for _ in range(2)
    )

    assert np.array_equal(result(server, first, 1), result(server, second, 1))


@pytest.mark.parametrize(
    ("form", "pillow"), [("png", "PNG"), ("jpeg", "JPEG"), ("jpg", "JPEG"), ("webp", "WEBP")]
)
def test_files_have_the_format_that_was_asked_for(server: Served, form: str, pillow: str) -> None:
    task = finished(inpaint(server, output_format=form))

    with Image.open(BytesIO(fetched(server, task["result"][0]))) as picture:
        assert picture.format == pillow
        assert picture.size == (WIDTH, HEIGHT)


def test_files_have_the_name_that_was_asked_for(server: Served) -> None:
    first = finished(inpaint(server, save_name="my ball", image_number=2))
    again = finished(inpaint(server, save_name="my ball", image_number=2))

    names = [url.rpartition("/")[2] for url in (*first["result"], *again["result"])]
    assert names[:2] == ["my%20ball-0.png", "my%20ball-1.png"]
    assert names[2:] == ["my%20ball-0_00001_.png", "my%20ball-1_00001_.png"]
    assert result(server, again).shape == (HEIGHT, WIDTH, 3)


def test_results_lie_in_the_folder_of_their_day(server: Served) -> None:
    task = finished(inpaint(server))

    day, name = task["result"][0].rsplit("/", 2)[1:]
    assert name.startswith(f"{day}_")
    assert (server.data / "outputs" / day / name).is_file()


def test_base64_comes_beside_the_addresses(server: Served) -> None:
    task = finished(inpaint(server, require_base64=True))

    assert task["base64"] == [text_of(fetched(server, task["result"][0]))]


def test_what_has_no_effect_is_named(server: Served) -> None:
    task = finished(
        inpaint(
            server,
            sharpness=9.0,
            style_selections=["Fooocus V2", "Fooocus Enhance", "Fooocus Sharp"],
            uov_input_image="None",
            adaptive_cfg=7.0,
            inpaint_mask=text_of(PHOTO),
            performance_selection="Lightning",
        )
    )

    (told,) = [text for text in task["warnings"] if "no effect" in text]
    assert told == "These fields have no effect here: inpaint_mask, sharpness."


def test_nothing_is_told_of_fields_that_stand_as_the_original_has_them(server: Served) -> None:
    defaults = {
        "preset": "initial",
        "aspect_ratios_selection": "1152*896",
        "overwrite_width": -1,
        "style_selections": ["Fooocus V2", "Fooocus Enhance", "Fooocus Sharp"],
        "sharpness": 2,
        "adaptive_cfg": 7,
        "adm_scaler_positive": 1.5,
        "adm_scaler_negative": 0.8,
        "adm_scaler_end": 0.3,
        "freeu_enabled": False,
        "refiner_model_name": "None",
        "refiner_switch": 0.5,
        "refiner_swap_method": "joint",
        "metadata_scheme": "fooocus",
        "uov_method": "Disabled",
        "upscale_multiple": 1,
    }
    task = finished(inpaint(server, **defaults))

    assert not [text for text in task["warnings"] if "no effect" in text]


def test_without_models_the_embedded_engine_paints_and_says_so(server: Served) -> None:
    answer = inpaint(server, prompt="", inpaint_additional_prompt="a red ball")

    task = finished(answer)
    assert "is not on this server" in task["warnings"][0]
    assert "reads no prompt" in task["warnings"][1]
    assert "is not on this server" in answer.headers["X-Paintgraph-Warning"]
    assert answer.headers["X-Paintgraph-Job"] == task["task_id"]
    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    assert graph["nodes"]["painted"]["painter"] == ["surroundings"]
    assert graph["nodes"]["painted"]["prompt"] == "a red ball"


def test_the_additional_prompt_comes_first(server: Served) -> None:
    task = finished(inpaint(server, prompt="a park\nin spring", inpaint_additional_prompt="a ball"))

    graph = server.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    assert graph["nodes"]["painted"]["prompt"] == "a ball\na park\nin spring"


@pytest.fixture(scope="module")
def as_the_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the choices that the original's code makes, not its documentation."""
    folder: Path = tmp_path_factory.mktemp("code")
    choices = Choices(outpaint_fraction=0.3, stitch="ramp", base_url="https://paint.example/")
    with serving(folder, fooocus=choices) as served:
        yield served


def test_the_settings_bring_back_what_the_code_did(as_the_code: Served) -> None:
    task = finished(
        ask(as_the_code, inpaint_input_image=text_of(PHOTO), outpaint_selections=["Left", "Top"])
    )

    (url,) = task["result"]
    path = url.removeprefix("https://paint.example")
    after = samples(as_the_code.call("GET", path).body)
    assert after.shape[:2] == (HEIGHT + 14, WIDTH + 19)
    assert np.array_equal(after[14 + 32 :, 19 + 32 :], samples(PHOTO)[32:, 32:])
    graph = as_the_code.call("GET", f"/v1/jobs/{task['task_id']}/graph").json["graph"]
    assert graph["nodes"]["painted"]["stitch"] == "ramp"
    again: Any = ask(as_the_code, inpaint_input_image=url, outpaint_selections=["Left"])
    assert finished(again)["task_status"] == "finished"
