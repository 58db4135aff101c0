"""Erasers over tiny networks in the forms of the public ones, run by onnxruntime."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from paintgraph.base.listening import Listening
from paintgraph.imaging.arrays import Image, Mask
from paintgraph.imaging.blend.stitching import Stitch
from paintgraph.imaging.masks.morphology import erode
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.engine_names import EngineNames
from paintgraph.models.errors import (
    DamagedModelError,
    EngineFailedError,
    MissingModelError,
    ModelError,
    OutOfMemoryError,
)
from paintgraph.models.families import open_index
from paintgraph.models.families.eraser.engine import Eraser, Erasers
from paintgraph.models.inpainting.protocols import InpaintRequest
from paintgraph.models.inpainting.repaint import Geometry, Repainted, repaint
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.tests import tiny_erasers as tiny
from paintgraph.tests.tiny_onnx import red_network

STEP = 1 / 255
FORMS = {
    "lama": ("", tiny.lama()),
    "migan": ("", tiny.migan()),
    "wide": ("{}", tiny.eraser(sides=(48, 96))),
    "loose": ("{}", tiny.eraser()),
    "half": ("{mask: known}", tiny.eraser("float16", known=True)),
    "bytes": ("{}", tiny.eraser("uint8", sides=(40, 40), names=("b", "a"))),
    "odd": ("{output_scale: 255}", tiny.eraser(sides=("h", 56), white=255)),
}


class Bench:
    """Erasers over networks that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaded = LoadedModels(lambda _: 10**10)
        self.warnings: list[str] = []
        self.listening = Listening(warn=self.warnings.append)

    def install(self, **networks: tuple[str, bytes]) -> None:
        """Networks by name, each with its options; without any it is the catalogue's own."""
        tiny.place(self.folder, {name: data for name, (_, data) in networks.items()})
        lines = [
            f"{name}: {{family: eraser, files: [{{path: {name}.onnx}}], options: {options}}}\n"
            for name, (options, _) in networks.items()
            if options
        ]
        (self.folder / "models.yaml").write_text("".join(lines))
        self.names = ModelNames(open_index(self.folder))
        self.models = Erasers(ModelLender(self.names, self.loaded, DeviceRules(device="cpu")))

    def engine(self, name: str) -> Eraser:
        return self.models.engine(str(self.names.bind(name)), listening=self.listening)

    def paint(self, name: str, image: Image, mask: Mask, prompt: str = "") -> Repainted:
        request = InpaintRequest(prompt=prompt)
        geometry = Geometry(stitch=Stitch("strict", "none"))
        return repaint(image, mask, self.engine(name), request, self.listening, geometry=geometry)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(tmp_path_factory.mktemp("models"))
    bench.install(**FORMS)
    return bench


