"""What a picture carries of how it was made: the graph, under keys that programs use for it.

Beside it stands which of that graph's pictures it is, and the digest of its samples.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import BinaryIO

import orjson

from paintgraph.base.errors import Problem
from paintgraph.base.pictures import texts_of
from paintgraph.base.text.document import TextError
from paintgraph.base.text.json_reader import read_json
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.recognising import kind_of

GRAPH, PROMPT, WORKFLOW = "paintgraph", "prompt", "workflow"
KEYS = (GRAPH, PROMPT, WORKFLOW)
"""Ours first; then the prompt, which is exact, before the editor's graph that it was made of."""

DRAWN = (WORKFLOW, GRAPH, PROMPT)
"""For an editor: first what somebody drew there."""

RESULT = "paintgraph-result"
"""The key of which of a graph's pictures a file holds."""


@dataclass(frozen=True, slots=True)
class Made:
    """Which of a graph's pictures a file holds.

    Attributes:
        digest: of the samples, as `pixel_digest` gives it.
        output: the graph's output, or "" for one of a save node.
        node: the save node, or "".
        place: which of the pictures that came of it, from 0.
    """

    digest: str
    output: str = ""
    node: str = ""
    place: int = 0

    def to_text(self) -> str:
        """As a picture carries it."""
        return orjson.dumps({name: v for name, v in asdict(self).items() if v != ""}).decode()


def made_in(file: BinaryIO) -> Made | None:
    """Which picture a file says that it holds; None if it does not say so soundly."""
    text = _texts(file, (RESULT,)).get(RESULT)
    try:
        value = None if text is None else read_json(text).value
        return None if not isinstance(value, dict) else _made(**value)
    except (TextError, TypeError):
        return None


def _made(digest: object, output: object = "", node: object = "", place: object = 0) -> Made | None:
    match digest, output, node, place:
        case str(), str(), str(), int() if not isinstance(place, bool) and place >= 0:
            return Made(digest, output, node, place)
    return None


def carried(file: BinaryIO, keys: Sequence[str] = KEYS) -> bytes:
    """The graph's text in a picture, by the first of the keys; GraphError if it carries none."""
    texts = _texts(file, keys)
    found = [texts[key] for key in keys if texts.get(key, "").lstrip().startswith("{")]
    if not found:
        message = (
            "this picture carries no graph; allowed are PNG and WebP with the graph that made "
            "them. Name a recipe, and the picture as its input (outpaint --image FILE)."
        )
        raise GraphError([Problem("no_graph", message)])
    sound = (text for text in found if len(found) == 1 or _is_graph(text))
    return next(sound, found[0]).encode("utf-8", "replace")


def _texts(file: BinaryIO, keys: Collection[str]) -> dict[str, str]:
    try:
        return texts_of(file, keys)
    except TextError as error:
        raise GraphError([Problem(error.code, error.message)]) from error


def _is_graph(text: str) -> bool:
    try:
        return kind_of(read_json(text, nan_is_null=True).value) is not None
    except TextError:
        return False
