"""The keys of a plan's cells, each worked out once from what the cell could read."""

from collections.abc import Mapping

from paintgraph.base.errors import Error
from paintgraph.engine.errors import path_in_words
from paintgraph.engine.execution.keys import (
    call_key,
    element_key,
    json_text,
    list_part,
    literal_part,
    value_part,
)
from paintgraph.engine.execution.names import Names, plain
from paintgraph.engine.execution.node_run import Cell, Traits
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.registry import Registry


class CellKeys:
    """Keys of the results of one run's cells; `cells` may grow."""

    def __init__(
        self,
        cells: Mapping[str, Cell],
        registry: Registry,
        names: Names,
        job: str,
        environment: str,
    ) -> None:
        self._cells = cells
        self._registry = registry
        self._names = names
        self._job = job
        self._environment = environment
        self._traits: dict[str, Traits] = {}

    def of(self, cell: Cell) -> str:
        """Key of a cell's result, bottom-up over all that it could read, each once."""
        stack = [cell]
        on_path: set[str] = set()
        while stack:
            top = stack[-1]
            if top.key:
                stack.pop()
                continue
            sources = (self._cells[link.node] for link in top.links.values())
            missing = [source for source in sources if not source.key]
            if missing:
                if top.id in on_path:
                    raise self._knot([c for c in stack if c.id in on_path])
                on_path.add(top.id)
                stack.extend(missing)
                continue
            top.key = self.of_call(top, {})
            stack.pop()
        return cell.key

    def _knot(self, path: list[Cell]) -> Error:
        """The fault of a path of cells that ends where a part of it began."""
        ids = [cell.id for cell in path]
        knot = path_in_words(ids[ids.index(ids[-1]) :])
        return Error(f"nodes wait for each other: {knot}. Cut a link between them.", code="cycle")

    def of_call(self, cell: Cell, inputs: Mapping[str, object]) -> str:
        """Key of one call of a cell, from the values at its inputs.

        What `inputs` does not tell follows from how the linked cell is made; so the only call of
        a cell that maps over single elements has the cell's own key.
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
            parts[""] = [4, inside]
        scope = f"{self._job}/{cell.id}" if spec.volatile or is_late else ""
        return call_key(self.traits(cell).fingerprint, parts, scope)

    def parts(self, cell: Cell) -> dict[str, str]:
        """What each input adds to the cell's own key, as text."""
        parts = {name: json_text(self._part(cell, name, None)) for name in cell.node.inputs}
        return parts | ({"files inside": json_text(cell.inside)} if cell.inside else {})

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
        return value_part(element_key(self._cells[link.node].key, int(link.output)))

    def traits(self, cell: Cell) -> Traits:
        """What the run looks up of a cell's declaration, worked out once."""
        kind = cell.node.kind
        traits = self._traits.get(kind)
        if traits is None:
            traits = self._traits[kind] = Traits.of(
                cell.declaration.spec, f"{self._environment} {self._registry.fingerprint(kind)}"
            )
        return traits


def _name_part(given: object) -> list[object] | None:
    """The part of a key that a fixed name gives, the same as if it were written in the graph."""
    if type(given) is list and all(type(plain(value)) is not Value for value in given):
        return [3, *(value.data for value in given)]
    datum = plain(given)
    return None if given is None or isinstance(datum, Value | Link | list) else literal_part(datum)
