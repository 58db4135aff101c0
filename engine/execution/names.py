"""Names of things outside a graph that a run meets on its way: in expansions, and by links.

Whatever a graph names is fixed when a job is accepted (`recipes.binding`). The rest is fixed here,
before keys are made of it: so a node receives what is fixed, and its key has the digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paintgraph.engine.errors import BindError
from paintgraph.engine.graph.coercion import is_of_catalogue
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.binding import Binders, fixed, is_open

_NAMING_TYPES = ("text", "int", "any")
_PLAIN = (str, int, float, tuple, type(None))


@dataclass(frozen=True, slots=True)
class Linked:
    """Stands for what will come by a link from an output of this type."""

    type: str


class Names:
    """What the names of one run stand for, each looked up once; random seeds are drawn anew."""

    def __init__(self, registry: Registry, binders: Binders) -> None:
        self._registry = registry
        self._binders = binders
        self._known: dict[tuple[str, Any], Any] = {}

    def bind(self, kind: str, value: Any) -> Any:
        """The fixed form of a literal; raises BindError."""
        if kind == "seed":
            return self._binders.bind(kind, value)
        if (kind, value) not in self._known:
            self._known[kind, value] = self._binders.bind(kind, value)
        return self._known[kind, value]

    def in_expansion(self, nodes: Mapping[str, Node], *, strict: bool) -> dict[str, Node]:
        """The nodes of an expansion with their names fixed.

        What cannot be fixed raises BindError if `strict`; else it stays, and the node that has it
        fails when it is called: it may never be.
        """

        def refuse(_: str, error: BindError) -> None:
            if strict:
                raise error

        bound = {}
        for id_, node in nodes.items():
            spec = self._registry.spec(node.kind)
            if spec is not None and any(declared.resource for declared in spec.inputs):
                changed = fixed(_with_defaults(spec, node.inputs), spec, self.bind, refuse)
                node = replace(node, inputs={**node.inputs, **changed}) if changed else node  # noqa: PLW2901
            bound[id_] = node
            declaration = self._registry.get(node.kind)
            if declaration is not None and declaration.expand is not None:
                self.inside(declaration, _linked(node.inputs, lambda _: ""))  # looked up by now
        return bound

    def arrived(self, inputs: Mapping[str, Any], declaration: Declaration) -> dict[str, Any]:
        """The inputs of a call with names fixed that came by links.

        Raises BindError; of a recipe what cannot be fixed stays, and its node that has it fails.
        """
        spec = declaration.spec

        def refuse(_: str, error: BindError) -> None:
            if declaration.expand is None:
                raise error

        bound = dict(inputs)
        for name, data in fixed(
            {name: plain(value) for name, value in inputs.items()}, spec, self.bind, refuse
        ).items():
            old = inputs.get(name)
            bound[name] = replace(old, data=data) if type(old) is Value else Value(data)
        for declared in spec.inputs:
            given = inputs.get(declared.name)
            if declared.resource and type(given) is list:
                bound[declared.name] = [
                    replace(value, data=self.bind(declared.resource, value.data))
                    if isinstance(value.data, str | int)
                    else value
                    for value in given
                ]
        return bound

    def is_late(self, spec: NodeSpec, inputs: Mapping[str, object]) -> bool:
        """Whether a name at an input (a literal, a value or `Linked`) is not fixed yet."""
        known = _with_defaults(spec, inputs)
        return any(
            self._is_late(spec, declared, known) for declared in spec.inputs if declared.resource
        )

    def _is_late(self, spec: NodeSpec, declared: InputSpec, known: Mapping[str, object]) -> bool:
        value = known.get(declared.name)
        if type(value) is Linked:
            return value.type in _NAMING_TYPES
        if is_open(spec, declared, known):
            return True
        kind = declared.resource
        if kind in ("picture", "seed") or declared.found_by or is_of_catalogue(kind):
            return False
        try:
            return isinstance(value, str) and bool(self.bind(kind, value) != value)
        except BindError:
            return True

    def inside(self, recipe: Declaration, inputs: Mapping[str, object]) -> list[object] | None:
        """What a recipe's nodes name, fixed; None if some of it is known only when it runs."""
        found: list[object] = []
        stack = [("", recipe, inputs)]
        while stack:
            path, declaration, given = stack.pop()
            nodes = declaration.expand(given) if declaration.expand is not None else {}
            kinds = {id_: self._registry.get(node.kind) for id_, node in nodes.items()}
            for id_, node in nodes.items():
                inner = kinds[id_]
                if inner is None:
                    return None

                def type_of(link: Link) -> str:
                    source = kinds[link.node]  # noqa: B023 - used within this turn
                    return source.spec.outputs[int(link.output)].type if source else "any"

                known = _with_defaults(inner.spec, _linked(node.inputs, type_of))
                known |= fixed(known, inner.spec, self._bind_certain, lambda *_: None)
                if inner.expand is not None:
                    stack.append((f"{path}{id_}.", inner, known))
                elif self.is_late(inner.spec, known):
                    return None
                names = {d.name: known.get(d.name) for d in inner.spec.inputs if d.resource}
                texts = {n: v for n, v in names.items() if isinstance(v, _PLAIN)}
                found += [[path + id_, texts]] if texts else []
        return found

    def _bind_certain(self, kind: str, value: Any) -> Any:
        return value if kind == "seed" else self.bind(kind, value)


def plain(given: object) -> object:
    """The text or number of a value; anything else as it is."""
    return given.data if type(given) is Value and isinstance(given.data, _PLAIN) else given


def _linked(inputs: Mapping[str, object], type_of: Any) -> dict[str, object]:
    return {
        name: Linked(type_of(given)) if type(given) is Link else plain(given)
        for name, given in inputs.items()
    }


def _with_defaults(spec: NodeSpec, inputs: Mapping[str, object]) -> dict[str, object]:
    known = {i.name: i.default for i in spec.inputs if not i.required}
    return known | {name: plain(given) for name, given in inputs.items()}
