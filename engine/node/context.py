"""What a node may ask for while it runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Flag
from typing import Any, Protocol, TypeVar

from paintgraph.base.listening import Listening
from paintgraph.engine.errors import Cancelled
from paintgraph.engine.graph.graph import Node
from paintgraph.engine.graph.sockets import NO_FACTS, Facts
from paintgraph.engine.node.events import Listener, Origin, Preview, Progress, Sent, Warned

Service = TypeVar("Service")


class Cancellation:
    """Says to one run that it shall stop. Set from any thread; looked at between steps."""

    def __init__(self) -> None:
        self._flag = Flag()
        self._watchers: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Ask the run to stop."""
        self._flag.set()
        for watcher in tuple(self._watchers):
            watcher()

    @contextmanager
    def watched_by(self, watcher: Callable[[], None]) -> Iterator[None]:
        """While this lasts, `watcher` is called when the run shall stop."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    @property
    def is_set(self) -> bool:
        """Whether the run shall stop."""
        return self._flag.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the run shall stop, or some time has passed; gives whether it shall stop."""
        return self._flag.wait(seconds)

    def check(self) -> None:
        """Raise Cancelled if the run shall stop."""
        if self._flag.is_set():
            raise Cancelled("The run was cancelled.")


class Services:
    """What nodes may use beside their inputs (blobs, models, ...), found by type."""

    def __init__(self, *services: object) -> None:
        self._services = services

    def before(self, *services: object) -> "Services":
        """These, behind others that stand in the place of those of their types."""
        return Services(*services, *self._services)

    def find(self, kind: type[Service]) -> Service | None:
        """The service of this type, or None."""
        return next((each for each in self._services if isinstance(each, kind)), None)

    def get(self, kind: type[Service]) -> Service:
        """The service of this type; LookupError names what there is."""
        service = self.find(kind)
        if service is not None:
            return service
        there = ", ".join(type(service).__name__ for service in self._services) or "none"
        raise LookupError(f"No service {kind.__name__} in this worker; there are: {there}.")


class Nodes(Protocol):
    """The nodes of a run as they are now: those submitted, and those that others expanded into.

    `extra` is what came beside the graph and changes no result, such as ComfyUI's extra_pnginfo.
    """

    @property
    def extra(self) -> Mapping[str, Any]:
        """See above."""

    def ids(self) -> list[str]:
        """All ids of the run."""

    def node(self, id_: str) -> Node | None:
        """A node, its links by the run's ids and by position; None if there is none."""

    def origin(self, id_: str) -> Origin | None:
        """What a node stems from; None if there is none."""


class _NoNodes:
    """The nodes of a call outside of runs."""

    extra: Mapping[str, Any] = {}

    def ids(self) -> list[str]:
        return []

    def node(self, _: str) -> None:
        return None

    def origin(self, _: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Context:
    """One call's view of its run. A node asks for it by a parameter of this type."""

    origin: Origin
    element: int
    job: str
    services: Services
    cancellation: Cancellation
    listen: Listener
    input_facts: Mapping[str, Facts]
    nodes: Nodes = _NoNodes()  # noqa: RUF009 - it holds nothing

    @property
    def listening(self) -> Listening:
        """This call's progress, cancellation and warnings, to be passed to what works for it."""
        return Listening(self.progress, self.check, self.warn)

    def check(self) -> None:
        """Raise Cancelled if the run shall stop."""
        self.cancellation.check()

    def progress(self, done: float, total: float) -> None:
        """Report how far the call is; raises Cancelled if the run shall stop."""
        self.cancellation.check()
        self.listen(Progress(self.origin, self.element, min(done, total), total))

    def preview(self, data: bytes, media_type: str = "image/jpeg") -> None:
        """Show a small encoded picture (long side at most 512 px) of the work so far."""
        self.listen(Preview(self.origin, self.element, data, media_type))

    def send(self, event: str, content: bytes) -> None:
        """Send editors a message of the node's own, in JSON."""
        self.listen(Sent(self.origin, event, content))

    def warn(self, message: str) -> None:
        """Warn the user of something that does not stop the node."""
        self.listen(Warned(self.origin, self.element, message))

    def facts(self, name: str) -> Facts:
        """Facts of the value at input `name`; empty for a literal."""
        return self.input_facts.get(name, NO_FACTS)

    def service(self, kind: type[Service]) -> Service:
        """A service by type."""
        return self.services.get(kind)


ALONE = Context(Origin("", "", "", None, ""), 0, "", Services(), Cancellation(), lambda _: None, {})
"""The context of a node that is called as a plain function: nobody hears what it tells."""
