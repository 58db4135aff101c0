"""What can go wrong in the engine: faults of a graph, failures of a node, cancellation."""

from collections.abc import Iterable, Sequence

from paintgraph.base.errors import Error, Problem

_SHOWN_NODES = 20


class DeclarationError(Error):
    """A node is declared wrongly: a fault of the node's author, found when it is registered."""

    code = "bad_declaration"


class GraphError(Error):
    """A graph cannot run; `problems` holds every reason. The code of one alone is the error's."""

    code = "invalid_graph"

    def __init__(self, problems: Iterable[Problem]) -> None:
        problems = tuple(problems)
        message = "\n".join(problem.message for problem in problems)
        codes = [problem.code for problem in problems if problem.severity == "error"]
        super().__init__(message, codes[0] if len(codes) == 1 else None, problems=problems)


class BindError(Error):
    """A value that a graph names, such as a file, cannot be had."""

    code = "cannot_bind"


class NodeError(Error):
    """A node failed; the cause is chained."""

    code = "node_failed"


class Cancelled(Error):  # noqa: N818 - a state of a run, not a fault
    """The run was cancelled."""

    code = "cancelled"


def path_in_words(nodes: Sequence[str]) -> str:
    """A path through nodes; of a long one the beginning and the end."""
    if len(nodes) > _SHOWN_NODES:
        nodes = [*nodes[: _SHOWN_NODES - 1], "...", nodes[-1]]
    return " -> ".join(nodes)
