"""JSON Schema of nodes, recipes and of the recipe format itself (draft 7, which editors read)."""

from collections.abc import Iterable
from typing import Any

from paintgraph.engine.graph.descriptions import SPECS
from paintgraph.engine.graph.formats.native import INPUT_FIELDS, TYPE_NAMES, VERSION
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, field_of
from paintgraph.engine.graph.spec import InputSpec, NodeSpec, When
from paintgraph.engine.node.registry import Registry

DRAFT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = {"type": "string", "pattern": r"^\$\{[^{}]+\.[^{}.]+\}$"}
_TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "text": {"type": "string"},
    "list": {"type": "array"},
    "any": {},
}


def inputs_schema(specs: Iterable[InputSpec], *, links: bool = False) -> dict[str, Any]:
    """Schema of an object with these inputs; with `links` each may be a reference instead."""
    named = {field_of(spec.name) if links else spec.name: spec for spec in specs}
    schema = {
        "type": "object",
        "properties": {name: _input(spec, links=links) for name, spec in named.items()},
        "required": [name for name, spec in named.items() if spec.required and not spec.when],
        "additionalProperties": False,
    }
    needs = [_need(name, spec.when) for name, spec in named.items() if spec.required and spec.when]
    return {**schema, "allOf": needs} if needs else schema


def _need(name: str, when: When) -> dict[str, Any]:
    """Schema of a node that wants an input where it counts."""
    decisive, values = field_of(when.input), {"enum": list(when.values)}
    is_chosen = {"properties": {decisive: values}, "required": [decisive]}
    return {"if": is_chosen, "then": {"required": [name]}}


def _input(spec: InputSpec, *, links: bool) -> dict[str, Any]:
    literal = _literal(spec)
    schema: dict[str, Any]
    if links and literal is not None:
        schema = {"anyOf": [literal, _REFERENCE]}
    elif literal is None:
        schema = dict(_REFERENCE)
    else:
        schema = literal
    if spec.about:
        schema["description"] = spec.about
    if not spec.required:
        default = spec.default
        schema["default"] = list(default) if isinstance(default, tuple) else default
    if spec.unit:
        schema["x-unit"] = spec.unit
    return schema


def _literal(spec: InputSpec) -> dict[str, Any] | None:
    """Schema of a literal, or None if only a link will do."""
    plain = [part for part in spec.type.split("|") if part in _TYPES]
    if not plain:
        return None
    if len(plain) == 1:
        return _of_type(spec, plain[0])
    return {"anyOf": [_of_type(spec, part) for part in plain]}


def _of_type(spec: InputSpec, type_: str) -> dict[str, Any]:
    """Schema of a literal of one of the types that an input takes."""
    schema = dict(_TYPES[type_])
    if schema.get("type") == "array":
        schema["items"] = dict(_TYPES.get(spec.items, {}))
        if spec.choices:
            schema["items"]["enum"] = list(spec.choices)
        if spec.most_rows is not None:
            most = spec.most_rows * len(spec.columns)
            schema |= {"maxItems": most}
    elif spec.choices:
        schema["enum"] = list(spec.choices)
    if spec.minimum is not None and type_ != "text":
        schema["minimum"] = spec.minimum
    if spec.maximum is not None and type_ != "text":
        schema["maximum"] = spec.maximum
    if not spec.required and spec.default is None and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema


def node_schema(spec: NodeSpec) -> dict[str, Any]:
    """Schema of one node in a recipe."""
    schema = inputs_schema(spec.inputs, links=True)
    is_recipe = spec.id.startswith(RECIPE_PREFIX)
    key = "recipe" if is_recipe else "node"
    schema["properties"] = {
        key: {"const": spec.id.removeprefix(RECIPE_PREFIX)},
        "_title": {"type": "string"},
        **schema["properties"],
    }
    schema["required"] = [key, *schema["required"]]
    schema["description"] = spec.about.split("\n", 1)[0]
    return schema


def recipe_schema(name: str, graph: Graph) -> dict[str, Any]:
    """Schema of the inputs that a recipe takes."""
    schema = inputs_schema(graph.inputs.values())
    return {"$schema": DRAFT, "title": name, "description": graph.about, **schema}


def format_schema(registry: Registry) -> dict[str, Any]:
    """Schema of a recipe file with the nodes of a registry."""
    declared = {
        "type": "object",
        "properties": {
            **{field: {} for field in INPUT_FIELDS},
            "type": {"enum": list(TYPE_NAMES)},
            "about": {"type": "string"},
            "min": {"type": "number"},
            "max": {"type": "number"},
            "unit": {"type": "string"},
        },
        "required": ["type"],
        "additionalProperties": False,
    }
    nodes = [node_schema(declaration.spec) for declaration in registry]
    return {
        "$schema": DRAFT,
        "title": "paintgraph recipe",
        "type": "object",
        "properties": {
            "paintgraph": {"const": VERSION},
            "about": {"type": "string"},
            "keywords": {"type": "array", "items": {"type": "string"}},
            **inputs_schema(SPECS.values())["properties"],
            "inputs": {"type": "object", "additionalProperties": declared},
            "nodes": {"type": "object", "additionalProperties": {"oneOf": nodes}},
            "outputs": {"type": "object", "additionalProperties": _REFERENCE},
            "editor": {"type": "object"},
            "made": {"type": "object"},
            "bound": {"type": "object"},
        },
        "required": ["nodes"],
        "additionalProperties": False,
    }
