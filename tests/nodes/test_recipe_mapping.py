import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Failed, Value
from paintgraph.engine.node.declaration import declaration_of, node
from paintgraph.nodes.sockets import Array, Image
from paintgraph.tests.nodes.bench import Bench, Ran, bench_in, image_of, noise, png, samples_of

SIDE = 8
RECIPES = {
    "widen": """
        inputs:
          image: {type: image, about: The picture.}
          by: {type: int, min: 1, max: 64, default: 2, about: How far.}
          seed: {type: seed, default: 0, about: The seed.}
        nodes:
          photo: {node: LoadImage, image: "${inputs.image}", alpha: keep}
          before: {node: Tracked, image: "${photo.image}"}
          canvas: {node: PadForOutpaint, image: "${before.image}", left: "${inputs.by}"}
          filled:
            node: InpaintSampler
            image: "${canvas.image}"
            mask: "${canvas.mask}"
            engine: telea
            seed: "${inputs.seed}"
          after: {node: Tracked, image: "${filled.image}"}
        outputs: {image: "${after.image}"}
    """,
    "needs_mask": """
        inputs:
          image: {type: image, about: The picture.}
          mask: {type: mask, about: What is repainted.}
        nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}
        outputs: {image: "${photo.image}"}
    """,
    "no_image": """
        inputs: {mask: {type: mask, about: The mask.}}
        nodes: {read: {node: LoadImageMask, image: "${inputs.mask}"}}
        outputs: {mask: "${read.mask}"}
    """,
}


