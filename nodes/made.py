"""What made a picture, as the text that its file carries: the graph, and what else decides it.

Nothing of it is a path, a key or an address: inputs are named by their digests.
"""

import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from paintgraph.base.packages import installed_version
from paintgraph.engine.graph.coercion import DIGEST_MARK
from paintgraph.engine.graph.formats.carried import GRAPH, PROMPT
from paintgraph.engine.graph.formats.comfy.prompt import write_comfy
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.node.sources import OWN, own_digest
from paintgraph.engine.recipes.carrying import carrying, pictures_of

_ALWAYS = ("numpy", "opencv-python", "pillow")
"""Packages that every picture passes through."""


def texts_of_run(
    graph: Graph,
    bound: Graph,
    registry: Registry,
    size_of: Callable[[str], int | None],
    device: str,
) -> dict[str, str]:
    """What the pictures of a run carry, by the keys of texts; nothing if that is not wished.

    Of a graph of ComfyUI that is also a prompt, which its programs read.
    `graph` is the checked graph, `bound` is what runs, `device` the class of machine; `size_of`
    gives the bytes of a picture's file.
    """
    if bound.descriptions.graph is False:
        return {}
    made: dict[str, Any] = dict(surroundings(bound, registry, device))
    made["inputs"] = {name: size_of(name) for name in pictures_of(bound, registry)}
    document = write_native(with_names(carrying(graph, bound, made, registry), registry))
    texts = {GRAPH: orjson.dumps(document).decode()}
    if graph.source is not None and graph.source.tolerant:
        texts[PROMPT] = orjson.dumps(_prompt(bound, registry)).decode()
    return texts


def _prompt(bound: Graph, registry: Registry) -> dict[str, Any]:
    """What ran as a prompt of ComfyUI, for programs that read those only."""
    plain = carrying(bound, bound, {}, registry)
    return write_comfy(plain, Slots(plain, registry).position)


def surroundings(bound: Graph, registry: Registry, device: str) -> Mapping[str, Any]:
    """What a graph's results depend on beside it and its inputs; all of it is plain.

    Versions of paintgraph and of the packages that its nodes use, the digest of paintgraph's own
    sources, versions of other nodes and of recipes used as nodes; models by name and digest; the
    kind of system and the class of machine that works ("cpu", "cuda float16").
    """
    specs = {node.kind: registry.spec(node.kind) for node in bound.nodes.values()}
    packages = {*_ALWAYS, *(name for spec in specs.values() if spec for name in spec.packages)}
    versions = {name: installed_version(name) for name in packages}
    others = {k: s.version for k, s in specs.items() if s and s.module.partition(".")[0] != OWN}
    return {
        "version": installed_version(OWN),
        "sources": own_digest(),
        "packages": {name: found for name, found in sorted(versions.items()) if found},
        "nodes": {kind: str(others[kind]) for kind in sorted(others)},
        "models": sorted(set(models_of(bound))),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device,
    }


def models_of(bound: Graph) -> Iterator[str]:
    """The models that a bound graph names, with their digests, and those inside its recipes."""
    given = [value for node in bound.nodes.values() for value in node.inputs.values()]
    given += [found for _, _, found in bound.bound.get("names", ())]
    for value in given:
        texts = value if isinstance(value, list | tuple) else (value,)
        for text in texts:
            if isinstance(text, str) and DIGEST_MARK in text:
                yield from (each.strip().partition("*")[0] for each in text.split(","))
