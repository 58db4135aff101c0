"""The recipes of this API: what is asked for becomes a graph and its inputs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from secrets import randbelow
from typing import Any

from paintgraph.api.fooocus.field_errors import FieldsError, fault
from paintgraph.api.fooocus.fields import GenerateFields, MaskFields, MaskModel, Side
from paintgraph.api.fooocus.model_mapping import Painting, find_model
from paintgraph.api.services.parts import ServerParts
from paintgraph.engine.graph.formats.native import SEED_MAXIMUM
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Descriptions, Graph, InputRef, Link, Node
from paintgraph.graphs import FOLDER
from paintgraph.jobs.sources.references import draw_seed
from paintgraph.models.catalogue.family import Kind

_DISTANCES = ("left", "top", "right", "bottom")
_SEEDS = SEED_MAXIMUM + 1
_MOST_SEED = 2**63 - 1
_CLOTHES = ("full", "upper", "lower")
_PICKERS: Mapping[str, Sequence[str]] = {
    "vit_b": ("sam_vit_b", "sam-vit-base"),
    "vit_l": ("sam_vit_l",),
    "vit_h": ("sam_vit_h",),
}
_FINDERS = ("groundingdino_swint_ogc", "grounding-dino-tiny", "grounding-dino-base")
"""What finds boxes: the original's weights, the same ones elsewhere, larger ones."""


@dataclass(frozen=True, slots=True)
class Translation:
    """A graph, the values of its inputs, warnings, and the seed of each picture."""

    graph: Graph
    inputs: Mapping[str, Any]
    warnings: Sequence[str] = field(default_factory=tuple)
    seeds: Sequence[int] = field(default_factory=tuple)


@cache
def recipe(name: str) -> Graph:
    """A recipe of this API."""
    graph, problems = read_graph((FOLDER / "fooocus" / f"{name}.yaml").read_bytes(), name)
    if problems:
        raise RuntimeError(f"the recipe '{name}' has faults: {problems[0].message}")
    return replace(graph, source=None)  # no place in it is of use to who never saw it


def translate_mask(fields: MaskFields, image: str, parts: ServerParts) -> Translation:
    """The graph of a mask; looks at files, so call it in a thread. Raises FieldsError."""
    if fields.mask_model == MaskModel.SAM:
        return _by_words(fields, image, parts)
    is_cloth = fields.mask_model == MaskModel.U2NET_CLOTH_SEG
    if is_cloth and fields.cloth_category not in _CLOTHES:
        raise _not_one_of("cloth_category", fields.cloth_category, _CLOTHES)
    inputs = {"image": image, "model": str(fields.mask_model)}
    if is_cloth:
        inputs["category"] = fields.cloth_category
    return Translation(recipe("mask_of_subject"), inputs)


def _by_words(fields: MaskFields, image: str, parts: ServerParts) -> Translation:
    if fields.sam_model not in _PICKERS:
        raise _not_one_of("sam_model", fields.sam_model, tuple(_PICKERS))
    words = fields.dino_prompt_text
    if not any(letter.isalnum() for letter in words):
        warning = "dino_prompt_text says nothing to look for, so the mask selects nothing."
        return Translation(recipe("mask_of_nothing"), {"image": image}, [warning])
    inputs: dict[str, Any] = {
        "image": image,
        "words": words,
        "finder": _first(parts, Kind.DETECT, _FINDERS),
        "box_threshold": fields.box_threshold,
        "text_threshold": fields.text_threshold,
        "grow_boxes": fields.dino_erode_or_dilate,
    }
    if fields.dino_debug:
        return Translation(recipe("boxes_of_words"), inputs)
    inputs["picker"] = _first(parts, Kind.SEGMENT, _PICKERS[fields.sam_model])
    inputs["max_detections"] = fields.sam_max_detections
    return Translation(recipe("mask_of_words"), inputs)


def translate_generate(
    fields: GenerateFields,
    pictures: Mapping[str, str],
    painting: Painting,
    parts: ServerParts,
    number: int,
) -> Translation:
    """The graph that paints so many pictures; raises FieldsError."""
    inputs: dict[str, Any] = {
        "image": pictures["inpaint_input_image"],
        "stitch": parts.fooocus.stitch,
        "format": format_of(fields),
        **painting.inputs,
    }
    mask = pictures.get("inpaint_mask_image_upload")
    if mask is not None:
        inputs |= {
            "mask": mask,
            "erode_or_dilate": fields.inpaint_erode_or_dilate,
            "invert": fields.invert_mask_checkbox,
        }
    if fields.outpaint_selections:
        recipe_name = "outpaint" if mask is None else "inpaint_and_outpaint"
        inputs |= _distances(fields, parts)
        if not parts.engine_names.needs_files(painting.inputs["engine"]):
            inputs["crop"] = "auto"  # shown the whole, they would copy from one area into another
    else:
        recipe_name = "inpaint"
        inputs |= {
            "field": fields.inpaint_respective_field,
            "strength": max(fields.inpaint_strength, 0.01),
        }
    seeds, names = _seeds(fields, number), _names(fields, number)
    own = [{"seed": seed, "name": file} for seed, file in zip(seeds, names, strict=True)]
    told = Descriptions(graph=fields.save_metadata_to_images)
    graph = replace(recipe(recipe_name), descriptions=told)
    return Translation(repeated(graph, own), inputs, painting.warnings, seeds)