@pytest.fixture
def own(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def picture(height: int, width: int, channels: int = 3) -> Image:
    """Dark, so that nothing of it resembles what the networks paint."""
    samples = np.random.default_rng(1).integers(0, 40, (1, height, width, channels))
    image: Image = (samples / np.float32(255)).astype(np.float32)
    return image


def hole(height: int, width: int) -> Mask:
    mask = np.zeros((1, height, width), np.float32)
    mask[:, height // 4 : height // 2, width // 4 : width // 2] = 1
    return mask


def within(mask: Mask) -> NDArray[np.bool_]:
    """What is selected, but for a border that is wider the larger the picture is."""
    inner: NDArray[np.bool_] = erode(mask, max(mask.shape) // 20) == 1
    return inner


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("size", [(50, 60), (30, 41), (200, 90), (4, 4)])
def test_what_the_mask_selects_is_what_the_network_paints(
    bench: Bench, name: str, size: tuple[int, int]
) -> None:
    image, mask = picture(*size), hole(*size)

    painted = bench.paint(name, image, mask).image

    assert np.allclose(painted[within(mask)], tiny.COLOUR, atol=2 * STEP)
    assert painted[mask == 0].tobytes() == image[mask == 0].tobytes()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(FORMS)),
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    channels=st.sampled_from([3, 4]),
    kind=st.sampled_from(["hard", "soft", "dots", "all"]),
    seed=st.integers(0, 9),
)
def test_a_pixel_that_is_not_selected_never_changes(  # noqa: PLR0913
    bench: Bench, name: str, height: int, width: int, channels: int, kind: str, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    image = generator.random((1, height, width, channels), np.float32)
    mask = np.zeros((1, height, width), np.float32)
    if kind == "dots":
        mask[generator.random(mask.shape) > 0.98] = 1
    else:
        mask[:, height // 4 : height // 2 + 1, width // 4 : width // 2 + 1] = 1
    if kind == "soft":
        mask *= generator.random(mask.shape, np.float32)
    if kind == "all":
        mask[:] = 1
    before = image.tobytes()
    painted = repaint(image, mask, bench.engine(name), InpaintRequest()).image

    assert painted.shape == image.shape
    assert painted[mask == 0].tobytes() == image[mask == 0].tobytes()
    assert image.tobytes() == before
    assert 0 <= painted.min() <= painted.max() <= 1


def test_the_mask_means_what_the_entry_says(own: Bench) -> None:
    """Told wrongly, the network paints what is to be kept, so the hole keeps its guess."""
    own.install(
        right=("{mask: known}", tiny.eraser("uint8", known=True)),
        wrong=("{mask: hole}", tiny.eraser("uint8", known=True)),
    )
    image, mask = picture(64, 64), hole(64, 64)
    right, wrong = (own.paint(name, image, mask).image for name in ("right", "wrong"))

    assert np.allclose(right[mask == 1], tiny.COLOUR, atol=STEP)
    assert wrong[mask == 1].max() < 0.17  # as dark as what surrounds it


def test_the_working_size_is_the_networks(bench: Bench) -> None:
    sides = {name: bench.engine(name).working_side for name in FORMS}

    assert sides == {
        "lama": 64, "migan": 1024, "wide": 48, "loose": 1024, "half": 1024, "bytes": 40, "odd": 56,
    }  # fmt: skip
    assert all(not bench.engine(name).copies_surroundings for name in FORMS)


def test_what_surrounds_the_hole_comes_back_too(bench: Bench) -> None:
    for name in ("lama", "migan"):
        told = bench.paint(name, picture(50, 50), hole(50, 50))
        assert told.ring_shift == 0


def test_equal_requests_give_equal_bits_and_load_once(own: Bench) -> None:
    own.install(lama=("", tiny.lama()))
    first, second = (own.paint("lama", picture(90, 80), hole(90, 80)).image for _ in range(2))

    assert first.tobytes() == second.tobytes()
    assert own.loaded.numbers()["loads"] == 1


def test_a_prompt_is_told_once_to_be_unread(own: Bench) -> None:
    own.install(migan=("", tiny.migan()))
    image, mask = picture(50, 400), np.zeros((1, 50, 400), np.float32)
    mask[:, 20:30, [30, 370]] = 1
    own.paint("migan", image, mask)
    assert own.warnings == []

    own.paint("migan", image, mask, prompt="a cat")
    assert own.warnings == ["The engine 'migan' only erases; it reads no prompt."]


@pytest.mark.parametrize(
    ("network", "found"),
    [
        (tiny.eraser(channels=(1, 1)), "it takes image tensor(float) [1, 1, 'h', 'w'], mask "),
        (tiny.eraser(channels=(3, 3)), "mask tensor(float) [1, 3, 'h', 'w'] and gives out "),
        (tiny.smaller(), "(of [1, 3, 64, 64] it made [1, 3, 32, 32])"),
        (tiny.smaller((32, 32)), "(picture and mask differ in size)"),
        (red_network(64), "it takes input tensor(float) ['n', 3, 64, 64] and gives output "),
    ],
)
def test_another_form_is_refused(own: Bench, network: bytes, found: str) -> None:
    own.install(mine=("{}", network))
    with pytest.raises(ModelError) as error:
        own.paint("mine", picture(64, 64), hole(64, 64))

    assert error.value.code == "unfit_model"
    assert "mine.onnx' is no eraser that can be used: " in error.value.message
    assert found in error.value.message
    assert "; an eraser takes a picture [1, 3, H, W] and a mask [1, 1, H, W]" in str(error.value)


def test_a_file_that_is_no_network_is_damaged(own: Bench) -> None:
    own.install(lama=("", tiny.lama()[:100]))
    with pytest.raises(DamagedModelError, match=r"lama\.onnx' is no ONNX model"):
        own.engine("lama")


def test_another_scale_is_told(own: Bench) -> None:
    own.install(mine=("{}", tiny.eraser(white=255)))
    with pytest.raises(ModelError, match="Set 'output_scale: 255' among the options"):
        own.paint("mine", picture(64, 64), hole(64, 64))


def test_what_is_no_number_is_told(own: Bench) -> None:
    own.install(mine=("{}", tiny.eraser(factor=float("nan"))))
    with pytest.raises(EngineFailedError, match="gave no numbers"):
        own.paint("mine", picture(64, 64), hole(64, 64))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{mask: holes}", "option 'mask' is 'holes'; allowed are hole and known."),
        ("{mask: [1]}", r"option 'mask' is \[1\]; allowed are hole and known."),
        ("{output_scale: 2}", "option 'output_scale' is 2; allowed are 1 and 255."),
        ("{output_scale: true}", "option 'output_scale' is True; allowed are 1 and 255."),
        ("{output_scale: white}", "option 'output_scale' is 'white'; allowed are 1 and 255."),
    ],
)
def test_options_that_make_no_sense_are_told(own: Bench, options: str, message: str) -> None:
    own.install(mine=(options, tiny.migan()))
    with pytest.raises(ModelError, match=message):
        own.engine("mine")


def test_what_auto_takes_can_be_used_and_is_bound_to_its_file(own: Bench) -> None:
    own.install(mine=("{mask: holes}", tiny.migan()))
    painters = EngineNames(own.names, DeviceRules(device="cpu"))
    fault = painters.fault("mine")
    assert fault is not None
    assert "option 'mask' is 'holes'" in fault.message
    assert isinstance(painters.fault("lama"), MissingModelError)
    assert painters.resolve("auto", "") == "surroundings"

    own.install(migan=("", tiny.migan()))
    painters = EngineNames(own.names, DeviceRules(device="cpu"))
    assert painters.resolve("auto", "") == str(own.names.bind("migan"))
    assert painters.resolve("migan", "a cat").startswith("migan@sha256:")
    assert painters.resolve("auto", "a cat") == "surroundings"

    own.install(mine=("{}, rank: 30", tiny.eraser()), lama=("", tiny.lama()))
    painters = EngineNames(own.names, DeviceRules(device="cpu"))
    assert painters.resolve("auto", "").startswith("mine@sha256:")
    own.install(lama=("", tiny.lama()))
    painters = EngineNames(own.names, DeviceRules(device="cpu"))
    assert painters.resolve("auto", "").startswith("lama@sha256:")


def test_without_memory_that_run_alone_fails(own: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    own.install(lama=("", tiny.lama()))
    engine = own.engine("lama")
    real = np.ascontiguousarray

    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("paintgraph.models.families.eraser.engine.np.ascontiguousarray", full)
    with pytest.raises(OutOfMemoryError, match="model 'lama': the memory of cpu does not suffice"):
        repaint(picture(64, 64), hole(64, 64), engine, InpaintRequest())
    monkeypatch.setattr("paintgraph.models.families.eraser.engine.np.ascontiguousarray", real)

    assert repaint(picture(64, 64), hole(64, 64), engine, InpaintRequest()).mask.any()
