"""What may be wished of the files of results, by recipes and by whoever runs them."""

from collections.abc import Mapping

from paintgraph.engine.graph.coercion import Wrong, canonical
from paintgraph.engine.graph.graph import METADATA, Descriptions
from paintgraph.engine.graph.spec import InputSpec

SPECS: Mapping[str, InputSpec] = {
    "metadata": InputSpec(
        "metadata",
        "text",
        required=False,
        choices=METADATA,
        about="What files of results keep of what the given pictures say of themselves: all; "
        "colours, resolution and copyright; or colours and resolution only.",
    ),
    "graph": InputSpec(
        "graph",
        "bool",
        required=False,
        about="Write into PNG files what made them: the graph, the numbers of a repaint.",
    ),
}
"""The fields of `Descriptions` as declarations, for checks and schemas."""


def read_descriptions(given: Mapping[str, object]) -> tuple[Descriptions, dict[str, Wrong]]:
    """What is wished, and by name what cannot be; other names are left alone."""
    found = {name: canonical(spec, given[name]) for name, spec in SPECS.items() if name in given}
    wrong = {name: value for name, value in found.items() if isinstance(value, Wrong)}
    return Descriptions(**{name: v for name, v in found.items() if name not in wrong}), wrong