def check_generate(fields: GenerateFields, given: Mapping[str, str]) -> None:
    """Raise FieldsError for what the original fails at silently."""
    faults = []
    if "inpaint_input_image" not in given:
        message = (
            "there is no picture; needed is one to inpaint or outpaint, as pictures are not made "
            "of prompts alone here. Send its address or base64."
        )
        faults.append(fault("missing_picture", "inpaint_input_image", message))
    if "inpaint_mask_image_upload" not in given and not fields.outpaint_selections:
        message = (
            "nothing says what is to be painted; needed is a mask, or directions in "
            "outpaint_selections. Send one of them, or make a mask by /v1/tools/generate_mask."
        )
        faults.append(fault("nothing_to_paint", "inpaint_mask_image_upload", message))
    if fields.inpaint_strength == 0 and not fields.outpaint_selections:
        message = "Input should be greater than 0: with strength 0 nothing would be painted"
        faults.append(fault("greater_than", "inpaint_strength", message, 0))
    engines = ("None", "v1", "v2.5", "v2.6")
    if fields.inpaint_engine not in engines:
        faults += _not_one_of("inpaint_engine", fields.inpaint_engine, engines).faults
    if fields.output_format.lower() not in _FORMATS:
        faults += _not_one_of("output_format", fields.output_format, tuple(_FORMATS)).faults
    if fields.save_name and not _is_plain(fields.save_name):
        message = (
            "is no plain name; allowed are up to 100 letters, digits, spaces and ._- and no dot "
            "at the beginning. Files lie in the folder of their day."
        )
        faults.append(fault("bad_save_name", "save_name", message, fields.save_name))
    if faults:
        raise FieldsError(faults)


_FORMATS = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}


def format_of(fields: GenerateFields) -> str:
    """The format of the files."""
    return _FORMATS[fields.output_format.lower()]


def _is_plain(name: str) -> bool:
    return (
        len(name) <= 100
        and not name.startswith((".", " "))
        and all(letter.isalnum() or letter in " ._-" for letter in name)
        and bool(name.strip())
    )


def _distances(fields: GenerateFields, parts: ServerParts) -> dict[str, Any]:
    """The sides, and exact distances for those that have one."""
    sides = [side.value.lower() for side in Side if side in fields.outpaint_selections]
    given = fields.outpaint_distance if len(fields.outpaint_distance) >= len(_DISTANCES) else []
    exact = {
        side: distance
        for side, distance in zip(_DISTANCES, given, strict=False)
        if distance > 0 and side in sides
    }
    return {"sides": sides, "fraction": parts.fooocus.outpaint_fraction, **exact}


def _seeds(fields: GenerateFields, number: int) -> list[int]:
    """The seed of each picture; as large ones as the original's come into the range of ours."""
    given = fields.image_seed
    first = given if 0 <= given <= _MOST_SEED else draw_seed(-1)
    growth = 0 if fields.disable_seed_increment else 1
    return [(first + place * growth) % _SEEDS for place in range(number)]


def _names(fields: GenerateFields, number: int) -> list[str]:
    """The files' names without suffix, in the folder of the day."""
    now = datetime.now().astimezone()
    day, second = now.strftime("%Y-%m-%d"), now.strftime("%Y-%m-%d_%H-%M-%S")
    if fields.save_name:
        return [f"{day}/{fields.save_name}-{place}" for place in range(number)]
    first = randbelow(9000)
    return [f"{day}/{second}_{1000 + (first + place) % 9000}" for place in range(number)]


def _first(parts: ServerParts, kind: Kind, names: Sequence[str]) -> str:
    """The first model that is here; else the first, whose absence the check will report."""
    known = [name for name in names if find_model(parts, name, kind)]
    return next((name for name in known if parts.engine_names.models.fault(name) is None), names[0])


def _not_one_of(field: str, given: str, allowed: Sequence[str]) -> FieldsError:
    *others, last = (f"'{each}'" for each in allowed)
    message = f"Input should be {', '.join(others)} or {last}"
    return FieldsError([fault("enum", field, message, given)])


def repeated(graph: Graph, own: Sequence[Mapping[str, Any]]) -> Graph:
    """The graph with a copy of what depends on some inputs, for each of their values.

    `own` maps, for each picture, these inputs to values. Everything else is shared. The first
    picture has the nodes of the graph itself.
    """
    dependent = _dependent(graph, own[0].keys())
    nodes = {name: node for name, node in graph.nodes.items() if name not in dependent}
    for place, values in enumerate(own):
        names = {name: name if place == 0 else f"{name}_{place + 1}" for name in dependent}
        nodes |= {names[name]: _with(graph.nodes[name], values, names) for name in dependent}
    inputs = {name: spec for name, spec in graph.inputs.items() if name not in own[0]}
    return replace(graph, nodes=nodes, inputs=inputs, source=None)


def _dependent(graph: Graph, inputs: Collection[str]) -> list[str]:
    """Nodes that some inputs reach, in the order of the graph."""
    found: set[str] = set()
    more = True
    while more:
        new = {
            name
            for name, node in graph.nodes.items()
            if name not in found
            and any(
                (isinstance(given, InputRef) and given.name in inputs)
                or (isinstance(given, Link) and given.node in found)
                for given in node.inputs.values()
            )
        }
        found |= new
        more = bool(new)
    return [name for name in graph.nodes if name in found]


def _with(node: Node, values: Mapping[str, Any], names: Mapping[str, str]) -> Node:
    def given(value: Any) -> Any:
        if isinstance(value, InputRef) and value.name in values:
            return values[value.name]
        if isinstance(value, Link) and value.node in names:
            return Link(names[value.node], value.output)
        return value

    return replace(node, inputs={name: given(value) for name, value in node.inputs.items()})
