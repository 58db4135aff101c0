"""The client that was published for Fooocus-API, as it is: made from the OpenAPI of the original.

It asks for an old `urllib3`, which this program must not have, so it is no part of any extra: where
the package index can be reached it is fetched for the test, without what it asks for.
"""

import base64
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.fooocus.asking import BOX, PHOTO, mask_of, samples, text_of
from paintgraph.tests.api.generation.asking import asked_until, picture
from paintgraph.tests.api.serving import Served

PACKAGE = "Fooocus-API-python-client==1.0.0"
_FETCH = ("install", "--quiet", "--no-deps", "--disable-pip-version-check", "--retries", "0")
_FETCH_SECONDS = 120


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The package, installed into a folder of its own."""
    pytest.importorskip("dateutil")  # which it asks for
    folder: Path = tmp_path_factory.mktemp("client")
    command = [sys.executable, "-m", "pip", *_FETCH, "--target", str(folder), PACKAGE]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_FETCH_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{PACKAGE} did not come within {_FETCH_SECONDS} s")
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        pytest.skip(f"{PACKAGE} cannot be had here: {reason}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("fooocusapi_client")


@pytest.fixture(scope="module")
def client(library: Any, server: Served) -> Any:
    """Its one class, for the server."""
    return library.DefaultApi(library.ApiClient(library.Configuration(host=server.url)))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A picture and a mask, which the client takes by their files' names."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "photo.png").write_bytes(PHOTO)
    (folder / "mask.png").write_bytes(mask_of())
    return str(folder / "photo.png"), str(folder / "mask.png")


def test_the_client_inpaints_by_a_form(client: Any, files: tuple[str, str]) -> None:
    photo, mask = files

    answer = client.img_inpaint_or_outpaint_v1_generation_image_inpaint_outpaint_post(
        input_image=photo, input_mask=mask, image_seed=7, require_base64=True
    )

    (result,) = answer.actual_instance
    assert result["finish_reason"] == "SUCCESS"
    made = picture(result)
    assert (made == samples(base64.b64decode(result["base64"]))).all()
    changed = (made != samples(PHOTO)).any(axis=2)
    assert changed[BOX].any()
    assert not changed[~BOX].any()


def test_the_client_outpaints_and_asks_until_the_end(client: Any, library: Any) -> None:
    request = library.ImgInpaintOrOutpaintRequestJson(
        input_image=text_of(PHOTO),
        outpaint_selections=["Left", "Top"],
        async_process=True,
        image_seed=7,
    )

    begun = client.img_inpaint_or_outpaint_v2_v2_generation_image_inpaint_outpaint_post(request)
    job_id = begun.actual_instance["job_id"]
    job = asked_until(
        lambda: client.query_job_v1_generation_query_job_get(job_id, require_step_preview=True),
        lambda job: job.job_stage not in ("WAITING", "RUNNING"),
    )

    assert (job.job_stage, job.job_progress) == ("SUCCESS", 100)
    (result,) = job.job_result.actual_instance
    assert result["seed"] == "7"


def test_the_client_reads_the_companions(client: Any) -> None:
    assert client.ping_ping_get() == "pong"
    assert client.all_models_v1_engines_all_models_get().model_filenames == []
    assert client.refresh_models_v1_engines_refresh_models_post().lora_filenames == []
    assert client.all_styles_v1_engines_styles_get() == []
    assert client.stop_v1_generation_stop_post().msg == "success"
    queue = client.job_queue_v1_generation_job_queue_get()
    history = client.get_history_v1_generation_job_history_get().actual_instance
    assert len(history.history) == queue.finished_size
    assert all(entry.is_finished for entry in history.history)


def test_the_client_reads_why_it_is_refused(client: Any, library: Any) -> None:
    with pytest.raises(library.ApiException) as refused:
        client.text2img_generation_v1_generation_text_to_image_post(
            library.Text2ImgRequest(prompt="a cat")
        )

    assert refused.value.status == 422
    (fault,) = refused.value.data.detail
    assert "/v1/generation/image-inpaint-outpaint" in fault.msg
    with pytest.raises(library.ApiException) as unknown:
        client.query_job_v1_generation_query_job_get("0" * 32)
    assert unknown.value.status == 404
