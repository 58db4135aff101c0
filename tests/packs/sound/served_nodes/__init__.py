"""Adds routes to the server, and sends messages to pages."""
import server
from aiohttp import web
from server import PromptServer

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


server.PromptServer.instance.app.router.add_get("/served_nodes/ping", get_value)


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
