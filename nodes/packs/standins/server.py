"""Stand-in for `server`: what packs ask of the running server and tell its pages.

Workers have no server of ComfyUI's. Routes go into an application of aiohttp, as there, which the
worker serves if that is allowed; messages go the way of a node's other reports.
"""

import asyncio
import json  # noqa: F401 - and others: packs take them from here
import logging
import os  # noqa: F401
import sys  # noqa: F401
import threading
import time  # noqa: F401
import traceback  # noqa: F401
import uuid  # noqa: F401
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import aiohttp  # noqa: F401
import orjson
from aiohttp import web

from paintgraph.nodes.packs.host.placeholders import names_of
from paintgraph.nodes.packs.host.running import current
from paintgraph.nodes.packs.standins import execution, folder_paths, nodes  # noqa: F401
from paintgraph.nodes.packs.standins.app.user_manager import UserManager
from paintgraph.nodes.packs.standins.comfy.utils import preview_bytes

Handler = Callable[..., Any]
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_MOST_BYTES = 256 * 2**20
_LOG = logging.getLogger("paintgraph.packs")


class BinaryEventTypes:
    """Kinds of binary messages."""

    PREVIEW_IMAGE = 1
    UNENCODED_PREVIEW_IMAGE = 2
    TEXT = 3
    PREVIEW_IMAGE_WITH_METADATA = 4


class PromptServer:
    """What packs know of the server; there is one, `PromptServer.instance`.

    Attributes:
        routes, app: what packs add their routes to.
        on_prompt_handlers: what wants to see prompts, and to change them, as they come.
    """

    instance: ClassVar["PromptServer"]

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        if loop is not None:
            self.__dict__["loop"] = loop
        self.routes = web.RouteTableDef()
        self.app = web.Application(client_max_size=_MOST_BYTES)
        self.prompt_queue = execution.PromptQueue(self)
        self.user_manager = UserManager(folder_paths.get_public_user_directory)
        self.on_prompt_handlers: list[Handler] = []
        self.number = 0
        self.address = "127.0.0.1"
        self.port = 8188
        self.web_root = ""
        self.client_session: Any = None
        self.sockets: dict[str, Any] = {}
        self.sockets_metadata: dict[str, Any] = {}
        self.supports = ["custom_nodes_from_web"]

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop that runs, for what packs want to await; their routes are answered in it."""
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="loop of packs", daemon=True).start()
        return loop

    @property
    def client_id(self) -> str | None:
        """Who hears of the prompt that runs; None outside of jobs, as packs ask."""
        return current().job or None

    @client_id.setter
    def client_id(self, _: str | None) -> None:
        """Nothing: the engine knows better."""

    @property
    def last_prompt_id(self) -> str | None:
        """The job that runs."""
        return current().job or None

    @last_prompt_id.setter
    def last_prompt_id(self, _: str | None) -> None:
        """Nothing: the engine knows better."""

    @property
    def last_node_id(self) -> str | None:
        """The node that runs."""
        return current().origin.display or None

    @last_node_id.setter
    def last_node_id(self, _: str | None) -> None:
        """Nothing: the engine knows better."""

    def add_routes(self) -> None:
        """Nothing: routes are served once all packs are loaded."""

    def add_on_prompt_handler(self, handler: Handler) -> None:
        """Note what wants to see prompts as they come."""
        self.on_prompt_handlers.append(handler)

    def trigger_on_prompt(self, json_data: Any) -> Any:
        """The body of a prompt as the handlers of packs leave it; one that fails is passed over."""
        for handler in self.on_prompt_handlers:
            try:
                changed = handler(json_data)
                json_data = changed if isinstance(changed, dict) else json_data
            except Exception:  # noqa: BLE001 - another author's code
                _LOG.exception("a pack's handler of prompts fails")
        return json_data

    def send_sync(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Tell something to whoever follows the job that runs; outside of jobs nobody hears it.

        A picture, (format, PIL image, longest side), is shown at the node. So is a text, which
        comes as bytes: the length of the node's id, the id, the text.
        """
        if event == BinaryEventTypes.UNENCODED_PREVIEW_IMAGE:
            current().preview(*preview_bytes(data))
        elif event == BinaryEventTypes.TEXT:
            end = 4 + int.from_bytes(data[:4], "big")
            self.send_progress_text(data[end:], data[4:end].decode(errors="replace"))
        elif isinstance(event, str):
            current().send(event, orjson.dumps(data, default=str, option=_OPTIONS))

    async def send(self, event: Any, data: Any, sid: str | None = None) -> None:
        """Tell something to pages."""
        self.send_sync(event, data, sid)

    async def send_json(self, event: str, data: Any, sid: str | None = None) -> None:
        """Tell something to pages."""
        self.send_sync(event, data, sid)

    async def send_image(self, image_data: Any, sid: str | None = None) -> None:
        """Show a picture at the node."""
        self.send_sync(BinaryEventTypes.UNENCODED_PREVIEW_IMAGE, image_data, sid)

    async def send_bytes(self, event: int, data: Any, sid: str | None = None) -> None:
        """Show a text at a node; other binary messages of a pack's own have no reader here."""
        self.send_sync(event, data, sid)

    def send_progress_text(self, text: str | bytes, node_id: str, sid: str | None = None) -> None:
        """Show a text at a node."""
        shown = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
        self.send_sync("progress_text", {"text": shown, "node": str(node_id)}, sid)

    def queue_updated(self) -> None:
        """Nothing: the queue is the server's."""

    def get_queue_info(self) -> dict[str, Any]:
        """How many prompts run or wait, as far as a worker knows."""
        return {"exec_info": {"queue_remaining": self.prompt_queue.get_tasks_remaining()}}


PromptServer.instance = PromptServer()

__getattr__ = names_of("server")
