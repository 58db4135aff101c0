"""Recipes: graphs with declared inputs, found by name in folders, and usable as nodes."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError, path_in_words
from paintgraph.engine.graph.coercion import names_in
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import Result, Value
from paintgraph.engine.graph.spec import NodeSpec, OutputSpec
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import NO_BINDERS, fixed
from paintgraph.engine.recipes.checking import check

SUFFIXES = (".yaml", ".yml", ".json")


RecipeFiles = Mapping[str, tuple[str, int, int]]
"""By a recipe's name its file, when that was changed (ns) and its size in bytes."""


def find_recipes(folders: Iterable[Path]) -> RecipeFiles:
    """The recipes in some folders; an earlier folder wins, and of equal names the first."""
    found: dict[str, tuple[str, int, int]] = {}
    for folder in folders:
        if not folder.is_dir():
            continue
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - half the time of Path
                if suffix in SUFFIXES and entry.is_file():
                    with suppress(FileNotFoundError):  # removed meanwhile
                        facts = entry.stat()
                        found.setdefault(name, (entry.path, facts.st_mtime_ns, facts.st_size))
    return found


class RecipeBook:
    """The recipes of some folders by name; an earlier folder wins.

    Each recipe is registered as a node type "recipe/NAME" of the registry, after those that it
    uses itself. Its text is read once, and counts until `refresh` or `take`.
    """

    def __init__(self, registry: Registry, folders: Iterable[Path]) -> None:
        self._registry = registry
        self._folders = tuple(folders)
        self._found: RecipeFiles | None = None
        self._files: dict[str, Path] = {}
        self._texts: dict[str, bytes] = {}
        self._uses: dict[str, list[str]] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Take note of recipes that came, went or changed, if any did; not while a graph runs.

        All are registered anew then, since they may use each other.
        """
        found = find_recipes(self._folders)
        if found == self._found:
            return False
        self._know({name: Path(path) for name, (path, _, _) in found.items()}, {})
        self._found = found
        return True

    def take(self, texts: Mapping[str, bytes]) -> None:
        """Know these recipes by their texts, whatever files say; not while a graph runs.

        Others stay as they were read last. Those of the texts are registered.
        """
        if any(self._texts.get(name) != text for name, text in texts.items()):
            self._know(self._files | {name: Path(name) for name in texts}, {**self._texts, **texts})
            self._found = None  # so that `refresh` turns to the files again
        self.register_used(Graph({name: Node(RECIPE_PREFIX + name, {}) for name in texts}))

    def _know(self, files: dict[str, Path], texts: dict[str, bytes]) -> None:
        """Forget all that is registered; know these files, and texts in place of some."""
        self._registry.forget(RECIPE_PREFIX + name for name in self._files)
        self._files, self._texts, self._uses = files, texts, {}
        self._registry.expect(RECIPE_PREFIX + name for name in files)

    def texts(self, names: Iterable[str]) -> dict[str, bytes]:
        """The texts of registered recipes and of all that these use as nodes, by name."""
        found: dict[str, bytes] = {}
        pending = list(names)
        while pending:
            name = pending.pop()
            if name in self._texts and name not in found:
                found[name] = self._texts[name]
                pending += self._uses.get(name, ())
        return found

    def names(self) -> list[str]:
        """All recipe names, sorted."""
        return sorted(self._files)

    def path(self, name: str) -> Path | None:
        """The file of a recipe, or None."""
        return self._files.get(name)

    def spec(self, name: str) -> NodeSpec | None:
        """The recipe as a node type, or None if there is none; raises GraphError if it has faults.

        It is registered first.
        """
        if name not in self._files:
            return None
        self.register_used(Graph({name: Node(RECIPE_PREFIX + name, {})}))
        spec = self._registry.spec(RECIPE_PREFIX + name)
        if spec is None:
            self.checked(self._text(name), str(self._files[name]))  # says what is wrong
        return spec

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

    def register_all(self) -> None:
        """Register every recipe, as `register_used` does."""
        kinds = (RECIPE_PREFIX + name for name in self._files)
        self.register_used(Graph({kind: Node(kind, {}) for kind in kinds}))

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
                self._uses[name] = _used(found[0])
                pending += [n for n in _used(found[0]) if not self._closes_circle(n, list(path))]

    def _is_settled(self, name: str) -> bool:
        kind = RECIPE_PREFIX + name
        return kind in self._registry or self._registry.fault(kind) is not None

    def _read(self, name: str) -> tuple[Graph, list[Problem]] | None:
        """The graph of a recipe and the faults of its form; None if it is no graph."""
        file = self._files[name]
        try:
            return read_graph(self._text(name), str(file))
        except OSError as error:
            self._registry.refuse(RECIPE_PREFIX + name, f"{file}: {error.strerror}.")
        except GraphError as error:
            self._registry.refuse(RECIPE_PREFIX + name, _first(file, error.problems))
        return None

    def _text(self, name: str) -> bytes:
        """The text of a recipe as it was read first; raises OSError."""
        if name not in self._texts:
            self._texts[name] = self._files[name].read_bytes()
        return self._texts[name]

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
    graph = _with_own_wishes(graph, registry)
    outputs = tuple(
        OutputSpec(output, _type_of(graph, ref, registry)) for output, ref in graph.outputs.items()
    )
    kinds = sorted({node.kind for node in graph.nodes.values()})
    inner = [registry.fingerprint(kind) for kind in kinds if kind in registry]
    text = orjson.dumps([write_native(replace(graph, keywords=(), editor={}, made={})), inner])
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
        volatile=any(_runs_anew(node, registry) for node in graph.nodes.values()),
        heavy=is_heavy(graph, registry),
        keywords=graph.keywords,
        names=names_in(graph, {i: registry.spec(node.kind) for i, node in graph.nodes.items()}),
    )

    def expand(inputs: Mapping[str, Any]) -> dict[str, Node]:
        return {id_: _filled(node, inputs) for id_, node in graph.nodes.items()}

    def call(_: Context, inputs: Mapping[str, Any]) -> Result:
        values = [inputs[r.name] if isinstance(r, InputRef) else r for r in graph.outputs.values()]
        given = {name: _given(value) for name, value in inputs.items()}
        return Result(values=values, expand=expand(given))

    return Declaration(spec, call, expand=expand)


def _with_own_wishes(graph: Graph, registry: Registry) -> Graph:
    """The graph with what it says of descriptions at its nodes, which another graph will have."""
    own = NO_BINDERS.of(graph.descriptions)
    nodes = {}
    for id_, node in graph.nodes.items():
        spec = registry.spec(node.kind)
        changed = fixed(node.inputs, spec, own.bind, lambda *_: None) if spec else {}
        nodes[id_] = replace(node, inputs={**node.inputs, **changed})
    return replace(graph, nodes=nodes)


def is_heavy(graph: Graph, registry: Registry) -> bool:
    """Whether a node of the graph is declared heavy."""
    specs = (registry.spec(node.kind) for node in graph.nodes.values())
    return any(spec is not None and spec.heavy for spec in specs)


def _runs_anew(node: Node, registry: Registry) -> bool:
    """Whether a node of a recipe saves files, or may give something else each time."""
    spec = registry.spec(node.kind)
    if spec is None:
        return False
    if spec.volatile or spec.is_target or spec.has_state or spec.is_single:
        return True
    return any(i.resource == "seed" and node.inputs.get(i.name) == -1 for i in spec.inputs)


def _filled(node: Node, values: Mapping[str, Any]) -> Node:
    """The node with what the recipe is given in place of references to its inputs."""
    inputs = {
        name: values[given.name] if isinstance(given, InputRef) else given
        for name, given in node.inputs.items()
    }
    return replace(node, inputs=inputs)


def _given(value: Value) -> Any:
    """A literal where a value came from one, else the value."""
    return value if value.key else value.data


def _type_of(graph: Graph, reference: Link | InputRef, registry: Registry) -> str:
    if isinstance(reference, InputRef):
        return graph.inputs[reference.name].type
    spec = registry.spec(graph.nodes[reference.node].kind)
    if spec is None:
        raise GraphError([])
    return spec.outputs[int(reference.output)].type
