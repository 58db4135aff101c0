"""Masks by rembg's own session classes, over tiny networks: the bits of rembg, and none less."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pooch  # type: ignore[import-untyped] # rembg brings it
import pytest
from onnx import TensorProto, helper
from PIL import Image as Pillow
from rembg import new_session, remove
from rembg.sessions import sessions

from paintgraph.base.listening import Listening
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.lending import ModelLender
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import DamagedModelError, ModelError, RefusedModelError
from paintgraph.models.families import open_index
from paintgraph.models.families.rembg import FAMILY
from paintgraph.models.families.rembg.sessions import open_session
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.loading.loaded import LoadedModels
from paintgraph.models.selectors import Selectors
from paintgraph.tests import tiny_onnx

RULES = DeviceRules(device="cpu")
SHAPES = [(60, 80), (1, 1), (200, 2000), (37, 1)]


def scene(height: int, width: int, channels: int = 3) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A red, a green and a blue part on grey, with some noise."""
    samples = np.random.default_rng(3).integers(40, 90, (height, width, channels), np.uint8)
    samples[height // 4 : height // 2, width // 4 : width // 2, 0] = 230
    samples[height // 2 :, : width // 3, 1] = 220
    samples[height // 2 :, width // 2 :, 2] = 240
    return samples


def as_image(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (samples[np.newaxis] / np.float32(np.iinfo(samples.dtype).max)).astype(np.float32)


def as_samples(mask: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    samples = mask * np.float32(255)
    assert np.array_equal(samples, np.rint(samples)), "multiples of 1/255"
    return samples.astype(np.uint8)


class Bench:
    """Everything that makes masks, over networks that a test puts there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self.loaded = LoadedModels(lambda _: 10**9)
        self.warnings: list[str] = []

    def install(self, **networks: bytes) -> None:
        self.home, models_dir = tiny_onnx.install(self._folder, networks, self._monkeypatch)
        self.names = ModelNames(open_index(models_dir))
        self.masks = Selectors(ModelLender(self.names, self.loaded, RULES))

    def select(self, name: str, image: np.ndarray[Any, Any], category: Any = "any") -> Any:
        return self.masks.subject(
            self.names.bind(name), image, category, Listening(warn=self.warnings.append)
        )


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """No network and no download: both would fail the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(pooch, "retrieve", refuse)
    return Bench(tmp_path, monkeypatch)


def by_rembg(home: Path, name: str, samples: np.ndarray[Any, Any], **options: str) -> Any:
    """The mask that rembg itself makes, with a session of its own."""
    path = str(home / "models" / name / f"{name}.onnx")
    session = new_session(name, providers=["CPUExecutionProvider"], model_path=path)
    mask = remove(Pillow.fromarray(samples), session=session, only_mask=True, **options)
    return np.asarray(mask)


@pytest.mark.parametrize("name", sorted(tiny_onnx.SIDES))
def test_every_session_gives_the_bits_of_rembg(bench: Bench, name: str) -> None:
    bench.install(**{name: tiny_onnx.network_of(name)})
    options = {"cloth_category": "attire"} if name == "u2net_cloth_seg" else {}
    samples = scene(60, 80)

    mask = bench.select(name, as_image(samples))

    assert mask.shape == (1, 60, 80)
    assert np.array_equal(by_rembg(bench.home, name, samples, **options), as_samples(mask[0]))
    assert 0.05 < mask.mean() < 0.95
    assert bench.warnings == []


def test_every_session_of_rembg_is_offered_or_refused_for_a_reason() -> None:
    assert sessions.keys() == tiny_onnx.SIDES.keys() | FAMILY.refused.keys()
    remote = {name for name, kind in sessions.items() if not kind.is_local()}
    assert remote == {name for name, why in FAMILY.refused.items() if "company" in why}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels", [3, 4])
def test_pictures_of_any_size_with_or_without_alpha(
    bench: Bench, shape: tuple[int, int], channels: int
) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    samples = scene(*shape, channels)

    mask = bench.select("u2net", as_image(samples))

    assert np.array_equal(by_rembg(bench.home, "u2net", samples), as_samples(mask[0]))


def test_grey_and_deep_pictures_are_seen_in_8_bits(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    samples = scene(50, 50)
    deep = (samples.astype(np.uint16) << 8) + 255
    grey = np.repeat(samples[..., :1], 3, axis=2)

    assert np.array_equal(
        by_rembg(bench.home, "u2net", samples), as_samples(bench.select("u2net", as_image(deep))[0])
    )
    assert np.array_equal(
        by_rembg(bench.home, "u2net", grey), as_samples(bench.select("u2net", as_image(grey))[0])
    )


def test_each_picture_of_a_batch_has_its_own_mask(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    pictures = [scene(40, 50), scene(40, 50)[:, ::-1], scene(40, 50)[::-1]]
    batch = np.concatenate([as_image(picture) for picture in pictures])
    told: list[tuple[int, int]] = []

    masks = bench.masks.subject(
        bench.names.bind("u2net"),
        batch,
        listening=Listening(lambda done, total: told.append((done, total))),
    )

    for picture, mask in zip(pictures, masks, strict=True):
        assert np.array_equal(by_rembg(bench.home, "u2net", picture.copy()), as_samples(mask))
    assert told == [(0, 3), (1, 3), (2, 3)]
    assert bench.loaded.numbers()["loads"] == 1


@pytest.mark.parametrize("category", ["upper", "lower", "full"])
def test_clothes_by_category_are_those_of_rembg(bench: Bench, category: str) -> None:
    bench.install(u2net_cloth_seg=tiny_onnx.network_of("u2net_cloth_seg"))
    samples = scene(90, 120)
    expected = by_rembg(bench.home, "u2net_cloth_seg", samples, cloth_category=category)

    mask = bench.select("u2net_cloth_seg", as_image(samples), category)

    assert np.array_equal(expected, as_samples(mask[0]))
    assert mask.shape == (1, 90, 120), "never three masks on top of each other"


def test_any_clothes_are_all_three(bench: Bench) -> None:
    bench.install(u2net_cloth_seg=tiny_onnx.network_of("u2net_cloth_seg"))
    image = as_image(scene(768, 768))  # the network's own size: no border is made by scaling
    parts = [bench.select("u2net_cloth_seg", image, part) for part in ("upper", "lower", "full")]

    assert np.array_equal(np.maximum.reduce(parts), bench.select("u2net_cloth_seg", image, "any"))
    assert all(part.any() for part in parts)


def test_one_load_serves_every_picture_after_it(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    for _ in range(3):
        bench.select("u2net", as_image(scene(20, 20)))

    assert bench.loaded.numbers()["loads"] == 1


def test_a_file_that_changes_is_another_model(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    image = as_image(scene(40, 40))
    before, first = bench.names.bind("u2net"), bench.select("u2net", image)
    tiny_onnx.place(bench.home, {"u2net": tiny_onnx.middle_network(320)})

    assert bench.names.bind("u2net") != before
    assert not np.array_equal(first, bench.select("u2net", image))
    with pytest.raises(ModelError, match="other files give other results") as caught:
        bench.names.bind(str(before))
    assert caught.value.code == "model_changed"


def test_an_answer_that_is_the_same_everywhere_selects_nothing_and_says_so(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.flat_network(320))
    batch = np.concatenate([as_image(scene(20, 30))] * 2)

    mask = bench.select("u2net", batch)

    assert not mask.any()
    assert bench.warnings == [
        f"The model 'u2net' finds nothing that stands out in picture {index}, so the mask selects "
        "nothing. Try another model."
        for index in range(2)
    ]


def test_a_truncated_file_is_named_with_the_cure(bench: Bench) -> None:
    whole = tiny_onnx.red_network(320)
    bench.install(u2net=whole[: len(whole) // 2])

    with pytest.raises(DamagedModelError) as caught:
        bench.select("u2net", as_image(scene(20, 20)))

    message = str(caught.value)
    assert (
        "u2net.onnx' is no ONNX model that can be loaded; it may be cut off or damaged" in message
    )
    assert "paintgraph models info u2net" in message
    assert bench.loaded.held() == []


@pytest.mark.parametrize("side", [64, 1024])
def test_a_network_of_another_size_is_named_with_what_it_takes(bench: Bench, side: int) -> None:
    bench.install(u2net=tiny_onnx.red_network(side))

    with pytest.raises(ModelError, match=r"no network for rembg's session 'u2net'") as caught:
        bench.select("u2net", as_image(scene(20, 20)))

    assert caught.value.code == "unfit_model"
    assert f"it takes input ['n', 3, {side}, {side}]" in str(caught.value)


def test_a_network_that_gives_no_masks_is_refused(bench: Bench) -> None:
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["a"]),
            helper.make_node("Flatten", ["a"], ["output"]),
        ],
        "classifier",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 320, 320])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    bench.install(u2net=model.SerializeToString())

    with pytest.raises(ModelError, match=r"no network for rembg's session") as caught:
        bench.select("u2net", as_image(scene(20, 20)))
    assert caught.value.code == "unfit_model"


@pytest.mark.parametrize("name", [*FAMILY.refused, "no such session"])
def test_sessions_that_are_not_offered_are_never_opened(name: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedModelError, match="cannot be used here; allowed are"):
        open_session(name, tmp_path / "any.onnx", "cpu", "", FAMILY.refused)


def test_a_model_of_the_user_runs_in_the_session_that_it_names(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))
    tiny_onnx.own_entries({"of-mine": "dis_custom"}, bench.home.parent / "models")
    tiny_onnx.place(bench.home, {"of-mine": tiny_onnx.red_network(1024)})
    names = ModelNames(open_index(bench.home.parent / "models"))
    masks = Selectors(ModelLender(names, bench.loaded, RULES))
    samples = scene(40, 40)
    tiny_onnx.place(bench.home, {"dis_custom": tiny_onnx.red_network(1024)})

    mask = masks.subject(names.bind("of-mine"), as_image(samples))

    assert "of-mine" in names.choices(Kind.SUBJECT)
    assert np.array_equal(by_rembg(bench.home, "dis_custom", samples), as_samples(mask[0]))


def test_auto_is_the_best_model_that_is_there_and_can_be_used(bench: Bench) -> None:
    bench.install()
    missing = str(bench.names.fault("auto", Kind.SUBJECT))
    assert "model 'u2netp' (4.6 MB) is not on this machine" in missing
    assert "Get it with: paintgraph models pull u2netp" in missing

    bench.install(silueta=tiny_onnx.red_network(320), u2net=tiny_onnx.middle_network(320))
    assert bench.names.bind("auto", Kind.SUBJECT) == bench.names.bind("silueta")
    assert bench.names.choices(Kind.SUBJECT)[:3] == [
        "auto",
        "isnet-general-use",
        "birefnet-general",
    ]
    (bench.home / "models/silueta/silueta.onnx").unlink()
    assert bench.names.bind("auto", Kind.SUBJECT) == bench.names.bind("u2net")


def test_names_that_cannot_be_used_say_why(bench: Bench) -> None:
    bench.install(u2net=tiny_onnx.red_network(320))

    assert bench.names.fault("u2net") is None
    assert bench.names.fault("no such model") is None, "whoever has the choices names them"
    assert "sends the picture to a company" in str(bench.names.fault("withoutbg"))
    missing = str(bench.names.fault("bria-rmbg"))
    assert "(1.0 GB) is not on this machine" in missing
    assert "licence BRIA: commercial use has to be paid for" in missing
    assert "Get it with: paintgraph models pull bria-rmbg" in missing
