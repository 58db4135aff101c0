"""What it saves to keep an encoded picture, and a loaded model: Segment Anything, `vit_b`.

The weights are random, of the published shape: times do not depend on what they say. Not measured
where the extra `grounded-sam` is not installed.
"""

import hashlib
import tempfile
from importlib.util import find_spec
from pathlib import Path

import skimage.data
import yaml

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.imaging.arrays import Image
from paintgraph.imaging.samples import to_image
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import ModelRef
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.families import FAMILIES
from paintgraph.models.loading.devices import DeviceRules, budgets
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.roles import Prompt
from paintgraph.models.selectors import Selectors

_NAME = "sam_vit_b"
_ROUNDS = 3
_WITHIN_SECONDS = 90.0
_RULES = DeviceRules(device="cpu")


def figures() -> list[Figure]:
    """In one process, each round over a picture that nobody saw before."""
    if find_spec("segment_anything") is None:
        return [Figure("prompts by segment-anything, which is not installed", (), "s")]
    with tempfile.TemporaryDirectory() as name:
        names = _names(Path(name))
        with LoadedModels(budgets(_RULES)) as loaded:
            return _figures(
                Selectors(ModelLender(names, loaded, _RULES)), loaded, names.bind(_NAME)
            )


def _figures(masks: Selectors, loaded: LoadedModels, ref: ModelRef) -> list[Figure]:
    photo = to_image(skimage.data.astronaut())  # type: ignore[no-untyped-call]
    number = 0

    def select(image: Image, x: float) -> None:
        prompt = Prompt(points=((x, 200.0),), is_wanted=(True,))
        masks.select(ref, image, [[prompt]], list, several=True)

    def measure() -> tuple[float, float, float]:
        nonlocal number
        number += 1
        image = photo.copy()
        image[0, 0, 0] = number / 255
        first = seconds_of(lambda: select(image, 200.0))
        second = seconds_of(lambda: select(image, 250.0))
        loaded.evict("cpu")
        reloaded = seconds_of(lambda: select(image, 300.0))
        return first, second, reloaded

    select(photo, 100.0)  # imports and loads
    measured = rounds(measure, _ROUNDS, _WITHIN_SECONDS)
    firsts, seconds, reloads = zip(*measured, strict=True)
    return [
        Figure("first prompt on a picture of 512x512 px, vit_b", firsts, "s"),
        Figure("further prompt on it", seconds, "s"),
        Figure(
            "further prompt beside the first",
            tuple(second / first for first, second, _ in measured),
            "x",
            target=0.2,
            undisturbed=min(seconds) / min(firsts),
        ),
        Figure("further prompt if the model is loaded for each request", reloads, "s"),
        Figure(
            "loading for each request beside keeping it",
            tuple(reload / second for _, second, reload in measured),
            "x",
            target=5,
            more_is_better=True,
            undisturbed=min(reloads) / min(seconds),
        ),
    ]


def _names(folder: Path) -> ModelNames:
    """A models folder with a checkpoint of the published shape."""
    import torch
    from segment_anything import sam_model_registry

    place = folder / "sam" / _NAME
    place.mkdir(parents=True)
    torch.save(sam_model_registry["vit_b"]().state_dict(), place / "sam.pth")
    with (place / "sam.pth").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    entry = {
        "family": "sam",
        "files": [{"path": "sam.pth", "digests": [f"sha256:{digest}"]}],
        "options": {"type": "vit_b"},
    }
    (folder / "models.yaml").write_text(yaml.safe_dump({_NAME: entry}))
    return ModelNames(
        ModelIndex(ModelCatalogue.load(FAMILIES, folder), ModelPlaces(FAMILIES, folder))
    )
