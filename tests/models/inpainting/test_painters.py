from pathlib import Path

import pytest

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.engine_names import EngineNames, WeighedRef
from paintgraph.models.errors import MissingModelError, ModelError
from paintgraph.models.families import FAMILIES
from paintgraph.models.loading.devices import DeviceRules

INDEX = '{"_class_name": "StableDiffusionPipeline"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two models without parts, one LoRA, one VAE; nothing of them is loaded here."""
    for name in ("small", "large"):
        (tmp_path / "diffusion" / name).mkdir(parents=True)
        (tmp_path / "diffusion" / name / "model_index.json").write_text(INDEX)
    for family, name in (("lora", "ink"), ("vae", "soft")):
        (tmp_path / family).mkdir()
        (tmp_path / family / f"{name}.safetensors").write_bytes(b"x")
    (tmp_path / "models.yaml").write_text(
        "large: {family: diffusion, files: [{path: model_index.json}], rank: 50}"
    )
    return tmp_path


def painters(folder: Path, device: str = "cpu", auto: str = "auto") -> EngineNames:
    shelf = ModelIndex(ModelCatalogue.load(FAMILIES, folder), ModelPlaces(FAMILIES, folder, {}))
    return EngineNames(ModelNames(shelf), DeviceRules(device=device), auto)


def test_engines_are_those_without_weights_and_every_model(folder: Path) -> None:
    choices = painters(folder).choices()

    without_weights = ["surroundings", "patchmatch", "fsr", "telea"]
    assert choices[:8] == ["auto", *without_weights, "lama", "migan", "large"]
    assert {"small", "sd-inpainting", "flux-fill"} <= set(choices)


def test_a_model_is_bound_to_the_digest_of_its_files(folder: Path) -> None:
    first = painters(folder).resolve("small", "")
    (folder / "diffusion/small/model_index.json").write_text(INDEX + " ")
    second = painters(folder).resolve("small", "")

    assert first.startswith("small@sha256:")
    assert first != second
    with pytest.raises(ModelError, match="other files give other results"):
        painters(folder).resolve(first, "")


def test_an_engine_without_weights_is_itself(folder: Path) -> None:
    assert painters(folder).resolve("telea", "a cat") == "telea"


def test_auto_is_the_surroundings_without_a_prompt_and_on_a_processor(folder: Path) -> None:
    assert painters(folder).resolve("auto", "") == "surroundings"
    assert painters(folder).resolve("auto", "a cat") == "surroundings"
    assert painters(folder, "cuda").resolve("auto", "") == "surroundings"


def test_auto_is_the_best_model_for_an_accelerator_where_there_is_a_prompt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    properties = type("Properties", (), {"total_memory": 10**10})()
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda _: properties)

    for device in ("auto", "cuda"):
        assert painters(folder, device).resolve("auto", "a cat").startswith("large@sha256:")


def test_auto_may_be_set(folder: Path) -> None:
    assert painters(folder, auto="telea").resolve("auto", "a cat") == "telea"
    assert painters(folder, auto="small").resolve("auto", "").startswith("small@")


def test_what_is_wrong_with_a_model_is_known_before_it_is_loaded(folder: Path) -> None:
    (folder / "diffusion/small/model_index.json").write_text("{}")
    known = painters(folder)

    assert known.fault("large") is None
    assert known.fault("patchmatch") is None
    assert known.fault("nobody knows it") is None
    assert isinstance(known.fault("sd-inpainting"), MissingModelError)
    fault = known.fault("small")
    assert fault is not None
    assert "names no pipeline class of diffusers" in fault.message


def test_loras_are_bound_with_their_weights(folder: Path) -> None:
    known = painters(folder)
    bound = known.bind_loras("ink:0.8,\n ink ,, ink:-1")
    weights = [WeighedRef.parse(text).weight for text in bound.split(", ")]

    assert weights == [0.8, 1, -1]
    assert bound.startswith("ink@sha256:")
    assert known.bind_loras(bound) == bound
    assert known.bind_loras("") == ""
    assert known.bind_vae("soft").startswith("soft@sha256:")
    assert known.bind_vae("") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ink:much", "'ink:much' is no LoRA with a weight; allowed is a name, or "),
        ("ink:1e9", "'ink:1e9' is no LoRA with a weight"),
        ("ink:99", "'ink:99' is no LoRA with a weight"),
        ("ink:nan", "'ink:nan' is no LoRA with a weight"),
        ("../ink", "there is no LoRA '../ink'; known are ink, "),
        ("soft", "there is no LoRA 'soft'; known are ink, "),
        ("small", "there is no LoRA 'small'; known are ink, "),
        ("ink*2", "'ink' is no reference to a model"),
    ],
)
def test_what_is_no_lora_is_told(folder: Path, text: str, message: str) -> None:
    with pytest.raises(ModelError) as error:
        painters(folder).bind_loras(text)

    assert error.value.message.startswith(message)


@pytest.mark.parametrize("text", ["ink*x", "@", "*", ":", "a" * 10_000, "ink@sha256:0*1"])
def test_hostile_loras_are_refused(folder: Path, text: str) -> None:
    known = painters(folder)
    with pytest.raises(ModelError):
        known.bind_loras(text)


@pytest.mark.parametrize("weight", ["nan", "x", "1e9", "", "99", "-11"])
def test_a_bound_lora_has_a_weight_that_counts(folder: Path, weight: str) -> None:
    known = painters(folder)
    ref = known.bind_loras("ink").partition("*")[0]

    assert known.bind_loras(f"{ref}*0.5") == f"{ref}*0.5000"
    with pytest.raises(ModelError, match="is no LoRA with a weight"):
        known.bind_loras(f"{ref}*{weight}")
