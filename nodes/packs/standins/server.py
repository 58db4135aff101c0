"""Stand-in for `server`: what packs ask of the running server and tell its pages.

Workers have no server. Routes are noted, and messages go the way of a node's other reports.
"""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import orjson

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.standins.comfy.utils import preview_bytes
from paintgraph.nodes.packs.standins.execution import PromptQueue

Handler = Callable[..., Any]
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class BinaryEventTypes:
    """Kinds of binary messages."""

    PREVIEW_IMAGE = 1
    UNENCODED_PREVIEW_IMAGE = 2
    TEXT = 3
    PREVIEW_IMAGE_WITH_METADATA = 4


class Routes:
    """Takes the routes that packs add, as aiohttp's RouteTableDef does."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str, Handler]] = []

    def route(self, method: str, path: str, **_: Any) -> Callable[[Handler], Handler]:
        """Note what answers a method at a path."""

        def note(handler: Handler) -> Handler:
            self.added.append((method, path, handler))
            return handler

        return note

    def __getattr__(self, name: str) -> Any:
        if name not in ("get", "post", "put", "patch", "delete", "head", "options", "view"):
            raise AttributeError(name)
        method = "*" if name == "view" else name.upper()
        return lambda path, **options: self.route(method, path, **options)

    def static(self, prefix: str, path: Any, **_: Any) -> None:
        """Note a folder whose files are served."""
        self.added.append(("STATIC", prefix, lambda: path))

    def __iter__(self) -> Any:
        return iter(self.added)

    def __len__(self) -> int:
        return len(self.added)


class _Router(Routes):
    """An application's router."""

    def add_route(self, method: str, path: str, handler: Handler, **_: Any) -> None:
        """Note what answers a method at a path."""
        self.added.append((method, path, handler))

    def add_static(self, prefix: str, path: Any, **options: Any) -> None:
        """Note a folder whose files are served."""
        self.static(prefix, path, **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("add_"):
            method = super().__getattr__(name.removeprefix("add_"))
            return lambda path, handler, **options: method(path, **options)(handler)
        return super().__getattr__(name)

    def routes(self) -> list[Any]:
        """What is served so far."""
        return []

    def resources(self) -> list[Any]:
        """What is served so far."""
        return []


class PromptServer:
    """What packs know of the server; there is one, `PromptServer.instance`."""

    instance: ClassVar["PromptServer"]

    def __init__(self, loop: Any = None) -> None:
        self._loop = loop
        self.routes = Routes()
        self.app = SimpleNamespace(
            router=_Router(),
            frozen=False,
            middlewares=[],
            on_startup=[],
            on_shutdown=[],
            on_cleanup=[],
            on_response_prepare=[],
            cleanup_ctx=[],
            add_routes=self._add_routes,
        )
        self.prompt_queue = PromptQueue(self)
        self.prompt_handlers: list[Handler] = []
        self.client_id: str | None = None
        self.last_prompt_id: str | None = None
        self.number = 0
        self.address = "127.0.0.1"
        self.port = 8188
        self.web_root = ""
        self.sockets: dict[str, Any] = {}
        self.sockets_metadata: dict[str, Any] = {}
        self.supports = ["custom_nodes_from_web"]

    @property
    def loop(self) -> Any:
        """A loop for what packs want to await: not the server's, which is in another process."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    @loop.setter
    def loop(self, loop: Any) -> None:
        """Let packs await things in the loop that their routes are answered in."""
        self._loop = loop

    @property
    def last_node_id(self) -> str | None:
        """The node that runs."""
        return current().origin.display or None

    @last_node_id.setter
    def last_node_id(self, _: str | None) -> None:
        """Nothing: the engine knows better."""

    def _add_routes(self, routes: Any) -> None:
        for route in routes:
            if isinstance(route, tuple):
                self.routes.added.append(route)
            elif hasattr(route, "prefix"):  # a folder of files
                self.routes.static(route.prefix, route.path)
            else:
                self.routes.added.append((route.method, route.path, route.handler))

    def add_routes(self) -> None:
        """Nothing: routes are served once all packs are loaded."""

    def add_on_prompt_handler(self, handler: Handler) -> None:
        """Note what wants to see prompts as they come. Here they are not shown to packs."""
        self.prompt_handlers.append(handler)

    def trigger_on_prompt(self, json_data: Any) -> Any:
        """The prompt as it is."""
        return json_data

    def send_sync(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Tell something to whoever follows the job that runs; outside of jobs nobody hears it.

        A picture, (format, PIL image, longest side), is shown at the node.
        """
        if event == BinaryEventTypes.UNENCODED_PREVIEW_IMAGE:
            current().preview(*preview_bytes(data))
        elif isinstance(event, str):
            current().send(event, orjson.dumps(data, default=str, option=_OPTIONS))

    async def send(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Tell something to pages."""
        self.send_sync(event, data, sid)

    def send_progress_text(self, text: str | bytes, node_id: str, sid: str | None = None) -> None:
        """Show a text at a node."""
        self.send_sync("progress_text", {"text": str(text), "node": node_id}, sid)

    def queue_updated(self) -> None:
        """Nothing: the queue is the server's."""

    def get_queue_info(self) -> dict[str, Any]:
        """How many prompts run or wait, as far as a worker knows."""
        return {"exec_info": {"queue_remaining": 0}}


PromptServer.instance = PromptServer()

__getattr__ = names_of("server")
