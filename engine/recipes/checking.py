"""Checking a graph against the declarations: every fault at once, nothing run, nothing loaded."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from paintgraph.base.errors import Problem
from paintgraph.base.words import suggestion
from paintgraph.engine.errors import GraphError, path_in_words
from paintgraph.engine.graph.coercion import (
    GIVEN,
    NO_RESOURCES,
    Resources,
    Wrong,
    canonical,
    counts,
    inherited,
)
from paintgraph.engine.graph.following import OutputTypes
from paintgraph.engine.graph.graph import RECIPE_PREFIX, Graph, InputRef, Link, Node
from paintgraph.engine.graph.sockets import ANY, Value, accepts, literal_types, shown
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.structure import cycles
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.foreign import UNKNOWN, causes, ends, has_why, meant, names_in_words
from paintgraph.engine.recipes.own_faults import report_misfits, report_refused
from paintgraph.engine.recipes.report import (
    Report,
    Where,
    in_words,
    link_cure,
    literal_cure,
    reference_cure,
    report_reach,
    with_outputs,
)

OF_UNKNOWN = frozenset(["nameless_values"])
"""Problems that need not be told of nodes that are not here."""

_MOST_COMPARED = 100_000  # names in search of the nearest: about a second


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Without errors `graph` is the graph in canonical form: literals coerced, defaults filled in,
    links by position. It still has the references to its declared inputs.
    """

    graph: Graph
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the graph from running."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def sound(self) -> Graph:
        """The canonical graph; raises GraphError with all problems if there are errors."""
        if self.errors:
            raise GraphError(self.problems)
        return self.graph


def check(
    graph: Graph,
    registry: Registry,
    problems: Iterable[Problem] = (),
    resources: Resources = NO_RESOURCES,
) -> Checked:
    """Check every node, reachable or not. `problems` are those that reading already found.

    `resources` say which names cannot be used now; without them no name is asked about.
    """
    return _Checker(graph, registry, resources).check(list(problems))


def targets_of(graph: Graph, registry: Registry) -> dict[str, str]:
    """What a run of the whole graph must reach: name -> node id.

    The named outputs, and the nodes that save or show something under their own id.
    """
    targets = {name: ref.node for name, ref in graph.outputs.items() if isinstance(ref, Link)}
    named = set(targets.values())
    for id_, node in graph.nodes.items():
        spec = registry.spec(node.kind)
        if spec is not None and spec.is_target and id_ not in named:
            targets[id_ if id_ not in targets else f"node {id_}"] = id_
    return targets


