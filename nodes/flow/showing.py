"""The node that shows what any link carries."""

from typing import Annotated, Any

import numpy as np
import orjson

from paintgraph.engine.graph.elements import Result
from paintgraph.engine.node.declaration import node
from paintgraph.imaging.geometry.boxes import Boxes


@node(title="Preview Any", category="image", is_target=True)
def preview_any(source: Annotated[Any, "What is shown."]) -> Result:
    """Show a value as text: numbers, texts and lists as they are, of pictures their shape."""
    return Result(ui={"text": [_shown(source)]})


def _shown(source: object) -> str:
    if isinstance(source, str):
        return source
    if isinstance(source, Boxes):
        source = source.to_json()
    if isinstance(source, np.ndarray):
        return f"{source.dtype}{list(source.shape)}"
    try:
        return orjson.dumps(source, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return str(source)
