"""Reading a graph from a text of any known form; the form is recognised by content."""

from paintgraph.base.errors import Problem
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.comfy import is_comfy, read_comfy
from paintgraph.engine.graph.formats.native import is_native, read_native
from paintgraph.engine.graph.graph import Graph


def read_graph(text: bytes, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of a text, with every fault of its form.

    `name` is what messages call the text. Raises GraphError with one problem if it is neither YAML
    nor JSON or no graph at all.
    """
    return graph_of(read_document(text), name)


def read_document(text: bytes) -> Document:
    """The tree of a YAML or JSON text; raises GraphError if it is refused."""
    try:
        return read_json(text) if text.lstrip()[:1] in (b"{", b"[") else read_yaml(text)
    except TextError as error:
        raise GraphError([Problem(error.code, error.message, place=error.place)]) from error


def graph_of(document: Document, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of a document, with every fault of its form."""
    if is_comfy(document.value):
        return read_comfy(document, name)
    if is_native(document.value):
        return read_native(document, name)
    raise GraphError(
        [
            Problem(
                "no_graph",
                "the text is no graph; allowed are a recipe (a mapping with nodes and outputs) and "
                "a ComfyUI prompt in API format. Export the workflow in API format.",
                place=document.place(()),
            )
        ]
    )