class _Alive:
    """How many arrays there are, the most so far, and how many were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.made = 0

    def track(self, array: Array) -> Array:
        with self._lock:
            self.now += 1
            self.made += 1
            self.most = max(self.most, self.now)
        weakref.finalize(array, self._gone)
        return array

    def _gone(self) -> None:
        with self._lock:
            self.now -= 1


ALIVE = [_Alive()]


@node(title="Tracked", category="test")
def tracked(image: Image) -> Image:
    """Copy a picture, and count the copies."""
    return ALIVE[0].track(image.copy())


@pytest.fixture
def alive() -> _Alive:
    ALIVE[0] = _Alive()
    return ALIVE[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    recipes = tmp_path / "data" / "recipes"
    recipes.mkdir(parents=True)
    for name, text in RECIPES.items():
        (recipes / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def mapping(folder: Path) -> Iterator[Bench]:
    with bench_in(folder, memory_bytes=1 << 24) as bench:
        bench.assembly.registry.add(declaration_of(tracked))
        yield bench


@pytest.fixture
def forgetful(folder: Path) -> Iterator[Bench]:
    """Without any cache, as on the command line."""
    with bench_in(folder) as bench:
        bench.assembly.registry.add(declaration_of(tracked))
        yield bench


def _put(bench: Bench, count: int) -> list[str]:
    return [bench.put(f"p{n}.png", png(noise(SIDE, SIDE, seed=n))) for n in range(count)]


def _map(bench: Bench, names: list[str], job: str = "", **inputs: object) -> Ran:
    nodes = {"it": Node("MapImages", {"names": names, "recipe_name": "widen", **inputs})}
    return bench.run(nodes, job=job)


def test_few_of_many_pictures_are_in_memory(forgetful: Bench, alive: _Alive) -> None:
    ran = _map(forgetful, _put(forgetful, 200))

    assert ran.outcome.failures == ()
    assert len(ran.effects) == 200
    assert alive.made == 400
    assert alive.most <= 6  # two pictures at once, before and after, and one just let go of each
    assert alive.now == 0


def test_a_chain_of_nodes_has_all_of_them_in_memory(forgetful: Bench, alive: _Alive) -> None:
    """Why there is MapImages."""
    nodes = {
        "names": Node("EachText", {"texts": _put(forgetful, 20)}),
        "photo": Node("LoadImage", {"image": Link("names", 0)}),
        "copy": Node("Tracked", {"image": Link("photo", 0)}),
        "it": Node("SaveImage", {"images": Link("copy", 0)}),
    }

    assert len(forgetful.run(nodes, ["it"]).effects) == 20
    assert alive.most == 20


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_every_picture_is_saved_under_its_name(mapping: Bench, at_once: int) -> None:
    names = _put(mapping, 5)
    ran = _map(mapping, names, at_once=at_once, filename_prefix="wide")

    assert sorted(effect.prefix for effect in ran.effects) == [f"wide_p{n}" for n in range(5)]
    saved = {e.prefix: samples_of(ran.blobs.get(e.blob)) for e in ran.effects}
    for n in range(5):
        assert np.array_equal(noise(SIDE, SIDE, seed=n), saved[f"wide_p{n}"][:, 2:])
    assert ran.outcome.results["it"].slots == ((),)


def test_a_prefix_says_where_the_name_goes(mapping: Bench) -> None:
    ran = _map(mapping, _put(mapping, 2), filename_prefix="web/%source%-small")

    assert sorted(effect.prefix for effect in ran.effects) == ["web/p0-small", "web/p1-small"]


def test_only_what_changed_is_done_again(mapping: Bench, alive: _Alive) -> None:
    names = _put(mapping, 6)
    first = _map(mapping, names, "first")
    assert alive.made == 12

    again = _map(mapping, names, "again")
    assert alive.made == 12
    assert sorted(e.blob for e in again.effects) == sorted(e.blob for e in first.effects)

    mapping.put(names[3], png(noise(SIDE, SIDE, seed=99)))
    changed = _map(mapping, names, "changed")
    assert alive.made == 14
    assert len({e.blob for e in changed.effects} - {e.blob for e in first.effects}) == 1


def test_a_renamed_picture_is_not_done_again(mapping: Bench, alive: _Alive) -> None:
    _map(mapping, _put(mapping, 1))
    mapping.put("other.png", png(noise(SIDE, SIDE, seed=0)))
    ran = _map(mapping, ["other.png"])

    assert alive.made == 2
    assert [effect.prefix for effect in ran.effects] == ["paintgraph_other"]


@pytest.mark.parametrize("save", [True, False])
def test_a_bad_picture_fails_alone_and_by_its_name(mapping: Bench, save: bool) -> None:  # noqa: FBT001
    names = _put(mapping, 4)
    mapping.put(names[0], png(noise(SIDE, SIDE))[:-30])
    ran = _map(mapping, [*names, "gone.png"], save=save, at_once=1)

    assert ran.outcome.state == "failed"
    messages = sorted(failure.message for failure in ran.outcome.failures)
    assert [failure.origin.submitted for failure in ran.outcome.failures] == ["it", "it"]
    assert messages[0].startswith("node 'it' (ApplyRecipe): there is no file 'gone.png' in the")
    assert messages[1].startswith("node 'it' (LoadListedImage): 'p0.png': picture: the file is cut")
    if save:
        assert len(ran.effects) == 3
        return
    (elements,) = ran.outcome.results["it"].slots
    assert [type(element) for element in elements] == [Failed, Value, Value, Value, Failed]


@pytest.mark.parametrize("save", [True, False])
def test_a_bad_name_in_the_settings_fails_once(mapping: Bench, save: bool) -> None:  # noqa: FBT001
    settings = '{"mask": "gone.png"}'
    ran = _map(mapping, _put(mapping, 3), save=save, settings=settings, recipe_name="needs_mask")

    (failure,) = ran.outcome.failures
    assert failure.message.startswith("node 'it' (MapImages): there is no file 'gone.png' in the")


def test_without_save_the_results_are_given_on_in_order(mapping: Bench) -> None:
    ran = _map(mapping, _put(mapping, 4), save=False, settings='{"by": 3}')

    (elements,) = ran.outcome.results["it"].slots
    assert ran.effects == []
    for n, element in enumerate(elements):
        assert isinstance(element, Value)
        assert element.facts["depth"] == 8
        assert np.array_equal(image_of(noise(SIDE, SIDE, seed=n)), element.data[:, :, 3:])


def test_alpha_and_16_bits_survive(mapping: Bench) -> None:
    samples = noise(SIDE, SIDE, 4, depth=16)
    ran = _map(mapping, [mapping.put("deep.png", png(samples))])

    (file,) = ran.files
    assert np.array_equal(samples, samples_of(file)[:, 2:])


def test_names_come_from_a_folder_and_settings_from_nodes(mapping: Bench) -> None:
    for n in (1, 2, 10):
        mapping.put(f"album/p{n}.png", png(noise(SIDE, SIDE, seed=n)))
    nodes = {
        "files": Node("LoadImagesFromFolder", {"folder": "album", "pattern": "p1*"}),
        "one": Node("AddSetting", {"name": "by", "value": 5}),
        "two": Node("AddSetting", {"name": "seed", "value": -1, "settings": Link("one", 0)}),
        "it": Node(
            "MapImages",
            {"names": Link("files", 0), "recipe_name": "widen", "settings": Link("two", 0)},
        ),
    }
    ran = mapping.run(nodes, ["it"])

    assert ran.outcome.failures == ()
    assert sorted(e.prefix for e in ran.effects) == ["paintgraph_p1", "paintgraph_p10"]
    assert {samples_of(file).shape for file in ran.files} == {(SIDE, SIDE + 5, 3)}


def test_no_names_give_no_pictures(mapping: Bench) -> None:
    ran = _map(mapping, [])

    assert ran.outcome.state == "succeeded"
    assert ran.effects == []


def test_a_picture_without_a_file_name_gets_none(mapping: Bench) -> None:
    reference = mapping.assembly.blobs.put(png(noise(SIDE, SIDE)))

    assert [effect.prefix for effect in _map(mapping, [reference]).effects] == ["paintgraph"]


def _known(bench: Bench) -> str:
    return ", ".join(bench.assembly.recipes.names())


UNFIT = [
    (
        {"recipe_name": "widne"},
        "unknown_recipe",
        "there is no recipe 'widne'. Did you mean 'widen'?",
    ),
    (
        {"recipe_name": "../secret"},
        "unknown_recipe",
        "there is no recipe '../secret'. Use one of {known}.",
    ),
    (
        {"recipe_name": "no_image"},
        "unfit_recipe",
        (
            "the recipe 'no_image' takes mask and gives mask; needed is one that takes an image "
            "and gives an image. Use another, or rename what it takes and gives."
        ),
    ),
    (
        {"recipe_name": "needs_mask"},
        "bad_settings",
        "settings: the recipe 'needs_mask' needs mask: What is repainted. Add it.",
    ),
    (
        {"settings": '{"bye": 1}'},
        "bad_settings",
        ("settings: the recipe 'widen' has no setting 'bye'; it has by, seed. Did you mean 'by'?"),
    ),
    (
        {"settings": '{"by": 65}'},
        "bad_settings",
        "settings: of the recipe 'widen': by is 65; allowed is 1 to 64.",
    ),
    (
        {"settings": "[1]"},
        "bad_settings",
        (
            "settings: the JSON is a list of 1; allowed is an object such as "
            '{{"fraction": 0.25}}. Write it so, or use AddSetting.'
        ),
    ),
]


@pytest.mark.parametrize(("inputs", "code", "message"), UNFIT)
def test_one_message_for_what_all_pictures_would_fail_on(
    mapping: Bench, inputs: dict[str, Any], code: str, message: str
) -> None:
    ran = _map(mapping, _put(mapping, 3), **inputs)

    known = ", ".join(mapping.assembly.recipes.names())
    assert ran.fault == (code, f"node 'it' (MapImages): {message.format(known=known)}")


def test_settings_that_are_no_json_are_refused(mapping: Bench) -> None:
    code, message = _map(mapping, [], settings="by=3").fault

    assert code == "bad_settings"
    assert message.startswith("node 'it' (MapImages): settings: no JSON (")


@pytest.mark.parametrize("value", [3, 0.5, True, "text", ["left", "top"]])
def test_add_setting_takes_plain_values_and_lists(bench: Bench, value: object) -> None:
    settings = bench.node("AddSetting", name="x", value=value, settings='{"y":1}').value().data
    written = {3: "3", 0.5: "0.5", True: "true", "text": '"text"'}

    shown = '["left","top"]' if isinstance(value, list) else written[value]
    assert settings == f'{{"y":1,"x":{shown}}}'
