from pathlib import Path

from paintgraph.models.catalogue.catalogue import ModelCatalogue, found_entries
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES, open_index


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"{}")
    return path


def test_what_lies_in_the_models_folder_needs_no_line_in_a_catalogue(tmp_path: Path) -> None:
    put(tmp_path / "diffusion/photo/model_index.json")
    put(tmp_path / "diffusion/photo/unet/config.json")
    put(tmp_path / "diffusion/one/one.safetensors")
    put(tmp_path / "lora/ink.safetensors")
    put(tmp_path / "vae/soft.safetensors")
    catalogue = ModelCatalogue.load(FAMILIES, tmp_path)
    places = ModelPlaces(FAMILIES, tmp_path, {})
    files = {}
    for name, family in (
        ("photo", "diffusion"),
        ("one", "diffusion"),
        ("ink", "lora"),
        ("soft", "vae"),
    ):
        placed = places.find(catalogue.get(name))
        assert placed is not None
        assert placed.entry.family == family
        files[name] = set(placed.files)

    assert files == {
        "photo": {"model_index.json", "unet/config.json"},  # all of them make its digest
        "one": {"one.safetensors"},
        "ink": {"ink.safetensors"},
        "soft": {"soft.safetensors"},
    }


def test_a_catalogue_has_the_last_word(tmp_path: Path) -> None:
    put(tmp_path / "diffusion/photo/model_index.json")
    put(tmp_path / "models.yaml").write_text(
        "photo: {family: diffusion, files: [{path: model_index.json}], rank: 7}"
    )

    assert ModelCatalogue.load(FAMILIES, tmp_path).get("photo").rank == 7


def test_what_is_no_model_or_has_no_possible_name_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "diffusion/several/a.safetensors")
    put(tmp_path / "diffusion/several/b.safetensors")
    put(tmp_path / "diffusion/empty/notes.txt")
    put(tmp_path / "diffusion/readme.txt")
    put(tmp_path / f"lora/{'ink' * 40}.safetensors")

    assert found_entries(FAMILIES, tmp_path) == {}
    assert found_entries(FAMILIES, tmp_path / "nothing") == {}


def comfyui(tmp_path: Path) -> dict[str, str]:
    """The environment that names a ComfyUI with an upscaler in each of two of its folders."""
    put(tmp_path / "comfy/models/upscale_models/4x-UltraSharp.pth")
    put(tmp_path / "comfy/models/upscale_models/old ones/4x (v2).pth")
    put(tmp_path / "comfy/models/ESRGAN/4x-Own.safetensors")
    put(tmp_path / "comfy/models/checkpoints/photo.safetensors")
    put(tmp_path / "comfy/models/upscale_models/readme.txt")
    paths = tmp_path / "extra_model_paths.yaml"
    paths.write_text(
        "comfyui:\n  base_path: comfy/models\n  checkpoints: checkpoints\n"
        "  upscale_models: |\n    upscale_models\n    ESRGAN\n    nothing\n"
    )
    return {"PAINTGRAPH_EXTRA_MODEL_PATHS": str(paths)}


def test_upscalers_of_a_comfyui_have_the_names_that_its_graphs_hold(tmp_path: Path) -> None:
    environ = comfyui(tmp_path)
    index = open_index(tmp_path / "models", environ)
    upscalers = index.catalogue.of_family("upscale_models")
    found = {entry.name: entry.aliases for entry in upscalers if not entry.licence.url}

    assert found == {
        "4x-UltraSharp.pth": (),
        "old-ones-4x-v2-.pth": ("old ones/4x (v2).pth", "old ones\\4x (v2).pth"),
        "4x-Own.safetensors": (),
    }
    for name in (*found, "old ones/4x (v2).pth", "old ones\\4x (v2).pth"):
        ref = index.bind(name)
        assert ModelRef.parse(str(ref)) == ref
    placed = index.places.find(index.catalogue.get("old ones/4x (v2).pth"))
    assert placed is not None
    assert placed.file.name == "4x (v2).pth"
    assert not placed.is_ours


def test_of_two_upscalers_of_one_name_ours_counts(tmp_path: Path) -> None:
    ours = put(tmp_path / "models/upscale_models/4x-UltraSharp.pth")
    # What has its name in another kind of folder is another thing.
    put(tmp_path / "comfy/models/checkpoints/4x-Own.safetensors")
    index = open_index(tmp_path / "models", comfyui(tmp_path))

    files = {}
    for name in ("4x-UltraSharp.pth", "4x-Own.safetensors"):
        placed = index.places.find(index.catalogue.get(name))
        assert placed is not None
        files[name] = placed.file
    assert files == {
        "4x-UltraSharp.pth": ours,
        "4x-Own.safetensors": tmp_path / "comfy/models/ESRGAN/4x-Own.safetensors",
    }


def test_other_names_of_a_model_lead_to_it(tmp_path: Path) -> None:
    put(tmp_path / "models.yaml").write_text(
        "mine: {family: rembg, files: [{path: m.onnx}], aliases: [theirs.safetensors]}"
    )
    names = ModelNames(open_index(tmp_path, {}))

    assert {"mine", "theirs.safetensors"} <= set(names.choices(Kind.SUBJECT))
    fault = names.fault("theirs.safetensors")
    assert fault is not None
    assert "model 'mine' is not on this machine" in fault.message


def test_a_graph_that_names_a_pickle_finds_the_same_model_as_safetensors(tmp_path: Path) -> None:
    for name in ("checkpoints/old/sd.ckpt", "controlnet/lines.pth"):
        put(tmp_path / name)
    for name in ("checkpoints/old/sd.safetensors", "checkpoints/xl.safetensors"):
        put(tmp_path / name)
    put(tmp_path / "vae/soft.vae.safetensors")
    catalogue = ModelCatalogue.load(FAMILIES, tmp_path)

    meant = {
        "old/sd.ckpt": "old-sd.safetensors",  # converted: the pickle beside it counts no more
        "old\\sd.ckpt": "old-sd.safetensors",
        "xl.ckpt": "xl.safetensors",
        "soft.vae.pt": "soft.vae",
        "lines.pth": "lines.pth",
    }
    found = {name: catalogue.get(name, ["checkpoints", "vae", "controlnet"]).name for name in meant}
    assert found == meant
