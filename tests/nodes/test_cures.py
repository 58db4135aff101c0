"""What an error proposes is done here as told: the graph is sound then, and means the same."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paintgraph
from paintgraph.base.errors import Problem
from paintgraph.engine.graph.formats.native import TYPE_NAMES
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import Value, accepts, literal_types
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.recipes.checking import check
from paintgraph.imaging.geometry.boxes import boxes_of_numbers
from paintgraph.nodes import REPLACEMENTS, build_registry
from paintgraph.nodes.boxes import BOXES
from paintgraph.nodes.sockets import Array
from paintgraph.tests.nodes.bench import Bench, Ran, given, image_of, noise, png, use

REGISTRY = build_registry()
SPECS = [d.spec for d in REGISTRY if ".sampling." not in d.spec.module]
"""Nothing becomes what flows between nodes of sampling, nor does that become anything else."""

HEIGHT, WIDTH = 8, 10
LITERALS: Mapping[str, Any] = {"int": 3, "float": 0.5, "bool": True, "text": "a", "list": ()}


def _outputs() -> dict[str, tuple[NodeSpec, str]]:
    """For each type one node with an output of it, whatever is given to the node."""
    fixed = [(spec, o) for spec in SPECS for o in spec.outputs if not o.follows]
    return {o.type: (spec, o.name) for spec, o in fixed if o.type != "any"}


def _inputs() -> dict[str, tuple[NodeSpec, InputSpec]]:
    """For each type that an input takes one node with such an input."""
    return {i.type: (spec, i) for spec in SPECS for i in spec.inputs if not i.raw}


MISMATCHES = [
    (given_type, wanted)
    for given_type in sorted(_outputs())
    for wanted in sorted(_inputs())
    if not accepts(wanted, given_type)
]
CONVERSIONS = {
    ("boxes", "image|mask"): "MaskFromBoxes",
    ("boxes", "mask"): "MaskFromBoxes",
    ("boxes", "text|image|mask"): "MaskFromBoxes",
    ("image", "mask"): "ImageToMask",
    ("mask", "image"): "MaskToImage",
    ("mask", "text|image"): "MaskToImage",
    ("text", "image"): "LoadImage",
    ("text", "image|mask"): "LoadImage",
    ("text", "mask"): "LoadImageMask",
}
"""Every cure by a node that there is; a new one needs a test below that its meaning is kept."""


def _wanting(spec: NodeSpec, name: str, value: object) -> Node:
    """A use of a node; what else it needs comes from nodes that make it, called by its type."""
    chosen = {d.when.input: d.when.values[0] for d in spec.inputs if d.when and d.name == name}
    inputs: dict[str, Any] = {}
    for declared in spec.inputs:
        counts = not declared.when or inputs.get(declared.when.input) in declared.when.values
        if declared.name == name:
            inputs[name] = value
        elif declared.name in chosen:
            inputs[declared.name] = chosen[declared.name]
        elif declared.required and counts:
            inputs[declared.name] = _of(declared)
    return Node(spec.id, inputs)


def _of(declared: InputSpec) -> object:
    """A link to an output of the type that an input takes, or a literal."""
    type_ = declared.type.split("|")[0]
    if declared.choices:
        return declared.choices[0]
    return LITERALS[type_] if type_ in LITERALS else 1 if type_ == "any" else Link(type_, 0)


def _sources() -> dict[str, Node]:
    """Nodes that make what `_of` links to."""
    return {
        "image": Node("EmptyImage", {"width": WIDTH, "height": HEIGHT}),
        "mask": Node("SolidMask", {"width": WIDTH, "height": HEIGHT}),
        "boxes": Node("DetectFromText", {"image": Link("image", 0), "prompt": "cat"}),
    }


def _graph(spec: NodeSpec, name: str, value: object, source: NodeSpec | None = None) -> Graph:
    nodes = {**_sources(), "it": _wanting(spec, name, value)}
    if source is not None:
        nodes["from"] = _wanting(source, "", None)
    outputs = {"x": Link("it", 0)} if spec.outputs else {}
    return Graph(nodes, outputs=outputs)


def _errors(graph: Graph) -> list[Problem]:
    return check(graph, REGISTRY).errors


def _cured(graph: Graph, cure: Mapping[str, Any], name: str) -> Graph:
    """The graph after the cure: the node stands between, with all that the cure says."""
    inputs = {
        cure["input"]: graph.nodes["it"].inputs[name],
        **cure["settings"],
        **{need: Link("image", 0) for need in cure["needs"]},
    }
    it = graph.nodes["it"]
    changed = replace(it, inputs={**it.inputs, name: Link("between", cure["output"])})
    return replace(
        graph, nodes={**graph.nodes, "between": Node(cure["insert"], inputs), "it": changed}
    )


@pytest.mark.parametrize(("given_type", "wanted"), MISMATCHES)
def test_the_cure_of_a_link_of_a_wrong_type_makes_the_graph_sound(
    given_type: str, wanted: str
) -> None:
    (source, output), (spec, declared) = _outputs()[given_type], _inputs()[wanted]
    graph = _graph(spec, declared.name, Link("from", output), source)

    (problem,) = _errors(graph)

    assert problem.code == "type_mismatch"
    assert (problem.node, problem.input) == ("it", declared.name)
    assert (problem.cure["insert"] if problem.cure else None) == CONVERSIONS.get(
        (given_type, wanted)
    )
    if problem.cure:
        _says(problem, problem.cure)
        assert _errors(_cured(graph, problem.cure, declared.name)) == []
    else:
        assert ". No node turns one into the other. Link " in problem.message
        assert ("or write it there" in problem.message) == (literal_types(wanted) != "none")


def _says(problem: Problem, cure: Mapping[str, Any]) -> None:
    """The sentence holds all that the data hold."""
    sentence = problem.message.rpartition(" Put ")[2]
    settings = [f"{name}: {value}" for name, value in cure["settings"].items()]
    assert all(part in sentence for part in [cure["insert"], *settings, *cure["needs"]])


@pytest.mark.parametrize(
    "wanted", sorted(type_ for type_ in _inputs() if literal_types(type_) == "none")
)
def test_the_cure_of_a_files_name_where_only_a_link_serves_makes_the_graph_sound(
    wanted: str,
) -> None:
    spec, declared = _inputs()[wanted]
    graph = _graph(spec, declared.name, "photo.png")

    (problem,) = _errors(graph)

    assert problem.code == "needs_link"
    if ("text", wanted) not in CONVERSIONS:
        maker = re.fullmatch(r".* Link it; (\w+) gives one\.", problem.message)
        assert maker is not None
        outputs = next(spec.outputs for spec in SPECS if spec.id == maker[1])
        assert wanted in {output.type for output in outputs}
        return
    assert problem.cure
    assert problem.cure["insert"] == CONVERSIONS["text", wanted]
    _says(problem, problem.cure)
    assert _errors(_cured(graph, problem.cure, declared.name)) == []


REFERENCES = [
    (declared, wanted)
    for declared in TYPE_NAMES
    for wanted in sorted(_inputs())
    if not accepts(literal_types(wanted), "text" if declared in ("image", "mask") else declared)
    and not (declared == "seed" and accepts(literal_types(wanted), "int"))
]


@pytest.mark.parametrize(("declared", "wanted"), REFERENCES)
def test_the_cure_of_a_recipes_input_of_a_wrong_type_makes_the_graph_sound(
    declared: str, wanted: str
) -> None:
    spec, taking = _inputs()[wanted]
    graph = _with_input(_graph(spec, taking.name, InputRef("given")), declared)

    (problem,) = _errors(graph)

    assert problem.code == "type_mismatch"
    if problem.cure is None:
        assert ". No node turns one into the other. Link " in problem.message
    elif "type" in problem.cure:
        assert problem.message.endswith(f" Change its type to {problem.cure['type']}.")
        assert _errors(_with_input(graph, problem.cure["type"])) == []
    else:
        _says(problem, problem.cure)
        assert _errors(_cured(graph, problem.cure, taking.name)) == []
    if declared in ("image", "mask", "text") and wanted in ("image", "mask"):
        assert problem.cure
        assert problem.cure["insert"] == {"image": "LoadImage", "mask": "LoadImageMask"}[wanted]


def _with_input(graph: Graph, type_: str) -> Graph:
    """The graph with a declared input of a type, as a file declares it."""
    text = f"inputs: {{given: {{type: {type_}}}}}\nnodes: {{x: {{node: EmptyImage}}}}\n"
    declared, problems = read_graph(text.encode(), "it")
    assert [problem for problem in problems if problem.severity == "error"] == []
    return replace(graph, inputs=declared.inputs)


CONVERTED = {
    "image": "EmptyImage",
    "mask": "SolidMask",
    "boxes": "DetectFromText",
    "text": "EachText",
}
"""For each type that can be converted a node whose first output has it."""


def _converted(bench: Bench, kind: str, data: Any, wanted: str) -> Array:
    """What comes of a value through the cure that an error proposes for a link of its type."""
    source = REGISTRY.spec(CONVERTED[kind])
    spec, declared = _inputs()[wanted]
    (problem,) = _errors(_graph(spec, declared.name, Link("from", 0), source))
    cure = problem.cure
    assert cure is not None
    needs = {need: given(np.zeros((1, HEIGHT, WIDTH, 3), np.float32)) for need in cure["needs"]}
    inputs = {cure["input"]: data, **cure["settings"], **needs}
    spec_between = REGISTRY.spec(cure["insert"])
    assert spec_between is not None
    position = [output.name for output in spec_between.outputs].index(cure["output"])
    return bench.run({"it": Node(cure["insert"], inputs)}).array("it", position)


def _selection() -> Array:
    mask = np.zeros((1, HEIGHT, WIDTH), np.float32)
    mask[0, 2:5, 3:8] = 1
    mask[0, 5, 3:8] = 0.5
    return mask


@pytest.mark.parametrize("colour", [(1, 1, 1), (0, 1, 0), (1, 1, 0)])
@pytest.mark.parametrize("alpha", [None, 1.0])
def test_of_a_picture_as_a_mask_what_is_bright_is_selected(
    bench: Bench, colour: tuple[float, ...], alpha: float | None
) -> None:
    selection = _selection()
    image = selection[..., np.newaxis] * np.asarray(colour, np.float32)
    if alpha is not None:
        image = np.concatenate([image, np.full((*selection.shape, 1), alpha, np.float32)], axis=3)

    mask = _converted(bench, "image", given(image), "mask")

    assert not mask[selection == 0].any()
    assert (mask[selection == 1] > 0.5).all()
    if colour == (1, 1, 1):
        assert np.allclose(mask, selection, atol=1e-7)
        assert (mask[selection == 1] == 1).all()


def test_of_a_picture_as_a_mask_nothing_is_selected_that_cannot_be_seen(bench: Bench) -> None:
    image = np.ones((1, HEIGHT, WIDTH, 4), np.float32)
    image[..., 3] = _selection()

    assert np.array_equal(_converted(bench, "image", given(image), "mask"), _selection())


@pytest.mark.parametrize("wanted", ["image", "text|image"])
def test_a_mask_as_a_picture_shows_white_where_it_selects(bench: Bench, wanted: str) -> None:
    image = _converted(bench, "mask", given(_selection()), wanted)

    assert np.array_equal(image, np.repeat(_selection()[..., np.newaxis], 3, axis=3))


def test_boxes_as_a_mask_select_all_that_lies_in_them(bench: Bench) -> None:
    boxes = Value(BOXES.check(boxes_of_numbers([3, 2, 8, 5], 1)), key="boxes")

    mask = _converted(bench, "boxes", boxes, "mask")

    expected = np.zeros((1, HEIGHT, WIDTH), np.float32)
    expected[0, 2:5, 3:8] = 1
    assert np.array_equal(mask, expected)


def test_a_text_as_a_picture_is_the_picture_that_it_names(bench: Bench) -> None:
    samples = noise(HEIGHT, WIDTH)
    name = bench.put("named.png", png(samples))

    assert np.array_equal(_converted(bench, "text", name, "image"), image_of(samples))


def test_a_text_as_a_mask_selects_what_is_white_in_the_picture_that_it_names(bench: Bench) -> None:
    name = bench.put("selection.png", png((_selection()[0] * 255).round().astype(np.uint8)))

    mask = _converted(bench, "text", name, "mask")

    assert np.allclose(mask, _selection(), atol=0.01)
    assert np.array_equal(mask == 1, _selection() == 1)
    assert np.array_equal(mask == 0, _selection() == 0)


def test_a_graph_without_a_result_has_one_with_the_node_that_the_error_names() -> None:
    nodes = {"image": _sources()["image"]}
    (problem,) = _errors(Graph(nodes))

    assert problem.code == "no_outputs"
    assert "such as SaveImage." in problem.message
    saved = Node("SaveImage", {"images": Link("image", 0)})
    assert _errors(Graph({**nodes, "saved": saved})) == []


def test_a_whole_number_is_a_number(bench: Bench) -> None:
    """The one conversion that needs no node."""
    size = use("GetImageSize", image=np.zeros((1, 2, 3, 3), np.float32))
    ran = bench.run(
        {"size": size, "it": use("SolidMask", value=1, width=Link("size", 0))}
        | {"scaled": use("ImageScaleBy", image=given(np.zeros((1, 4, 4, 3), np.float32)))}
        | {"by": Node("ImageScaleBy", {"image": Link("scaled", 0), "scale_by": Link("size", 1)})}
    )

    assert ran.array("by").shape == (1, 8, 8, 3)


def _zeros(*shape: int) -> Array:
    return np.zeros(shape, np.float32)


SIZES = [
    ("CropToMask", "Scale mask to the size of image with ScaleMask", "mask"),
    ("InpaintSampler", "Scale mask to the size of image with ScaleMask", "mask"),
    ("CombineMasks", "Scale one of them with ScaleMask", "second"),
    ("MeasureSeam", "Scale one of them with ImageScale", "before"),
]


@pytest.mark.parametrize(("kind", "cure", "name"), SIZES)
def test_arrays_of_two_sizes_fit_once_one_is_scaled_as_the_error_says(
    bench: Bench, kind: str, cure: str, name: str
) -> None:
    spec = REGISTRY.spec(kind)
    assert spec is not None
    types = {declared.name: declared.type for declared in spec.inputs}
    shapes = {"image": (1, 8, 10, 3), "mask": (1, 8, 10)}
    inputs = {i.name: given(_zeros(*shapes[i.type])) for i in spec.inputs if i.required}
    other = given(_zeros(1, 4, 5, *shapes[types[name]][3:]))

    failed = bench.run({"it": Node(kind, {**inputs, name: other})})
    _, message = failed.fault

    assert cure in message
    scaled = {types[name]: other, "width": 10, "height": 8}
    scaler = Node("ScaleMask" if types[name] == "mask" else "ImageScale", scaled)
    it = Node(kind, {**inputs, name: Link("scaled", 0)})
    assert bench.run({"scaled": scaler, "it": it}).outcome.failures == ()


def test_more_pictures_than_masks_fit_once_some_are_taken_as_the_error_says(bench: Bench) -> None:
    images, masks = given(_zeros(3, 4, 5, 3)), given(_zeros(2, 4, 5))

    failed = bench.run({"it": Node("OverlayMask", {"image": images, "mask": masks})})

    assert failed.fault[1].endswith("Give 1 or 3 masks, or take 2 of image with ImageFromBatch.")
    taken = Node("ImageFromBatch", {"image": images, "length": 2})
    it = Node("OverlayMask", {"image": Link("taken", 0), "mask": masks})
    assert bench.run({"taken": taken, "it": it}).outcome.failures == ()


CURED: Mapping[str, tuple[Node, str, dict[str, Any]]] = {
    "PadToSize": (
        Node("PadToSize", {"image": Link("image", 0), "width": 5, "height": 5}),
        "Ask for more, or scale the picture down first with ImageScale.",
        {"image": Link("smaller", 0)},
    ),
    "FillMasked": (
        Node("FillMasked", {"image": Link("image", 0), "mask": Link("mask", 0)}),
        "use fill 'noise', 'colour' or 'keep'",
        {"fill": "noise"},
    ),
    "SaveImage": (
        Node("SaveImage", {"images": Link("transparent", 0), "format": "jpeg"}),
        "Choose PNG or WEBP",
        {"format": "webp"},
    ),
    "a picture too wide for its format": (
        Node("SaveImage", {"images": Link("wide", 0), "format": "webp"}),
        "Choose PNG, or scale it down with ImageScale.",
        {"images": Link("narrower", 0)},
    ),
    "StitchInpaint": (
        Node(
            "StitchInpaint",
            {
                "image": Link("image", 0),
                "mask": Link("mask", 0),
                "painted": Link("image", 0),
                "box": (0, 0, 900, 900),
            },
        ),
        "Give the box that CropForInpaint gave.",
        {"box": Link("cut", "box")},
    ),
    "If": (
        Node("If", {"first": Link("mask", 0), "comparison": "==", "second": True}),
        "such as MaskBounds.",
        {"first": Link("bounds", "is_empty")},
    ),
    "MapImages": (
        Node("MapImages", {"names": (), "recipe_name": "outpaint", "settings": "fraction=1"}),
        "or use AddSetting.",
        {"settings": Link("setting", 0)},
    ),
}
"""A node that fails, its message's end, and what that proposes."""

