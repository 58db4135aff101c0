"""Every recipe that comes with paintgraph; a new one is tested by existing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from jsonschema import Draft7Validator

from paintgraph import graphs
from paintgraph.assembly import Assembly, assemble
from paintgraph.base.text.writers import write_json, write_yaml
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.formats.writing import GraphFormat, write_graph
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.graph.structure import position, with_names
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.book import RecipeBook
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.engine.recipes.schema import recipe_schema
from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.imaging.measure import max_abs_diff_outside
from paintgraph.imaging.samples import pixel_digest
from paintgraph.jobs.sources.folders import Folders
from paintgraph.nodes.results import describe
from paintgraph.tests import tiny_onnx
from paintgraph.tests.models import tiny_upscalers
from paintgraph.tests.models.text_models import add_text_models, models_of
from paintgraph.tests.models.tiny_finders import add_finders
from paintgraph.tests.nodes.bench import Samples, image_of, noise, png, samples_of

FILES = sorted(graphs.FOLDER.glob("*.yaml"))
every_recipe = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)

SIDE = 32
BOX = [9, 10, 20, 22]


def _mask() -> bytes:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    return png(mask)


UNTIDY = {"spots": np.zeros((60, 80), np.bool_), "frame": np.ones((60, 80), np.bool_)}
UNTIDY["spots"].reshape(5, 12, 5, 16)[:, 4:7, :, 6:9] = True
UNTIDY["frame"][12:48, 14:66] = False


SAMPLES: Mapping[str, Any] = {
    "image": "photo.png",
    "mask": "mask.png",
    "box": BOX,
    "background": "scenery.png",
    "prompt": "cat",
    "engine": "telea",
    "replacement": "sky",
    "points": [16, 16],
    "head": BOX,
    "images": ["photo.png", "scenery.png"],
    "strokes": "strokes.png",
    "outline": [4, 4, 20, 5, 16, 24],
}
"""What a required input of this name is given; names are of files in the input folder."""

ALSO: Mapping[str, Mapping[str, Any]] = {
    "blur_faces": {"threshold": 0.05},
    "mask_by_colour": {"points": [16, 16]},
    **{name: {"max_detections": 1, "grow": 0} for name in ("erase_by_text", "replace_by_text")},
}
"""What a recipe is given beside that: untrained models select much."""


GIVE_MASKS = {
    "generate_mask",
    "mask_by_colour",
    "mask_by_outline",
    "mask_by_points",
    "mask_by_strokes",
    "mask_by_text",
    "matte_mask",
    "scale_mask",
    "snap_mask",
}
"""Recipes whose picture is a mask."""

NEW_EVERYWHERE = {"collage_on_colour", "passport_photo", "product_on_white", "upscale"}
"""Recipes that change the whole picture, and so give no mask."""

SAVE_THEMSELVES = {"batch_outpaint", "remove_watermark"}
"""Recipes that give no picture but save files."""

GIVE_PICTURES = [file for file in FILES if file.stem not in SAVE_THEMSELVES]
every_recipe_with_a_picture = pytest.mark.parametrize(
    "file", GIVE_PICTURES, ids=lambda file: file.stem
)


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory, text_models: Path) -> Iterator[Assembly]:
    folder = tmp_path_factory.mktemp("recipes")
    with pytest.MonkeyPatch.context() as patch:
        networks = {"isnet-general-use": tiny_onnx.middle_network(1024)}
        _, models_dir = tiny_onnx.install(folder, networks, patch)
        add_text_models(text_models, models_dir)
        add_finders(models_dir)
        upscaler = models_dir / "upscale_models" / "RealESRGAN_x4plus.safetensors"
        tiny_upscalers.put(upscaler, tiny_upscalers.tensors(tiny_upscalers.esrgan))
        with models_of(text_models, models_dir):
            yield from _assembled(folder)


def _assembled(folder: Path) -> Iterator[Assembly]:
    inputs = folder / "inputs"
    inputs.mkdir()
    (inputs / "photo.png").write_bytes(png(noise(SIDE, SIDE, 4, depth=16)))
    (inputs / "other.png").write_bytes(png(_other_hidden_colours()))
    (inputs / "scenery.png").write_bytes(png(noise(50, 40, seed=7)))
    (inputs / "mask.png").write_bytes(_mask())
    (inputs / "strokes.png").write_bytes(png(_strokes()))
    for name, mask in UNTIDY.items():
        (inputs / f"{name}.png").write_bytes(png(mask.astype(np.uint8) * 255))
    with assemble(Folders(folder / "data"), inputs, with_store=False) as assembly:
        assembly.recipes.register_all()  # some use others
        yield assembly


def _strokes() -> Samples:
    """A clear layer with a green and a red stroke."""
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[14:17, 11:20] = (0, 255, 0, 255)
    layer[2:4, 2:30] = (255, 0, 0, 255)
    return layer


def _other_hidden_colours() -> Samples:
    """The photo, but for the colours of its px whose alpha is 0."""
    photo = noise(SIDE, SIDE, 4, depth=16)
    other = noise(SIDE, SIDE, 4, depth=16, seed=9)
    other[..., 3] = photo[..., 3]
    return np.where(photo[..., 3:] == 0, other, photo)


def _read(file: Path) -> Graph:
    graph, problems = read_graph(file.read_bytes(), file.name)
    assert problems == []
    return graph


def _given(graph: Graph) -> dict[str, Any]:
    missing = [n for n, i in graph.inputs.items() if i.required and n not in SAMPLES]
    assert missing == [], f"Add these inputs to SAMPLES in {__file__}."
    return {name: SAMPLES[name] for name, spec in graph.inputs.items() if spec.required}


def _run_with(file: Path) -> dict[str, Any]:
    return {**_given(_read(file)), **ALSO.get(file.stem, {})}


def _run(assembly: Assembly, graph: Graph, given: Mapping[str, Any]) -> dict[str, Value]:
    """The named outputs of a graph that any door read."""
    assembly.recipes.register_used(graph)
    checked = check(graph, assembly.registry)
    assert checked.problems == ()
    bound = bind(checked.sound(), assembly.registry, given, assembly.binders)
    outcome = run(bound, assembly.worker, targets_of(bound, assembly.registry).values())
    assert outcome.failures == ()
    values = {}
    for name, link in bound.outputs.items():
        assert isinstance(link, Link)
        (value,) = outcome.results[link.node].slots[int(link.output)]
        assert isinstance(value, Value)
        values[name] = value
    return values


def _digest(value: Value) -> str:
    if isinstance(value.data, Boxes):
        return repr(value.data.to_json())
    if not isinstance(value.data, np.ndarray):
        return repr(value.data)
    return pixel_digest(value.data, value.facts.get("depth", 8), value.facts.get("icc"))


def _canonical(graph: Graph, registry: Registry) -> Graph:
    return check(graph, registry).sound()


def _as_comfy(graph: Graph, registry: Registry) -> bytes:
    return write_json(write_comfy(graph, lambda link: position(graph, registry, link))).encode()


def test_every_file_is_a_recipe_by_name(assembly: Assembly) -> None:
    assert [file.stem for file in FILES] == assembly.recipes.names()
    assert len(FILES) >= 4


@every_recipe
def test_it_has_neither_faults_nor_warnings(assembly: Assembly, file: Path) -> None:
    graph = _read(file)

    assert check(graph, assembly.registry).problems == ()


@every_recipe
def test_it_speaks_for_itself(file: Path) -> None:
    graph = _read(file)

    assert graph.about.endswith(".")
    assert file.read_text(encoding="utf-8").startswith("# ")
    assert "image" in graph.outputs or file.stem in SAVE_THEMSELVES
    for name, spec in graph.inputs.items():
        assert spec.about, name
        assert spec.type != "any", name
        assert name in SAMPLES or not spec.required, name


@every_recipe
def test_every_input_reaches_a_node(file: Path) -> None:
    graph = _read(file)
    given = [value for node in graph.nodes.values() for value in node.inputs.values()]

    assert {value.name for value in given if isinstance(value, InputRef)} == graph.inputs.keys()


@every_recipe
def test_what_its_inputs_allow_their_nodes_allow(assembly: Assembly, file: Path) -> None:
    graph = _canonical(_read(file), assembly.registry)  # inputs take over names of models
    for node in graph.nodes.values():
        spec = assembly.registry.spec(node.kind)
        assert spec is not None
        declared = {i.name: i for i in spec.inputs}
        for name, given in node.inputs.items():
            if isinstance(given, InputRef):
                ours, theirs = graph.inputs[given.name], declared[name]
                if theirs.choices:
                    assert set(ours.choices) <= set(theirs.choices), given.name
                    assert ours.choices, given.name
                if ours.type == "text":  # a colour is a number or a text
                    continue
                if theirs.minimum is not None and theirs.maximum is not None:
                    assert ours.minimum is not None, given.name
                    assert ours.maximum is not None, given.name
                    assert theirs.minimum <= ours.minimum <= ours.maximum <= theirs.maximum
                    assert ours.unit == theirs.unit, given.name


@every_recipe
def test_its_schema_is_valid_and_takes_its_defaults(file: Path) -> None:
    graph = _read(file)
    schema = recipe_schema(file.stem, graph)

    Draft7Validator.check_schema(schema)
    defaults = {n: i.default for n, i in graph.inputs.items() if not i.required}
    assert Draft7Validator(schema).is_valid(_given(graph) | defaults)
    assert not Draft7Validator(schema).is_valid(_given(graph) | {"no such input": 1})


@every_recipe
def test_yaml_there_and_back_gives_an_equal_graph(assembly: Assembly, file: Path) -> None:
    graph = _read(file)
    again, problems = read_graph(write_yaml(write_native(graph)).encode(), "again")

    assert problems == []
    assert again == graph
    canonical = _canonical(graph, assembly.registry)
    text = write_yaml(write_native(with_names(canonical, assembly.registry)))
    assert _canonical(read_graph(text.encode(), "again")[0], assembly.registry) == canonical


@every_recipe
@pytest.mark.parametrize("form", ["api", "ui"])
def test_comfyui_there_and_back_gives_an_equal_graph(
    assembly: Assembly, file: Path, form: GraphFormat
) -> None:
    graph = _read(file)
    written = write_graph(graph, form, assembly.registry)
    again, problems = read_graph(write_json(written).encode(), "again")

    assert problems == []
    assert with_names(again, assembly.registry) == graph
    registry = assembly.registry
    assert _canonical(again, registry) == _canonical(graph, registry)


def _engines() -> list[Any]:
    engines = {file: _read(file).inputs.get("engine") for file in FILES}
    return [
        pytest.param(file, choice, id=f"{file.stem}-{choice}")
        for file, spec in engines.items()
        if file in GIVE_PICTURES
        for choice in (("auto", "patchmatch", "telea") if spec else (None,))
    ]


@pytest.mark.parametrize(("file", "engine"), _engines())
def test_it_runs_with_every_engine(assembly: Assembly, file: Path, engine: str | None) -> None:
    graph = _read(file)
    values = _run(assembly, graph, _run_with(file) | ({"engine": engine} if engine else {}))

    assert values.keys() == graph.outputs.keys()
    image = values["image"].data
    assert image.shape[1] >= SIDE
    assert image.shape[2] >= SIDE
    if file.stem in NEW_EVERYWHERE:
        assert values["image"].facts["depth"] == 16
        return
    assert values["mask"].data.shape == image.shape[:3]
    if "image" in graph.inputs and file.stem not in GIVE_MASKS:
        assert values["image"].facts["depth"] == 16
        _check_kept(image, values["mask"].data)


@every_recipe_with_a_picture
def test_no_visible_pixel_depends_on_hidden_colours(assembly: Assembly, file: Path) -> None:
    graph = _read(file)
    if "image" not in graph.inputs:
        pytest.skip("it takes no picture but a mask")
    first, second = (
        _run(assembly, graph, _run_with(file) | {"image": name})
        for name in ("photo.png", "other.png")
    )

    for name in graph.outputs:
        assert _digest(_as_seen(first[name])) == _digest(_as_seen(second[name]))


def _as_seen(value: Value) -> Value:
    """The value without the colours of px whose alpha is 0."""
    data = value.data
    if not isinstance(data, np.ndarray) or data.ndim < 4 or data.shape[3] < 4:
        return value
    return replace(value, data=np.where(data[..., 3:] > 0, data, np.float32(0)))


def _check_kept(image: Any, mask: Any) -> None:
    """The photo lies unchanged where the recipe's own mask is 0."""
    photo = image_of(noise(SIDE, SIDE, 4, depth=16))
    rows, columns = (np.flatnonzero((mask[0] == 0).any(axis=axis)) for axis in (1, 0))
    if image.shape == photo.shape:
        assert max_abs_diff_outside(photo, image, mask) == 0
    else:
        assert np.array_equal(photo, image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    assert (mask == 1).any()


def _as_node(file: Path) -> Graph:
    """A recipe that does nothing but use another one."""
    inner = _read(file)
    used = Node(f"recipe/{file.stem}", {name: InputRef(name) for name in inner.inputs})
    return Graph(
        {"used": used},
        inner.inputs,
        {name: Link("used", name) for name in inner.outputs},
        "Use another recipe.",
    )


@every_recipe_with_a_picture
@pytest.mark.parametrize("form", ["graph", "yaml", "comfy"])
def test_as_a_node_it_gives_the_same_pixels(assembly: Assembly, file: Path, form: str) -> None:
    outer = _as_node(file)
    assembly.recipes.register_used(outer)
    if form == "yaml":
        outer, _ = read_graph(write_yaml(write_native(outer)).encode(), "outer")
    if form == "comfy":
        outer, _ = read_graph(_as_comfy(outer, assembly.registry), "outer")

    direct = _run(assembly, _read(file), _run_with(file))
    inside = _run(assembly, outer, _run_with(file))

    assert {name: _digest(value) for name, value in direct.items()} == {
        name: _digest(value) for name, value in inside.items()
    }


def test_a_recipe_file_may_use_a_recipe(assembly: Assembly, tmp_path: Path) -> None:
    (tmp_path / "wider.yaml").write_text(
        """
        paintgraph: 1
        about: Extend a picture to the left, twice.
        inputs:
          image: {type: image, about: The picture.}
        nodes:
          once: {recipe: outpaint, image: "${inputs.image}", sides: [left], seed: 4}
          twice: {recipe: outpaint, image: "${once.image}", sides: [left], seed: 5}
        outputs:
          image: "${twice.image}"
        """,
        encoding="utf-8",
    )
    book = RecipeBook(assembly.registry, (tmp_path, graphs.FOLDER))
    graph = book.load(book.path("wider") or tmp_path)

    twice = _run(assembly, graph, {"image": "photo.png"})["image"]

    once = _run(
        assembly,
        _read(graphs.FOLDER / "outpaint.yaml"),
        {"image": "photo.png", "sides": ["left"], "seed": 4},
    )["image"]
    assert once.data.shape == (1, SIDE, SIDE + 10, 4)
    assert twice.data.shape == (1, SIDE, SIDE + 10 + 14, 4)
    assert np.array_equal(once.data, twice.data[:, :, 14:])
    assert twice.facts["depth"] == 16


@every_recipe_with_a_picture
def test_all_doors_give_one_digest(assembly: Assembly, file: Path) -> None:
    graph = _read(file)
    texts = {
        "yaml": file.read_bytes(),
        "json": orjson.dumps(write_native(graph)),
        "comfy": _as_comfy(graph, assembly.registry),
    }

    digests = {
        form: _digest(_run(assembly, read_graph(text, form)[0], _run_with(file))["image"])
        for form, text in texts.items()
    }

    assert len(set(digests.values())) == 1, digests


SIDES = ("left", "top", "right", "bottom")


@pytest.mark.parametrize("count", range(5))
def test_outpaint_extends_the_sides_that_are_named(assembly: Assembly, count: int) -> None:
    sides = list(SIDES[:count])
    values = _run(
        assembly,
        _read(graphs.FOLDER / "outpaint.yaml"),
        {"image": "photo.png", "sides": sides, "engine": "telea"},
    )

    named = sides or ["left", "right"]
    height, width = (
        SIDE + sum(SIDE // 3 for side in pair if side in named)
        for pair in (("top", "bottom"), ("left", "right"))
    )
    assert values["image"].data.shape == (1, height, width, 4)


@pytest.mark.parametrize("name", ["outpaint", "outpaint_to_size", "outpaint_far"])
def test_a_new_side_has_the_texture_of_the_picture(assembly: Assembly, name: str) -> None:
    grain = assembly.blobs.put(png(noise(SIDE, SIDE, 3)))
    graph = _read(graphs.FOLDER / f"{name}.yaml")
    values = _run(assembly, graph, {**_given(graph), "image": grain, "engine": "patchmatch"})

    image, mask = values["image"].data[0, ..., :3], values["mask"].data[0] > 0
    across = np.abs(np.diff(image, axis=1)).mean(axis=2)
    new = mask[:, 1:] & mask[:, :-1]
    # The edge repeated outwards, which is what the canvas held, has no step along a row.
    assert across[new].mean() > 0.2 * across[~new].mean()


@pytest.mark.parametrize(("amount", "soften"), list(product((-2, 0, 3), (0, 2))))
def test_grow_mask_moves_the_outline(assembly: Assembly, amount: int, soften: int) -> None:
    mask = _run(
        assembly,
        _read(graphs.FOLDER / "grow_mask.yaml"),
        {"mask": "mask.png", "amount": amount, "soften": soften},
    )["mask"].data

    left, top, right, bottom = BOX
    selected = np.zeros((1, SIDE, SIDE), np.bool_)
    selected[:, top - amount : bottom + amount, left - amount : right + amount] = True
    assert np.array_equal(selected, mask > 0)
    assert ((mask > 0) & (mask < 1)).any() == (soften > 0)


def test_grow_mask_keeps_every_sample_of_16_bits(assembly: Assembly) -> None:
    samples = noise(SIDE, SIDE, 1, depth=16)[..., 0]
    values = _run(
        assembly,
        _read(graphs.FOLDER / "grow_mask.yaml"),
        {"mask": assembly.blobs.put(png(samples)), "amount": 0},
    )

    for name in ("image", "mask"):
        described = describe(values[name], assembly.blobs)
        written = samples_of(assembly.blobs.get(described["digest"]))
        assert np.array_equal(samples, written[..., 0])


def test_erase_object_erases_the_box_and_its_rim(assembly: Assembly) -> None:
    values = _run(
        assembly,
        _read(graphs.FOLDER / "erase_object.yaml"),
        {"image": "photo.png", "box": BOX, "grow": 1},
    )

    left, top, right, bottom = BOX
    mask = np.zeros((1, SIDE, SIDE), np.float32)
    mask[:, top:bottom, left - 1 : right + 1] = 1
    mask[:, top - 1 : bottom + 1, left:right] = 1
    assert np.array_equal(mask, values["mask"].data)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({}, (32, 57)),
        ({"ratio": "1:2"}, (64, 32)),
        ({"width": 50, "height": 40, "anchor": "top_left"}, (40, 50)),
        ({"width": 48, "ratio": ""}, (32, 48)),
        ({"width": 48, "height": 40, "in_steps": True}, (40, 48)),
    ],
)
def test_outpaint_to_size_gives_that_size(
    assembly: Assembly, given: Mapping[str, Any], size: tuple[int, int]
) -> None:
    graph = _read(graphs.FOLDER / "outpaint_to_size.yaml")
    values = _run(assembly, graph, {"image": "photo.png", "engine": "telea", **given})

    assert values["image"].data.shape[1:3] == size
    _check_kept(values["image"].data, values["mask"].data)
    assert values["image"].facts["repaint"]["max_abs_diff_outside"] == 0


