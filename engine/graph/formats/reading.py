"""Reading a graph from a text or picture of any known form; it is recognised by content."""

from dataclasses import replace
from io import BytesIO

from paintgraph.base.errors import Problem
from paintgraph.base.pictures import is_picture
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.json_reader import MAX_JSON_BYTES, read_json
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.carried import carried
from paintgraph.engine.graph.formats.comfy.prompt import read_comfy
from paintgraph.engine.graph.formats.comfy.to_graph import read_editor
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.graph.formats.recognising import is_foreign, recognise
from paintgraph.engine.graph.graph import Graph, Path

_READERS = {"recipe": read_native, "prompt": read_comfy, "editor": read_editor}


def read_graph(text: bytes, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of a text, or of a picture that carries one, with every fault of its form.

    `name` is what messages call the text. Raises GraphError with one problem if it is neither YAML
    nor JSON or no graph at all.
    """
    return graph_of(document_in(text), name)


def document_in(text: bytes) -> Document:
    """The tree of a text, or of that in a picture; raises GraphError if there is none."""
    if is_picture(text[:18]):
        text = carried(BytesIO(text))
    return read_document(text)


def read_document(text: bytes) -> Document:
    """The tree of a YAML or JSON text; raises GraphError if it is refused."""
    try:
        is_json = text.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
        return read_json_document(text) if is_json else read_yaml(text)
    except TextError as error:
        raise GraphError([Problem(error.code, error.message, place=error.place)]) from error


def read_json_document(text: bytes, max_bytes: int = MAX_JSON_BYTES) -> Document:
    """The tree of a JSON text; NaN is null in what ComfyUI wrote. Raises TextError."""
    try:
        return read_json(text, max_bytes=max_bytes)
    except TextError as error:
        if error.code != "not_finite":
            raise
        document = read_json(text, max_bytes=max_bytes, nan_is_null=True)
        if not is_foreign(document):
            raise
        return document


def graph_of(document: Document, name: str) -> tuple[Graph, list[Problem]]:
    """The graph of a document, with every fault of its form.

    Lines are told of texts that people write; an editor's graph is written by a program, and to
    find a line in a large one takes longer than all the rest.
    """
    found = recognise(document)
    if found.kind == "editor":
        document = Document(document.value)
        found = replace(found, document=Document(found.document.value))
    graph, problems = _READERS[found.kind](found.document, name)
    if not found.path:
        return graph, problems
    moved = [replace(problem, path=found.path + problem.path) for problem in problems]
    return _within(graph, document, found.path), moved


def _within(graph: Graph, document: Document, path: Path) -> Graph:
    """The graph with its places counted from the whole document."""
    source = graph.source
    if source is None:
        return graph
    return replace(
        graph,
        source=replace(
            source, document=document, path_of=lambda node, name: path + source.path_of(node, name)
        ),
    )
