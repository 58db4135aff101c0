"""What a bound graph will name only while it runs, fixed when its job is accepted.

Such names stand inside recipes that are used as nodes, in the names of a folder's files, and in
texts that come by links. What they stood for goes along with the job, so that no worker looks on
its own disk for what is called so by then. Names that nodes compute are not foreseen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.coercion import DIGEST_MARK
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, Link, Node
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.uses import Use, UsesFound
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders

_MOST_EXPANDED = 1000
_MOST_PAIRS = 100
_NAMING_TYPES = ("text", "any")
_FIXED = ("sha256:", "data:", "http://", "https://")

Nodes = Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Texts:
    """Stands for what comes by a link: one of these texts, as far as that can be known."""

    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """What a node that uses recipes by their names will expand into.

    `recipes` are their names, None if they are not known before.
    """

    recipes: tuple[str, ...] | None
    nodes: Nodes = field(default_factory=dict)


Calls = Callable[[Nodes, Node], Called | None]
"""Of a node among others, if it uses recipes by their names."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What there is to fix.

    Attributes:
        recipes: the recipes that are used, but for those that they use themselves; None: any.
        names: what each name stands for, by kind of resource and name; of what several inputs lead
            to the name is all that they say.
        is_open: whether nodes may compute further names.
        uses: how node types are used, in recipes as well.
    """

    recipes: frozenset[str] | None
    names: Mapping[tuple[str, Any], Any]
    is_open: bool
    uses: Sequence[Use] = ()


def foresee(graph: Graph, registry: Registry, binders: Binders, calls: Calls) -> Foreseen:
    """Look up what the graph will name; what cannot be had is left out, a run will say so."""
    search = _Search(registry, binders.of(graph.descriptions), calls)
    search.look(graph.nodes)
    recipes = None if search.is_any_recipe else frozenset(search.recipes)
    return Foreseen(recipes, search.names, search.is_open, search.uses.all())


class _Search:
    def __init__(self, registry: Registry, binders: Binders, calls: Calls) -> None:
        self._registry = registry
        self._binders = binders
        self._calls = calls
        self._expanded: set[str] = set()
        self._tried: set[tuple[str, Any]] = set()
        self.recipes: set[str] = set()
        self.is_any_recipe = False
        self.is_open = False
        self.names: dict[tuple[str, Any], Any] = {}
        self.uses = UsesFound()

    def look(self, nodes: Nodes) -> None:
        pending = [nodes]
        while pending:
            inside = pending.pop()
            for node in inside.values():
                spec = self._registry.spec(node.kind)
                if spec is not None:
                    self.uses.note(node, spec)
                    self._look_at(spec, inside, node)
                    pending += self._expansions(spec, inside, node)

    def _look_at(self, spec: NodeSpec, nodes: Nodes, node: Node) -> None:
        for declared in spec.inputs:
            kind = declared.resource
            if not kind or kind == "seed":
                continue
            value = node.inputs.get(declared.name, declared.default)
            if declared.found_by:
                if not value:
                    self._look_together(spec, declared, nodes, node)
                elif kind == "folder" and isinstance(value, tuple):
                    self._list(value)
            else:
                self.is_open = self.is_open or isinstance(value, Link | Texts)
                for text in self._texts(nodes, value):
                    self._fix(kind, text)

    def _look_together(self, spec: NodeSpec, declared: InputSpec, nodes: Nodes, node: Node) -> None:
        """What several inputs lead to, for all that they may be."""
        defaults = {one.name: one.default for one in spec.inputs}
        values = [node.inputs.get(name, defaults[name]) for name in declared.found_by]
        self.is_open = self.is_open or any(isinstance(value, Link | Texts) for value in values)
        asked = product(*(self._texts(nodes, value) for value in values))
        for each in islice(asked, _MOST_PAIRS):
            self._fix(declared.resource, each)
            if declared.resource == "folder":
                self._list(self.names.get(("folder", each), ()))

    def _list(self, names: tuple[str, ...]) -> None:
        """A folder's files are read by their names."""
        for name in names:
            self._fix("picture", name)

    def _fix(self, kind: str, value: str | tuple[str, ...]) -> None:
        key = (kind, value)
        if key in self._tried or (isinstance(value, str) and _is_fixed(value)):
            return
        self._tried.add(key)
        with suppress(BindError):
            found = self._binders.bind(kind, value)
            if found is not value and found != value:
                self.names[key] = tuple(found) if isinstance(found, list) else found

    def _expansions(self, spec: NodeSpec, nodes: Nodes, node: Node) -> Iterator[Nodes]:
        """What a node will expand into, as far as that can be known; each only once."""
        called = self._calls(nodes, node)
        if called is not None:
            self.is_any_recipe = self.is_any_recipe or called.recipes is None
            self.recipes.update(called.recipes or ())
            if self._is_new(called.nodes):
                yield called.nodes
        if not node.kind.startswith(RECIPE_PREFIX):
            return
        self.recipes.add(node.kind.removeprefix(RECIPE_PREFIX))
        declaration = self._registry.get(node.kind)
        if declaration is None or declaration.expand is None:
            return
        given = {one.name: one.default for one in spec.inputs}
        for name, value in node.inputs.items():
            given[name] = self._crossing(nodes, value)
        if self._is_new(given, node.kind):
            yield declaration.expand(given)

    def _crossing(self, nodes: Nodes, value: object) -> object:
        """A literal, or what stands for a link that leads out of a recipe."""
        return Texts(tuple(self._texts(nodes, value))) if isinstance(value, Link) else value

    def _is_new(self, *what: object) -> bool:
        """Whether an expansion was not seen before: recipes may call themselves by their names."""
        mark = repr(what)
        is_new = mark not in self._expanded and len(self._expanded) < _MOST_EXPANDED
        self._expanded.add(mark)
        return is_new

    def _texts(self, nodes: Nodes, value: object) -> Iterator[str]:
        return texts_of(value, nodes, self._registry)


def texts_of(value: object, nodes: Nodes, registry: Registry) -> Iterator[str]:
    """The text that a node's input is, or all that may come to it through nodes that pass it on."""
    if not isinstance(value, Link):
        yield from _written(value)
    elif _may_be_text(value, nodes, registry):
        yield from dict.fromkeys(_upstream(value, nodes))


def _written(value: object) -> Iterator[str]:
    """The texts that a value itself is or lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Texts):
        yield from value.texts
    elif isinstance(value, tuple | list):
        yield from (each for each in value if isinstance(each, str))


def _upstream(link: Link, nodes: Nodes) -> Iterator[str]:
    """The texts at a node that is linked, and at all before it."""
    pending, seen = [link.node], {link.node}
    while pending:
        node = nodes.get(pending.pop())
        for value in node.inputs.values() if node else ():
            if isinstance(value, Link):
                if value.node not in seen:
                    seen.add(value.node)
                    pending.append(value.node)
            else:
                yield from _written(value)


def _may_be_text(link: Link, nodes: Nodes, registry: Registry) -> bool:
    spec = registry.spec(nodes[link.node].kind) if link.node in nodes else None
    for place, output in enumerate(spec.outputs if spec else ()):
        if link.output in (output.name, place):
            return any(kind in _NAMING_TYPES for kind in output.type.split("|"))
    return True


def _is_fixed(text: str) -> bool:
    """Whether a text says itself what it stands for, whenever it is read."""
    return text.startswith(_FIXED) or DIGEST_MARK in text