AROUND = {
    "image": _sources()["image"],
    "mask": _sources()["mask"],
    "smaller": Node("ImageScale", {"image": Link("image", 0), "width": 4, "height": 4}),
    "wide": Node("EmptyImage", {"width": 16384, "height": 1}),
    "narrower": Node("ImageScale", {"image": Link("wide", 0), "width": 9, "height": 1}),
    "cut": Node("CropForInpaint", {"image": Link("image", 0), "mask": Link("mask", 0)}),
    "bounds": Node("MaskBounds", {"mask": Link("mask", 0)}),
    "setting": Node("AddSetting", {"name": "fraction", "value": 0.25}),
    "transparent": Node(
        "JoinImageWithAlpha", {"image": Link("image", 0), "alpha": Link("mask", 0)}
    ),
}
"""What those nodes are linked to."""


@pytest.mark.parametrize("name", CURED)
def test_the_cure_of_a_failed_node_makes_it_run(bench: Bench, name: str) -> None:
    node, cure, changes = CURED[name]
    failed = bench.run({**AROUND, "it": node}, ["it"])
    cured = bench.run({**AROUND, "it": replace(node, inputs={**node.inputs, **changes})}, ["it"])

    assert cure in failed.fault[1]
    assert cured.outcome.failures == ()


def test_pictures_of_two_sizes_make_a_batch_once_scaled_as_the_error_says(bench: Bench) -> None:
    names = tuple(bench.put(f"side{side}.png", png(noise(side, 5))) for side in (4, 6))
    nodes = {
        "names": Node("EachText", {"texts": names}),
        "pictures": Node("LoadImage", {"image": Link("names", 0)}),
        "scaled": Node("ImageScale", {"image": Link("pictures", 0), "width": 5, "height": 5}),
    }

    def run(source: str, size: int) -> Ran:
        inputs = {"images": Link(source, 0), "batch_size": size}
        return bench.run({**nodes, "it": Node("RebatchImages", inputs)}, ["it"])

    assert "Use ImageScale on them, or a batch_size of 1." in run("pictures", 2).fault[1]
    assert run("scaled", 2).outcome.failures == ()
    assert run("pictures", 1).outcome.failures == ()


