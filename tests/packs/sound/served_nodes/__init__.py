"""Adds routes to the server, sends messages to pages, and changes prompts as they come."""
import asyncio
import os

import server
from server import PromptServer

web = server.web
STORED = {"value": "nothing yet"}


@PromptServer.instance.routes.get("/served_nodes/value")
async def get_value(request):
    return web.json_response(STORED)


@PromptServer.instance.routes.post("/served_nodes/value")
async def set_value(request):
    STORED["value"] = (await request.json())["value"]
    return web.json_response(STORED)


@PromptServer.instance.routes.get("/served_nodes/headers")
async def get_headers(request):
    return web.json_response(dict(request.headers))


@PromptServer.instance.routes.get("/served_nodes/stream")
async def stream(request):
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    await response.write(b"first,")
    while STORED["value"] != "go on":
        await asyncio.sleep(0.01)
    await response.write(b"second")
    return response


@PromptServer.instance.routes.get("/served_nodes/echo")
async def echo(request):
    socket = web.WebSocketResponse(protocols=("own",))
    await socket.prepare(request)
    async for message in socket:
        if message.data == "bye":
            await socket.close(code=4000)
        elif message.type == web.WSMsgType.BINARY:
            await socket.send_bytes(message.data * 2)
        else:
            await socket.send_str(message.data * 2)
    return socket


@PromptServer.instance.routes.get(r"/served_nodes/rest/{rest:.*}")
async def rest(request):
    return web.json_response(request.match_info["rest"])


@PromptServer.instance.routes.get(r"/{any:.+}/served_nodes_tail")
async def tail(request):
    return web.json_response([request.match_info["any"], request.host.partition(":")[0]])


server.PromptServer.instance.app.router.add_get("/served_nodes/ping", get_value)
PromptServer.instance.app.add_routes(
    [web.static("/served_nodes/files", os.path.join(os.path.dirname(__file__), "files"))]
)


def on_prompt(json_data):
    for node in json_data["prompt"].values():
        if node["class_type"] == "ServedTell" and node["inputs"].get("text") == "wildcard":
            extra = sorted(json_data.get("extra_data", {}))
            node["inputs"]["text"] = f"wildcard of {sorted(json_data)} with {extra}"
            PromptServer.instance.send_sync("served_nodes.changed", {"nodes": len(json_data["prompt"])})
    return json_data


PromptServer.instance.add_on_prompt_handler(on_prompt)


class ServedTell:
    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"text": ("STRING", {"default": "hello"})},
            "hidden": {"unique_id": "UNIQUE_ID"},
        }

    RETURN_TYPES = ("STRING",)
    OUTPUT_NODE = True
    FUNCTION = "tell"
    CATEGORY = "served"

    def tell(self, text, unique_id=None):
        PromptServer.instance.send_sync("served_nodes.tell", {"node": unique_id, "text": text})
        return {"ui": {"text": [text]}, "result": (text,)}


NODE_CLASS_MAPPINGS = {"ServedTell": ServedTell}
