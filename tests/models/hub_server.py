"""A server that answers huggingface_hub as huggingface.co does, for one repository."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1, sha256
from typing import Any

from paintgraph.tests.models.model_server import Act, Handler, Serving, model_server, partly

_CODES = {403: "GatedRepo", 404: "RepoNotFound"}
COMMIT = "c0ffee" + "0" * 34


class Hub:
    """A repository: `files` by their path in it; `acts` replace the answers to downloads."""

    def __init__(self, serving: Serving, name: str, files: dict[str, bytes]) -> None:
        self.name = name
        self.files = files
        self.serving = serving
        self.fetched: list[str] = []
        self.acts: list[Act] = []
        self.refuses = 0

    @property
    def url(self) -> str:
        return self.serving.url

    def answer(self, handler: Handler, serving: Serving) -> None:
        path = handler.path.partition("?")[0]
        if self.refuses:
            handler.head(self.refuses, Content_Length=0, X_Error_Code=_CODES.get(self.refuses, ""))
        elif path.startswith(f"/api/models/{self.name}/tree/"):
            send(handler, [_row(name, data) for name, data in self.files.items()])
        elif path.startswith(f"/api/models/{self.name}"):
            siblings = [_row(name, data) for name, data in self.files.items()]
            send(handler, {"id": self.name, "sha": COMMIT, "siblings": siblings})
        elif path.startswith(f"/{self.name}/resolve/{COMMIT}/"):
            self._file(handler, serving, path.removeprefix(f"/{self.name}/resolve/{COMMIT}/"))
        else:
            handler.head(404, Content_Length=0)

    def _file(self, handler: Handler, serving: Serving, name: str) -> None:
        data = self.files[name]
        if handler.command == "HEAD":
            tag = _oid(data) if not _is_large(name) else sha256(data).hexdigest()
            handler.head(200, Content_Length=len(data), ETag=f'"{tag}"', X_Repo_Commit=COMMIT)
            return
        self.fetched.append(name)
        serving.files[handler.path] = data
        (self.acts.pop(0) if self.acts else lambda h, s: partly(h, s, None))(handler, serving)


def send(handler: Handler, answer: Any) -> None:
    """An answer in JSON."""
    text = json.dumps(answer).encode()
    handler.head(200, Content_Type="application/json", Content_Length=len(text))
    handler.wfile.write(text)


def _is_large(name: str) -> bool:
    return name.endswith(".safetensors")


def _oid(data: bytes) -> str:
    return sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _row(name: str, data: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {"type": "file", "path": name, "size": len(data), "oid": _oid(data)}
    row |= {"rfilename": name, "blobId": row["oid"]}
    if _is_large(name):
        digest = sha256(data).hexdigest()
        row["lfs"] = {"oid": digest, "sha256": digest, "size": len(data), "pointerSize": 130}
    return row


@contextmanager
def hub_server(name: str, files: dict[str, bytes]) -> Iterator[Hub]:
    """A server on a free port, for as long as the `with` statement lasts."""
    with model_server() as serving:
        hub = Hub(serving, name, files)
        serving.default = hub.answer
        yield hub