class _Checker:
    def __init__(self, graph: Graph, registry: Registry, resources: Resources) -> None:
        self._graph = graph
        self._resources = resources
        self._registry = registry
        self._report = Report(graph)
        self._compared = 0
        self._lost: set[Link] = set()
        self._is_foreign = graph.source is not None and graph.source.tolerant
        self._specs: dict[str, NodeSpec | None] = {
            id_: registry.spec(node.kind) for id_, node in graph.nodes.items()
        }
        self._types = OutputTypes(graph, self._specs)

    def check(self, problems: list[Problem]) -> Checked:
        graph = self._graph
        declared = {name: self._declared(spec) for name, spec in graph.inputs.items()}
        nodes = {id_: self._node(id_, node) for id_, node in graph.nodes.items()}
        outputs = {name: self._output(name, ref) for name, ref in graph.outputs.items()}
        self._cycles()
        report_refused(self._report, nodes, self._registry, self._types)
        sound = replace(graph, nodes=nodes, inputs=declared, outputs=outputs)
        if self._resources is not NO_RESOURCES:
            report_misfits(self._report, sound, self._registry, self._resources)
        targets = targets_of(graph, self._registry)
        reached = dict(targets)
        if self._is_foreign:
            unknown = {i: None for i, s in self._specs.items() if s is None and graph.nodes[i].kind}
            self._foreign(unknown)
            problems = [p for p in problems if p.code not in OF_UNKNOWN or p.node not in unknown]
            reached |= ends(graph, self._specs)
        if graph.outputs or not any(problem.path[:1] == ("outputs",) for problem in problems):
            report_reach(self._report, graph, reached, self._specs, together=self._is_foreign)
        return Checked(sound, with_outputs([*problems, *self._report.problems], graph, targets))

    def _declared(self, spec: InputSpec) -> InputSpec:
        """A declared input with its default in canonical form."""
        spec = inherited(spec, self._graph, self._specs)
        if spec.required or spec.default is None:
            return spec
        default = canonical(spec, spec.default)
        if isinstance(default, Wrong):
            where = Where(f"input '{spec.name}'", ("inputs", spec.name, "default"), None, spec.name)
            self._report.add(default.code, where, f": the default of {default.message}")
            return spec
        return replace(spec, default=default)

    def _node(self, id_: str, node: Node) -> Node:
        spec = self._specs[id_]
        if spec is None:
            if node.kind and (not self._is_foreign or has_why(node.kind, self._registry)):
                self._unknown_kind(id_, node.kind)
            self._given_to_unknown(id_, node)
            return node
        inputs = self._inputs(id_, spec, node.inputs)
        if fault := self._resources.inner_fault(spec):
            self._report.add(fault.code, self._report.at(id_, bare=True), f": {fault}")
        names = {declared.name for declared in spec.inputs}
        if not node.inputs.keys() <= names:
            extra = {name: value for name, value in node.inputs.items() if name not in names}
            kept = self._extra_inputs(id_, extra, spec) if spec.is_open else {}
            inputs |= kept
            if len(kept) < len(extra):
                self._unknown_inputs(id_, spec, extra.keys() - kept.keys(), node.inputs)
        return replace(node, inputs=inputs)  # though equal: 0 and -0.0 equal 0.0

    def _inputs(self, id_: str, spec: NodeSpec, given: Mapping[str, object]) -> dict[str, object]:
        """What a node gets at each input, by its declaration."""
        inputs: dict[str, object] = {}
        idle = []
        for declared in spec.inputs:
            is_counting = counts(declared, inputs)
            if declared.name in given and (is_counting is not False or declared.lazy):
                inputs[declared.name] = self._given(id_, declared, given[declared.name])
            elif is_counting is False:
                idle += [declared] if declared.name in given else []
            elif declared.required:
                if is_counting:
                    self._missing(id_, declared, inputs)
            elif not (declared.grows or declared.omitted):
                inputs[declared.name] = declared.default
                self._has_fault(id_, declared, declared.default)
        for declared in idle:
            self._idle_input(id_, declared, inputs)
        return inputs

    def _missing(self, id_: str, declared: InputSpec, inputs: Mapping[str, object]) -> None:
        where, reason = self._report.at(id_, own=declared.name), ""
        if declared.when is not None:
            reason = f" though {declared.when.input} is {shown(inputs[declared.when.input])}"
        needs = f"it {'takes' if declared.type == ANY else 'needs'} {in_words(declared.type)}"
        message = f": {declared.name} is missing{reason}; {needs}. Add it."
        self._report.add("missing_input", where, message)

    def _idle_input(self, id_: str, declared: InputSpec, inputs: Mapping[str, object]) -> None:
        """An input that is given where it does not count."""
        if declared.when is None:
            return
        other, values = declared.when.input, " or ".join(map(shown, declared.when.values))
        message = (
            f": {declared.name} does not count while {other} is {shown(inputs.get(other))}, but "
            f"with {values}"
        )
        where = self._report.at(id_, declared.name, bare=True)
        if self._is_foreign:
            message = f"{message}; it is left out."
            self._report.add("unused_input", where, message, severity="warning")
        else:
            self._report.add("unknown_input", where, f"{message}. Take it out.")

    def _foreign(self, unknown: Iterable[str]) -> None:
        """Nodes that are not here, one problem for each cause."""
        for cause in causes(self._graph, unknown, self._registry):
            cure = cause.cure
            if not cure:
                kind = self._graph.nodes[cause.nodes[0]].kind
                cure = self._near(kind, self._node_types()) or UNKNOWN
            message = f": {cause.message}{cure}"
            self._report.add(cause.code, self._report.about(cause.nodes), message)

    def _given_to_unknown(self, id_: str, node: Node) -> None:
        """Links and references of a node of unknown type must lead somewhere all the same."""
        for name, value in node.inputs.items():
            if isinstance(value, Link):
                self._resolve(self._report.at(id_, name), value)
            elif isinstance(value, InputRef):
                self._input_named(self._report.at(id_, name), value)

    def _unknown_kind(self, id_: str, kind: str) -> None:
        known = self._registry.known()
        instead = self._registry.replacement(kind)
        fault = self._registry.fault(kind)
        if fault and not kind.startswith(RECIPE_PREFIX):
            code, what, cure = "node_left_out", f"the node '{kind}' cannot be used", f" {fault}"
        elif fault:
            name = kind.removeprefix(RECIPE_PREFIX)
            code, what, cure = "bad_recipe", f"the recipe '{name}' cannot be used", f" {fault}"
        elif kind.startswith(RECIPE_PREFIX):
            name = kind.removeprefix(RECIPE_PREFIX)
            names = [i.removeprefix(RECIPE_PREFIX) for i in known if i.startswith(RECIPE_PREFIX)]
            code, what = "unknown_recipe", f"there is no recipe '{name}'"
            cure = self._near(name, names) or " 'paintgraph recipes' lists them."
        elif instead:
            code, what, cure = "replaced_node", f"'{kind}' does not exist here", f" Use {instead}."
        else:
            code, what = "unknown_node", f"there is no node type '{kind}'"
            cure = self._near(kind, self._node_types()) or " 'paintgraph nodes' lists them."
            if RECIPE_PREFIX + kind in known:
                cure = (
                    f" There is a recipe of this name: write 'recipe: {kind}' instead of 'node:'."
                )
        self._report.add(code, self._report.at(id_, bare=True), f": {what}.{cure}")

    def _node_types(self) -> list[str]:
        return [i for i in self._registry.known() if not i.startswith(RECIPE_PREFIX)]

    def _extra_inputs(
        self, id_: str, extra: Mapping[str, object], spec: NodeSpec
    ) -> dict[str, object]:
        """Those undeclared inputs that an open node takes: links, and literals where it does."""
        return {
            name: self._resolve(self._report.at(id_, name), value) or value
            if isinstance(value, Link)
            else value
            for name, value in extra.items()
            if isinstance(value, Link) or (spec.takes_extras and not isinstance(value, InputRef))
        }

    def _unknown_inputs(
        self, id_: str, spec: NodeSpec, unfit: Collection[str], given: Mapping[str, object]
    ) -> None:
        names = [declared.name for declared in spec.inputs]
        unknown = [name for name in given if name in unfit]
        idle = [
            n for n in unknown if self._is_foreign and not isinstance(given[n], Link | InputRef)
        ]
        if idle:
            self._report.add(
                "unused_input",
                self._report.at(id_, idle[0], bare=True),
                f": {names_in_words(idle)} is no input here and left out; allowed are "
                f"{', '.join(names) or 'none'}.",
                severity="warning",
            )
        for name in unknown:
            if name not in idle:
                self._report.add(
                    "unknown_input",
                    self._report.at(id_, name, bare=True),
                    f": no input '{name}'; allowed are {', '.join(names) or 'none'}."
                    f"{self._near(name, names)}",
                )

    def _given(self, id_: str, declared: InputSpec, value: object) -> object:
        if isinstance(value, Link):
            return self._link(self._report.at(id_, declared.name), declared, value)
        if isinstance(value, InputRef):
            self._reference(self._report.at(id_, declared.name), declared, value)
            self._has_fault(id_, declared, value)
            return value
        if isinstance(value, Value):
            return value
        result = canonical(declared, value)
        if self._is_foreign and (declared.resource or isinstance(result, Wrong)):
            value = meant(declared, value)
            result = canonical(declared, value)
        if not self._has_fault(id_, declared, value) and isinstance(result, Wrong):
            where = self._report.at(id_, declared.name, bare=True)
            needs = result.code == "needs_link"
            cure = literal_cure(self._registry, value, declared.type) if needs else None
            self._report.add(result.code, where, f": {result.message}", cure=cure)
        return value if isinstance(result, Wrong) else result

    def _has_fault(self, id_: str, declared: InputSpec, value: object) -> bool:
        """Whether a name cannot be used now, which is reported."""
        fault = self._resources.fault(declared, value, self._graph)
        if fault is not None:
            where, text = self._report.at(id_, declared.name, bare=True), f": {declared.name}: "
            if isinstance(value, InputRef) and value.name in self._resources.given:
                where = Where(f"input '{value.name}'", (GIVEN, value.name), id_, value.name)
                text = ": "
            self._report.add(fault.code, where, f"{text}{fault}")
        return fault is not None

    def _link(self, where: Where, declared: InputSpec, link: Link) -> Link:
        resolved = self._resolve(where, link)
        source, reader = self._specs.get(link.node), self._specs.get(where.node or "")
        if resolved is None or source is None:
            return link
        exactly = self._is_foreign and reader is not None and reader.is_open
        given = source.outputs[int(resolved.output)]
        type_ = self._types.of(link.node, int(resolved.output))
        if not accepts(declared.type, type_, exactly=exactly):
            self._report.add(
                "type_mismatch",
                where,
                f" takes {in_words(declared.type)}, but '{link.node}.{given.name}' ({source.id}) "
                f"is {in_words(type_)}.",
                cure=link_cure(self._registry, type_, declared.type),
            )
        return resolved

    def _near(self, wrong: str, known: Collection[str]) -> str:
        """The nearest name as a question; nothing once too much was compared."""
        self._compared += len(known)
        return suggestion(wrong, known) if self._compared <= _MOST_COMPARED else ""

    def _resolve(self, where: Where, link: Link) -> Link | None:
        """The link with the output's position, or None after a report."""
        if self._is_foreign and link in self._lost:
            return None
        if link.node not in self._graph.nodes:
            cure = self._near(link.node, self._graph.nodes) or " Add the node or change the link."
            message = f" links to '{link.node}', but there is no such node.{cure}"
            self._report.add("unknown_link", where, message)
            self._lost.add(link)
            return None
        spec = self._specs[link.node]
        if spec is None:
            return None
        names = [output.name for output in spec.outputs]
        if isinstance(link.output, str) and link.output in names:
            return Link(link.node, names.index(link.output))
        if isinstance(link.output, int) and 0 <= link.output < len(names):
            return link
        self._lost.add(link)
        near = self._near(link.output, names) if isinstance(link.output, str) else ""
        self._report.add(
            "unknown_output",
            where,
            f" links to output '{link.output}' of '{link.node}' ({spec.id}); it has "
            f"{', '.join(names) or 'none'}.{near}",
        )
        return None

    def _reference(self, where: Where, declared: InputSpec, reference: InputRef) -> None:
        spec = self._input_named(where, reference)
        if spec is None or accepts(literal_types(declared.type), literal_types(spec.type)):
            return
        wanted = in_words(declared.type)
        given = "the name of a picture" if spec.resource == "picture" else in_words(spec.type)
        message = f" takes {wanted}, but the recipe's input '{reference.name}' is {given}."
        cure = reference_cure(self._registry, spec, declared.type)
        self._report.add("type_mismatch", where, message, cure=cure)

    def _input_named(self, where: Where, reference: InputRef) -> InputSpec | None:
        spec = self._graph.inputs.get(reference.name)
        if spec is None:
            cure = self._near(reference.name, self._graph.inputs) or " Declare it under inputs."
            message = f" refers to the recipe's input '{reference.name}', which is not declared."
            self._report.add("unknown_reference", where, f"{message}{cure}")
        return spec

    def _output(self, name: str, reference: Link | InputRef) -> Link | InputRef:
        where = Where(f"output '{name}'", ("outputs", name))
        if isinstance(reference, InputRef):
            self._input_named(where, reference)
            return reference
        return self._resolve(where, reference) or reference

    def _cycles(self) -> None:
        for cycle in cycles(self._graph):
            path = path_in_words([*cycle, cycle[0]])
            where = replace(self._report.at(cycle[0]), text="the graph")
            message = f" has a cycle: {path}; nodes must not wait for each other. Cut a link."
            self._report.add("cycle", where, message)
