"""A web server that hears what is sent to it."""

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event
from typing import Any

from paintgraph.tests.api.serving import OUTER_SECONDS


class Ear:
    """It answers with the statuses that it is given, then with 200.

    What it hears is kept with the headers, whose names are in small letters. An answer that
    redirects does so to another path of its own. All wait for `may_answer`, which is set at first.
    """

    def __init__(self) -> None:
        self.heard: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.statuses: list[int] = []
        self.may_answer = Event()
        self.may_answer.set()
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.put(({k.lower(): v for k, v in self.headers.items()}, body))
                status = ear.statuses.pop(0) if ear.statuses else 200
                ear.may_answer.wait(OUTER_SECONDS)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/other?key=secret")
                self.send_header("Content-Length", "0")
                with suppress(OSError):  # who sent it may be gone
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def raw(self) -> tuple[dict[str, str], bytes]:
        """The next message: its headers and its body."""
        return self.heard.get(timeout=OUTER_SECONDS)

    def next(self) -> Any:
        """The next message, read."""
        headers, body = self.raw()
        assert headers["content-type"] == "application/json"
        return json.loads(body)
