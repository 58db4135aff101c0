"""A real HTTP server of model files that breaks off, lies, stalls and leads elsewhere as told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

PAGE = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def model_bytes(size: int, seed: int = 0) -> bytes:
    """A file like a model: bytes that do not repeat."""
    return Random(seed).randbytes(size)  # noqa: S311 - no secret


def sha(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def md5_of(data: bytes) -> str:
    return f"md5:{md5(data, usedforsecurity=False).hexdigest()}"


Act = Callable[["Handler", "Serving"], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]


@dataclass
class Serving:
    """A running server: `files` by path; `acts` replace the ordinary answer, each for one request.

    `default`: the ordinary answer, if it is another.
    `ignore_range`: answer with the whole file whatever was asked for.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    etags: dict[str, str] = field(default_factory=dict)
    ignore_range: bool = False
    default: "Act | None" = None
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ranges(self) -> list[str | None]:
        """What part was asked for each time."""
        return [each.headers.get("Range") for each in self.asked]

    def tag(self, path: str) -> str:
        return self.etags.get(path, f'"{sha256(self.files[path]).hexdigest()[:16]}"')


class Handler(BaseHTTPRequestHandler):
    """Answers as the server is told."""

    protocol_version = "HTTP/1.1"
    serving: Serving

    def do_GET(self) -> None:
        serving = self.serving
        with serving.lock:
            serving.asked.append(Asked(self.path, dict(self.headers)))
            act = serving.acts.pop(0) if serving.acts else serving.default or ordinary
        try:
            act(self, serving)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def head(self, status: int, **headers: Any) -> None:
        """Status and headers; underscores become dashes."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def wanted(handler: Handler, serving: Serving) -> tuple[bytes, int]:
    """The file that is asked for, and where the answer begins."""
    data = serving.files[handler.path]
    asked = handler.headers.get("Range")
    fits = handler.headers.get("If-Range") in (None, serving.tag(handler.path))
    if asked is None or not fits or serving.ignore_range:
        return data, 0
    return data, int(asked.removeprefix("bytes=").rstrip("-"))


def ordinary(handler: Handler, serving: Serving) -> None:
    """As a well-behaved server does."""
    partly(handler, serving, None)


def partly(handler: Handler, serving: Serving, most: int | None, then: Act | None = None) -> None:
    """An answer that ends after `most` bytes, though more was promised."""
    if handler.path not in serving.files:
        handler.head(404, Content_Length=0)
        return
    data, start = wanted(handler, serving)
    if start >= len(data) > 0:
        handler.head(416, Content_Length=0, Content_Range=f"bytes */{len(data)}")
        return
    named: dict[str, Any] = {"ETag": serving.tag(handler.path), "Content_Length": len(data) - start}
    if start:
        named["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
    handler.head(206 if start else 200, **named)
    end = len(data) if most is None else start + most
    handler.wfile.write(data[start:end])
    if most is not None:
        handler.wfile.flush()
        handler.close_connection = True
    if then:
        then(handler, serving)


def broken_after(most: int) -> Act:
    """Breaks off in the middle."""
    return lambda handler, serving: partly(handler, serving, most)


def stalled_after(most: int) -> Act:
    """Says nothing more, and keeps the connection."""

    def wait(_: Handler, serving: Serving) -> None:
        serving.stop.wait(60)

    return lambda handler, serving: partly(handler, serving, most, wait)


def status(code: int, **headers: Any) -> Act:
    """An error."""
    return lambda handler, _: handler.head(code, Content_Length=0, **headers)


def redirected(to: str) -> Act:
    """Leads elsewhere."""
    return lambda handler, _: handler.head(302, Location=to, Content_Length=0)


def page(content_type: str) -> Act:
    """A web page where a model should be."""

    def answer(handler: Handler, _: Serving) -> None:
        handler.head(200, Content_Type=content_type, Content_Length=len(PAGE))
        handler.wfile.write(PAGE)

    return answer


def body(data: bytes, length: int | None) -> Act:
    """These bytes under that Content-Length; None: without one, until the connection ends."""

    def answer(handler: Handler, _: Serving) -> None:
        handler.close_connection = True
        if length is None:
            handler.head(200, Connection="close")
        else:
            handler.head(200, Content_Length=length)
        handler.wfile.write(data)

    return answer


@contextmanager
def model_server() -> Iterator[Serving]:
    """A server on a free port, for as long as the `with` statement lasts."""
    serving = Serving()
    handler = type("BoundHandler", (Handler,), {"serving": serving})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield serving
    finally:
        serving.stop.set()
        server.shutdown()
        thread.join()
        server.server_close()
