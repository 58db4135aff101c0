"""Recipes: graphs with declared inputs, found by name in folders, and usable as nodes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from engine.binding import is_open
from engine.checking import check
from engine.context import Context
from engine.declaration import Declaration
from engine.elements import Result
from engine.errors import GraphError, Problem, path_in_words
from engine.formats.native import write_native
from engine.formats.reading import read_graph
from engine.graph import RECIPE_PREFIX, Graph, InputRef, Link, Node
from engine.keys import fingerprint
from engine.registry import Registry
from engine.sockets import Value
from engine.spec import NodeSpec, OutputSpec

SUFFIXES = (".yaml", ".yml", ".json")


class RecipeBook:
    """The recipes of some folders by name; an earlier folder wins.

    Each recipe is registered as a node type "recipe/NAME" of the registry, after those that it
    uses itself.
    """

    def __init__(self, registry: Registry, folders: Iterable[Path]) -> None:
        self._registry = registry
        self._files: dict[str, Path] = {}
        for folder in folders:
            for file in sorted(folder.glob("*")):
                if file.suffix in SUFFIXES and file.is_file():
                    self._files.setdefault(file.stem, file)
        registry.expect(RECIPE_PREFIX + name for name in self._files)

    def names(self) -> list[str]:
        """All recipe names, sorted."""
        return sorted(self._files)

    def path(self, name: str) -> Path | None:
        """The file of a recipe, or None."""
        return self._files.get(name)

    def load(self, file: Path) -> Graph:
        """The canonical graph of a file; raises GraphError with every problem, OSError."""
        return self.checked(file.read_bytes(), str(file))

    def checked(self, text: bytes, name: str) -> Graph:
        """The canonical graph of a text; raises GraphError with every problem.

        The recipes that it uses as nodes are registered first.
        """
        graph, problems = read_graph(text, name)
        self.register_used(graph)
        return check(graph, self._registry, problems).sound()

    def register_used(self, graph: Graph) -> None:
        """Register every recipe that the graph uses as a node, deepest first.

        Why one cannot be used is noted in the registry.
        """
        pending = _used(graph)
        path: dict[str, tuple[Graph, list[Problem]]] = {}
        while pending:
            name = pending[-1]
            if name in path:
                pending.pop()
                self._register(name, *path.pop(name))
            elif name not in self._files or self._is_settled(name):
                pending.pop()
            elif (found := self._read(name)) is not None:
                path[name] = found
                pending += [n for n in _used(found[0]) if not self._closes_circle(n, list(path))]

    def _is_settled(self, name: str) -> bool:
        kind = RECIPE_PREFIX + name
        return kind in self._registry or self._registry.fault(kind) is not None

    def _read(self, name: str) -> tuple[Graph, list[Problem]] | None:
        """The graph of a recipe and the faults of its form; None if it is no graph."""
        file = self._files[name]
        try:
            return read_graph(file.read_bytes(), str(file))
        except OSError as error:
            self._registry.refuse(RECIPE_PREFIX + name, f"{file}: {error.strerror}.")
        except GraphError as error:
            self._registry.refuse(RECIPE_PREFIX + name, _first(file, error.problems))
        return None

    def _closes_circle(self, name: str, path: list[str]) -> bool:
        """Whether the last recipe of a path uses an earlier one; then none of them can be used."""
        if name not in path:
            return False
        circle = path[path.index(name) :]
        for place, one in enumerate(circle):
            way = path_in_words([*circle[place:], *circle[:place], one])
            self._registry.refuse(RECIPE_PREFIX + one, f"It uses itself: {way}.")
        return True

    def _register(self, name: str, graph: Graph, problems: list[Problem]) -> None:
        if self._is_settled(name):
            return
        checked = check(graph, self._registry, problems)
        if checked.errors:
            first = _first(self._files[name], checked.errors)
            self._registry.refuse(RECIPE_PREFIX + name, first)
        else:
            self._registry.add(recipe_declaration(name, checked.graph, self._registry))


def _first(file: Path, problems: Sequence[Problem]) -> str:
    """The first of a recipe's problems, with its place."""
    first = problems[0]
    where = f"{file}:{first.place.line}:{first.place.column}" if first.place else str(file)
    return f"{where}: {first.message}"


def _used(graph: Graph) -> list[str]:
    kinds = {node.kind for node in graph.nodes.values() if node.kind.startswith(RECIPE_PREFIX)}
    return sorted(kind.removeprefix(RECIPE_PREFIX) for kind in kinds)


def recipe_declaration(name: str, graph: Graph, registry: Registry) -> Declaration:
    """A checked recipe as a node type: its call expands into the recipe's nodes."""
    outputs = tuple(
        OutputSpec(output, _type_of(graph, ref, registry)) for output, ref in graph.outputs.items()
    )
    kinds = sorted({node.kind for node in graph.nodes.values()})
    inner = [fingerprint(spec) for kind in kinds if (spec := registry.spec(kind))]
    text = orjson.dumps([write_native(graph), inner])
    spec = NodeSpec(
        id=RECIPE_PREFIX + name,
        title=name.replace("_", " ").capitalize(),
        category="recipes",
        about=graph.about or f"The recipe {name}.",
        inputs=tuple(graph.inputs.values()),
        outputs=outputs,
        version=blake2b(text, digest_size=8).hexdigest(),
        is_target=not outputs,
        module="graphs",
        volatile=any(_is_open(node, registry) for node in graph.nodes.values()),
        heavy=is_heavy(graph, registry),
    )

    def call(_: Context, inputs: Mapping[str, Any]) -> Result:
        nodes = {id_: _filled(node, inputs) for id_, node in graph.nodes.items()}
        values = [inputs[r.name] if isinstance(r, InputRef) else r for r in graph.outputs.values()]
        return Result(values=values, expand=nodes)

    return Declaration(spec, call)


def is_heavy(graph: Graph, registry: Registry) -> bool:
    """Whether a node of the graph is declared heavy."""
    specs = (registry.spec(node.kind) for node in graph.nodes.values())
    return any(spec is not None and spec.heavy for spec in specs)


def _is_open(node: Node, registry: Registry) -> bool:
    """Whether a node of a recipe names something that may change from run to run."""
    spec = registry.spec(node.kind)
    return spec is not None and (
        spec.volatile or any(is_open(i, node.inputs.get(i.name)) for i in spec.inputs)
    )


def _filled(node: Node, values: Mapping[str, Any]) -> Node:
    """The node with references replaced: by a literal where it came from one, else by the value."""
    inputs = {
        name: _given(values[given.name]) if isinstance(given, InputRef) else given
        for name, given in node.inputs.items()
    }
    return replace(node, inputs=inputs)


def _given(value: Value) -> Any:  # noqa: ANN401 - a literal or a value
    return value if value.key else value.data


def _type_of(graph: Graph, reference: Link | InputRef, registry: Registry) -> str:
    if isinstance(reference, InputRef):
        return graph.inputs[reference.name].type
    spec = registry.spec(graph.nodes[reference.node].kind)
    if spec is None:
        raise GraphError([])
    return spec.outputs[int(reference.output)].type
