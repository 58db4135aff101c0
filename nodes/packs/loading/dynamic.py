"""Inputs of V3 nodes that depend on others: a choice that brings its own, and rows that grow.

In graphs they are `choice.input` and `row.name`; the node gets one mapping for each choice and row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from paintgraph.engine.graph.spec import InputSpec, When
from paintgraph.nodes.packs.standins.comfy_api.latest._io import Autogrow, DynamicCombo, Input


@dataclass(frozen=True, slots=True)
class Single:
    """One input of a graph: its full name, what it was declared as, and when it counts."""

    name: str
    input: Input
    is_required: bool
    when: When | None = None
    grows: bool = False

    def fitted(self, spec: InputSpec) -> InputSpec:
        """The spec of the input, with when it counts."""
        return replace(spec, when=self.when, grows=self.grows)


def singles(inputs: Sequence[Input], prefix: str = "") -> Iterator[Single]:
    """Every input that a graph may give. One that several choices bring counts with each."""
    found: dict[str, Single] = {}
    for declared in inputs:
        for each in _parts(declared, prefix + declared.id):
            before = found.get(each.name)
            if before is not None and before.when is not None and each.when is not None:
                values = (*before.when.values, *each.when.values)
                each = replace(each, when=When(each.when.input, values))  # noqa: PLW2901
            found[each.name] = each
    yield from found.values()


def _parts(declared: Input, name: str) -> Iterator[Single]:
    if isinstance(declared, Autogrow.Input):
        template = declared.template
        for place, key in enumerate(template.names):
            is_required = place < template.min and not declared.optional
            yield Single(f"{name}.{key}", template.input, is_required, grows=True)
        return
    yield Single(name, declared, not declared.optional)
    if isinstance(declared, DynamicCombo.Input):
        for option in declared.choices:
            for each in singles(option.inputs, f"{name}."):
                yield replace(each, when=each.when or When(name, (option.key,)))


def gathered(inputs: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call: what belongs to a choice or row is one mapping."""
    arguments: dict[str, Any] = {}
    names = {declared.id: declared for declared in inputs}
    for name, value in given.items():
        head, dot, rest = name.partition(".")
        declared = names.get(head)
        if isinstance(declared, DynamicCombo.Input) and not dot:
            arguments.setdefault(head, {})[head] = value
        elif dot and isinstance(declared, DynamicCombo.Input | Autogrow.Input):
            if value is not None:
                arguments.setdefault(head, {})[rest] = value
        else:
            arguments[name] = value
    for head, declared in names.items():
        if isinstance(declared, Autogrow.Input):
            arguments.setdefault(head, {})
        elif isinstance(declared, DynamicCombo.Input) and head in arguments:
            arguments[head] = _nested(declared, arguments[head])
    return arguments


def _nested(declared: Any, given: dict[str, Any]) -> dict[str, Any]:
    """A choice with what it brings, in which there may be choices again."""
    key = given.pop(declared.id, None)
    brought = next((option.inputs for option in declared.choices if option.key == key), ())
    return {declared.id: key, **gathered(brought, given)}


def wire(declared: Input) -> tuple[str, dict[str, Any]]:
    """The type and options by which ComfyUI's page knows an input."""
    if isinstance(declared, DynamicCombo.Input):
        options = [
            {"key": each.key, "inputs": wire_groups(each.inputs)} for each in declared.choices
        ]
        return "COMFY_DYNAMICCOMBO_V3", {**declared.as_dict(), "options": options}
    if isinstance(declared, Autogrow.Input):
        template = declared.template
        row = {"input": wire_groups([template.input]), "names": template.names}
        least = {"min": template.min, "max": len(template.names)}
        return "COMFY_AUTOGROW_V3", {**declared.as_dict(), "template": {**row, **least}}
    return declared.get_io_type(), declared.as_dict()


def wire_groups(inputs: Sequence[Input]) -> dict[str, Any]:
    """Inputs by group, as ComfyUI's page knows them."""
    groups: dict[str, dict[str, Any]] = {"required": {}, "optional": {}}
    for declared in inputs:
        group = groups["optional" if declared.optional else "required"]
        group[declared.id] = wire(declared)
    return {name: group for name, group in groups.items() if group or name == "required"}
