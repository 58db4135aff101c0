"""What clients ask of the server itself."""

import sys

import pytest

from paintgraph.tests.api.serving import Served


def test_the_machine_is_described_without_its_paths(server: Served) -> None:
    answer = server.call("GET", "/system_stats")

    system = answer.json["system"]
    assert system["os"] == sys.platform
    assert 0 < system["ram_free"] <= system["ram_total"]
    assert answer.json["devices"][0].keys() >= {"name", "type", "vram_total", "torch_vram_free"}
    assert str(server.data.parent).encode() not in answer.body


def test_features_tell_the_size_of_uploads(server: Served) -> None:
    assert server.call("GET", "/features").json == {
        "supports_preview_metadata": True,
        "max_upload_size": 100 * 2**20,
    }


def test_models_lie_in_folders(server: Served) -> None:
    folders = server.call("GET", "/models").json

    assert {"checkpoints", "loras", "vae", "embeddings"} <= set(folders)
    for folder in folders:
        names = server.call("GET", f"/models/{folder}").json
        listed = server.call("GET", f"/experiment/models/{folder}").json
        assert [file["name"] for file in listed] == names
    assert server.call("GET", "/embeddings").json == []
    assert server.call("GET", "/models/none").status == 404
    assert server.call("GET", "/experiment/models/none").status == 404


@pytest.mark.parametrize("path", ["/manager/queue", "/customnode/getlist", "/api/nothing"])
def test_what_is_not_there_is_no_page(server: Served, path: str) -> None:
    answer = server.call("GET", path)

    assert answer.status == 404
    assert b"<" not in answer.body
