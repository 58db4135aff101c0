"""The socket over which a client follows its prompts."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

import orjson
from aiohttp import WSMsgType, web

from paintgraph.api.comfy.following.door import DOOR
from paintgraph.api.comfy.following.sockets import Session, status_of
from paintgraph.api.guards.keys import client_of, holder_in, owner_of
from paintgraph.api.http.errors import ApiError

ROUTES = web.RouteTableDef()
_MOST_MESSAGE_BYTES = 1 << 20
_MOST_ID = 256


@ROUTES.get("/ws")
async def connect(request: web.Request) -> web.StreamResponse:
    """Follow prompts: those with this `clientId`, and the length of the queue."""
    socket = web.WebSocketResponse(max_msg_size=_MOST_MESSAGE_BYTES, compress=False)
    if not socket.can_prepare(request):
        raise ApiError(
            426,
            "no_socket",
            "this address is a WebSocket. Connect with ws:// or wss://.",
            headers={"Upgrade": "websocket", "Connection": "Upgrade"},
        )
    await socket.prepare(request)
    door = request.app[DOOR]
    client_id = request.query.get("clientId", "")[:_MOST_ID] or uuid4().hex
    client, owner = (holder_in(client_of(request)), client_id), owner_of(request)
    session = Session(client, owner, socket, lambda: _drop(request))
    remaining = await door.following.remaining(owner)
    session.send(("status", {**status_of(remaining), "sid": client_id}))
    door.following.catch_up(session)
    door.sessions.add(session)
    sending = asyncio.create_task(session.send_all())
    try:
        await _listen(request, socket, session)
    finally:
        door.sessions.remove(session)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
    return socket


async def _listen(request: web.Request, socket: web.WebSocketResponse, session: Session) -> None:
    """Take what the client says until it goes; what is not understood is passed over."""
    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        try:
            said = orjson.loads(message.data)
        except orjson.JSONDecodeError:
            continue
        if isinstance(said, dict) and said.get("type") == "feature_flags":
            flags = said.get("data")
            takes = isinstance(flags, dict) and flags.get("supports_preview_metadata")
            session.takes_metadata = bool(takes)
            session.send(("feature_flags", features_of(request)))


def features_of(request: web.Request) -> dict[str, Any]:
    """What the server can do."""
    return {"supports_preview_metadata": True, "max_upload_size": request.client_max_size}


def _drop(request: web.Request) -> None:
    """End a connection without asking its client."""
    if request.transport is not None:
        request.transport.abort()
