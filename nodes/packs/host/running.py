"""Which call of a pack's node runs now, for stand-ins that report its progress or its end.

Packs ask modules, not a parameter. A call is known to what runs in its context; to threads that it
started, which have no context of it, the last call that began is the one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from paintgraph.engine.node.context import ALONE, Context
from paintgraph.engine.node.events import Listener

_here: ContextVar[Context | None] = ContextVar("call", default=None)
_calls: list[Context] = []


@contextmanager
def running(context: Context) -> Iterator[None]:
    """While this lasts the call is what stand-ins speak for."""
    token = _here.set(context)
    _calls.append(context)
    try:
        yield
    finally:
        _calls.remove(context)
        _here.reset(token)


@contextmanager
def apart(listen: Listener) -> Iterator[None]:
    """While this lasts nothing here belongs to a call, though some run elsewhere.

    What is told meanwhile goes to `listen`.
    """
    token = _here.set(replace(ALONE, listen=listen))
    try:
        yield
    finally:
        _here.reset(token)


def current() -> Context:
    """The call that runs; outside of all calls one that nobody listens to."""
    found = _here.get()
    if found is not None:
        return found
    return _calls[-1] if _calls else ALONE
