"""What clients ask of the server itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving


def test_the_machine_is_described_without_its_paths(server: Served) -> None:
    answer = server.call("GET", "/system_stats")

    system = answer.json["system"]
    assert system["os"] == sys.platform
    assert 0 < system["ram_free"] <= system["ram_total"]
    assert answer.json["devices"][0].keys() >= {"name", "type", "vram_total", "torch_vram_free"}
    assert str(server.data.parent).encode() not in answer.body


TORCH = """
from types import SimpleNamespace as Names
cuda = Names(
    is_available=lambda: True,
    device_count=lambda: 2,
    get_device_properties=lambda index: Names(name=f"Card {index}", total_memory=(index + 1) << 30),
)
backends = Names(mps=Names(is_available=lambda: False))
"""


def test_accelerators_are_told_where_models_work_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text(TORCH)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    with serving(tmp_path / "data", SMALL_NODES, device="cuda") as served:
        numbers = [{"bytes": {"cuda": 1000, "cuda:1": 7}}, {"bytes": {"cuda": 24, "cpu": 5}}]
        monkeypatch.setattr(served.app[PARTS].dispatcher.pool, "numbers", lambda: numbers)
        devices = served.call("GET", "/system_stats").json["devices"]

    told = [(d["name"], d["type"], d["index"], d["vram_total"], d["vram_free"]) for d in devices]
    assert told == [
        ("cuda:0 Card 0", "cuda", 0, 1 << 30, (1 << 30) - 1024),
        ("cuda:1 Card 1", "cuda", 1, 2 << 30, (2 << 30) - 7),
    ]


def test_without_an_accelerator_models_work_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    with serving(tmp_path / "data", SMALL_NODES, device="cuda") as served:
        (device,) = served.call("GET", "/system_stats").json["devices"]

    assert (device["name"], device["type"]) == ("cpu", "cpu")


def test_the_server_loads_no_library_of_arrays() -> None:
    """It starts a fifth faster and holds less: workers compute."""
    code = (
        "import paintgraph.server, sys; print([n for n in ('numpy', 'torch') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


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