@pytest.mark.parametrize("name", ["outpaint", "outpaint_far", "outpaint_to_size", "erase_object"])
def test_what_is_avoided_may_be_named(assembly: Assembly, name: str) -> None:
    everything = assembly.blobs.put(png(np.full((SIDE, SIDE), 255, np.uint8)))
    graph = _read(graphs.FOLDER / f"{name}.yaml")
    checked = check(graph, assembly.registry).sound()
    given = _given(graph) | {"avoid": everything}
    bound = bind(checked, assembly.registry, given, assembly.binders)

    outcome = run(bound, assembly.worker, targets_of(bound, assembly.registry).values())

    assert [failure.code for failure in outcome.failures] == ["nothing_to_copy"]


def test_inpaint_without_a_selection_gives_the_picture(assembly: Assembly) -> None:
    black = assembly.blobs.put(png(np.zeros((SIDE, SIDE), np.uint8)))
    values = _run(
        assembly,
        _read(graphs.FOLDER / "inpaint.yaml"),
        {"image": "photo.png", "mask": black},
    )

    photo = image_of(noise(SIDE, SIDE, 4, depth=16))
    assert np.array_equal(photo, values["image"].data)


@pytest.mark.parametrize("name", ["spots", "frame"])
def test_the_defaults_tidy_no_mask_to_all_or_nothing(assembly: Assembly, name: str) -> None:
    """A frame, as of a picture that grows on all sides, stays one; and so do small spots."""
    file = graphs.FOLDER / "grow_and_soften_mask.yaml"

    tidied = _run(assembly, _read(file), {"mask": f"{name}.png", "grow": 0, "soften": 0})

    assert np.array_equal(tidied["mask"].data[0] > 0.5, UNTIDY[name])
