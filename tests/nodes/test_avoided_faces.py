"""Faces that outpaints do not copy, where a model that finds them is on the machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph import graphs
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.events import Warned
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.arrays import Mask
from paintgraph.tests.models.tiny_finders import FACE_SIZE, add_finders
from paintgraph.tests.nodes.bench import Bench, Samples, bench_in, png

HEIGHT, WIDTH = 80, 96
FACE = np.s_[36:40, 40:44]
"""Where the tiny network finds the middle of a face, as it is red there."""
RECIPES = ("outpaint", "outpaint_far", "outpaint_to_size", "extend_to_ratio")


def _photo(*, has_face: bool) -> Samples:
    """Grey that varies, with or without a face."""
    samples = np.random.default_rng(3).integers(110, 140, (HEIGHT, WIDTH, 1)).astype(np.uint8)
    photo = np.repeat(samples, 3, axis=2)
    if has_face:
        photo[FACE] = 255, 0, 0
    return photo


def _bench(folder: Path, models: Path) -> Iterator[Bench]:
    models.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(models))
        with bench_in(folder) as bench:
            bench.assembly.recipes.register_all()
            bench.put("face.png", png(_photo(has_face=True)))
            bench.put("plain.png", png(_photo(has_face=False)))
            bench.put("black.png", png(np.zeros((HEIGHT, WIDTH), np.uint8)))
            yield bench


@pytest.fixture(scope="module")
def finding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench with a tiny model that finds faces."""
    folder = tmp_path_factory.mktemp("finding")
    (folder / "models").mkdir()
    add_finders(folder / "models")
    yield from _bench(folder, folder / "models")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench without any model."""
    folder = tmp_path_factory.mktemp("bare")
    yield from _bench(folder, folder / "models")


def _bound(bench: Bench, recipe: str, **given: Any) -> Graph:
    graph, problems = read_graph((graphs.FOLDER / f"{recipe}.yaml").read_bytes(), recipe)
    assert not problems
    registry = bench.assembly.registry
    given = {"image": "face.png", "engine": "telea", **given}
    return bind(check(graph, registry).sound(), registry, given, bench.assembly.binders)


def _run(bench: Bench, bound: Graph, *links: Link) -> list[Value]:
    """What some outputs give in a run that neither fails nor warns."""
    heard: list[Any] = []
    outcome = run(bound, bench.assembly.worker, [each.node for each in links], listen=heard.append)
    assert outcome.failures == ()
    assert [each for each in heard if isinstance(each, Warned)] == []
    values = [outcome.results[each.node].slots[int(each.output)][0] for each in links]
    assert all(isinstance(each, Value) for each in values)
    return values  # type: ignore[return-value] # as was just seen


def _avoided(bench: Bench, recipe: str, **given: Any) -> Value:
    (mask,) = _run(bench, _bound(bench, recipe, **given), Link("avoided", 0))
    return mask


def _extended(bench: Bench, recipe: str, **given: Any) -> Value:
    bound = _bound(bench, recipe, **given)
    link = bound.outputs["image"]
    assert isinstance(link, Link)
    (image,) = _run(bench, bound, link)
    return image


def _is_around_face(mask: Mask) -> bool:
    """Whether a face is selected as a whole, and little beside it."""
    height, width = FACE_SIZE
    y, x = (part.start + 2 for part in FACE)
    ellipse = (np.arange(HEIGHT)[:, np.newaxis] + 0.5 - y) ** 2 / (height / 2) ** 2 + (
        np.arange(WIDTH) + 0.5 - x
    ) ** 2 / (width / 2) ** 2 <= 1
    return bool((mask[0][ellipse] == 1).all() and mask.sum() < 2.5 * ellipse.sum())


@pytest.mark.parametrize("recipe", RECIPES[:3])
def test_faces_are_avoided_where_a_model_finds_them(finding: Bench, recipe: str) -> None:
    assert _is_around_face(_avoided(finding, recipe).data)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_result_tells_how_many_faces_were_avoided(finding: Bench, recipe: str) -> None:
    assert _extended(finding, recipe).facts["repaint"]["faces_avoided"] == 1
    plain = _extended(finding, recipe, image="plain.png")
    assert plain.facts["repaint"]["faces_avoided"] == 0


def test_a_face_at_a_side_is_not_copied_beyond_it(finding: Bench) -> None:
    """As it is where faces may be copied."""

    def has_red(image: Value) -> bool:
        new = image.data[:, :, WIDTH:]
        return bool((new[..., 0] - new[..., 1] > 0.3).any())

    photo = _photo(has_face=False)
    photo[36:44, WIDTH - 8 :] = 255, 0, 0
    finding.put("side.png", png(photo))
    how = {"image": "side.png", "sides": ["right"], "engine": "patchmatch"}

    assert has_red(_extended(finding, "outpaint", **how, faces="copy"))
    assert not has_red(_extended(finding, "outpaint", **how))


@pytest.mark.parametrize("given", [{"avoid": "black.png"}, {"faces": "copy"}], ids=str)
def test_a_mask_that_is_given_wins_and_faces_may_be_copied_on_purpose(
    finding: Bench, given: dict[str, Any]
) -> None:
    mask = _avoided(finding, "outpaint", **given)

    assert not mask.data.any()
    assert "faces_avoided" not in _extended(finding, "outpaint", **given).facts["repaint"]


@pytest.mark.parametrize("recipe", RECIPES)
def test_without_a_model_all_is_as_if_nothing_were_to_be_avoided(
    finding: Bench, bare: Bench, recipe: str
) -> None:
    without = _extended(bare, recipe)
    as_before = _extended(finding, recipe, avoid="black.png")

    assert without.data.tobytes() == as_before.data.tobytes()
    assert without.facts == as_before.facts


def test_a_graph_that_is_bound_holds_what_it_found(finding: Bench, bare: Bench) -> None:
    """So a replay does the same where the model has come, and says so where it is gone."""
    held = _bound(bare, "outpaint").nodes["avoided"].inputs["face_finder"]
    (name,) = _bound(finding, "outpaint").nodes["avoided"].inputs["face_finder"]

    assert held == ("none",)
    assert name.startswith("centerface@sha256:")


def test_a_run_without_the_model_is_replayed_without_it(finding: Bench, bare: Bench) -> None:
    registry = finding.assembly.registry
    held = _bound(bare, "outpaint", image="plain.png")
    finding.assembly.blobs.put(png(_photo(has_face=False)))

    again = bind(held, registry, {}, finding.assembly.binders)

    assert again.nodes["avoided"].inputs["face_finder"] == ("none",)


def test_of_a_picture_that_is_mostly_face_nothing_is_avoided(finding: Bench) -> None:
    close = np.full((1, 24, 24, 3), 0.4, np.float32)
    close[:, 8:16, 8:16] = 1, 0, 0
    wide = np.full((1, 24, 24, 3), 0.4, np.float32)

    ran = finding.node("MaskToAvoid", size_of=np.concatenate([close, wide]))

    assert ran.value().facts == {"faces_avoided": 0}
    assert not ran.array().any()
    assert not ran.warnings
