"""The calls of FooocusAPI's documentation, as printed; only host and picture are ours."""

import base64
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import default_models_dir
from paintgraph.models.errors import ModelError
from paintgraph.models.families import open_index
from paintgraph.tests.api.fooocus.asking import samples
from paintgraph.tests.api.serving import Served, serving

PHOTO = Path(__file__).parents[3] / "docs" / "photos" / "rocket.jpg"
STAMP = "2024-07-27/2024-07-26_16-13-33_3951.png"
SIDE = 96


def photo_in(folder: Path, side: int | None = SIDE) -> Any:
    """Put the photo where the documentation has one, as if it were a result; gives its samples."""
    target = folder / "outputs" / STAMP
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(PHOTO) as photo:
        small = photo.convert("RGB")
        if side:
            small.thumbnail((side, side))
        small.save(target)
    return samples(target.read_bytes())


@pytest.fixture(scope="module")
def original(server: Served) -> Any:
    return photo_in(server.data)


def mask_call(server: Served) -> requests.Response:
    params = {
        "image": f"{server.url}/outputs/{STAMP}",
        "mask_model": "isnet-general-use",
        "cloth_category": "full",
        "dino_prompt_text": "",
        "sam_model": "vit_b",
        "box_threshold": 0.3,
        "text_threshold": 0.25,
        "sam_max_detections": 0,
        "dino_erode_or_dilate": 0,
        "dino_debug": False,
    }
    return requests.post(f"{server.url}/v1/tools/generate_mask", json=params, timeout=300)


def test_a_mask_is_one_string_of_base64(server: Served, original: Any) -> None:
    response = mask_call(server)

    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    text = response.json()
    assert isinstance(text, str)
    assert not text.startswith("data:")
    with Image.open(BytesIO(base64.b64decode(text, validate=True))) as mask:
        assert (mask.format, mask.mode) == ("PNG", "L")
        assert mask.size == original.shape[1::-1]
        middle, corner = mask.size[0] // 2, mask.getpixel((0, 0))
        assert (mask.getpixel((middle, mask.size[1] // 2)), corner) == (255, 0)
    alone = requests.post(
        f"{server.url}/v1/tools/generate_mask",
        json={"image": f"{server.url}/outputs/{STAMP}"},
        timeout=300,
    )
    assert alone.json() == text


def inpaint_call(server: Served, mask: str, path: str = "/v1/engine/generate") -> Any:
    params = {
        "prompt": "",
        "inpaint_additional_prompt": "a red ball",
        "inpaint_input_image": f"{server.url}/outputs/{STAMP}",
        "inpaint_mask_image_upload": mask,
    }
    response = requests.post(server.url + path, json=params, timeout=300)
    assert response.status_code == 200, response.text
    assert not response.history
    return response.json()


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_the_mask_is_taken_back_with_and_without_prefix(
    server: Served, original: Any, prefix: str
) -> None:
    text = mask_call(server).json()

    task = inpaint_call(server, prefix + text)

    assert task["task_status"] == "finished"
    assert task["progress"] == 100
    (url,) = task["result"]
    assert url.startswith(f"{server.url}/outputs/")
    assert len(url.removeprefix(f"{server.url}/outputs/").split("/")) == 2
    assert url.endswith(".png")
    after = samples(requests.get(url, timeout=300).content)
    mask = samples(base64.b64decode(text))[..., 0] > 127
    assert after.shape == original.shape
    assert np.array_equal(after[~mask], original[~mask])
    assert (after[mask] != original[mask]).any()


@pytest.mark.usefixtures("original")
def test_a_slash_at_the_end_changes_nothing(server: Served) -> None:
    text = mask_call(server).json()

    task = inpaint_call(server, text, "/v1/engine/generate/")

    assert task["task_status"] == "finished"


def test_outpainting_takes_a_third_of_each_named_side(server: Served, original: Any) -> None:
    params = {
        "inpaint_input_image": f"{server.url}/outputs/{STAMP}",
        "outpaint_selections": ["Left", "Bottom"],
    }

    task = requests.post(f"{server.url}/v1/engine/generate", json=params, timeout=300).json()

    after = samples(requests.get(task["result"][0], timeout=300).content)
    height, width = original.shape[:2]
    assert after.shape[:2] == (height + height // 3, width + width // 3)
    assert np.array_equal(after[:height, width // 3 :], original)


@pytest.fixture(scope="module")
def with_isnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    try:
        ModelNames(open_index(default_models_dir())).bind("isnet-general-use")
    except ModelError as error:
        pytest.skip(str(error))
    with serving(tmp_path_factory.mktemp("isnet") / "data") as served:
        yield served


@pytest.mark.weights
@pytest.mark.slow
def test_the_real_model_finds_the_rocket_which_then_goes(with_isnet: Served) -> None:
    original = photo_in(with_isnet.data, None)

    text = mask_call(with_isnet).json()

    mask = samples(base64.b64decode(text))[..., 0]
    assert mask.shape == original.shape[:2]
    assert mask[200, 322] > 200  # the rocket
    assert mask[60, 450] < 20  # the sky
    task = inpaint_call(with_isnet, text)
    after = samples(requests.get(task["result"][0], timeout=300).content)
    kept = mask <= 127
    assert np.array_equal(after[kept], original[kept])
    rocket = np.s_[150:250, 318:326]
    assert after[rocket].mean() < original[rocket].mean() - 40
    shutil.rmtree(with_isnet.data / "outputs" / STAMP.partition("/")[0])
