"""Enlarging and removing backgrounds in graphs: names, what is missing, what is kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from paintgraph.assembly import assemble
from paintgraph.engine.execution import store
from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Socket
from paintgraph.engine.node.events import NodeStarted
from paintgraph.engine.recipes.checking import Checked, check
from paintgraph.jobs.sources.folders import Folders
from paintgraph.models.errors import ModelError
from paintgraph.models.families import open_index
from paintgraph.nodes.resource_names import checks
from paintgraph.nodes.sockets import BACKGROUND_REMOVER, UPSCALER
from paintgraph.tests import tiny_onnx
from paintgraph.tests.models import tiny_upscalers as tiny
from paintgraph.tests.nodes.bench import Bench, image_of, noise, png, use

PHOTO = noise(20, 30)
BROUGHT = (
    "Put its file into the folder 'upscale_models' of the models folder ('paintgraph models where' "
    "shows it), or name the extra_model_paths.yaml of a ComfyUI that has it by "
    "PAINTGRAPH_EXTRA_MODEL_PATHS."
)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of upscalers, with two; a model of rembg is there, too."""
    networks = {name: tiny_onnx.middle_network(320) for name in ("u2net", "silueta")}
    home, models = tiny_onnx.install(tmp_path, networks, monkeypatch)
    assert home.is_dir()
    with (models / "models.yaml").open("a") as file:
        file.write("  aliases: [theirs.safetensors]\n")  # of the last entry
    tiny.put(models / "upscale_models/2x.pth", tiny.tensors(tiny.nearest))
    tiny.put(models / "upscale_models/inner/4x.pth", tiny.tensors(tiny.esrgan))
    return models / "upscale_models"


@contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    """A worker that keeps results on disk."""
    inputs = folder / "inputs"
    inputs.mkdir(exist_ok=True)
    (inputs / "photo.png").write_bytes(png(PHOTO))
    with assemble(Folders(folder / "data"), inputs) as assembly:
        yield Bench(assembly, inputs)


@pytest.fixture
def bench(tmp_path: Path, models: Path) -> Iterator[Bench]:
    """That worker over the models."""
    assert models.is_dir()
    with opened(tmp_path) as bench:
        yield bench


def enlarging(model: str) -> dict[str, Node]:
    """The nodes that enlarge the photo."""
    return {
        "photo": use("LoadImage", image="photo.png"),
        "loader": use("UpscaleModelLoader", model_name=model),
        "it": use("ImageUpscaleWithModel", upscale_model=Link("loader", 0), image=Link("photo", 0)),
    }


def checked(bench: Bench, model: str) -> Checked:
    """What a prompt of ComfyUI's page is told."""
    nodes = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
        "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": model}},
        "3": {
            "class_type": "ImageUpscaleWithModel",
            "inputs": {"upscale_model": ["2", 0], "image": ["1", 0]},
        },
        "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
    }
    graph, problems = read_graph(json.dumps(nodes).encode(), "prompt")
    assembly = bench.assembly
    return check(graph, assembly.registry, problems, Resources(checks(assembly.names)))


def fault(bench: Bench, model: str) -> tuple[str, str]:
    (problem,) = checked(bench, model).problems
    return problem.code, problem.message


@pytest.mark.parametrize(
    ("model", "scale"), [("2x.pth", 2), ("inner/4x.pth", 4), ("inner\\4x.pth", 4)]
)
def test_a_prompt_enlarges_by_the_name_that_comfyui_has_for_a_file(
    model: str, scale: int, bench: Bench
) -> None:
    assert checked(bench, model).problems == ()

    ran = bench.run(enlarging(model))

    assert ran.array().shape == (1, 20 * scale, 30 * scale, 3)
    if scale == 2:
        assert np.allclose(ran.array(), image_of(PHOTO).repeat(2, 1).repeat(2, 2), atol=1e-6)
    name, _, digest = ran.value("loader").data.partition("@sha256:")
    assert name == model.replace("/", "-").replace("\\", "-")
    assert len(digest) == 64
    assert ran.value().facts["depth"] == 8


