"""A node class of ComfyUI's convention as a declaration like any other."""

import inspect
from functools import partial
from typing import Any, Protocol

from paintgraph.engine.node.declaration import Declaration
from paintgraph.nodes.packs.classes.calling import ClassCalls
from paintgraph.nodes.packs.classes.describing import KINDS, describe_class, hidden_of, inputs_of
from paintgraph.nodes.packs.classes.values import opaque
from paintgraph.nodes.sampling_sockets import SAMPLING_SOCKETS
from paintgraph.nodes.sockets import IMAGE, MASK


class Pack(Protocol):
    """Where a class comes from."""

    @property
    def python_module(self) -> str:
        """What editors are told of it."""

    @property
    def digest(self) -> str:
        """Of its files: results of other files are not taken for its own."""


def declare_class(name: str, cls: Any, pack: Pack) -> Declaration:
    """The declaration of a class under its name in graphs.

    Raises DeclarationError for a class that is none of a node, and whatever its own code raises.
    """
    spec = describe_class(name, cls, pack.python_module)
    calls = ClassCalls(cls, spec, hidden_of(inputs_of(cls)))
    is_async = inspect.iscoroutinefunction(getattr(cls, cls.FUNCTION))
    types = [one.type for one in spec.inputs] + [one.type for one in spec.outputs]
    own = sorted({part for type_ in types for part in type_.split("|")} - {*KINDS.values()})
    return Declaration(
        spec,
        calls.call_async if is_async else calls.call,
        needs=calls.needs if hasattr(cls, "check_lazy_status") else None,
        sockets=(IMAGE, MASK, *SAMPLING_SOCKETS, *map(opaque, own)),
        is_async=is_async,
        sources=f"{pack.digest} {name}",
        state=calls.state if hasattr(cls, "IS_CHANGED") else None,
        faults=calls.faults if hasattr(cls, "VALIDATE_INPUTS") else None,
        renewed=partial(describe_class, name, cls, pack.python_module),
        release=calls.release,
    )
