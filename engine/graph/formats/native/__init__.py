"""The native recipe format: a document with about, inputs, nodes and outputs."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.base.words import suggestion
from paintgraph.engine.graph.coercion import is_of_catalogue
from paintgraph.engine.graph.descriptions import SPECS, read_descriptions
from paintgraph.engine.graph.graph import (
    RECIPE_PREFIX,
    Descriptions,
    Graph,
    InputRef,
    Link,
    Node,
    Path,
    Source,
    field_of,
    input_in,
    native_path,
)
from paintgraph.engine.graph.sockets import shown
from paintgraph.engine.graph.spec import InputSpec

_REFERENCE = re.compile(r"\$\{([^{}]+)\.([^{}.]+)\}")
_ESCAPED = re.compile(r"\$+\{[^{}]*\}")


def is_reference(text: str) -> bool:
    """Whether a text leads to a node's output or a recipe's input."""
    return _REFERENCE.fullmatch(text) is not None


def looks_like_reference(text: str) -> bool:
    """Whether a text has the form of a reference, whatever it names."""
    return text.startswith("${") and _ESCAPED.fullmatch(text) is not None


def parse_text(text: str) -> str | Link | InputRef:
    """A reference, or the text with its escape taken off."""
    reference = _REFERENCE.fullmatch(text)
    if reference:
        node, output = reference.groups()
        return InputRef(output) if node == "inputs" else Link(node, output)
    return unescaped(text)


def unescaped(text: str) -> str:
    """The text that is meant, with its escape taken off."""
    return text[1:] if text.startswith("$$") and _ESCAPED.fullmatch(text) else text


def escaped(text: str) -> str:
    """The text with an escape if it would be taken for a reference."""
    return f"${text}" if _ESCAPED.fullmatch(text) else text


def write_reference(reference: Link | InputRef) -> str:
    """`${node.output}` or `${inputs.name}`."""
    if isinstance(reference, InputRef):
        return f"${{inputs.{reference.name}}}"
    return f"${{{reference.node}.{reference.output}}}"


VERSION = 1
SEED_MAXIMUM = 2**53 - 1  # the largest that every JSON reader keeps exact

_TITLE = "_title"
_TOP = (
    *("paintgraph", "about", "keywords", *SPECS, "inputs", "nodes", "outputs"),
    *("editor", "made", "bound"),
)
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "image": {"type": "image|text", "resource": "picture"},
    "mask": {"type": "mask|image|text", "resource": "picture"},
    "text": {"type": "text"},
    "int": {"type": "int"},
    "float": {"type": "float"},
    "bool": {"type": "bool"},
    "list": {"type": "list"},
    "seed": {"type": "int", "resource": "seed", "minimum": -1, "maximum": SEED_MAXIMUM},
}
_ITEMS = ("text", "int", "float", "bool")
TYPE_NAMES = tuple(_TYPES)
INPUT_FIELDS = ("type", "about", "default", "choices", "items", "min", "max", "unit")


def is_native(value: object) -> bool:
    """Whether a document is meant as a native recipe."""
    return isinstance(value, dict) and ("paintgraph" in value or "nodes" in value)


def read_native(document: Document, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of a native document, with every fault of its form."""
    reader = _Reader(document, name)
    return reader.read(), reader.problems


