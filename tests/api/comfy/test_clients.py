"""Programs that were written for ComfyUI, by their own packages."""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.comfy.asking import inverted
from paintgraph.tests.api.serving import Served, png

library = pytest.importorskip(
    "comfy_api_simplified", reason="comfy-api-simplified comes with the extra 'dev'"
)


def workflow(name: str) -> Any:
    """A prompt with titles, by which this client finds nodes."""
    prompt = inverted(name, "simplified")
    for id_, node in prompt.items():
        node["_meta"] = {"title": f"Node {id_}"}
    return library.ComfyWorkflowWrapper(prompt)


def test_comfy_api_simplified_uploads_runs_and_fetches(server: Served, tmp_path: Path) -> None:
    client = library.ComfyApiWrapper(server.url)
    file = tmp_path / "photo.png"
    file.write_bytes(png())

    told = client.upload_image(str(file))
    work = workflow("none.png")
    work.set_node_param("Node 1", "image", f"{told['subfolder']}/{told['name']}")
    images = client.queue_and_wait_images(work, "Node 3")

    ((_, data),) = images.items()
    made = np.asarray(Image.open(BytesIO(data)))
    assert (made == 255 - np.asarray(Image.open(file))).all()


def test_comfy_api_simplified_hears_the_end_though_its_socket_opens_late(server: Served) -> None:
    client = library.ComfyApiWrapper(server.url)
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }

    for _ in range(10):  # now and then the prompt is over before the socket is there
        prompt_id, _ = asyncio.run(
            asyncio.wait_for(client.queue_prompt_and_wait(prompt), timeout=300)
        )
        assert prompt_id in client.get_history(prompt_id)


def test_comfy_api_simplified_reads_the_server(server: Served) -> None:
    client = library.ComfyApiWrapper(server.url)

    assert client.get_queue() == {"queue_running": [], "queue_pending": []}
    assert list(client.get_object_info("SaveImage")) == ["SaveImage"]
    assert client.get_system_stats()["devices"]
    assert client.get_embeddings() == []
    client.interrupt()


def test_comfy_api_simplified_is_told_of_faults(server: Served) -> None:
    client = library.ComfyApiWrapper(server.url)

    with pytest.raises(library.exceptions.ComfyApiError, match="400"):
        client.queue_prompt({"1": {"class_type": "Nope", "inputs": {}}})
