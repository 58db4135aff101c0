"""The one root of all errors that a user can meet, and the problems that an error lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from paintgraph.base.names import legible

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """A character of a text; the first one is line 1, column 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why something is refused, mostly one fault of a graph.

    `message` reads *where: what is wrong with the value; what is allowed. Cure.* `code` is stable:
    programs may rely on it. `path` leads to the faulty value inside the document, `outputs` names
    the results that the fault makes impossible. `nodes` are all nodes that it is about, where
    there are several. `cure` is the message's cure as plain data, where
    a program can apply it: `{"insert": node type, "input": ..., "output": ..., "settings": {...},
    "needs": [inputs that must be given, too]}` for a node that belongs between, or
    `{"type": ...}` for what a recipe's input should be.
    """

    code: str
    message: str
    node: str | None = None
    input: str | None = None
    path: tuple[str | int, ...] = ()
    place: Place | None = None
    severity: Severity = "error"
    outputs: tuple[str, ...] = field(default=(), compare=False)
    cure: Mapping[str, Any] | None = field(default=None, compare=False)
    nodes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", legible(self.message))

    @property
    def pointer(self) -> str:
        """JSON Pointer (RFC 6901) of the faulty value."""
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in self.path)
        return "".join(f"/{step}" for step in steps)

    def to_text(self, name: str = "") -> str:
        """For people: `NAME:LINE:COLUMN: severity: message [code]`, what is not known left out."""
        place = f":{self.place.line}:{self.place.column}" if self.place else ""
        start = f"{name}{place}: " if name else ""
        lost = f" (costs: {', '.join(self.outputs[:8])})" if self.outputs else ""
        severity = f"{self.severity}: " if self.severity == "warning" else ""
        return f"{start}{severity}{self.message} [{self.code}]{lost}"

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
        if self.nodes:
            plain["nodes"] = list(self.nodes)
        if self.place is not None:
            plain |= {"line": self.place.line, "column": self.place.column}
        return plain


class Error(Exception):
    """A fault that a user can cause and cure.

    Args:
        message: *where: what is wrong with the value; what is allowed. Cure.*
        code: for programs, stable; the class's own if it is not given.
        problems: every reason, where there can be several.
        fields: further facts for programs, such as `retry_seconds`.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        code: str | None = None,
        *,
        problems: Iterable[Problem] = (),
        fields: Mapping[str, object] | None = None,
    ) -> None:
        self.message = legible(message)
        super().__init__(self.message)
        self.problems = tuple(problems)
        self.fields = dict(fields or {})
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its attributes, whatever arguments a subclass takes."""
        return Exception.__new__, (type(self), *self.args), self.__dict__

    @property
    def reasons(self) -> tuple[Problem, ...]:
        """The problems; for an error that lists none, the error itself as one."""
        return self.problems or (Problem(self.code, self.message),)

    def to_text(self, name: str = "") -> str:
        """For people: one line for each reason; `name` says what was worked on."""
        return "\n".join(reason.to_text(name) for reason in self.reasons)

    def to_json(self) -> dict[str, object]:
        """Plain data for programs."""
        problems = [problem.to_json() for problem in self.problems]
        return {**self.fields, "code": self.code, "message": self.message, "problems": problems}


class UsageError(Error):
    """A call or a command that is not understood, before anything is done; `problems` says why.

    Its code is that of the first problem.
    """

    def __init__(self, *problems: Problem) -> None:
        message = "\n".join(problem.message for problem in problems)
        super().__init__(message, problems[0].code, problems=problems)
