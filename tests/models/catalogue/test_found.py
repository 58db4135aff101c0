from pathlib import Path

from paintgraph.models.catalogue.catalogue import ModelCatalogue, found_entries
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES


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
    put(tmp_path / "lora/my ink.safetensors")
    put(tmp_path / "lora/ink.pt")

    assert found_entries(FAMILIES, tmp_path) == {}
    assert found_entries(FAMILIES, tmp_path / "nothing") == {}
