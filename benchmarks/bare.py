"""A yardstick: a bare server that does for a prompt what no durable server can leave out.

It parses the body, commits one row to SQLite for good, and writes the PNG of the result.
`python -m paintgraph.benchmarks.bare FOLDER` prints its address.
"""

import socket
import sqlite3
import sys
from itertools import count
from pathlib import Path

import orjson
from aiohttp import web
from PIL import Image


def _app(folder: Path) -> web.Application:
    database = sqlite3.connect(folder / "rows.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB)")
    numbers = count()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        nodes = orjson.loads(body)["prompt"]
        first = next(iter(nodes.values()))["inputs"]
        database.execute("INSERT INTO rows (body) VALUES (?)", (body,))
        image = Image.new("RGB", (first["width"], first["height"]), first["color"])
        image.save(folder / f"{next(numbers)}.png", compress_level=1)
        return web.json_response({"prompt_id": "0"})

    app = web.Application()
    app.router.add_post("/prompt", take)
    return app


def main() -> None:
    """Serve until the process is ended."""
    sock = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    web.run_app(_app(Path(sys.argv[1])), sock=sock, print=None, access_log=None)


if __name__ == "__main__":
    main()
