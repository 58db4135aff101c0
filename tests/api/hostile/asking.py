"""What a hostile request is, and how its bytes are put together."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
YAML = "application/yaml"
FORM = "multipart/form-data; boundary=x"
HOST = "Host: localhost\r\n"
Body = bytes | Callable[[], bytes]


@dataclass(frozen=True)
class Hostile:
    """A request in bytes, made when it is needed, and the answers that are right.

    `then_close`: the client says that it sends no more. Without `statuses` any refusal is right;
    status 0 is a connection that is ended without an answer. `state` is that of the job which the
    request hands in. `code` is of one of the problems.
    """

    name: str
    request: Callable[[], bytes]
    statuses: tuple[int, ...] = ()
    code: str = ""
    state: str = ""
    then_close: bool = False


def head(method: str, path: str, length: int | None = None, **headers: str) -> bytes:
    """The head of a request; underscores in names of headers become dashes."""
    lines = [f"{method} {path} HTTP/1.1\r\n"]
    if "Host" not in headers:
        lines.append(HOST)
    if length is not None:
        lines.append(f"Content-Length: {length}\r\n")
    lines += [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return ("".join(lines) + "\r\n").encode("latin-1")


def get(name: str, path: str, *statuses: int, code: str = "", **headers: str) -> Hostile:
    return Hostile(name, lambda: head("GET", path, None, **headers), statuses, code)


def ask(name: str, method: str, path: str, *statuses: int, **headers: str) -> Hostile:
    return Hostile(name, lambda: head(method, path, 0, **headers), statuses)


def post(  # noqa: PLR0913 - what a request is
    name: str,
    path: str,
    body: Body,
    type_: str = JSON,
    *statuses: int,
    code: str = "",
    state: str = "",
    **headers: str,
) -> Hostile:
    def request() -> bytes:
        data = body if isinstance(body, bytes) else body()
        return head("POST", path, len(data), Content_Type=type_, **headers) + data

    return Hostile(name, request, statuses, code, state)


def jobs(name: str, body: Body, type_: str = JSON, *statuses: int, code: str = "") -> Hostile:
    """A body for a new job."""
    return post(name, "/v1/jobs", body, type_, *statuses, code=code)


def graph(
    name: str, make: Callable[[], Any] | Any, *statuses: int, code: str = "", state: str = ""
) -> Hostile:
    """A graph for a new job, waited for if it may be accepted."""
    wait = 60 if state else 0

    def body() -> bytes:
        return json.dumps(make() if callable(make) else make).encode()

    return post(name, f"/v1/jobs?wait={wait}", body, JSON, *statuses, code=code, state=state)


def raw(
    name: str, request: Body, *statuses: int, code: str = "", then_close: bool = False
) -> Hostile:
    """Bytes as they are."""
    return Hostile(
        name,
        request if callable(request) else lambda: request,
        statuses,
        code,
        then_close=then_close,
    )


def part(name: str, data: bytes, file: str = "") -> bytes:
    """One part of a form."""
    named = f'; filename="{file}"' if file else ""
    top = f'--x\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return top.encode() + data + b"\r\n"
