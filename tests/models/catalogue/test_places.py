"""Where models are found: by rembg's own rules, in the hub's cache, in ComfyUI's folders."""

import json
import os
from pathlib import Path
from unittest import mock

import pytest

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import ModelEntry, ModelFile
from paintgraph.models.catalogue.places import COMFY_VARIABLE, ModelPlaces, default_models_dir
from paintgraph.models.errors import CatalogueError
from paintgraph.models.families import FAMILIES

U2NET = ModelCatalogue.load(FAMILIES).get("u2net")
SAM = ModelCatalogue.load(FAMILIES).get("sam_vit_b")
SD = ModelEntry("sd", "diffusion", hub="owner/name")


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize("u2net", [None, "u2"])
@pytest.mark.parametrize("home", [None, "re", "~/re"])
@pytest.mark.parametrize("data", [None, "xdg"])
@pytest.mark.parametrize("layout", ["pulled", "flat"])
def test_rembgs_models_are_found_where_rembg_finds_them(
    tmp_path: Path, u2net: str | None, home: str | None, data: str | None, layout: str
) -> None:
    from rembg.sessions import sessions

    session = sessions["u2net"]
    given = {"U2NET_HOME": u2net, "REMBG_HOME": home, "XDG_DATA_HOME": data}
    environ = {
        name: value if value.startswith("~") else str(tmp_path / value)
        for name, value in given.items()
        if value
    }
    with mock.patch.dict(os.environ, {"HOME": str(tmp_path / "user")}):
        for name in given:
            os.environ.pop(name, None)
        os.environ.update(environ)
        places = ModelPlaces(FAMILIES, tmp_path / "models", environ)
        assert places.find(U2NET) is None
        folder = session.model_dir() if layout == "pulled" else session.legacy_home()
        file = write(Path(folder) / "u2net.onnx")

        assert str(places.folder(U2NET)) == session.model_dir()
        assert session.resolve_existing("u2net.onnx") == str(file)
        placed = places.find(U2NET)
    assert placed is not None
    assert placed.file == file


def test_other_models_lie_in_our_own_folder(tmp_path: Path) -> None:
    places = ModelPlaces(FAMILIES, tmp_path, {})
    assert places.find(SAM) is None
    file = write(tmp_path / "sam" / "sam_vit_b" / "sam_vit_b_01ec64.pth")

    placed = places.find(SAM)

    assert placed is not None
    assert (placed.file, placed.is_ours) == (file, True)


def test_a_model_is_there_if_all_its_files_are(tmp_path: Path) -> None:
    entry = ModelEntry("two", "sam", files=(ModelFile("a.onnx"), ModelFile("b/c.onnx")))
    places = ModelPlaces(FAMILIES, tmp_path, {})
    write(tmp_path / "sam" / "two" / "a.onnx")
    assert places.find(entry) is None

    write(tmp_path / "sam" / "two" / "b" / "c.onnx")

    placed = places.find(entry)
    assert placed is not None
    assert list(placed.files) == ["a.onnx", "b/c.onnx"]


@pytest.mark.parametrize(
    ("environ", "below"),
    [
        ({"HF_HOME": "{}/hf"}, "hf/hub"),
        ({"HF_HUB_CACHE": "{}/cache", "HF_HOME": "{}/hf"}, "cache"),
        ({"XDG_CACHE_HOME": "{}/xdg"}, "xdg/huggingface/hub"),
    ],
)
def test_repositories_lie_in_the_hubs_cache(
    tmp_path: Path, environ: dict[str, str], below: str
) -> None:
    named = {name: value.format(tmp_path) for name, value in environ.items()}

    places = ModelPlaces(FAMILIES, tmp_path, named)

    assert places.folder(SD) == tmp_path / below / "models--owner--name"


def snapshot(home: Path) -> Path:
    """A repository of a pipeline, as the hub's library keeps it, without any file yet."""
    repository = home / "hub" / "models--owner--name"
    write(repository / "refs" / "main", "c0ffee")
    return repository / "snapshots" / "c0ffee"


def test_a_repository_that_lacks_what_it_names_is_not_there(tmp_path: Path) -> None:
    """An interrupted pull leaves such a thing."""
    folder = snapshot(tmp_path)
    places = ModelPlaces(FAMILIES, tmp_path, {"HF_HOME": str(tmp_path)})
    index = {"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["d", "V"], "no": [None, None]}
    steps = [
        ("model_index.json", json.dumps(index)),
        ("unet/config.json", "{}"),
        ("unet/model.safetensors.index.json", '{"weight_map": {"a": "m1.bin", "b": "m2.bin"}}'),
        ("unet/m1.bin", "x"),
        ("unet/m2.bin", "x"),
        ("vae/config.json", "{}"),
    ]
    for name, text in steps:
        write(folder / name, text)
        assert places.find(SD) is None

    write(folder / "vae" / "v.safetensors")

    placed = places.find(SD)
    assert placed is not None
    assert placed.folder == folder
    assert "unet/m1.bin" in placed.files


def test_a_revision_may_be_a_commit(tmp_path: Path) -> None:
    folder = snapshot(tmp_path)
    write(folder / "config.json", "{}")
    write(folder / "model.safetensors")
    places = ModelPlaces(FAMILIES, tmp_path, {"HF_HOME": str(tmp_path)})

    for revision, is_there in {"": True, "main": True, "c0ffee": True, "other": False}.items():
        entry = ModelEntry("sd", "diffusion", hub="owner/name", revision=revision)
        assert (places.find(entry) is not None) == is_there


def test_comfyuis_folders_are_searched_if_they_are_named(tmp_path: Path) -> None:
    comfy = tmp_path / "comfy"
    paths = write(
        tmp_path / "extra_model_paths.yaml",
        f"comfyui:\n  base_path: {comfy}\n  is_default: true\n"
        "  sams: models/sams/\n  diffusers: |\n    models/one\n    models/two\nother: null\n",
    )
    places = ModelPlaces(
        FAMILIES, tmp_path / "m", {COMFY_VARIABLE: str(paths), "HF_HOME": str(tmp_path)}
    )
    assert places.find(SAM) is None
    file = write(comfy / "models" / "sams" / "sam_vit_b_01ec64.pth")
    write(comfy / "models" / "two" / "name" / "model_index.json", "{}")
    write(comfy / "models" / "sams" / "u2net.onnx")

    placed, folder = places.find(SAM), places.find(SD)

    assert placed is not None
    assert (placed.file, placed.is_ours) == (file, False)
    assert folder is not None
    assert folder.folder == comfy / "models" / "two" / "name"
    assert places.find(U2NET) is None


def test_a_file_of_comfyui_that_cannot_be_read_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="PAINTGRAPH_EXTRA_MODEL_PATHS"):
        ModelPlaces(FAMILIES, tmp_path, {COMFY_VARIABLE: str(tmp_path / "none.yaml")})


def test_the_models_folder_is_the_users_or_the_one_that_is_named(tmp_path: Path) -> None:
    assert default_models_dir({"PAINTGRAPH_MODELS_DIR": str(tmp_path)}) == tmp_path
    assert default_models_dir({}).name == "models"
