"""paintgraph: select a part of a picture and repaint it, or continue it past its edges.

    import paintgraph
    result = paintgraph.run("outpaint", image="photo.jpg", sides=["left"])
    result.save("wide.png")

Importing this loads nothing: each name comes from its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paintgraph.base.errors import Error, Problem
    from paintgraph.engine.graph.graph import Graph
    from paintgraph.engine.graph.spec import When
    from paintgraph.engine.node.context import Context
    from paintgraph.engine.node.declaration import node
    from paintgraph.engine.node.hints import LAZY, Forms, Grows, Output, Range
    from paintgraph.nodes.sockets import Image, Mask
    from paintgraph.python.progress import Progress
    from paintgraph.python.remote import Connection, connect
    from paintgraph.python.results import Picture, Result
    from paintgraph.python.session import Session, run
    from paintgraph.python.session import Session as session  # noqa: N813 - read as a verb

    __version__: str

__all__ = [
    "LAZY",
    "Connection",
    "Context",
    "Error",
    "Forms",
    "Graph",
    "Grows",
    "Image",
    "Mask",
    "Output",
    "Picture",
    "Problem",
    "Progress",
    "Range",
    "Result",
    "Session",
    "When",
    "__version__",
    "connect",
    "node",
    "run",
    "session",
]

_PLACES = {
    "Connection": "python.remote",
    "Context": "engine.node.context",
    "Error": "base.errors",
    "Forms": "engine.node.hints",
    "Graph": "engine.graph.graph",
    "Grows": "engine.node.hints",
    "Image": "nodes.sockets",
    "LAZY": "engine.node.hints",
    "Mask": "nodes.sockets",
    "Output": "engine.node.hints",
    "Picture": "python.results",
    "Problem": "base.errors",
    "Progress": "python.progress",
    "Range": "engine.node.hints",
    "Result": "python.results",
    "Session": "python.session",
    "When": "engine.graph.spec",
    "connect": "python.remote",
    "node": "engine.node.declaration",
    "run": "python.session",
    "session": "python.session",
}


def __getattr__(name: str) -> Any:
    """A name of the package, loaded when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("paintgraph")
    elif name in _PLACES:
        module = import_module(f"paintgraph.{_PLACES[name]}")
        found = getattr(module, "Session" if name == "session" else name)
    else:
        raise AttributeError(f"module 'paintgraph' has no attribute '{name}'")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
