"""What the recipes for masks, backgrounds and folders promise."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

from paintgraph import graphs
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph, InputRef, Node
from paintgraph.tests.nodes.bench import Bench, Ran, bench_in, image_of, noise, png, samples_of

SIDE = 24
PHOTO = noise(SIDE, SIDE, 4, depth=16)
SCENERY = noise(SIDE, 2 * SIDE, 3, seed=5)


def _mask() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[6:18, 4:20] = 255
    return mask


SUBJECT = _mask() > 0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_in(tmp_path_factory.mktemp("recipes")) as bench:
        bench.put("photo.png", png(PHOTO))
        bench.put("scenery.png", png(SCENERY))
        bench.put("mask.png", png(_mask()))
        bench.put("inverted.png", png(255 - _mask()))
        yield bench


def _run(bench: Bench, name: str, **inputs: object) -> Ran:
    use = Node(f"recipe/{name}", inputs)
    bench.assembly.recipes.register_used(Graph({"it": use}))
    return bench.run({"it": use})


def _nodes(name: str, given: Mapping[str, object]) -> dict[str, Node]:
    """The nodes of a recipe with its inputs filled in."""
    graph, _ = read_graph((graphs.FOLDER / f"{name}.yaml").read_bytes(), name)
    values = {n: given.get(n, spec.default) for n, spec in graph.inputs.items()}
    return {
        id_: replace(
            node,
            inputs={
                name: values[value.name] if isinstance(value, InputRef) else value
                for name, value in node.inputs.items()
            },
        )
        for id_, node in graph.nodes.items()
    }


def test_a_subject_stays_bit_for_bit_before_a_new_background(bench: Bench) -> None:
    ran = _run(
        bench,
        "replace_background_by_mask",
        image="photo.png",
        mask="mask.png",
        background="scenery.png",
    )

    behind = image_of(SCENERY)[0, :, SIDE // 2 : -SIDE // 2]
    image = ran.array()[0]
    photo = image_of(PHOTO)[0]
    share = photo[..., 3:] * SUBJECT[..., np.newaxis]
    assert np.allclose(photo[..., :3] * share + behind * (1 - share), image[..., :3], atol=1e-6)
    assert (image[..., 3] == 1).all()
    assert np.array_equal(photo[share[..., 0] == 1], image[share[..., 0] == 1])
    assert np.array_equal(behind[share[..., 0] == 0], image[share[..., 0] == 0][:, :3])
    assert ran.value().facts["depth"] == 16


def test_transparency_of_a_background_stays(bench: Bench) -> None:
    glass = np.full((SIDE, SIDE, 4), (0, 200, 0, 128), np.uint8)
    bench.put("glass.png", png(glass))

    image = _run(
        bench,
        "replace_background_by_mask",
        image="photo.png",
        mask="mask.png",
        background="glass.png",
    ).array()[0]

    assert np.array_equal(image_of(glass)[0][~SUBJECT], image[~SUBJECT])
    alpha = image_of(PHOTO)[0][SUBJECT][:, 3]
    assert np.allclose(alpha + (1 - alpha) * np.float32(128 / 255), image[SUBJECT][:, 3], atol=1e-6)


@pytest.mark.parametrize("name", ["replace_background_by_mask", "remove_background_by_mask"])
def test_white_may_be_the_background(bench: Bench, name: str) -> None:
    more = {"background": "scenery.png"} if name == "replace_background_by_mask" else {}
    inputs = {"image": "photo.png", "feather": 3, **more}

    subject = _run(bench, name, mask="mask.png", **inputs)
    background = _run(bench, name, mask="inverted.png", white_is="background", **inputs)

    assert subject.array().tobytes() == background.array().tobytes()


def test_a_removed_background_is_transparent_and_nothing_else_changes(bench: Bench) -> None:
    image = _run(bench, "remove_background_by_mask", image="photo.png", mask="mask.png").array()[0]

    photo = image_of(PHOTO)[0]
    assert np.array_equal(photo[..., :3], image[..., :3])
    assert not image[~SUBJECT][:, 3].any()
    assert image[SUBJECT][:, 3] == pytest.approx(photo[SUBJECT][:, 3], abs=1e-6)


def test_a_mask_is_tidied_grown_and_softened(bench: Bench) -> None:
    holed = _mask()
    holed[10:12, 10:12] = 0
    holed[0, 0] = 255
    bench.put("holed.png", png(holed))

    def mask(**inputs: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return _run(bench, "grow_and_soften_mask", mask="holed.png", **inputs).array(output=1)

    grown = mask(grow=2, footprint="square", soften=0)
    expected = np.zeros((1, SIDE, SIDE), np.float32)
    expected[:, 4:20, 2:22] = 1
    assert np.array_equal(expected, grown)
    soft = mask(grow=2, footprint="square", soften=3)
    assert (soft >= grown).all()
    assert ((soft > 0) & (soft < 1)).any()


def test_a_folder_is_outpainted_picture_by_picture(bench: Bench) -> None:
    for n in (1, 2):
        bench.put(f"album/p{n}.png", png(noise(12, 18, seed=n)))
    bench.put("album/notes.txt", b"no picture")
    bench.put("album/p3.png", b"no picture")

    given = {"folder": "album", "sides": ["left"], "engine": "telea"}

    ran = bench.run(_nodes("batch_outpaint", given), ["saved"])

    assert len(ran.outcome.failures) == 1
    assert ": 'album/p3.png': " in ran.outcome.failures[0].message
    saved = {e.prefix: samples_of(ran.blobs.get(e.blob)) for e in ran.effects}
    assert sorted(saved) == ["outpainted_p1", "outpainted_p2"]
    for n in (1, 2):
        assert np.array_equal(noise(12, 18, seed=n), saved[f"outpainted_p{n}"][:, 6:])


def test_a_batch_takes_what_a_single_outpaint_takes() -> None:
    batch, single = (
        read_graph((graphs.FOLDER / f"{name}.yaml").read_bytes(), name)[0].inputs
        for name in ("batch_outpaint", "outpaint")
    )

    for name in batch.keys() & single.keys():
        assert batch[name] == single[name]
    assert {"sides", "fraction", "engine", "seed"} <= batch.keys() & single.keys()


def test_one_mask_takes_a_mark_out_of_pictures_of_any_size(bench: Bench) -> None:
    sizes = {"a": (12, 18), "b": (24, 20)}
    for name, size in sizes.items():
        bench.put(f"marked/{name}.png", png(noise(*size)))
    bench.put("mark.png", png(np.pad(np.full((2, 2), 255, np.uint8), ((4, 0), (4, 0)))))

    given = {"folder": "marked", "mask": "mark.png", "grow": 0, "engine": "telea"}
    ran = bench.run(_nodes("remove_watermark", given), ["saved"])

    assert ran.outcome.failures == ()
    saved = {e.prefix: samples_of(ran.blobs.get(e.blob)) for e in ran.effects}
    assert sorted(saved) == ["clean_a", "clean_b"]
    for name, (height, width) in sizes.items():
        before, after = noise(height, width), saved[f"clean_{name}"]
        changed = (before != after).any(axis=2)
        assert changed[-2:, -2:].all()
        assert not changed[: height // 2].any()
        assert not changed[:, : width // 2].any()


def test_mask_of_a_colour_selects_it_in_any_shade_and_what_is_asked_for(bench: Bench) -> None:
    photo = np.full((20, 20, 3), 40, np.uint8)
    photo[2:8, 2:8], photo[12:18, 12:18] = (200, 30, 30), (190, 25, 40)
    bench.put("spots.png", png(photo))
    reds = photo[..., 0] > 100
    here = reds.copy()
    here[10:] = False

    by_colour = _run(bench, "mask_by_colour", image="spots.png", colour="#c81e1e")
    around = _run(
        bench, "mask_by_colour", image="spots.png", points=[4, 4], contiguous=True, invert=True
    )

    assert np.array_equal(by_colour.array("it", 1)[0] == 1, reds)
    assert np.array_equal(around.array("it", 1)[0] == 0, here)
