"""The types of a graph's outputs, where some have the type of what comes to an input."""

from collections.abc import Iterator, Mapping

from paintgraph.engine.graph.coercion import counts, type_of_literal
from paintgraph.engine.graph.graph import Graph, InputRef, Link
from paintgraph.engine.graph.sockets import ANY, literal_types
from paintgraph.engine.graph.spec import NodeSpec, OutputSpec

_Place = tuple[str, int]


class OutputTypes:
    """The types of the outputs of one graph; each is found once.

    Several inputs to follow give a union; nothing that is known gives the declared type.
    """

    def __init__(self, graph: Graph, specs: Mapping[str, NodeSpec | None]) -> None:
        self._graph = graph
        self._specs = specs
        self._known: dict[_Place, str] = {}

    def of(self, node: str, place: int) -> str:
        """The type of the output at a place of a node that is known."""
        stack = [(node, place)]
        opened: set[_Place] = set()
        while stack:  # a chain of switches may be longer than Python calls deep
            top = stack[-1]
            output = self._output(top)
            if top in self._known or output is None:
                stack.pop()
            elif not output.follows:
                self._known[top] = output.type
            elif top not in opened:
                opened.add(top)
                open_ = [one for one in self._followed(top) if isinstance(one, tuple)]
                stack += [one for one in open_ if one not in opened]
            else:
                self._known[top] = self._joined(top, output)
        return self._known.get((node, place), ANY)

    def _joined(self, place: _Place, output: OutputSpec) -> str:
        """The types of what an output follows; in a ring the declared one."""
        found: dict[str, None] = {}
        for one in self._followed(place):
            type_ = one if isinstance(one, str) else self._known.get(one, ANY)
            found.update(dict.fromkeys(type_.split("|")))
        return output.type if not found or ANY in found else "|".join(found)

    def _followed(self, place: _Place) -> Iterator[_Place | str]:
        """What comes to the inputs that an output follows: an output, or a type."""
        spec, node = self._specs[place[0]], self._graph.nodes[place[0]]
        follows = spec.outputs[place[1]].follows if spec else ()
        for declared in spec.inputs if spec else ():
            if declared.name not in follows or counts(declared, node.inputs) is False:
                continue
            given = node.inputs.get(declared.name)
            if isinstance(given, Link):
                yield self._source(given) or ANY
            elif isinstance(given, InputRef):
                referred = self._graph.inputs.get(given.name)
                yield literal_types(referred.type) if referred else ANY
            elif given is not None:
                yield type_of_literal(given)

    def _source(self, link: Link) -> _Place | None:
        spec = self._specs.get(link.node)
        names = [output.name for output in spec.outputs] if spec else []
        place = link.output if isinstance(link.output, int) else -1
        if link.output in names:
            place = names.index(str(link.output))
        return (link.node, place) if 0 <= place < len(names) else None

    def _output(self, place: _Place) -> OutputSpec | None:
        spec = self._specs.get(place[0])
        return spec.outputs[place[1]] if spec and place[1] < len(spec.outputs) else None
