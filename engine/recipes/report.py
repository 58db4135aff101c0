"""Collecting problems of a graph, each with its place, its cure and the outputs that it costs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from paintgraph.base.errors import Problem, Severity
from paintgraph.engine.graph.graph import Graph, Path, native_path
from paintgraph.engine.graph.sockets import literal_types
from paintgraph.engine.graph.spec import Conversion, InputSpec, NodeSpec
from paintgraph.engine.graph.structure import reached_outputs, upstream
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.round_trips import Specs, round_trips

_LAST = (1 << 30, 0)
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Where:
    """What a message is about: how it begins, and the path into the document."""

    text: str
    path: Path
    node: str | None = None
    input: str | None = None
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cure:
    """What to do about a problem: a sentence, and the same as data (see `Problem.cure`)."""

    text: str
    data: Mapping[str, Any] | None = None


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

    def faulty(self) -> set[str | None]:
        """The nodes with errors."""
        return {problem.node for problem in self.problems if problem.severity == "error"}

    def about(self, nodes: Sequence[str]) -> Where:
        """Several nodes, the first one being the place."""
        first = self.at(nodes[0], bare=True)
        if len(nodes) == 1:
            return first
        kinds = ((id_, self._graph.nodes[id_].kind) for id_ in nodes[:_MOST_NAMED])
        named = ", ".join(f"'{id_}' ({kind})" for id_, kind in kinds)
        more = f" and {len(nodes) - _MOST_NAMED} more" if len(nodes) > _MOST_NAMED else ""
        return replace(first, text=f"nodes {named}{more}", nodes=tuple(nodes))

    def add(
        self,
        code: str,
        where: Where,
        message: str,
        *,
        severity: Severity = "error",
        cure: Cure | None = None,
    ) -> None:
        """One more problem; the message goes on where `where` ends, and ends with the cure."""
        place = self._source.document.place(where.path) if self._source else None
        text = f"{where.text}{message}{cure.text if cure else ''}"
        data = cure.data if cure else None
        self.problems.append(
            Problem(
                code,
                text,
                where.node,
                where.input,
                where.path,
                place,
                severity,
                cure=data,
                nodes=where.nodes,
            )
        )


def report_reach(
    report: Report, graph: Graph, targets: Mapping[str, str], specs: Specs, *, together: bool
) -> None:
    """Report that a graph reaches nothing, or nodes that no target needs, `together` or each.

    And pictures that it reaches, of which more changes than their mask says.
    """
    for trip in round_trips(graph, specs, targets.values()):
        where = report.at(trip.node, bare=True)
        report.add("outside_changes", where, trip.message, severity="warning")
    if not targets and not graph.outputs:
        report.add(
            "no_outputs",
            Where("the graph", ()),
            " has no output; a run needs a result to reach. Name one under outputs, or add a "
            "node that saves or shows, such as SaveImage.",
        )
        return
    needed = upstream(graph, targets.values())
    idle = [id_ for id_ in graph.nodes if id_ not in needed]
    if len(idle) > 1 and together:
        message = " are not needed for any output and will not run. Use their results."
        report.add("unreachable", report.about(idle), message, severity="warning")
        return
    for id_ in idle:
        message = " is not needed for any output and will not run. Use its result."
        report.add("unreachable", report.at(id_), message, severity="warning")


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
        bits = 0
        for node in problem.nodes or (problem.node or "",):
            bits |= feeds.get(node, 0) if problem.severity == "error" else 0
        lost = tuple(names[bit] for bit in _set_bits(bits))
        if problem.path[:1] == ("outputs",) and problem.path[1:]:
            lost = (str(problem.path[1]),)
        completed.append(replace(problem, outputs=lost) if lost else problem)
    return tuple(sorted(completed, key=lambda problem: problem.place or _LAST))


def _set_bits(bits: int) -> Iterator[int]:
    """The positions of the bits that are set; few of many, mostly."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def link_cure(registry: Registry, given: str, wanted: str) -> Cure:
    """What to do about a link of a wrong type: a node that is declared to convert it, if any."""
    if cure := _conversion_cure(registry, given, wanted):
        return cure
    literal = " or write it there" if literal_types(wanted) != "none" else ""
    return Cure(f" No node turns one into the other. Link {in_words(wanted)}{literal}.")


def literal_cure(registry: Registry, value: object, wanted: str) -> Cure:
    """What to do about a literal where only a link serves: perhaps it names a picture."""
    cure = _conversion_cure(registry, "text", wanted) if isinstance(value, str) else None
    return cure or Cure(f" Link it{_maker(registry, wanted)}.")


def _maker(registry: Registry, wanted: str) -> str:
    """The first node that gives a type by itself, in words; "" if there is none."""
    makers = (
        declaration.spec.id
        for declaration in registry
        for output in declaration.spec.outputs
        if output.type == wanted
    )
    found = next(makers, None)
    return f"; {found} gives one" if found else ""


def _conversion_cure(registry: Registry, given: str, wanted: str) -> Cure | None:
    for spec in (declaration.spec for declaration in registry):
        types = {output.name: output.type for output in spec.outputs}
        for conversion in spec.converts:
            fits = conversion.source in given.split("|")
            if fits and types[conversion.output] in wanted.split("|"):
                return _insertion(spec, conversion)
    return None


def reference_cure(registry: Registry, given: InputSpec, wanted: str) -> Cure:
    """What to do about a recipe's input of a type that does not fit where it is used."""
    literal = literal_types(wanted).split("|")[0]
    if given.resource == "picture" or literal == "none":
        return link_cure(registry, literal_types(given.type), wanted)
    return Cure(f" Change its type to {literal}.", {"type": literal})


def _insertion(spec: NodeSpec, conversion: Conversion) -> Cure:
    """The cure that puts a node between."""
    needs = [i.name for i in spec.inputs if i.required and i.name != conversion.input]
    settings = "".join(f", with {name}: {value}" for name, value in conversion.settings)
    others = f", give it {' and '.join(needs)} as well" if needs else ""
    output = f", link its output {conversion.output}" if len(spec.outputs) > 1 else ""
    means = f" ({conversion.means})" if conversion.means else ""
    data = {
        "insert": spec.id,
        "input": conversion.input,
        "output": conversion.output,
        "settings": dict(conversion.settings),
        "needs": needs,
    }
    return Cure(f" Put {spec.id} between{settings}{others}{output}{means}.", data)


def in_words(type_: str) -> str:
    """A type in a sentence: "a mask or an image"."""
    own = {"int": "a whole number", "float": "a number", "any": "anything"}
    own |= {plain: plain for plain in ("text", "boxes")}
    return " or ".join(own.get(part, _with_article(part)) for part in type_.split("|"))


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
