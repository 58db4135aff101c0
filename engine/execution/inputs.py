"""What is at the inputs of a cell that is about to be called, and what it still asks for."""

from paintgraph.engine.execution.calls import Call, Given
from paintgraph.engine.execution.node_run import Cell
from paintgraph.engine.execution.plan import Plan
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.declaration import unwrap


def given(cell: Cell, plan: Plan) -> dict[str, Given]:
    """What is at each input: a slot, the link itself where raw, None where not evaluated."""
    traits = plan.keys.traits(cell)
    unasked = traits.lazy - cell.asked
    own = cell.node.inputs
    found: dict[str, Given] = {
        name: (Value(default),) for name, default in traits.defaults.items() if name not in own
    }
    for name, value in own.items():
        link = cell.links.get(name)
        if link is None:
            found[name] = (value if type(value) is Value else Value(value),)
        elif name in traits.raw:
            found[name] = link
        elif name in unasked:
            found[name] = None
        else:
            entry = plan.cells[link.node].entry
            found[name] = None if entry is None else entry.slots[int(link.output)]
    return found


def needed(cell: Cell, calls: list[Call]) -> list[str]:
    """Lazy inputs that the calls will read and that are not there yet."""
    needs = cell.declaration.needs
    if needs is None:
        return []
    asked: dict[str, None] = {}
    for call in calls:
        if call.stop is None:
            data = {name: unwrap(arrived) for name, arrived in call.inputs.items()}
            asked.update(dict.fromkeys(needs(**data)))
    return [name for name in asked if name in cell.links and name not in cell.asked]
