"""Writing a graph in any of its forms, as plain data for JSON or YAML."""

from typing import Any, Literal, assert_never, get_args

from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import Specs, with_names

GraphFormat = Literal["native", "api", "ui"]
"""A recipe; a prompt of ComfyUI, which it calls API format; a workflow of its editor."""

GRAPH_FORMATS: tuple[GraphFormat, ...] = get_args(GraphFormat)


def write_graph(graph: Graph, form: GraphFormat, specs: Specs) -> dict[str, Any]:
    """The graph in a form.

    Raises Error if it links to an output by a name that nobody knows the position of, which
    ComfyUI's forms need.
    """
    match form:
        case "native":
            return write_native(with_names(graph, specs))
        case "api":
            return write_comfy(graph, Slots(graph, specs).position)
        case "ui":
            return write_editor(graph, specs)
    assert_never(form)
