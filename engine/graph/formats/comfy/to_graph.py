"""A graph of ComfyUI's editor as a Graph, by way of the prompt that its page would send."""

from dataclasses import replace

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document
from paintgraph.engine.graph.formats.comfy.prompt import read_comfy
from paintgraph.engine.graph.formats.comfy.to_prompt import to_prompt
from paintgraph.engine.graph.graph import Graph, Path, Source


def read_editor(document: Document, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of an editor's file, with every fault of its form.

    Raises GraphError if its subgraphs hold themselves or too much.
    """
    converted = to_prompt(document)
    graph, problems = read_comfy(Document(converted.prompt), name)
    places = converted.places

    def path_of(node: str, _: str) -> Path:
        return places.get(node, ())

    source = Source(name, document, path_of, "workflow")
    return replace(graph, source=source), [*converted.problems, *problems]
