import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.errors import MissingPackageError, ModelError, WeightsError
from paintgraph.models.families import FAMILIES
from paintgraph.models.families.diffusion.engine import DiffusionModels
from paintgraph.models.families.diffusion.loading import check_library
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.tests.models.diffusion.conftest import names_in
from paintgraph.tests.models.diffusion.files import change_tensor, single_file
from paintgraph.tests.models.diffusion.pictures import paint

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


def models_in(folder: Path, loaded: LoadedModels) -> DiffusionModels:
    return DiffusionModels(ModelLender(names_in(folder), loaded, DeviceRules(device="cpu")))


def fault(folder: Path, name: str = "it") -> str:
    """Why a model of a models folder cannot paint."""
    with LoadedModels(lambda _: 10**10) as loaded, pytest.raises(ModelError) as error:
        paint(models_in(folder, loaded), name)
    assert str(folder) not in str(error.value)
    return error.value.message


@pytest.fixture
def copy(models_dir: Path, tmp_path: Path) -> Path:
    """A models folder with a copy of a pipeline, called "it"."""
    shutil.copytree(models_dir / "diffusion/sd-inpaint", tmp_path / "diffusion/it")
    return tmp_path


def test_one_file_paints_as_the_folder_that_it_was_made_of(
    copy: Path, diffusion: DiffusionModels
) -> None:
    folder = copy / "diffusion" / "one"
    single_file(copy / "diffusion" / "it", folder / "one.safetensors")
    shutil.copytree(copy / "diffusion" / "it", folder / "config")
    for weights in ("unet", "vae", "text_encoder"):
        for path in (folder / "config" / weights).glob("*.safetensors"):
            path.unlink()
    with LoadedModels(lambda _: 10**10) as loaded:
        assert np.array_equal(paint(diffusion, "sd-inpaint"), paint(models_in(copy, loaded), "one"))


def test_an_ordinary_file_goes_with_the_configuration_of_one_for_inpainting(
    models_dir: Path, copy: Path, diffusion: DiffusionModels
) -> None:
    single_file(models_dir / "diffusion/sd", copy / "diffusion/one/one.safetensors")
    (copy / "models.yaml").write_text(
        "one: {family: diffusion, files: [{path: one.safetensors}], options: {config: it}}"
    )
    with LoadedModels(lambda _: 10**10) as loaded:
        assert np.array_equal(paint(diffusion, "sd"), paint(models_in(copy, loaded), "one"))


def test_a_model_of_the_hub_is_read_from_its_cache(
    models_dir: Path, tmp_path: Path, diffusion: DiffusionModels
) -> None:
    """The layout that huggingface_hub and diffusers share: files are links into a store."""
    repository = tmp_path / "hub" / "models--someone--tiny"
    snapshot = repository / "snapshots" / "c0ffee"
    shutil.copytree(models_dir / "diffusion/sd", repository / "blobs")
    for path in (repository / "blobs").rglob("*"):
        if path.is_file():
            link = snapshot / path.relative_to(repository / "blobs")
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("c0ffee")
    (tmp_path / "models.yaml").write_text("it: {family: diffusion, hub: someone/tiny}")
    places = ModelPlaces(FAMILIES, tmp_path, {"HF_HUB_CACHE": str(tmp_path / "hub")})
    names = ModelNames(ModelIndex(ModelCatalogue.load(FAMILIES, tmp_path), places))
    with LoadedModels(lambda _: 10**10) as loaded:
        models = DiffusionModels(ModelLender(names, loaded, DeviceRules(device="cpu")))
        assert np.array_equal(paint(diffusion, "sd"), paint(models, "it"))


def test_one_file_needs_a_configuration(models_dir: Path, tmp_path: Path) -> None:
    single_file(models_dir / "diffusion/sd", tmp_path / "diffusion/one/one.safetensors")

    assert fault(tmp_path, "one") == (
        "model 'one' is one file and needs a folder with the configuration of its family, which "
        "has model_index.json. Name a model of the catalogue in its option 'config', or put such a "
        "folder, called 'config', beside the file."
    )


def test_one_file_of_another_family_is_refused(models_dir: Path, tmp_path: Path) -> None:
    single_file(models_dir / "diffusion/sd", tmp_path / "diffusion/one/one.safetensors")
    shutil.copytree(models_dir / "diffusion/sdxl-inpaint", tmp_path / "diffusion/one/config")

    message = fault(tmp_path, "one")

    assert message.startswith("model 'one'")
    assert message.endswith(
        "The file may be of another family than its configuration, which is for a "
        "StableDiffusionXLInpaintPipeline; name one that fits in option 'config'."
    )


