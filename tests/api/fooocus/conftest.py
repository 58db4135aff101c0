"""Servers with tiny models: of rembg, and those that paint and find what words name."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest

from paintgraph.tests import tiny_onnx
from paintgraph.tests.api.serving import Served, emptied, serving

NETWORKS = {
    "isnet-general-use": tiny_onnx.middle_network(1024),
    "isnet-anime": tiny_onnx.red_network(1024),
    "u2net": tiny_onnx.red_network(320),
    "u2netp": tiny_onnx.red_network(320),
    "u2net_human_seg": tiny_onnx.red_network(320),
    "u2net_cloth_seg": tiny_onnx.red_network(768, 4),
    "silueta": tiny_onnx.flat_network(320),
}


MODEL = "sd-inpaint"
VARIABLES = ("REMBG_HOME", "PAINTGRAPH_MODELS_DIR")


@pytest.fixture(scope="session")
def with_masks(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Served, dict[str, str]]]:
    """The real server, with the embedded engine and tiny masks; and the variables it needs."""
    folder: Path = tmp_path_factory.mktemp("fooocus")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            tiny_onnx.install(folder, NETWORKS, patch)
            variables = {name: os.environ[name] for name in VARIABLES}
            served = stack.enter_context(serving(folder / "data", allow_private_urls=True))
        yield served, variables


@pytest.fixture(scope="module")
def server(with_masks: tuple[Served, dict[str, str]]) -> Iterator[Served]:
    """That server, without jobs."""
    served, variables = with_masks
    with mock.patch.dict(os.environ, variables):
        yield emptied(served)


@pytest.fixture(scope="session")
def with_models(
    text_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, dict[str, str]]]:
    """A server with small models that paint, and that find what words name; and its variables."""
    from paintgraph.tests.models.diffusion import tiny
    from paintgraph.tests.models.diffusion.files import lora

    folder: Path = tmp_path_factory.mktemp("models")
    models = folder / "models"
    tiny.FAMILIES[MODEL](models / "diffusion" / MODEL)
    lora(models / "diffusion" / MODEL, models / "lora" / "ink.safetensors")
    variables = {
        "PAINTGRAPH_MODELS_DIR": str(models),
        "HF_HUB_CACHE": str(text_models / "hub"),  # the same models in every process
        "HF_HUB_OFFLINE": "1",
    }
    with ExitStack() as stack:
        with mock.patch.dict(os.environ, variables):
            served = stack.enter_context(serving(folder / "data", device="cpu"))
        yield served, variables


@pytest.fixture(scope="module")
def models(with_models: tuple[Served, dict[str, str]]) -> Iterator[Served]:
    """That server, without jobs."""
    served, variables = with_models
    with mock.patch.dict(os.environ, variables):
        yield emptied(served)