class _Reader:
    def __init__(self, document: Document, name: str) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._name = name

    def read(self) -> Graph:
        top = self._mapping((), self._document.value)
        self._only(top, _TOP, ())
        if top.get("paintgraph", VERSION) != VERSION:
            version = shown(top["paintgraph"])
            self._report(
                "unknown_version",
                ("paintgraph",),
                f"the version is {version}; this program reads version {VERSION}. "
                "Use a newer paintgraph.",
            )
        inputs = self._mapping(("inputs",), top.get("inputs", {}))
        nodes = self._mapping(("nodes",), top.get("nodes", {}))
        outputs = self._mapping(("outputs",), top.get("outputs", {}))
        return Graph(
            nodes={i: self._node(i, use) for i, use in nodes.items()},
            inputs={n: self._input(n, declared) for n, declared in inputs.items()},
            outputs=self._outputs(outputs),
            about=self._text(("about",), top.get("about", "")),
            keywords=self._texts(("keywords",), top.get("keywords", [])),
            descriptions=self._descriptions(top),
            source=Source(self._name, self._document),
            editor=self._mapping(("editor",), top.get("editor", {})),
            made=self._mapping(("made",), top.get("made", {})),
            bound=self._mapping(("bound",), top.get("bound", {})),
        )

    def _descriptions(self, top: Mapping[str, Any]) -> Descriptions:
        descriptions, wrong = read_descriptions(top)
        for name, fault in wrong.items():
            self._report(fault.code, (name,), f"the recipe: {fault.message} Change it.")
        return descriptions

    def _node(self, id_: str, use: object) -> Node:
        path = ("nodes", id_)
        fields = self._mapping(path, use)
        kind = ""
        if use is not None and not isinstance(use, dict):
            return Node("", {})
        if id_ in ("", "inputs") or set("{}") & set(id_):
            self._report(
                "bad_id",
                path,
                f"node '{id_}' cannot be referred to; allowed is any name without braces but "
                "'inputs'. Rename it.",
            )
        if ("node" in fields) == ("recipe" in fields):
            self._report(
                "bad_node",
                path,
                f"node '{id_}' has {'both' if 'node' in fields else 'neither'} 'node' "
                f"{'and' if 'node' in fields else 'nor'} 'recipe'; each node names its type in one "
                "of them. Write e.g. node: LoadImage.",
            )
        elif "node" in fields:
            kind = self._text((*path, "node"), fields["node"])
        else:
            kind = RECIPE_PREFIX + self._text((*path, "recipe"), fields["recipe"])
        title = self._text((*path, _TITLE), fields.get(_TITLE, ""))
        inputs = {
            input_in(field): self._given(id_, input_in(field), value)
            for field, value in fields.items()
            if field not in ("node", "recipe", _TITLE)
        }
        return Node(kind, inputs, title)

    def _given(self, id_: str, name: str, value: object) -> object:
        if isinstance(value, str):
            given = parse_text(value) if "${" in value else value
            if given == value and looks_like_reference(value):
                self._report(
                    "bad_reference",
                    native_path(id_, name),
                    f"node '{id_}': {name} is {shown(value)}; a reference names a node and its "
                    'output, such as "${node.output}". Name both, or write $$ if it is a text.',
                    input_=name,
                )
            return given
        if not isinstance(value, list):
            return value
        if any(isinstance(entry, str) and is_reference(entry) for entry in value):
            self._report(
                "nested_reference",
                native_path(id_, name),
                f"node '{id_}': {name} has a reference inside a list; a reference is the whole "
                "value of an input. Make the list an input of the recipe.",
                input_=name,
            )
        return [unescaped(entry) if isinstance(entry, str) else entry for entry in value]

    def _outputs(self, fields: Mapping[str, object]) -> dict[str, Link | InputRef]:
        outputs: dict[str, Link | InputRef] = {}
        for name, value in fields.items():
            reference = parse_text(value) if isinstance(value, str) else value
            if isinstance(reference, Link | InputRef):
                outputs[name] = reference
            else:
                self._report(
                    "bad_output",
                    ("outputs", name),
                    f"output '{name}' is {shown(value)}; allowed is a reference such as "
                    '"${node.output}". Name the node and its output.',
                )
        return outputs

    def _input(self, name: str, declared: object) -> InputSpec:
        path = ("inputs", name)
        fields = self._mapping(path, declared)
        self._only(fields, INPUT_FIELDS, path)
        type_ = self._text((*path, "type"), fields.get("type", ""))
        if type_ not in _TYPES:
            self._report(
                "unknown_type",
                (*path, "type"),
                f"input '{name}' has the type {shown(fields.get('type'))}; allowed are "
                f"{', '.join(_TYPES)}.{suggestion(type_, _TYPES)}",
                input_=name,
            )
        settings = dict(_TYPES.get(type_, {"type": "any"}))
        items = fields.get("items", "")
        if isinstance(items, list):
            items, choices = "text", fields.get("choices", items)
        else:
            items, choices = self._items((*path, "items"), items), fields.get("choices", [])
        for key, field in (("min", "minimum"), ("max", "maximum")):
            if key in fields:
                settings[field] = self._number((*path, key), fields[key])
        return InputSpec(
            name,
            required="default" not in fields,
            default=fields.get("default"),
            about=self._text((*path, "about"), fields.get("about", "")),
            unit=self._text((*path, "unit"), fields.get("unit", "")),
            choices=self._texts((*path, "choices"), choices),
            items=items,
            **settings,
        )

    def _items(self, path: Path, items: object) -> str:
        """The type of a list's items; empty if it is not said."""
        type_ = self._text(path, items)
        if type_ and type_ not in _ITEMS:
            self._wrong(path, type_, f"one of {', '.join(_ITEMS)}, or a list of texts")
        return type_

    def _mapping(self, path: Path, value: object) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if value is not None or not path:
            self._wrong(path, value, "a mapping. Write 'name: value' lines")
        return {}

    def _text(self, path: Path, value: object) -> str:
        if isinstance(value, str):
            return value
        self._wrong(path, value, "text. Quote it")
        return ""

    def _texts(self, path: Path, value: object) -> tuple[str, ...]:
        if isinstance(value, list):
            return tuple(self._text(path, each) for each in value)
        self._wrong(path, value, "a list of texts. Write [one, another]")
        return ()

    def _number(self, path: Path, value: object) -> float | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        self._wrong(path, value, "a number")
        return None

    def _only(self, fields: Mapping[str, object], known: tuple[str, ...], path: Path) -> None:
        for name in fields:
            if name not in known:
                self._report(
                    "unknown_field",
                    (*path, name),
                    f"{_quoted(path)} has no field '{name}'; allowed are {', '.join(known)}."
                    f"{suggestion(name, known)}",
                )

    def _wrong(self, path: Path, value: object, allowed: str) -> None:
        message = f"{_quoted(path)} is {shown(value)}; allowed is {allowed}."
        self._report("wrong_shape", path, message)

    def _report(self, code: str, path: Path, message: str, *, input_: str | None = None) -> None:
        node = str(path[1]) if path[:1] == ("nodes",) and path[1:] else None
        place = self._document.place(path)
        self.problems.append(Problem(code, message, node, input_, path, place))


