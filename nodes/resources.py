"""What is known of names while a graph is checked: of each by itself, and of all together."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from paintgraph.engine.graph.coercion import Misfit, Resources
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.models.engine_names import EngineNames
from paintgraph.nodes.resource_names import checks

_SAMPLING = f"{__package__}.sampling."


def resources(names: EngineNames) -> Resources:
    """What is known of names: which cannot be used now, and what does not go together."""
    return Resources(checks(names), together=partial(_misfits, names))


def _misfits(
    names: EngineNames,
    graph: Graph,
    specs: Mapping[str, NodeSpec | None],
    faulty: Collection[str | None],
) -> Iterable[Misfit]:
    """Of graphs with networks alone: it takes time to import, which servers spare otherwise."""
    if not any(spec and spec.module.startswith(_SAMPLING) for spec in specs.values()):
        return ()
    from paintgraph.nodes.network_checks import misfits

    return misfits(names.models, graph, specs, faulty)
