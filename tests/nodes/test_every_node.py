"""The contract that every node keeps; a new node is tested by existing."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from paintgraph.engine.graph.coercion import canonical, counts
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Socket, Value
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import declaration_of, node
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.schema import node_schema
from paintgraph.imaging.arrays import check_image, check_mask
from paintgraph.models.sampling import values
from paintgraph.nodes import build_registry, functions, sampling_sockets
from paintgraph.nodes.sampling_sockets import SAMPLING_SOCKETS
from paintgraph.nodes.sockets import Array, Image, Mask
from paintgraph.tests.nodes.bench import Bench, Ran, given, use

HEIGHT, WIDTH = 12, 16
BATCH = 2


def _images() -> Array:
    return np.random.default_rng(1).uniform(0, 1, (BATCH, HEIGHT, WIDTH, 4)).astype(np.float32)


def _masks() -> Array:
    masks = np.zeros((BATCH, HEIGHT, WIDTH), np.float32)
    masks[0, 3:8, 4:9] = 1
    masks[1, 2:5, 6:14] = 0.75
    masks[1, 3, 7] = 0
    return masks


def _value(socket: Socket, datum: object) -> Value:
    """What flows between nodes of sampling, as it comes out of a node."""
    assert socket.digest is not None
    value = Value(socket.check(datum))
    return replace(value, key=socket.digest(value))


MODEL = f"tiny@sha256:{'0' * 64}"


def _denoiser(family: str) -> Value:
    return _value(sampling_sockets.MODEL, values.Denoiser(MODEL, family))


TOLD = (values.Condition(np.ones((1, 77, 4), np.float32), np.ones((1, 4), np.float32)),)
SAMPLES: Mapping[str, Any] = {
    "image": _images(),
    "mask": _masks(),
    "model": _denoiser("sd1"),
    "clip": _value(sampling_sockets.CLIP, values.TextEncoder((MODEL,), "sd1")),
    "vae": _value(sampling_sockets.VAE, values.Autoencoder(MODEL, "sd1")),
    "control_net": _value(sampling_sockets.CONTROL_NET, values.ControlNet(MODEL, "sd1")),
    "conditioning": _value(sampling_sockets.CONDITIONING, TOLD),
    "latent": _value(sampling_sockets.LATENT, values.Latent(np.ones((BATCH, 4, 8, 8), np.float32))),
    "sigmas": _value(sampling_sockets.SIGMAS, (14.0, 3.0, 1.0, 0.0)),
}
"""What a required input of this type is given."""

OVERRIDES: Mapping[str, Mapping[str, Any]] = {
    "MaskFromBox": {"box": [3, 2, 12, 10]},
    "MaskFromOutline": {"points": [3, 2, 12, 3, 9, 10]},
    "MaskFromStrokes": {"wanted": _masks(), "unwanted": _masks()[:, ::-1].copy()},
    "CombineMasks": {"second": _masks()[::-1].copy()},
    "PairByName": {"names": "photos/a7.jpg", "others": "masks/a7.png"},
    "ModelSamplingAuraFlow": {"model": _denoiser("sd3")},
    "ModelSamplingFlux": {"model": _denoiser("flux")},
    "ModelSamplingSD3": {"model": _denoiser("sd3")},
    "SoftenMask": {"radius": 2},
    "ErodeDilateMask": {"amount": 1},
    "ImageScale": {"width": 9, "height": 0},
    "SaveImage": {"images": _images()[..., :3].copy()},
    "Switch": {"switch": False, "on_true": _images(), "on_false": _masks()},
    "ResizeImageMaskNode": {"resize_type": "scale longer dimension"},
    "ComfySwitchNode": {"switch": False, "on_true": _images(), "on_false": _masks()},
    "ComfyMathExpression": {"expression": "a + 1", "values.a": 2},
    "ImageCrop": {"width": 5, "height": 4, "x": 2, "y": 3},
    "CropMask": {"width": 5, "height": 4, "x": 2, "y": 3},
    "PasteBack": {"part": _images()[:, 2:7, 3:9].copy(), "left": 12, "top": 1},
    "ImageCompositeMasked": {"source": _images()[:, ::-1, ::-1].copy(), "mask": _masks()},
    "PutBehind": {"background": _images()[:, ::-1].copy(), "mask": _masks()},
    "ImageBatch": {"image2": _images()[:, :5].copy()},
    "ImageFromBatch": {"length": BATCH},
    "RebatchImages": {"batch_size": BATCH},
    "EmptyImage": {"width": 9, "height": 7, "batch_size": BATCH},
    "ImagePadForOutpaint": {"left": 3, "bottom": 2, "feathering": 4},
    "MaskFromColor": {"colour": "#808080", "tolerance": 90, "points": [3, 2]},
    "MaskFromBoxes": {"boxes": [1, 1, 9, 9, 8, 2, 30, 30]},
    "DrawBoxes": {"boxes": [1, 1, 9, 9, 8, 2, 30, 30], "labels": ["one"]},
    "GrowMask": {"expand": 2},
    "FillMaskHoles": {"max_area": 5},
    "ScaleMask": {"size_of": _images()[:, :7].copy()},
    "SolidMask": {"width": 9, "height": 7},
    "MaskComposite": {"source": _masks()[:, 2:9].copy(), "x": 3, "y": 1},
    "FeatherMask": {"left": 6, "bottom": 3},
    "If": {"first": 1, "comparison": "<", "second": 2.5},
    "PreviewAny": {"source": "text"},
    "MeasureSeam": {"before": _images(), "after": _images()[:, ::-1].copy()},
    "StitchInpaint": {"painted": _images()[:, 2:7, 3:9].copy(), "box": [3, 2, 9, 7]},
    "PadToSize": {"ratio": "2:1"},
    "LoadMaskIfAny": {"size_of": _images()},
    "MaskToAvoid": {"size_of": _images()},
    "EachText": {"texts": ["one", "two"]},
    "FluxKontextImageScale": {"image": _images()[:, :6].copy()},
    "ImageBlend": {"image2": _images()[:, ::-1, :9].copy()},
    "ImageScaleToMaxDimension": {"largest_size": 20},
    "ImageScaleToTotalPixels": {"megapixels": 0.01},
    "ImageBlur": {"blur_radius": 3},
    "Painter": {"image": _images()},
    "DrawBBoxes": {"bboxes": [1, 1, 9, 9, 8, 2, 30, 30], "image": _images()},
    "ImageCompare": {"image_a": _images()[..., :3].copy()},
    "AddSetting": {"name": "seed", "value": 3},
    "SaveListedImage": {"images": _images()[..., :3].copy(), "filename_prefix": "listed"},
}
"""What a node is given beside that, or instead."""

NOT_ITEM_BY_ITEM = {("FillMasked", "fill", "noise")}
"""Noise differs from picture to picture of a batch; the seed of item i is the seed + i."""

OWN_BATCH: Mapping[str, str] = {
    "Collage": "makes one picture of all",
    "CropForInpaint": "the box is that of all masks together",
    "CropToMask": "the box is that of all masks together",
    "EmptyImage": "makes pictures of nothing",
    "ImageBatch": "joins two batches",
    "ImageFromBatch": "takes a part of a batch",
    "PreviewAny": "shows a text",
    "RebatchImages": "splits a batch",
    "SaveListedImage": "gives a number",
    "SolidMask": "makes a mask of nothing",
}
"""Nodes that do not give one picture or mask for each that they take, and why."""

SHOW_HIDDEN_COLOURS: Mapping[str, str] = {
    **dict.fromkeys(
        ("ControlNetApply", "ControlNetApplyAdvanced", "ControlNetInpaintingAliMamaApply"),
        "shows a network colours alone, as in ComfyUI",
    ),
    "ImageInvert": "inverts alpha as well, as in ComfyUI, so that what was clear is opaque",
    "ImageToMask": "gives the channel that is asked for",
    "JoinImageWithAlpha": "gives new alpha to the colours that there are, as in ComfyUI",
    "LoadImage": "leaves alpha out unless it is to be kept, as ComfyUI does",
    "LoadImageMask": "gives the channel that is asked for",
    "LoadMaskIfAny": "gives the channel that is asked for",
    "MaskToAvoid": "gives the channel that is asked for",
    "MeasureSeam": "counts every sample that changed, seen or not",
}
"""Nodes that may show colours under alpha 0, and why."""

SAMPLING = {"sampler", "scheduler"}
"""Inputs that change nothing in how a picture is shown to an engine."""

NEED_FILES = {
    "ApplyRecipe",
    "DetectFromText",
    "ImageUpscaleWithModel",
    "LoadBackgroundRemovalModel",
    "LoadImagesFromFolder",
    "LoadImageOutput",
    "LoadListedImage",
    "MapImages",
    "MapSomeImages",
    "MaskFromFaces",
    "MaskFromModel",
    "MaskFromText",
    "MaskFromWriting",
    "RemoveBackground",
    "SegmentBoxes",
    "SegmentPoints",
    "UpscaleModelLoader",
}
"""Nodes that run in the tests of their own themes only."""

NEED_NO_WORDS = {"image", "images", "mask", "first", "second"}
"""Names of inputs that say all there is to say."""

SAY_ENOUGH = {socket.name for socket in SAMPLING_SOCKETS}
"""Types of inputs that say it, too."""


def _needs_network(spec: NodeSpec) -> bool:
    """Whether a node of sampling looks at a network, or at a file of one."""
    is_loader = any(i.resource.startswith("model:") for i in spec.inputs)
    is_working = spec.lane == "device" or spec.id in ("BasicScheduler", "SDTurboScheduler")
    return ".sampling." in spec.module and (is_loader or is_working)


REGISTRY = build_registry()
SPECS = [declaration.spec for declaration in REGISTRY]
RUNNABLE = [spec for spec in SPECS if spec.id not in NEED_FILES and not _needs_network(spec)]


def _inputs(spec: NodeSpec) -> dict[str, Any]:
    """Inputs to run the node with; a node that lacks a sample fails its tests."""
    inputs: dict[str, Any] = {}
    for declared in spec.inputs:
        if declared.name in OVERRIDES.get(spec.id, {}):
            inputs[declared.name] = OVERRIDES[spec.id][declared.name]
        elif declared.required and (not declared.when or counts(declared, inputs)):
            inputs[declared.name] = _sample(spec, declared)
    return inputs


def _sample(spec: NodeSpec, declared: InputSpec) -> Array:
    for type_ in declared.type.split("|"):
        if type_ in SAMPLES:
            sample: Array = SAMPLES[type_]
            return sample
    pytest.fail(
        f"{spec.id}: there is no sample for its input '{declared.name}' of type {declared.type}. "
        f"Add one to SAMPLES for the type, or to OVERRIDES for {spec.id}, in {__file__}."
    )


def _variants(spec: NodeSpec) -> list[tuple[str, Any]]:
    """The defaults, and each other choice and switch alone."""
    variants: list[tuple[str, Any]] = [("", None)]
    for declared in spec.inputs:
        if declared.items or declared.name in OVERRIDES.get(spec.id, {}):
            continue
        choices = (True, False) if declared.type == "bool" else declared.choices
        variants += [(declared.name, c) for c in choices if c != declared.default]
    return variants


def _variants_of(
    wanted: Callable[[NodeSpec], bool], but: Collection[str] = ()
) -> pytest.MarkDecorator:
    """A test for each variant of each node that is wanted, `but` those of some inputs."""
    cases = [
        pytest.param(spec, name, value, id=f"{spec.id}-{name}-{value}" if name else spec.id)
        for spec in RUNNABLE
        if wanted(spec)
        for name, value in _variants(spec)
        if name not in but
    ]
    return pytest.mark.parametrize(("spec", "name", "value"), cases)


every_node = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
every_runnable = pytest.mark.parametrize("spec", RUNNABLE, ids=lambda spec: spec.id)
every_variant = _variants_of(lambda _: True)


def _given(spec: NodeSpec, name: str, value: object) -> dict[str, Any]:
    when = next((i.when for i in spec.inputs if i.name == name), None)
    counting = {when.input: when.values[0]} if when else {}
    return _inputs(spec) | counting | ({name: value} if name else {})


def _results(bench: Bench, spec: NodeSpec, inputs: Mapping[str, Any]) -> list[Any]:
    """The data of all outputs, then the bytes of the files that are wanted."""
    ran = bench.node(spec.id, **inputs)
    assert ran.outcome.failures == ()
    return [*_data(ran, "it"), *ran.files]


def _data(ran: Ran, node_id: str) -> list[Any]:
    elements = [element for slot in ran.outcome.results[node_id].slots for element in slot]
    return [element.data for element in elements if isinstance(element, Value)]


def _bytes(results: list[Any]) -> list[bytes]:
    return [_whole(result) for result in results]


def _whole(datum: Any) -> bytes:
    """All that a datum says, the samples of its arrays not as text: that takes minutes."""
    if isinstance(datum, np.ndarray):
        return datum.tobytes()
    if is_dataclass(datum):
        datum = (type(datum), *(getattr(datum, field.name) for field in fields(datum)))
    if isinstance(datum, tuple):
        return b"(" + b",".join(map(_whole, datum)) + b")"
    return repr(datum).encode()


def _maps_arrays(spec: NodeSpec) -> bool:
    """Whether the node gives a picture or mask for each of a batch, or saves each."""
    types = [output.type for output in spec.outputs] or [i.type for i in spec.inputs]
    return spec.id not in OWN_BATCH and {"image", "mask", "any"}.issuperset(
        types if spec.outputs else types[:1]
    )


def test_a_new_node_without_a_sample_is_told_what_to_add() -> None:
    @node(title="Count", category="test")
    def count_letters(text: str) -> Mask:
        """Need a text that no table knows."""
        raise AssertionError(text)

    with pytest.raises(pytest.fail.Exception, match=r"CountLetters: .* 'text' .* to OVERRIDES for"):
        _inputs(declaration_of(count_letters).spec)


def test_no_sample_is_left_over() -> None:
    assert OVERRIDES.keys() <= set(REGISTRY.ids())
    assert {id_ for id_, _, _ in NOT_ITEM_BY_ITEM} <= set(REGISTRY.ids())
    assert OWN_BATCH.keys() | SHOW_HIDDEN_COLOURS.keys() | NEED_FILES <= set(REGISTRY.ids())


@every_node
def test_the_declaration_speaks_for_itself(spec: NodeSpec) -> None:
    assert spec.title
    assert spec.category
    assert spec.about.split("\n")[0].endswith(".")
    silent = [i for i in spec.inputs if not i.about and i.name not in NEED_NO_WORDS]
    assert not [i.name for i in silent if i.type not in SAY_ENOUGH]
    assert NodeSpec.from_json(orjson.loads(orjson.dumps(spec.to_json()))) == spec


@every_node
def test_the_schema_is_valid_and_takes_what_the_node_takes(spec: NodeSpec) -> None:
    schema = node_schema(spec)

    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    links = {i.name: "${other.output}" for i in spec.inputs}
    defaults = {
        i.name: list(i.default) if isinstance(i.default, tuple) else i.default
        for i in spec.inputs
        if not i.required and canonical(i, i.default) == i.default and i.default is not None
    }
    assert validator.is_valid({"node": spec.id} | links)
    assert validator.is_valid({"node": spec.id} | links | defaults)
    assert not validator.is_valid({"node": spec.id, "raduis": 1} | links)
    assert not validator.is_valid({"node": "Other"} | links)
    for declared in spec.inputs:
        if declared.required:
            chosen = {declared.when.input: declared.when.values[0]} if declared.when else {}
            given = links | chosen
            without = {name: link for name, link in given.items() if name != declared.name}
            assert not validator.is_valid({"node": spec.id} | without)


@every_node
def test_every_default_is_allowed_and_canonical(spec: NodeSpec) -> None:
    for declared in spec.inputs:
        if not declared.required:
            assert declared.default == canonical(declared, declared.default), declared.name


@every_variant
def test_outputs_obey_the_data_contract(
    bench: Bench, spec: NodeSpec, name: str, value: object
) -> None:
    results = _results(bench, spec, _given(spec, name, value))

    arrays = [datum for datum in results if isinstance(datum, np.ndarray)]
    for array in arrays:
        check = check_image if array.ndim == 4 else check_mask
        assert check(array) is array
    if _maps_arrays(spec):
        assert len(results) == len(spec.outputs) + (BATCH if spec.is_target else 0)
        assert all(len(array) == BATCH for array in arrays)


@every_variant
def test_inputs_are_read_only_and_stay_as_they_were(
    bench: Bench, spec: NodeSpec, name: str, value: object
) -> None:
    inputs = _given(spec, name, value)
    arrays = {n: v for n, v in inputs.items() if isinstance(v, np.ndarray)}
    before = {n: v.copy() for n, v in arrays.items()}

    _results(bench, spec, inputs)

    for input_name, array in arrays.items():
        assert not array.flags.writeable
        assert np.array_equal(before[input_name], array)


@every_variant
def test_equal_inputs_give_equal_bytes(
    bench: Bench, spec: NodeSpec, name: str, value: object
) -> None:
    first, second = (_results(bench, spec, _given(spec, name, value)) for _ in range(2))

    assert _bytes(first) == _bytes(second)


@_variants_of(_maps_arrays)
def test_a_batch_of_two_equals_two_batches_of_one(
    bench: Bench, spec: NodeSpec, name: str, value: object
) -> None:
    inputs = _given(spec, name, value)
    whole = _results(bench, spec, inputs)
    singles = [_results(bench, spec, _item(inputs, index)) for index in range(BATCH)]

    assert _bytes(whole) == _joined(spec, singles) or (spec.id, name, value) in NOT_ITEM_BY_ITEM


def _item(inputs: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {
        name: value[index : index + 1].copy() if isinstance(value, np.ndarray) else value
        for name, value in inputs.items()
    }


def _joined(spec: NodeSpec, singles: list[list[Any]]) -> list[bytes]:
    """The results of single pictures as those of their batch: data joined, files one by one."""
    count = len(spec.outputs)
    data = [np.concatenate(parts) for parts in zip(*(s[:count] for s in singles), strict=True)]
    return _bytes([*data, *chain.from_iterable(single[count:] for single in singles)])


@_variants_of(lambda spec: spec.id not in SHOW_HIDDEN_COLOURS, but=SAMPLING)
@settings(max_examples=4)
@for_all(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.1, 0.5, 0.9, 1]))
def test_no_visible_pixel_depends_on_hidden_colours(  # noqa: PLR0913 - a case is three
    bench: Bench, spec: NodeSpec, name: str, value: object, seed: int, share: float
) -> None:
    generator = np.random.default_rng(seed)
    first, second = _given(spec, name, value), _given(spec, name, value)
    for input_name, array in first.items():
        if isinstance(array, np.ndarray) and array.ndim == 4 and array.shape[3] == 4:
            one, other = array.copy(), generator.random(array.shape, np.float32)
            one[..., 3][generator.random(array.shape[:3]) < share] = 0
            second[input_name] = np.where(one[..., 3:] == 0, other, one)
            second[input_name][..., 3] = one[..., 3]
            first[input_name] = one

    results = [_data(bench.node(spec.id, **inputs), "it") for inputs in (first, second)]

    first_seen, second_seen = ([_seen(datum) for datum in data] for data in results)
    assert _bytes(first_seen) == _bytes(second_seen)


def _seen(datum: Any) -> Any:
    """What can be seen of a picture: colours where alpha is not 0, and alpha."""
    if not isinstance(datum, np.ndarray) or datum.ndim < 4 or datum.shape[3] < 4:
        return datum
    return np.where(datum[..., 3:] > 0, datum, 0)


@every_runnable
def test_nodes_side_by_side_give_what_each_gives_alone(bench: Bench, spec: NodeSpec) -> None:
    nodes = {}
    for shift in range(4):
        arrays = {
            name: np.roll(value, shift, axis=2) if isinstance(value, np.ndarray) else value
            for name, value in _inputs(spec).items()
        }
        nodes[f"{shift}"] = use(spec.id, **arrays)
    together = bench.run(nodes)

    assert together.outcome.failures == ()
    for id_, alone in ((id_, bench.run({id_: node_})) for id_, node_ in nodes.items()):
        slots = [_data(ran, id_) for ran in (together, alone)]
        assert _bytes(slots[0]) == _bytes(slots[1])
        assert set(alone.files) <= set(together.files)


def test_noise_of_item_i_has_the_seed_plus_i(bench: Bench) -> None:
    inputs = _inputs(_spec("FillMasked")) | {"fill": "noise"}
    (whole,) = _results(bench, _spec("FillMasked"), inputs | {"seed": 5})
    for index in range(BATCH):
        (single,) = _results(bench, _spec("FillMasked"), _item(inputs, index) | {"seed": 5 + index})

        assert np.array_equal(single, whole[index : index + 1])


def _spec(id_: str) -> NodeSpec:
    spec = REGISTRY.spec(id_)
    assert spec is not None
    return spec


BAD_ARRAYS: Mapping[str, Callable[[Any], Any]] = {
    "nan": lambda good: np.full_like(good, np.nan),
    "rank": lambda good: good[0],
    "range": lambda good: np.round(good) + 2,
    "codes": lambda good: (good * 255).astype(np.uint8),
    "empty": lambda good: good[:0],
}


ARRAY_WORDS = {
    "image": (
        "[0, 12, 16, 4]",
        "[12, 16, 4]",
        (
            "[batch, height, width, 3 or 4 channels]. Add the missing axes, or drop the channels "
            "beyond alpha"
        ),
    ),
    "mask": (
        "[0, 12, 16]",
        "[12, 16]",
        "[batch, height, width]. Add a batch axis, or take one channel",
    ),
}
"""The shape of an empty array, a wrong shape, the allowed one with the cure."""


@node(title="Bad Image", category="test")
def bad_image(fault: str) -> Image:
    """Break the contract of pictures."""
    broken: Array = BAD_ARRAYS[fault](_images())
    return broken


@node(title="Bad Mask", category="test")
def bad_mask(fault: str) -> Mask:
    """Break the contract of masks."""
    broken: Array = BAD_ARRAYS[fault](_masks())
    return broken


def _array_inputs() -> list[tuple[NodeSpec, InputSpec]]:
    return [
        (spec, declared)
        for spec in RUNNABLE
        for declared in spec.inputs
        if {"image", "mask", "any"}.intersection(declared.type.split("|")) and not declared.raw
    ]


@pytest.fixture
def bench_with_bad_sources(bench: Bench) -> Bench:
    registry = Registry([*functions(), bad_image, bad_mask])
    worker = replace(bench.assembly.worker, registry=registry)
    return Bench(replace(bench.assembly, registry=registry, worker=worker), bench.inputs)


@pytest.mark.parametrize("fault", BAD_ARRAYS)
@pytest.mark.parametrize(
    ("spec", "declared"),
    _array_inputs(),
    ids=lambda part: part.id if isinstance(part, NodeSpec) else part.name,
)
def test_no_bad_array_reaches_a_node(
    bench_with_bad_sources: Bench, spec: NodeSpec, declared: InputSpec, fault: str
) -> None:
    """The source that broke the contract fails, by the name of its output."""
    type_ = "mask" if declared.type == "mask" else "image"
    nodes = {
        "source": Node(f"Bad{type_.capitalize()}", {"fault": fault}),
        "it": use(spec.id, **(_inputs(spec) | {declared.name: Link("source", type_)})),
    }
    counting = {declared.when.input: declared.when.values[0]} if declared.when else {}
    nodes["it"] = replace(nodes["it"], inputs={**nodes["it"].inputs, **counting})

    ran = bench_with_bad_sources.run(nodes, ["it"])

    source = f"Bad{type_.capitalize()}"
    shape, bad_shape, axes = ARRAY_WORDS[type_]
    reason = {
        "nan": "holds NaN or infinity; allowed are finite values from 0 to 1. "
        "Check the node that made it.",
        "rank": f"shape is {bad_shape}; allowed is {axes}.",
        "range": "values go from 2 to 3; allowed is 0 to 1. Scale or clip them first.",
        "codes": "samples are uint8; allowed is float32, 0 to 1. "
        "Divide by the largest code value (255 or 65535).",
        "empty": f"shape is {shape}, which holds no pixel; allowed is at least 1 along every "
        "axis. Check the node that made it.",
    }[fault]
    assert ran.fault == (
        "bad_node",
        (
            f"node 'source' ({source}): output '{type_}' of {source} breaks the data contract: "
            f"{reason} This is a fault of the node."
        ),
    )


def test_given_arrays_are_frozen() -> None:
    assert not given(_masks()).data.flags.writeable
