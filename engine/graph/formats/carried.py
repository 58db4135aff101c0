"""The graph that a picture carries: its text under one of the keys that programs use for it."""

from typing import BinaryIO

from paintgraph.base.errors import Problem
from paintgraph.base.pictures import texts_of
from paintgraph.base.text.document import TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.recognising import kind_of

KEYS = ("paintgraph", "prompt", "workflow")
"""Ours first; then the prompt, which is exact, before the editor's graph that it was made of."""


def carried(file: BinaryIO) -> bytes:
    """The graph's text in a picture; raises GraphError if it carries none."""
    try:
        texts = texts_of(file, KEYS)
    except TextError as error:
        raise GraphError([Problem(error.code, error.message)]) from error
    found = [texts[key] for key in KEYS if texts.get(key, "").lstrip().startswith("{")]
    if not found:
        message = (
            "this picture carries no graph; allowed are PNG and WebP with the graph that made "
            "them. Name a recipe, and the picture as its input (outpaint --image FILE)."
        )
        raise GraphError([Problem("no_graph", message)])
    sound = (text for text in found if len(found) == 1 or _is_graph(text))
    return next(sound, found[0]).encode("utf-8", "replace")


def _is_graph(text: str) -> bool:
    try:
        return kind_of(read_json(text, nan_is_null=True).value) is not None
    except TextError:
        return False