NAME = re.compile(r"\b(?:[A-Z][a-z]+){2,}\b")
OTHERS = {
    *("BindError", "CenterFace", "ControlNet", "ControlNets", "GraphBuilder", "GrabCut"),
    *("LaMa", "LoRA", "LoRAs"),
    *("PatchMatch", "QuickTime", "TorchScript"),
}
"""Words like nodes' names in messages and descriptions that are none."""


def _texts() -> Iterator[tuple[str, str]]:
    """Every text of the program that is no docstring, and what nodes say of themselves."""
    for room in ("engine", "imaging", "models", "nodes", "graphs"):
        for file in (Path(paintgraph.__file__).parent / room).rglob("*.py"):
            tree = ast.parse(file.read_text())
            docs = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and node not in docs and " " in str(node.value):
                    yield f"{file.name}:{node.lineno}", str(node.value)
    for declaration in REGISTRY:
        yield declaration.spec.id, declaration.spec.about


def test_every_node_that_a_text_names_exists() -> None:
    named = {(place, name) for place, text in _texts() for name in NAME.findall(text)}

    foreign = {name for id_ in REPLACEMENTS for name in NAME.findall(id_)}
    known = {*REGISTRY.ids(), *REPLACEMENTS, *foreign, *OTHERS}
    unknown = [each for each in sorted(named) if each[1] not in known]
    assert unknown == []
    assert {"ScaleMask", "ImageScale", "CropForInpaint"} <= {name for _, name in named}
