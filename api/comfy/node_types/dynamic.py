"""Inputs that depend on others, as ComfyUI's page declares them.

A choice holds the inputs that each of its options brings, a row is told once, and inputs that an
output follows share a template with it. The page writes `choice.input` and `row.a` into prompts.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from paintgraph.engine.graph.spec import InputSpec, NodeSpec

Config = Callable[[InputSpec], list[Any]]
"""The type of an input and its options."""

IsNeeded = Callable[[InputSpec], bool]
"""Whether the page always sends a value of it."""


def shown_inputs(
    spec: NodeSpec, config: Config, is_needed: IsNeeded
) -> Iterator[tuple[InputSpec, list[Any]]]:
    """Each input that the page declares by itself, with its type and options."""
    templates = {name: output.name for output in spec.outputs for name in output.follows}
    rows: set[str] = set()
    for declared in spec.inputs:
        name = declared.name
        brought = [i for i in spec.inputs if i.when and i.name.startswith(f"{name}.")]
        if declared.when and name.startswith(f"{declared.when.input}."):
            continue  # its choice holds it
        if declared.grows:
            row = name.rpartition(".")[0]
            if row not in rows:
                rows.add(row)
                yield replace(declared, name=row), _row(spec, row, config)
        elif brought:
            yield declared, _choice(declared, brought, config, is_needed)
        elif name in templates:
            type_, options = config(declared)
            template = {"template_id": templates[name], "allowed_types": type_}
            yield declared, ["COMFY_MATCHTYPE_V3", {**options, "template": template}]
        else:
            yield declared, config(declared)


def match_types(spec: NodeSpec) -> dict[str, list[str]]:
    """Which template each output shares; nothing where none does."""
    names = [output.name if output.follows else "" for output in spec.outputs]
    return {"output_matchtypes": names} if any(names) else {}


def _row(spec: NodeSpec, row: str, config: Config) -> list[Any]:
    entries = [i for i in spec.inputs if i.grows and i.name.rpartition(".")[0] == row]
    template = {
        "input": {"required": {"value": config(entries[0])}},
        "names": [entry.name.rpartition(".")[2] for entry in entries],
        "min": sum(entry.required for entry in entries),
    }
    return ["COMFY_AUTOGROW_V3", {"tooltip": entries[0].about, "template": template}]


def _choice(
    declared: InputSpec, brought: list[InputSpec], config: Config, is_needed: IsNeeded
) -> list[Any]:
    options = []
    for key in declared.choices:
        groups: dict[str, dict[str, Any]] = {"required": {}}
        for one in brought:
            if one.when and key in one.when.values:
                group = "required" if is_needed(one) else "optional"
                groups.setdefault(group, {})[one.name.rpartition(".")[2]] = config(one)
        options.append({"key": key, "inputs": groups})
    return ["COMFY_DYNAMICCOMBO_V3", {"tooltip": declared.about, "options": options}]
