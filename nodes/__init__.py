"""The nodes: each declares itself and calls `imaging` or `models`; nothing else happens here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules

from paintgraph.engine.node.registry import Registry
from paintgraph.nodes.foreign import replacements

PACKAGES = ("pictures", "masks", "painting", "sampling", "flow")
"""The folders with nodes, in the order in which nodes are listed."""

REPLACEMENTS = replacements()
"""Nodes that graphs of other tools use, and what does their job here."""


def modules() -> list[str]:
    """Every module in the folders, by folder and name: a node is added by writing it into one."""
    return [
        f"{__name__}.{package}.{module.name}"
        for package in PACKAGES
        for module in iter_modules(import_module(f"{__name__}.{package}").__path__)
    ]


def functions() -> Iterator[object]:
    """Every function that is declared as a node, in the order of the modules and of their text."""
    for name in modules():
        own = (f for f in vars(import_module(name)).values() if hasattr(f, "declaration"))
        yield from (f for f in own if f.__module__ == name)


def build_registry(choices: Callable[[], Mapping[str, Sequence[str]]] = dict) -> Registry:
    """A registry of all nodes; `choices` gives the names of each kind of resource, now."""
    return Registry(functions(), REPLACEMENTS, choices)