def test_a_model_that_nobody_knows_is_missed_before_the_run(bench: Bench) -> None:
    assert fault(bench, "2x.pht") == (
        "model_missing",
        (
            "node '2' (UpscaleModelLoader): model_name: '2x.pht' is not on this machine, and no "
            f"catalogue has it. Did you mean '2x.pth'? {BROUGHT}"
        ),
    )


def test_a_model_of_the_catalogue_is_missed_with_its_command(bench: Bench) -> None:
    code, message = fault(bench, "RealESRGAN_x4plus.pth")

    assert code == "model_missing"
    assert message.endswith("Get it with: paintgraph models pull RealESRGAN_x4plus.pth")


def test_a_model_that_was_brought_as_the_error_says_is_there(tmp_path: Path, models: Path) -> None:
    with opened(tmp_path) as bench:
        assert BROUGHT in fault(bench, "new.pth")[1]

    tiny.put(models / "new.pth", tiny.tensors(tiny.nearest))

    with opened(tmp_path) as bench:
        assert checked(bench, "new.pth").problems == ()


def test_a_file_that_is_no_upscaler_fails_its_node_by_name(tmp_path: Path, models: Path) -> None:
    tiny.put(models / "bert.pth", {"embeddings.weight": tiny.tensors(tiny.grey)["model.0.weight"]})

    with opened(tmp_path) as bench:
        code, message = bench.run(enlarging("bert.pth")).fault

    assert code == "bad_checkpoint"
    assert message.startswith(
        "node 'it' (ImageUpscaleWithModel): file 'bert.pth' is of no architecture"
    )


def test_a_result_is_kept_on_disk_until_the_file_changes(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "WORTH", 0)  # tiny networks take no time
    ran = []
    for network in (tiny.nearest, tiny.nearest, tiny.swinir):
        tiny.put(models / "2x.pth", tiny.tensors(network))
        with opened(tmp_path) as bench:
            events = bench.run(enlarging("2x.pth"), ["it"]).events
        ran.append({event.origin.node for event in events if isinstance(event, NodeStarted)})

    assert "it" in ran[0]
    assert "it" not in ran[1]
    assert "it" in ran[2]


@pytest.mark.parametrize("socket", [UPSCALER, BACKGROUND_REMOVER])
def test_sockets_of_models_carry_names_alone(socket: Socket) -> None:
    reference = f"2x.pth@sha256:{'0' * 64}"

    assert socket.encode is not None
    assert socket.decode is not None
    assert socket.decode(socket.encode(socket.check(reference))) == reference
    for wrong in ("2x.pth", 7, None):
        with pytest.raises(ModelError, match="is no reference to a model"):
            socket.check(wrong)


@pytest.mark.parametrize(("name", "model"), [("u2net", "u2net"), ("theirs.safetensors", "silueta")])
def test_a_background_is_found_as_by_the_node_of_our_own(
    name: str, model: str, bench: Bench
) -> None:
    photo = use("LoadImage", image="photo.png")
    ran = bench.run(
        {
            "photo": photo,
            "loader": use("LoadBackgroundRemovalModel", bg_removal_name=name),
            "it": use(
                "RemoveBackground", bg_removal_model=Link("loader", 0), image=Link("photo", 0)
            ),
            "own": use("MaskFromModel", image=Link("photo", 0), model=model),
        }
    )

    assert ran.value("loader").data.startswith(f"{model}@sha256:")
    assert np.array_equal(ran.array(), ran.array("own"))
    assert ran.array()[0, 10, 15] == 1
    assert ran.array()[0, 0, 0] == 0
    assert ran.value().facts["depth"] == 8


def test_the_network_that_templates_of_comfyui_name_is_one_of_rembg(tmp_path: Path) -> None:
    catalogue = open_index(tmp_path, {}).catalogue

    assert catalogue.get("birefnet.safetensors").name == "birefnet-general"
