"""The graph that a picture carries: its text under one of the keys that programs use for it."""

from typing import BinaryIO

from paintgraph.base.errors import Problem
from paintgraph.base.pictures import texts_of
from paintgraph.base.text.document import TextError
from paintgraph.engine.errors import GraphError

KEYS = ("paintgraph", "prompt", "workflow")
"""Ours first; then the prompt, which is exact, before the editor's graph that it was made of."""


def carried(file: BinaryIO, name: str) -> bytes:
    """The graph's text in a picture; raises GraphError if it carries none."""
    try:
        texts = texts_of(file, KEYS)
    except TextError as error:
        raise GraphError([Problem(error.code, f"{name}: {error.message}")]) from error
    text = next((texts[key] for key in KEYS if _may_hold(texts.get(key, ""))), None)
    if text is None:
        message = (
            f"{name}: this picture carries no graph; allowed are PNG and WebP with the graph that "
            "made them. Name a recipe, and the picture as its input (outpaint --image FILE)."
        )
        raise GraphError([Problem("no_graph", message)])
    return text.encode("utf-8", "replace")


def _may_hold(text: str) -> bool:
    return text.lstrip().startswith("{")
