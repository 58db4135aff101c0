"""The growing plan of one run: cells, what each waits for, and the keys of their results.

The plan is demand-driven. Demanding a cell looks for its result first and follows its links only
if there is none; so a cell becomes ready only after everything that it reads is there, and the
order in which cells become ready is a topological order at every moment. Not thread-safe: the run
holds a lock around every call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from paintgraph.base.errors import Error
from paintgraph.engine.execution.input_checks import unsure
from paintgraph.engine.execution.names import Linked, Names, plain
from paintgraph.engine.execution.node_keys import CellKeys
from paintgraph.engine.execution.node_run import Cell, State
from paintgraph.engine.graph.elements import Entry
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.node.events import Origin
from paintgraph.engine.node.registry import Registry

MOST_CELLS = 200_000


class Plan:
    """All cells of a run.

    `lookup(cell)` gives a result from memory or None, `is_stored(cell)` says whether one may be on
    disk; `ready(cell)` is told when a cell can run, or its stored result be read; `found` when a
    result makes running it needless.
    """

    def __init__(  # noqa: PLR0913 - the seams of a run
        self,
        registry: Registry,
        names: Names,
        *,
        job: str,
        environment: str,
        lookup: Callable[[Cell], Entry | None],
        is_stored: Callable[[Cell], bool],
        ready: Callable[[Cell], None],
        found: Callable[[Cell, Entry], None],
    ) -> None:
        self.cells: dict[str, Cell] = {}
        self.open = 0
        self._registry = registry
        self._names = names
        self.keys = CellKeys(self.cells, registry, names, job, environment)
        self._leaders: dict[str, Cell] = {}
        self._lookup = lookup
        self._is_stored = is_stored
        self._ready = ready
        self._found = found

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
                cell.unsure = unsure(cell.declaration.spec, cell.links, self._output_type)
        for cell in cells if parent else ():
            self.keys.of(cell)
        if parent is not None and parent.declaration.expand is None:
            parent.is_uncertain = parent.is_uncertain or any(map(_names_or_saves, cells))
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
        origin = Origin(id_, node.kind, node.display or above.display, parent.id, above.submitted)
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

    def _output_type(self, link: Link) -> str:
        return self.cells[link.node].declaration.spec.outputs[int(link.output)].type

    def demand(self, cells: Iterable[Cell]) -> None:
        """Want these cells' results, and whatever they need."""
        stack = list(cells)
        while stack:
            cell = stack.pop()
            if cell.state is not State.IDLE:
                continue
            cell.state = State.WANTED
            self.open += 1
            leader = self._leaders.setdefault(self.keys.of(cell), cell)
            if leader is not cell:
                leader.followers.append(cell)
                continue
            entry = self._lookup(cell)
            if entry is not None:
                self._found(cell, entry)
            elif self._is_stored(cell):
                cell.is_stored = True
                self._ready(cell)
            else:
                self.follow(cell, stack)

    def follow(self, cell: Cell, stack: list[Cell] | None = None) -> None:
        """Wait for everything that the cell reads; ready at once if all is there."""
        sources: list[Cell] = [] if stack is None else stack
        lazy = self.keys.traits(cell).lazy
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
        if cell.parent is not None:
            cell.parent.seconds += entry.seconds
            cell.parent.is_uncertain = cell.parent.is_uncertain or cell.is_uncertain
        if self._leaders.get(cell.key) is cell:
            del self._leaders[cell.key]
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


def _names_or_saves(cell: Cell) -> bool:
    """Whether a node depends on more than its inputs, or does more than give its outputs."""
    spec = cell.declaration.spec
    names = bool(cell.inside) or any(declared.resource for declared in spec.inputs)
    return names or cell.is_late or spec.volatile or spec.is_target