def test_weights_that_go_bad_meanwhile_are_a_fault_of_the_model(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_: Path) -> None:
        raise WeightsError("'one/one.safetensors': it is cut off.")

    single_file(models_dir / "diffusion/sd", tmp_path / "diffusion/one/one.safetensors")
    shutil.copytree(models_dir / "diffusion/sd-inpaint", tmp_path / "diffusion/one/config")
    monkeypatch.setattr("paintgraph.models.families.diffusion.loading.input_channels", damaged)

    assert fault(tmp_path, "one").startswith(
        "model 'one' cannot be loaded: 'one/one.safetensors': it is cut off. The file may be"
    )


def test_a_folder_without_index_is_no_pipeline(copy: Path) -> None:
    (copy / "diffusion/it/model_index.json").unlink()
    (copy / "models.yaml").write_text("it: {family: diffusion, files: [{path: unet/config.json}]}")

    assert fault(copy) == (
        "model 'it': the folder has no model_index.json, so it is no pipeline that diffusers "
        "wrote. Place the whole folder, or one .safetensors file with option 'config'."
    )


def cut_off(folder: Path) -> None:
    data = (folder / UNET).read_bytes()
    (folder / UNET).write_bytes(data[:-1000])


def page(folder: Path) -> None:
    (folder / UNET).write_bytes(b"\xff" * 100)


def wrong_shape(folder: Path) -> None:
    change_tensor(folder / UNET, "conv_in.weight")


def wrong_text_shape(folder: Path) -> None:
    change_tensor(folder / TEXT, "mlp.fc1.weight")


def gap(folder: Path) -> None:
    change_tensor(folder / UNET, "conv_in.weight", drop=True)


def gap_in_text(folder: Path) -> None:
    change_tensor(folder / TEXT, "mlp.fc1.weight", drop=True)


def no_part(folder: Path) -> None:
    shutil.rmtree(folder / "unet")


def pickled(folder: Path) -> None:
    (folder / UNET).rename(folder / "unet/diffusion_pytorch_model.bin")


def own_class(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_bytes())
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": ["it", "Evil"]}))


def unknown_class(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_bytes())
    (folder / "model_index.json").write_text(json.dumps(index | {"_class_name": "NoPipeline"}))


def other_library(folder: Path) -> None:
    index = json.loads((folder / "model_index.json").read_bytes())
    (folder / "model_index.json").write_text(json.dumps(index | {"unet": ["antigravity", "It"]}))


def no_json(folder: Path) -> None:
    (folder / "model_index.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (cut_off, "'unet/diffusion_pytorch_model.safetensors': it is cut off: "),
        (page, "'unet/diffusion_pytorch_model.safetensors': it is cut off, or no safetensors file"),
        (wrong_shape, "conv_in.weight expected shape"),
        (wrong_text_shape, "model 'it' cannot be loaded: "),
        (gap, "some weights are missing, so it would paint noise."),
        (gap_in_text, "some weights are missing, so it would paint noise."),
        (no_part, "its part 'unet' is missing. Get the whole folder again."),
        (pickled, "'diffusion_pytorch_model.bin', a pickle, which may run code"),
        (own_class, "names no pipeline class of diffusers."),
        (unknown_class, "NoPipeline"),
        (other_library, "its part 'unet' is of 'antigravity'; loaded are parts "),
        (no_json, "'it/model_index.json' is no JSON that can be read."),
    ],
)
def test_a_damaged_folder_is_told_with_what_is_wrong(
    copy: Path, spoil: Callable[[Path], None], expected: str
) -> None:
    spoil(copy / "diffusion" / "it")

    assert expected in fault(copy)


def test_a_model_that_cannot_inpaint_is_refused(copy: Path) -> None:
    index = json.loads((copy / "diffusion/it/model_index.json").read_bytes())
    index["_class_name"] = "StableDiffusionInstructPix2PixPipeline"
    (copy / "diffusion/it/model_index.json").write_text(json.dumps(index))

    assert fault(copy) == (
        "model 'it' is a StableDiffusionInstructPix2PixPipeline, and diffusers has no pipeline of "
        "that family that inpaints. Use another model."
    )


def test_a_model_that_is_not_there_is_named_with_the_command_that_gets_it(tmp_path: Path) -> None:
    message = fault(tmp_path, "sd-inpainting")

    assert message.startswith("model 'sd-inpainting'")
    assert message.endswith("Get it with: paintgraph models pull sd-inpainting")


def test_a_missing_package_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "paintgraph.models.catalogue.readiness.find_spec",
        lambda name: None if name == "diffusers" else object(),
    )
    with pytest.raises(MissingPackageError) as caught:
        check_library()

    assert caught.value.message == (
        "the package 'diffusers' is not installed; this model needs it. "
        "Run: pip install 'paintgraph[diffusion]'"
    )


def test_nothing_of_the_network_is_asked(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("socket.socket.connect", refuse)
    with LoadedModels(lambda _: 10**10) as loaded:
        assert paint(models_in(copy, loaded), "it").shape == (1, 64, 64, 3)
