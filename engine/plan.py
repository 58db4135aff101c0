"""The growing plan of one run: cells, what each waits for, and the keys of their results.

The plan is demand-driven. Demanding a cell looks for its result first and follows its links only
if there is none; so a cell becomes ready only after everything that it reads is there, and the
order in which cells become ready is a topological order at every moment. Not thread-safe: the run
holds a lock around every call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.binding import is_open
from engine.cell import Cell, State, Traits
from engine.elements import Entry
from engine.errors import EngineError
from engine.events import Origin
from engine.graph import Link, Node
from engine.keys import (
    call_key,
    element_key,
    json_text,
    list_part,
    literal_part,
    value_part,
)
from engine.registry import Registry
from engine.sockets import Value

MOST_CELLS = 200_000


class Plan:
    """All cells of a run.

    `lookup(cell)` gives a kept result or None; `ready(cell)` is told when a cell can run; `found`
    when a kept result makes running it needless.
    """

    def __init__(  # noqa: PLR0913 - the seams of a run
        self,
        registry: Registry,
        *,
        job: str,
        environment: str,
        lookup: Callable[[Cell], Entry | None],
        ready: Callable[[Cell], None],
        found: Callable[[Cell, Entry], None],
    ) -> None:
        self.cells: dict[str, Cell] = {}
        self.open = 0
        self._registry = registry
        self._job = job
        self._environment = environment
        self._traits: dict[str, Traits] = {}
        self._lookup = lookup
        self._ready = ready
        self._found = found

    def add(
        self, nodes: Mapping[str, Node], parent: Cell | None = None, call: int = 0
    ) -> dict[str, str]:
        """Add nodes; gives the run's ids by the nodes' own. Links may lead outside `nodes`."""
        if len(self.cells) + len(nodes) > MOST_CELLS:
            raise EngineError(
                f"The run has grown to more than {MOST_CELLS:,} nodes; an expansion may not end. "
                "Look for a node that expands into itself."
            )
        prefix = "" if parent is None else f"{parent.id}.{call}."
        ids = {name: prefix + name for name in nodes}
        for place, (name, node) in enumerate(nodes.items()):
            cell = self._cell(ids[name], name, node, parent, (call, place) if parent else (place,))
            for input_name, link in node.links():
                cell.links[input_name] = self._resolved(ids, nodes, link)
            self.cells[cell.id] = cell
            cell.is_late = self._is_late(cell, nodes)
        return ids

    def _cell(
        self, id_: str, name: str, node: Node, parent: Cell | None, place: tuple[int, ...]
    ) -> Cell:
        declaration = self._registry.get(node.kind)
        if declaration is None:
            raise EngineError(f"node '{id_}': no node type '{node.kind}' in this worker.")
        if parent is None:
            origin = Origin(id_, node.kind, node.display or name, None, id_)
            return Cell(id_, node, declaration, origin, place, {})
        above = parent.origin
        origin = Origin(id_, node.kind, node.display or above.display, parent.id, above.submitted)
        return Cell(id_, node, declaration, origin, (*parent.rank, *place), {})

    def _resolved(self, ids: Mapping[str, str], nodes: Mapping[str, Node], link: Link) -> Link:
        """The link with the run's node id and the output as a position."""
        target = ids.get(link.node, link.node)
        if isinstance(link.output, int):
            return link if target == link.node else Link(target, link.output)
        kind = nodes[link.node].kind if link.node in nodes else self.cells[link.node].node.kind
        spec = self._registry.spec(kind)
        names = [output.name for output in spec.outputs] if spec else []
        return Link(target, names.index(link.output))

    def _is_late(self, cell: Cell, nodes: Mapping[str, Node]) -> bool:
        """Whether a name of something outside the graph reaches the node only now."""
        for declared in cell.declaration.spec.inputs:
            if not declared.resource or declared.name not in cell.node.inputs:
                continue
            link = cell.links.get(declared.name)
            if link is None:
                if is_open(declared, cell.node.inputs[declared.name]):
                    return True
            elif self._output_type(link, nodes) in ("text", "int", "any"):
                return True
        return False

    def _output_type(self, link: Link, nodes: Mapping[str, Node]) -> str:
        source = self.cells.get(link.node)
        kind = source.node.kind if source else nodes[link.node].kind
        spec = self._registry.spec(kind)
        return spec.outputs[int(link.output)].type if spec else "any"

    def link(self, ids: Mapping[str, str], nodes: Mapping[str, Node], link: Link) -> Link:
        """A link of an expansion's result, in the run's terms."""
        return self._resolved(ids, nodes, link)

    def demand(self, cells: Iterable[Cell]) -> None:
        """Want these cells' results, and whatever they need."""
        stack = list(cells)
        while stack:
            cell = stack.pop()
            if cell.state is not State.IDLE:
                continue
            cell.state = State.WANTED
            self.open += 1
            self.find_key(cell)
            entry = self._lookup(cell)
            if entry is not None:
                self._found(cell, entry)
            else:
                self.follow(cell, stack)

    def follow(self, cell: Cell, stack: list[Cell] | None = None) -> None:
        """Wait for everything that the cell reads; ready at once if all is there."""
        sources: list[Cell] = [] if stack is None else stack
        lazy = self.traits(cell).lazy
        for name, link in cell.links.items():
            source = self.cells[link.node]
            self._read(cell, source)
            if name not in lazy:
                self._wait(cell, source, sources)
        if not cell.waiting:
            self._ready(cell)
        if stack is None:
            self.demand(sources)

    def ask(self, cell: Cell, names: Iterable[str]) -> bool:
        """Make lazy links hard ones; False if all that was asked for is already there."""
        stack: list[Cell] = []
        for name in names:
            cell.asked.add(name)
            self._wait(cell, self.cells[cell.links[name].node], stack)
        waits = cell.waiting > 0
        self.demand(stack)
        return waits

    def await_links(self, cell: Cell, links: Sequence[Link], extra: Sequence[Cell]) -> None:
        """Let a cell wait for the results of its expansion; `extra` cells run beside."""
        stack: list[Cell] = []
        for link in links:
            source = self.cells[link.node]
            self._read(cell, source)
            self._wait(cell, source, stack)
        if not cell.waiting:
            self._ready(cell)
        self.demand([*extra, *reversed(stack)])

    def finish(self, cell: Cell, entry: Entry) -> None:
        """The cell's result is there: wake what waits for it, let go of what nobody reads."""
        cell.entry, cell.rows, cell.state = entry, None, State.DONE
        self.open -= 1
        dependents, cell.dependents = cell.dependents, []
        for dependent in dependents:
            dependent.waiting -= 1
            if not dependent.waiting:
                self._ready(dependent)
        for source in cell.sources:
            source.readers -= 1
            self._let_go(source)
        cell.sources = []
        self._let_go(cell)

    def stuck(self) -> list[Cell]:
        """Cells that are wanted and cannot come: they wait for each other."""
        return [cell for cell in self.cells.values() if cell.state is State.WANTED]

    def _read(self, cell: Cell, source: Cell) -> None:
        source.readers += 1
        cell.sources.append(source)

    def _wait(self, cell: Cell, source: Cell, stack: list[Cell]) -> None:
        if source.state is not State.DONE:
            cell.waiting += 1
            source.dependents.append(cell)
            stack.append(source)

    def _let_go(self, cell: Cell) -> None:
        if not cell.readers and not cell.pinned and cell.state is State.DONE:
            cell.state, cell.entry = State.IDLE, None

    def find_key(self, cell: Cell) -> str:
        """Key of a cell's result, bottom-up over all that it could read, each once."""
        stack = [cell]
        on_path: set[str] = set()
        while stack:
            top = stack[-1]
            if top.key:
                stack.pop()
                continue
            missing = [
                source for link in top.links.values() if not (source := self._source(top, link)).key
            ]
            if missing:
                if top.id in on_path:
                    raise EngineError(f"{self._path(stack)}: the nodes wait for each other.")
                on_path.add(top.id)
                stack.extend(missing)
                continue
            top.key = self._key(top)
            stack.pop()
        return cell.key

    def _source(self, cell: Cell, link: Link) -> Cell:
        source = self.cells.get(link.node)
        if source is None:
            raise EngineError(f"node '{cell.id}' links to '{link.node}', which is not in the run.")
        return source

    def _path(self, stack: list[Cell]) -> str:
        return "cycle through " + ", ".join(dict.fromkeys(f"'{cell.id}'" for cell in stack))

    def _key(self, cell: Cell) -> str:
        return self.call_key(cell, {})

    def call_key(self, cell: Cell, inputs: Mapping[str, object]) -> str:
        """Key of one call of a cell, from the values at its inputs.

        What `inputs` does not tell follows from how the linked cell is made; so the only call of
        a cell that maps over single elements has the cell's own key.
        """
        parts = {name: self._part(cell, name, inputs.get(name)) for name in cell.node.inputs}
        traits = self.traits(cell)
        scope = ""
        if cell.declaration.spec.volatile or cell.is_late:
            scope = f"{self._job}/{cell.id}"
        elif cell.declaration.spec.keyed_by_id:
            scope = cell.id
        return call_key(traits.fingerprint, parts, scope)

    def parts(self, cell: Cell) -> dict[str, str]:
        """What each input adds to the cell's own key, as text."""
        return {name: json_text(self._part(cell, name, None)) for name in cell.node.inputs}

    def _part(self, cell: Cell, name: str, given: object) -> list[object]:
        link = cell.links.get(name)
        if link is None:
            own = cell.node.inputs[name]
            if type(own) is Value:
                return value_part(own.key or f"{self._job}/{cell.id}/{name}")
            return literal_part(own)
        if type(given) is Value:
            return value_part(given.key)
        if type(given) is list and len(given) != 1:
            return list_part([value.key for value in given])
        if type(given) is list:
            return value_part(given[0].key)
        return value_part(element_key(self.cells[link.node].key, int(link.output)))

    def traits(self, cell: Cell) -> Traits:
        """What the run looks up of a cell's declaration, worked out once."""
        kind = cell.node.kind
        traits = self._traits.get(kind)
        if traits is None:
            traits = self._traits[kind] = Traits.of(cell.declaration.spec, self._environment)
        return traits
