"""Flags of ComfyUI's entry point start this server, too."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from paintgraph.api.settings import load_settings
from paintgraph.cli.comfy_flags import with_own_flags

ROOT = Path(__file__).parents[2]


def flags(text: str) -> tuple[list[str], list[str]]:
    """Our flags for some of ComfyUI's, and what is told of them."""
    told: list[str] = []
    return with_own_flags(text.split(), told.append), told


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("--listen", "--host="),
        ("--listen --port 8188", "--host= --port 8188"),
        ("--listen 0.0.0.0", "--host="),
        ("--listen 0.0.0.0,::", "--host="),
        ("--listen 127.0.0.1", "--host=127.0.0.1"),
        ("--listen=127.0.0.1 --cpu", "--host=127.0.0.1 --device cpu"),
        ("--output-directory a --input-directory b", "--output-dir a --input-dir b"),
        ("--temp-directory=c --user-directory d", "--temp-dir c --user-dir d"),
        ("--max-upload-size 0.5", "--max-body-bytes 524288"),
        ("--cache-none --multi-user", "--no-keep-results --multi-user"),
        ("--cache-classic --cpu", "--most-results 0 --device cpu"),
        ("--cache-lru 100", "--most-results 100"),
        ("--disable-metadata", "--no-graph"),
        ("--enable-cors-header https://a.example", "--origin https://a.example"),
        ("--port 1 --nodes a.py --nodes b.py", "--port 1 --nodes a.py --nodes b.py"),
        ("--front-end-root page --host=x", "--front-end-root page --host=x"),
        ("--force-fp16 --port 1", "--dtype float16 --port 1"),
        ("--force-fp32", "--dtype float32"),
        ("--bf16-unet", "--dtype bfloat16"),
        ("--highvram", "--model-idle-seconds 0"),
    ],
)
def test_flags_that_have_a_meaning_are_translated(given: str, ours: str) -> None:
    assert flags(given) == (ours.split(), [])


@pytest.mark.parametrize(
    "given",
    [
        *("--lowvram", "--cache-ram 4", "--verbose DEBUG", "--fast a b"),
        *("--reserve-vram 2.5", "--cpu-vae", "--enable-assets", "--verbose=DEBUG"),
    ],
)
def test_flags_without_meaning_are_named_and_passed_over(given: str) -> None:
    ours, told = flags(f"--port 1 {given} --cpu")

    assert ours == ["--port", "1", "--device", "cpu"]
    assert len(told) == 1
    assert given.replace("=", " ").split()[0] in told[0]


@pytest.mark.parametrize(
    ("given", "seen"), [("--cuda-device 1", "1"), ("--cuda-device=0,2", "0,2")]
)
def test_other_accelerators_are_not_seen(
    given: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "7")

    assert flags(f"{given} --port 1") == (["--port", "1"], [])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == os.environ["HIP_VISIBLE_DEVICES"] == seen


def test_the_default_accelerator_is_the_first_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, "7")

    assert flags("--default-device 2") == ([], [])
    assert os.environ["CUDA_VISIBLE_DEVICES"].startswith("2,0,1,3,4")


@pytest.mark.parametrize("given", ["--cuda-device", "--cuda-device first", "--default-device -1"])
def test_a_device_has_a_number(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="count from 0"):
        flags(given)


def test_packs_can_be_left_out_that_settings_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAINTGRAPH_NODE_PACKS", "packs")

    assert flags("--disable-all-custom-nodes --port 1") == (["--port", "1"], [])
    assert load_settings({}).node_packs == ()


@pytest.mark.parametrize("given", ["--enable-cors-header", "--enable-cors-header *"])
def test_pages_of_every_site_are_never_let_in(given: str) -> None:
    ours, told = flags(given)

    assert ours == []
    assert "Name one" in told[0]


def test_what_was_to_be_hidden_is_not_sent_in_the_open() -> None:
    with pytest.raises(typer.BadParameter):
        flags("--tls-keyfile key.pem")


def test_a_base_folder_holds_all_folders() -> None:
    ours, _ = flags("--base-directory /b")

    assert ours[:4] == ["--data-dir", "/b/paintgraph", "--input-dir", "/b/input"]


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """A server started as ComfyUI's is, from the checkout; gives its address."""
    command = [sys.executable, "server.py", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told.startswith("paintgraph listens at "), process.communicate()
        yield told.split()[-1]
    finally:
        process.kill()
        process.communicate()


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data)) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def test_a_checkout_starts_with_comfyuis_flags(tmp_path: Path) -> None:
    places = {kind: tmp_path / kind for kind in ("output", "input", "temp", "user")}
    named = [text for kind, path in places.items() for text in (f"--{kind}-directory", str(path))]
    base = ["--base-directory", str(tmp_path / "base"), *named]
    prompt = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 4, "height": 4}},
        "2": {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": "there"},
        },
    }

    with started(*base, "--cpu", "--cache-none", "--disable-metadata") as url:
        assert ask(f"{url}/history") == {}
        deadline = time.monotonic() + 60
        prompt_id = ask(f"{url}/prompt", {"prompt": prompt})["prompt_id"]
        while not ask(f"{url}/history"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert ask(f"{url}/history/{prompt_id}")[prompt_id]["status"]["completed"]

    (made,) = places["output"].iterdir()
    assert made.name == "there_00001_.png"
    assert b"EmptyImage" not in made.read_bytes()


def test_every_address_needs_a_key() -> None:
    done = subprocess.run(
        [sys.executable, "server.py", "--listen", "--port", "0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "[key_needed]" in done.stderr


def test_packs_are_loaded_that_a_file_of_paths_names_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_EXTRA_MODEL_PATHS", "")
    paths = tmp_path / "paths.yaml"
    paths.write_text("mine:\n  loras: loras\n")
    without = flags(f"--extra-model-paths-config {paths}")
    paths.write_text("mine:\n  custom_nodes: packs\n")
    ours, told = flags(f"--extra-model-paths-config {paths}")

    assert without == ([], [])
    assert ours == ["--node-packs", str(paths)]
    assert "which are programs" in told[0]


PACK = """
class Twice:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("INT", {})}}
    RETURN_TYPES = ()
    FUNCTION = "go"
    OUTPUT_NODE = True
    def go(self, value):
        return {"ui": {"text": [2 * value]}}
NODE_CLASS_MAPPINGS = {"TestTwice": Twice}
"""


def test_a_suite_for_comfyui_finds_its_pack(tmp_path: Path) -> None:
    (tmp_path / "packs" / "testing").mkdir(parents=True)
    (tmp_path / "packs" / "testing" / "__init__.py").write_text(PACK)
    (tmp_path / "paths.yaml").write_text("testing:\n  custom_nodes: packs\n")
    places = [f"--output-directory={tmp_path / 'out'}", "--base-directory", str(tmp_path / "base")]
    paths = ["--extra-model-paths-config", str(tmp_path / "paths.yaml")]
    prompt = {"1": {"class_type": "TestTwice", "inputs": {"value": 21}}}

    with started("--listen", "127.0.0.1", *places, *paths, "--cpu", "--cache-lru", "100") as url:
        deadline = time.monotonic() + 60
        while "TestTwice" not in ask(f"{url}/object_info"):
            assert time.monotonic() < deadline
        prompt_id = ask(f"{url}/prompt", {"prompt": prompt, "client_id": "suite"})["prompt_id"]
        while not (entry := ask(f"{url}/history/{prompt_id}")):
            assert time.monotonic() < deadline

    assert entry[prompt_id]["outputs"] == {"1": {"text": [42]}}
