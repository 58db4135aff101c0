"""What a recipe needs before it can run: models that have to be there, an engine to be named."""

from collections.abc import Iterator
from typing import NamedTuple

from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.node.registry import Registry
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.wording import in_bytes
from paintgraph.models.errors import UnknownModelError
from paintgraph.nodes.resource_names import ENGINE, KINDS


class Needs(NamedTuple):
    """What a recipe asks for as it stands, without options; least comes first when sorted."""

    engine: bool
    models: tuple[str, ...]

    def in_words(self) -> str:
        """What has to be got or named before it can run, with sizes."""
        wanted = [*self.models, *(["an engine that reads prompts, by --engine"] * self.engine)]
        return f"Needs {' and '.join(wanted)}" if wanted else "Works now"


def needs_of(graph: Graph, registry: Registry, index: ModelIndex) -> Needs:
    """What a checked recipe needs on this machine."""
    names = ModelNames(index)
    named = sorted({names.meant(n, KINDS[kind]) for n, kind in _models_of(graph, registry)})
    missing = (told for name in named if (told := _missing(name, index)))
    engine = any(s.resource == ENGINE and s.required for s in graph.inputs.values())
    return Needs(engine, tuple(missing))


def _models_of(graph: Graph, registry: Registry) -> Iterator[tuple[str, str]]:
    """The models that a graph names itself, by its inputs' defaults or inside recipes it uses.

    Each comes with the kind of resource that it is for.
    """
    for spec in graph.inputs.values():
        if spec.resource in KINDS and isinstance(spec.default, str):
            yield spec.default, spec.resource
    for node in graph.nodes.values():
        declared = registry.spec(node.kind)
        if declared is None:
            continue
        for each in declared.inputs:
            value = node.inputs.get(each.name)
            if each.resource in KINDS and isinstance(value, str):
                yield value, each.resource
        yield from ((name, kind) for kind, name in declared.names if kind in KINDS)


def _missing(name: str, index: ModelIndex) -> str:
    """The model with its size if it is not there, or damaged; else nothing."""
    try:
        entry = index.catalogue.get(name)
    except UnknownModelError:
        return name
    if index.look(entry).state == "present":
        return ""
    return f"{name}, {in_bytes(entry.size)}" if entry.size else name
