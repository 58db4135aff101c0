"""What can go wrong in the engine: problems of a graph, failures of a node, cancellation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from paintgraph.base.text.document import Place

_SHOWN_NODES = 20
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a graph.

    `message` reads *where: what is wrong with the value; what is allowed. Cure.* `code` is stable:
    programs may rely on it. `path` leads to the faulty value inside the document, `outputs` names
    the results that the fault makes impossible.
    """

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    path: tuple[str | int, ...] = ()
    place: Place | None = None
    severity: Severity = "error"
    outputs: tuple[str, ...] = field(default=(), compare=False)

    @property
    def pointer(self) -> str:
        """JSON Pointer (RFC 6901) of the faulty value."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        return "".join(f"/{step}" for step in steps)

    def to_json(self) -> dict[str, object]:
        """Plain data for programs."""
        plain: dict[str, object] = {
            "code": self.code,
            "message": self.message,
            "severity": self.severity,
            "node": self.node,
            "input": self.input,
            "pointer": self.pointer,
            "outputs": list(self.outputs),
        }
        if self.place is not None:
            plain |= {"line": self.place.line, "column": self.place.column}
        return plain


class EngineError(Exception):
    """A fault that a user can cause and cure; `code` is stable."""

    code = "engine_error"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class DeclarationError(EngineError):
    """A node is declared wrongly: a fault of the node's author, found when it is registered."""

    code = "bad_declaration"


class GraphError(EngineError):
    """A graph cannot run; `problems` holds every reason."""

    code = "invalid_graph"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


class BindError(EngineError):
    """A value that a graph names, such as a file, cannot be had."""

    code = "cannot_bind"


class NodeError(EngineError):
    """A node failed; the cause is chained."""

    code = "node_failed"


class Cancelled(EngineError):  # noqa: N818 - a state of a run, not a fault
    """The run was cancelled."""

    code = "cancelled"


def path_in_words(nodes: Sequence[str]) -> str:
    """A path through nodes; of a long one the beginning and the end."""
    if len(nodes) > _SHOWN_NODES:
        nodes = [*nodes[: _SHOWN_NODES - 1], "...", nodes[-1]]
    return " -> ".join(nodes)
