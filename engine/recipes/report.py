"""Collecting problems of a graph, each with its place in the text and the outputs it costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from paintgraph.base.errors import Problem, Severity
from paintgraph.engine.graph.graph import Graph, Path, native_path
from paintgraph.engine.graph.structure import reached_outputs

_LAST = (1 << 30, 0)


@dataclass(frozen=True, slots=True)
class Where:
    """What a message is about: how it begins, and the path into the document."""

    text: str
    path: Path
    node: str | None = None
    input: str | None = None


class Report:
    """The problems found so far in one graph."""

    def __init__(self, graph: Graph) -> None:
        self.problems: list[Problem] = []
        self._graph = graph
        self._source = graph.source

    def at(self, node: str, name: str = "", *, own: str = "", bare: bool = False) -> Where:
        """A node, or its input `name`; `bare` leaves the input out of the message's beginning.

        `own` is an input that is not written down, so the node is the place.
        """
        text = f"node '{node}'"
        if self._graph.nodes[node].kind:
            text += f" ({self._graph.nodes[node].kind})"
        if name and not bare:
            text += f": {name}"
        path = (self._source.path_of if self._source else native_path)(node, name)
        return Where(text, path, node, name or own or None)

    def add(self, code: str, where: Where, message: str, *, severity: Severity = "error") -> None:
        """One more problem; the message goes on where `where` ends."""
        place = self._source.document.place(where.path) if self._source else None
        text = where.text + message
        self.problems.append(
            Problem(code, text, where.node, where.input, where.path, place, severity)
        )


def with_outputs(
    problems: Iterable[Problem], graph: Graph, targets: Mapping[str, str]
) -> tuple[Problem, ...]:
    """The problems in the order of the text, each with the outputs that it makes impossible."""
    problems = tuple(problems)
    if not problems:
        return ()
    feeds = reached_outputs(graph, targets)
    names = list(targets)
    completed = []
    for problem in problems:
        bits = feeds.get(problem.node or "", 0) if problem.severity == "error" else 0
        lost = tuple(name for bit, name in enumerate(names) if bits >> bit & 1)
        if problem.path[:1] == ("outputs",) and problem.path[1:]:
            lost = (str(problem.path[1]),)
        completed.append(replace(problem, outputs=lost) if lost else problem)
    return tuple(sorted(completed, key=lambda problem: problem.place or _LAST))


def in_words(type_: str) -> str:
    """A type in a sentence: "a mask or an image"."""
    articles = {"int": "a whole number", "float": "a number", "any": "anything", "text": "text"}
    return " or ".join(articles.get(part, _with_article(part)) for part in type_.split("|"))


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
