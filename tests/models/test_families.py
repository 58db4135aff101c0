"""A family of models is one object: nothing else in the program knows it by its name."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.models.catalogue.family import ENGINES, Family, Kind
from paintgraph.models.families import FAMILIES, open_index
from paintgraph.models.inpainters import Inpainters

ROOT = Path(__file__).parents[2]
ROOMS = ("base", "engine", "imaging", "models", "jobs", "nodes", "graphs", "api", "cli")
FOLDERS = (
    *("checkpoints", "controlnet", "diffusion_models", "embeddings", "text_encoders"),
    *("upscale_models", "vae"),
)
HOMONYMS = {
    **{("api/comfy/files/models.py", name): "a folder of ComfyUI's" for name in FOLDERS},
    **{("nodes/packs/standins/folder_paths.py", name): "the same" for name in FOLDERS},
    ("api/fooocus/fields.py", "sam"): "what clients of FooocusAPI send",
    ("api/fooocus/model_mapping.py", "vae"): "an input of recipes",
    ("cli/doctor.py", "rembg"): "a package",
    ("imaging/fill/guess.py", "telea"): "a way to fill by OpenCV",
    ("models/inpainting/protocols.py", "patchmatch"): "a fill under the mask",
    ("models/inpainting/showing.py", "patchmatch"): "a fill under the mask",
    ("models/networks/building.py", "vae"): "a part of a pipeline",
    ("models/networks/choosing.py", "lora"): "what a file is needed for",
    ("models/networks/choosing.py", "vae"): "a form of networks",
    ("models/sampling/rules.py", "embeddings"): "a part of a condition",
    ("nodes/sampling_sockets.py", "vae"): "a socket",
    ("models/networks/facts.py", "vae"): "a part of a pipeline",
    ("models/networks/networks.py", "vae"): "a part of a pipeline",
    ("models/networks/tensors.py", "controlnet"): "a form of networks",
    ("models/networks/tensors.py", "vae"): "a form of networks",
    ("nodes/masks/subject.py", "rembg"): "a package",
    ("nodes/network_checks.py", "vae"): "a socket",
    ("nodes/packs/standins/_sampling.py", "vae"): "an input of ComfyUI's",
    ("nodes/resource_names.py", "embeddings"): "a kind of resource",
    ("nodes/resource_names.py", "vae"): "a kind of resource",
}
"""Words that happen to be a family's name too, and what they mean there."""

HEAVY = {
    "torch",
    "diffusers",
    "transformers",
    "rembg",
    "onnxruntime",
    "cv2",
    "pydantic",
    "spandrel",
}

every_family = pytest.mark.parametrize("family", list(FAMILIES), ids=lambda family: family.name)


def literals(path: Path) -> set[str]:
    """The plain texts in a module."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_no_family_is_named_outside_its_folder() -> None:
    names = {family.name for family in FAMILIES}
    inner = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (*ROOT.glob("*.py"), *inner)
        if ROOT / "models" / "families" not in path.parents
        for name in literals(path) & names
    }

    assert found == HOMONYMS.keys()


def test_listing_families_imports_none_of_their_libraries() -> None:
    code = f"import sys, paintgraph.models.families; print({HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


@every_family
def test_a_family_gives_what_its_kind_asks_for(family: Family) -> None:
    assert (family.engines is not None) == (family.kind in ENGINES)
    assert (family.load is not None) == (
        family.kind in (Kind.SUBJECT, Kind.DETECT, Kind.SEGMENT, Kind.ERASE, Kind.UPSCALE)
        or family.kind in (Kind.FACES, Kind.WRITING)
    )
    assert (family.home is None) == (family.home_set_by == "")
    assert bool(family.extra) == bool(family.packages)


def test_every_kind_has_a_family() -> None:
    assert {family.kind for family in FAMILIES} == set(Kind)


@every_family
def test_families_without_models_are_engines_themselves(family: Family, tmp_path: Path) -> None:
    catalogue = open_index(tmp_path, {}).catalogue
    with Inpainters() as inpainters:
        assert (family.name in inpainters.names()) == (family.kind == Kind.FILL)
    if family.kind == Kind.FILL:
        assert catalogue.of_family(family.name) == []
