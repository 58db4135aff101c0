"""Models that their user just put into the models folder, without a line in any catalogue."""

from collections.abc import Iterator
from pathlib import Path

from paintgraph.models.catalogue.entries import Family, ModelEntry, ModelFile

INDEX = "model_index.json"
"""The file that a folder with a diffusers pipeline has."""

_WEIGHTS = ".safetensors"
_FLAT: tuple[Family, ...] = ("lora", "vae")
_ABOUT = "Found in the models folder."


def found_entries(models_dir: Path) -> dict[str, ModelEntry]:
    """An entry for each pipeline, LoRA and VAE that lies there, by name.

    Pipelines are folders `diffusion/NAME`, as diffusers writes them or with one `.safetensors`
    file; the others are files `lora/NAME.safetensors` and `vae/NAME.safetensors`. What has a name
    that no catalogue takes is passed over.
    """
    found = {}
    for name, family, file in _found(models_dir):
        try:
            found[name] = ModelEntry(name, family, _ABOUT, files=(ModelFile(file),))
        except ValueError:
            continue
    return found


def _found(models_dir: Path) -> Iterator[tuple[str, Family, str]]:
    for folder in _inside(models_dir / "diffusion"):
        files = [path.name for path in _inside(folder) if path.suffix == _WEIGHTS]
        if (folder / INDEX).is_file():
            yield folder.name, "diffusion", INDEX
        elif len(files) == 1:
            yield folder.name, "diffusion", files[0]
    for family in _FLAT:
        for path in _inside(models_dir / family):
            if path.suffix == _WEIGHTS:
                yield path.stem, family, path.name


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