def _quoted(path: Path) -> str:
    return f"'{'.'.join(map(str, path))}'" if path else "the recipe"


def write_native(graph: Graph) -> dict[str, Any]:
    """The native document of a graph whose links name their outputs."""
    document: dict[str, Any] = {"paintgraph": VERSION}
    if graph.about:
        document["about"] = graph.about
    if graph.keywords:
        document["keywords"] = list(graph.keywords)
    wished = asdict(graph.descriptions)
    document |= {name: value for name, value in wished.items() if value is not None}
    if graph.inputs:
        document["inputs"] = {name: _write_input(spec) for name, spec in graph.inputs.items()}
    document["nodes"] = {id_: _write_node(node) for id_, node in graph.nodes.items()}
    if graph.outputs:
        document["outputs"] = {name: write_reference(ref) for name, ref in graph.outputs.items()}
    if graph.editor:
        document["editor"] = dict(graph.editor)
    if graph.made:
        document["made"] = dict(graph.made)
    if graph.bound:
        document["bound"] = dict(graph.bound)
    return document


def _write_node(node: Node) -> dict[str, Any]:
    is_recipe = node.kind.startswith(RECIPE_PREFIX)
    written: dict[str, Any] = (
        {"recipe": node.kind.removeprefix(RECIPE_PREFIX)} if is_recipe else {"node": node.kind}
    )
    if node.title:
        written[_TITLE] = node.title
    return written | {field_of(name): _write_given(v) for name, v in node.inputs.items()}


def _write_given(value: object) -> object:
    if isinstance(value, Link | InputRef):
        return write_reference(value)
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list | tuple):
        return [_write_given(entry) for entry in value]
    return value


def _write_input(spec: InputSpec) -> dict[str, Any]:
    written: dict[str, Any] = {"type": type_name(spec)}
    if spec.about:
        written["about"] = spec.about
    if spec.choices and not is_of_catalogue(spec.resource):  # those are taken over, not declared
        written["items" if spec.items else "choices"] = list(spec.choices)
    elif spec.items:
        written["items"] = spec.items
    if not spec.required:
        default = spec.default
        written["default"] = list(default) if isinstance(default, tuple) else default
    if spec.resource != "seed":
        bounds = {"min": spec.minimum, "max": spec.maximum}
        written |= {name: bound for name, bound in bounds.items() if bound is not None}
    if spec.unit:
        written["unit"] = spec.unit
    return written


def type_name(spec: InputSpec) -> str:
    """The type of a declared input as recipes spell it."""
    for name, settings in _TYPES.items():
        if settings["type"] == spec.type and settings.get("resource", "") == spec.resource:
            return name
    return spec.type
