"""The plan of a run: its nodes, how they are linked, and the keys of their results.

Nothing here runs or changes but that expansions are added: `explain` asks the same plan.

key(call) = digest(declaration, canonical literals, keys of what is linked). An element of output
`s` of a call is named `CALL:s`, or `CALL:s:i` for entry `i` of a list output, so that a node that
maps over one element has the key of its only call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import orjson

from paintgraph.base.errors import Error
from paintgraph.engine.errors import path_in_words
from paintgraph.engine.execution.names import Linked, Names, plain
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import ANY, Value
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.events import Origin
from paintgraph.engine.node.registry import Registry

MOST_CELLS = 200_000
NOTHING: Mapping[str, Any] = {}
_UNASKED = "not asked yet"
_LITERAL, _VALUE, _LIST, _NAMES = range(4)


@dataclass(slots=True, eq=False)
class Cell:
    """One node of a plan.

    Attributes:
        rank: place in the order of nodes; an expansion's cells follow their parent.
        links: linked inputs, with the output as a position.
        parent: the cell whose expansion it is a part of.
        key: key of its result, "" until it is asked for.
        is_late: what it names outside the graph is known only when it is called, so its key is too.
        inside: of a recipe, what its nodes name outside the graph.
        is_uncertain: it is not kept: a call failed, or its expansion names things of which its key
            knows nothing.
        unsure: linked inputs whose data must be checked when they come.
        state: what its declaration told of it, see `Declaration.state`.
    """

    id: str
    node: Node
    declaration: Declaration
    origin: Origin
    rank: tuple[int, ...]
    links: dict[str, Link]
    parent: "Cell | None" = None
    key: str = ""
    is_late: bool = False
    inside: list[object] | None = None
    is_uncertain: bool = False
    unsure: tuple[InputSpec, ...] = ()
    state: str | None = _UNASKED


class Plan:
    """All cells of a run; expansions are added as they are made. Not thread-safe.

    `job` sets results apart that are kept within their job only, `environment` names the class of
    machine that all results depend on. Nodes see it as `Nodes`, with `extra`.
    """

    def __init__(
        self,
        registry: Registry,
        names: Names,
        job: str = "",
        environment: str = "cpu",
        extra: Mapping[str, Any] = NOTHING,
    ) -> None:
        self.cells: dict[str, Cell] = {}
        self.extra = extra
        self._registry = registry
        self._names = names
        self._job = job
        self._environment = environment
        self._fingerprints: dict[str, str] = {}

    def ids(self) -> list[str]:
        """The ids of all nodes."""
        return list(self.cells)

    def node(self, id_: str) -> Node | None:
        """A node, its links by the run's ids and by position; None if there is none."""
        cell = self.cells.get(id_)
        if cell is None:
            return None
        return replace(cell.node, inputs={**cell.node.inputs, **cell.links})

    def origin(self, id_: str) -> Origin | None:
        """What a node stems from; None if there is none."""
        cell = self.cells.get(id_)
        return None if cell is None else cell.origin

    def add(
        self, nodes: Mapping[str, Node], parent: Cell | None = None, call: int = 0
    ) -> dict[str, str]:
        """Add nodes; gives the run's ids by the nodes' own. Links may lead outside `nodes`.

        Raises Error for an unknown type, a link to nowhere and, in an expansion, nodes that
        wait for each other.
        """
        if len(self.cells) + len(nodes) > MOST_CELLS:
            raise Error(
                f"The run has grown to more than {MOST_CELLS:,} nodes; an expansion may not end. "
                "Look for a node that expands into itself.",
                code="engine_error",
            )
        prefix = "" if parent is None else f"{parent.id}.{call}."
        ids = {name: prefix + name for name in nodes}
        for place, (name, node) in enumerate(nodes.items()):
            rank = (call, place) if parent else (place,)
            self.cells[ids[name]] = self._cell(ids[name], name, node, parent, rank)
        cells = [self.cells[id_] for id_ in ids.values()]
        for cell in cells:
            for name, link in cell.node.links():
                cell.links[name] = self.link(ids, link)
        for cell in cells:
            self._look_for_names(cell)
            if cell.links:
                cell.unsure = self._unsure_inputs(cell.declaration.spec, cell.links)
        for cell in cells if parent else ():
            self.key_of(cell)
        if parent is not None and parent.declaration.expand is None:
            parent.is_uncertain = parent.is_uncertain or any(map(_names_things, cells))
        return ids

    def _cell(
        self, id_: str, name: str, node: Node, parent: Cell | None, place: tuple[int, ...]
    ) -> Cell:
        declaration = self._registry.get(node.kind)
        if declaration is None:
            raise Error(
                f"'{id_}' has the type '{node.kind}', which this worker does not have. Change it.",
                code="unknown_node",
            )
        if parent is None:
            origin = Origin(id_, node.kind, node.display or name, None, id_)
            return Cell(id_, node, declaration, origin, place, {})
        above = parent.origin
        display = node.display or above.display
        if display in self.cells:  # which may itself be of an expansion
            display = self.cells[display].origin.display
        origin = Origin(id_, node.kind, display, parent.id, above.submitted)
        rank = (*parent.rank, *place)
        return Cell(id_, node, declaration, origin, rank, {}, parent=parent)

    def link(self, ids: Mapping[str, str], link: Link) -> Link:
        """The link with the run's node id, by `ids` if it is there, and the output's position."""
        target = ids.get(link.node, link.node)
        source = self.cells.get(target)
        if source is None:
            raise Error(
                f"a link leads to '{link.node}', but there is no such node. Change the link.",
                code="unknown_link",
            )
        outputs = source.declaration.spec.outputs
        for place, output in enumerate(outputs):
            if link.output in (place, output.name):
                return Link(target, place)
        raise Error(
            f"a link leads to output '{link.output}' of '{link.node}' ({source.node.kind}); it has "
            f"{', '.join(output.name for output in outputs) or 'none'}. Change the link.",
            code="unknown_output",
        )

    def _look_for_names(self, cell: Cell) -> None:
        """Note what the cell names outside the graph, or that it is known only when it runs."""
        spec, expand = cell.declaration.spec, cell.declaration.expand
        if expand is None and not any(declared.resource for declared in spec.inputs):
            return
        inputs = {
            name: Linked(self._output_type(cell.links[name])) if name in cell.links else plain(own)
            for name, own in cell.node.inputs.items()
        }
        if expand is None:
            cell.is_late = self._names.is_late(spec, inputs)
        elif not spec.volatile:
            cell.inside = self._names.inside(cell.declaration, inputs)
            cell.is_late = cell.inside is None

    def _unsure_inputs(self, spec: NodeSpec, links: Mapping[str, Link]) -> tuple[InputSpec, ...]:
        """The linked inputs whose data must be looked at.

        Bounded ones, and those that come as another type, or from a node that gives what it likes.
        """
        if spec.is_open:
            return ()
        unsure = []
        for declared in spec.inputs:
            if declared.name not in links or declared.raw or declared.type == ANY:
                continue
            link = links[declared.name]
            source = self.cells[link.node].declaration.spec
            is_bounded = declared.minimum is not None or declared.choices
            is_other = source.is_open or source.outputs[int(link.output)].type != declared.type
            if is_bounded or is_other:
                unsure.append(declared)
        return tuple(unsure)

    def _output_type(self, link: Link) -> str:
        return self.cells[link.node].declaration.spec.outputs[int(link.output)].type

    def key_of(self, cell: Cell) -> str:
        """Key of a cell's result, bottom-up over all that it could read, each once."""
        stack = [cell]
        on_path: set[str] = set()
        while stack:
            top = stack[-1]
            if top.key:
                stack.pop()
                continue
            sources = (self.cells[link.node] for link in top.links.values())
            missing = [source for source in sources if not source.key]
            if missing:
                if top.id in on_path:
                    raise self._knot([c for c in stack if c.id in on_path])
                on_path.add(top.id)
                stack.extend(missing)
                continue
            top.key = self.key_of_call(top, {})
            stack.pop()
        return cell.key

    def _knot(self, path: list[Cell]) -> Error:
        """The fault of a path of cells that ends where a part of it began."""
        ids = [cell.id for cell in path]
        knot = path_in_words(ids[ids.index(ids[-1]) :])
        return Error(f"nodes wait for each other: {knot}. Cut a link between them.", code="cycle")

    def key_of_call(self, cell: Cell, inputs: Mapping[str, object]) -> str:
        """Key of one call of a cell, from the values at its inputs.

        Where `inputs` has no value, the key follows from how the linked cell is made; so the only
        call of a cell that maps over single elements has the cell's own key.
        """
        spec, own = cell.declaration.spec, cell.node.inputs
        parts = {name: self._part(cell, name, inputs.get(name)) for name in own}
        inside, is_late = cell.inside, cell.is_late
        if is_late and inputs:
            for declared in spec.inputs:
                if declared.resource and (part := _name_part(inputs.get(declared.name))):
                    parts[declared.name] = part
            given = {name: plain(value) for name, value in inputs.items()}
            if cell.declaration.expand is None:
                is_late = self._names.is_late(spec, given)
            else:
                inside = self._names.inside(cell.declaration, given)
                is_late = inside is None
        if inside:
            parts[""] = [_NAMES, inside]
        state = "" if cell.declaration.state is None else self._state(cell)
        is_new = spec.volatile or is_late or state is None
        scope = f"{self._job}/{cell.id}" if is_new else f"#{cell.id}" if spec.is_single else ""
        known = [self.fingerprint(cell.node.kind), scope, parts]
        body = orjson.dumps([*known, state] if state else known, option=orjson.OPT_SORT_KEYS)
        return blake2b(body, digest_size=20).hexdigest()

    def _state(self, cell: Cell) -> str | None:
        """What the declaration tells of the node, asked for once in a run; runs its code."""
        if cell.state is _UNASKED and cell.declaration.state is not None:
            literals = {n: None if n in cell.links else v for n, v in cell.node.inputs.items()}
            cell.state = cell.declaration.state(cell.id, literals, self.extra)
        return cell.state

    def parts(self, cell: Cell) -> dict[str, str]:
        """What each input adds to the cell's own key, as text."""
        parts = {name: _json(self._part(cell, name, None)) for name in cell.node.inputs}
        parts |= {"files inside": _json(cell.inside)} if cell.inside else {}
        return parts | ({"state": _json(self._state(cell))} if cell.declaration.state else {})

    def _part(self, cell: Cell, name: str, given: object) -> list[object]:
        link = cell.links.get(name)
        if link is None:
            own = cell.node.inputs[name]
            if type(own) is Value:
                return [_VALUE, own.key or f"{self._job}/{cell.id}/{name}"]
            return [_LITERAL, own]
        if type(given) is Value:
            return [_VALUE, given.key]
        if type(given) is list and len(given) != 1:
            return [_LIST, *(value.key for value in given)]
        if type(given) is list:
            return [_VALUE, given[0].key]
        return [_VALUE, element_key(self.cells[link.node].key, int(link.output))]

    def fingerprint(self, kind: str) -> str:
        """What results of a node type depend on besides its inputs."""
        found = self._fingerprints.get(kind)
        if found is None:
            found = f"{self._environment} {self._registry.fingerprint(kind)}"
            self._fingerprints[kind] = found
        return found


def element_key(call: str, slot: int, index: int | None = None) -> str:
    """Key of one element that a call gave."""
    return f"{call}:{slot}" if index is None else f"{call}:{slot}:{index}"


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _name_part(given: object) -> list[object] | None:
    """The part of a key that a fixed name gives, the same as if it were written in the graph."""
    if type(given) is list and all(type(plain(value)) is not Value for value in given):
        return [_NAMES, *(value.data for value in given)]
    datum = plain(given)
    return None if given is None or isinstance(datum, Value | Link | list) else [_LITERAL, datum]


def _names_things(cell: Cell) -> bool:
    """Whether a node depends on more than its inputs."""
    spec = cell.declaration.spec
    names = bool(cell.inside) or any(declared.resource for declared in spec.inputs)
    return names or cell.is_late or spec.volatile
