"""A whole server with real workers, in a thread; and what a client gets from it."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeVar

import aiohttp
import numpy as np
from aiohttp import web
from PIL import Image

from paintgraph.agent import FACTORY
from paintgraph.api.guards.connections import GuardedSite
from paintgraph.api.http.listening import listening
from paintgraph.api.services.parts import PARTS
from paintgraph.api.settings import Settings
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.samples import pixel_digest
from paintgraph.server import create_app

Result = TypeVar("Result")
SMALL_NODES = "paintgraph.tests.jobs.parts:parts"
NEWER_NODES = "paintgraph.tests.jobs.parts:newer_parts"
OUTER_SECONDS = 300.0  # a loaded machine takes its time
HEIGHT, WIDTH = 24, 32


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def codes(self) -> list[str]:
        """The code of each problem."""
        problem = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert problem["type"] == f"urn:paintgraph:problem:{problem['code']}"
        assert problem["status"] == self.status
        return [error["code"] for error in problem["errors"]] or [problem["code"]]


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: int | None
    type: str
    data: dict[str, Any]


class Served:
    """A running server."""

    def __init__(self, url: str, data: Path, app: web.Application) -> None:
        self.url = url
        self.data = data
        self.app = app

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """One request by a client of its own."""

        async def request() -> Answer:
            async with (
                _session() as session,
                session.request(
                    method, self.url + path, allow_redirects=False, **options
                ) as response,
            ):
                return Answer(response.status, response.headers, await response.read())

        return asyncio.run(asyncio.wait_for(request(), OUTER_SECONDS))

    def submit(self, graph: Any, *, wait: float = 0, **options: Any) -> Answer:
        return self.call("POST", f"/v1/jobs?wait={wait}", json=graph, **options)

    def job(self, graph: Any) -> str:
        """Submit a graph; gives the job's id."""
        answer = self.submit(graph)
        assert answer.status == 202, answer.body
        job_id: str = answer.json["id"]
        return job_id

    def until(self, job_id: str, state: str) -> Any:
        """The job once it is in a state."""
        deadline = time.monotonic() + OUTER_SECONDS
        while time.monotonic() < deadline:
            job = self.call("GET", f"/v1/jobs/{job_id}").json
            if job["state"] == state:
                return job
            time.sleep(0.01)
        raise TimeoutError(f"job {job_id} is still {job['state']}")

    def upload(self, data: bytes) -> str:
        """Keep a picture; gives its digest."""
        answer = self.call("POST", "/v1/images", data=data, headers={"Content-Type": "image/png"})
        assert answer.status == 201, answer.body
        digest: str = answer.json["digest"]
        return digest

    @asynccontextmanager
    async def events(self, job_id: str, last: int | None = None) -> AsyncIterator["Stream"]:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/v1/jobs/{job_id}/events", headers=headers) as response,
        ):
            yield Stream(response)

    def followed(self, job_id: str, last: int | None = None) -> list[Event]:
        """All events to the end of the stream."""

        async def follow() -> list[Event]:
            async with self.events(job_id, last) as stream:
                return [event async for event in stream]

        return asyncio.run(asyncio.wait_for(follow(), OUTER_SECONDS))


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client that leaves no connection open.

    Where a server answers before it has read a large body, aiohttp keeps the connection to send the
    rest, and a loop that ends meanwhile leaves it to the collector, within some later test.
    """
    opened: list[socket.socket] = []

    def connecting(address: Any) -> socket.socket:
        family, kind, protocol, _, _ = address
        opened.append(socket.socket(family, kind, protocol))
        return opened[-1]

    connector = aiohttp.TCPConnector(socket_factory=connecting)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session
    for each in opened:
        with suppress(OSError):  # it is closed already, by either side
            each.shutdown(socket.SHUT_RDWR)
        for _ in iter(each.fileno, -1):  # until the loop has closed it
            await asyncio.sleep(0)


class Stream:
    """Server-sent events as they come."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def __aiter__(self) -> AsyncIterator[Event]:
        fields: dict[str, str] = {}
        async for line in self.response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name and value:
                fields[name] = value
            elif "data" in fields:
                id_ = int(fields["id"]) if "id" in fields else None
                yield Event(id_, fields["event"], json.loads(fields["data"]))
                fields = {}


def pixels(server: Served, picture: Any) -> str:
    """The pixel digest of a result."""
    read = decode(server.call("GET", picture["url"]).body)
    return pixel_digest(read.image, read.depth, read.icc)


@contextmanager
def serving(data: Path, factory: str = FACTORY, **settings: Any) -> Iterator[Served]:
    """A server on a free port, ready, for as long as the `with` statement lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="server")
    thread.start()

    def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(OUTER_SECONDS)

    app = create_app(Settings(data_dir=data, durability="normal", **settings), factory)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    try:
        run(runner.setup())
        sock = listening("127.0.0.1", 0)
        site = GuardedSite(runner, sock)
        run(site.start())
        run(_ready(app))
        yield Served(site.name, data, app)
    finally:
        run(runner.cleanup())
        run(_others_ended())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _others_ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def emptied(server: Served) -> Served:
    """The server as it was at first: without jobs, kept results, and files in its user's folders.

    Jobs that live are cancelled; all are removed with their files.
    """
    asyncio.run(_without_jobs(server.url))
    assert server.call("POST", "/free", json={"free_memory": True}).status == 200
    forget_numbers = "DELETE FROM numbers"
    server.app[PARTS].store._database.write(lambda c: c.execute(forget_numbers)).result()
    for folder in ("inputs", "outputs", "recipes", "results", "user"):
        for left in (server.data / folder).glob("*"):
            if left.is_dir() and not left.is_symlink():
                rmtree(left)
            else:
                left.unlink(missing_ok=True)  # a worker may just have renamed it
    return server


async def _without_jobs(url: str) -> None:
    """Cancel the jobs of a server and remove them."""
    async with aiohttp.ClientSession(url) as session:

        async def ask(method: str, path: str) -> bytes:
            async with session.request(method, path) as answer:
                return await answer.read()

        while jobs := json.loads(await ask("GET", "/v1/jobs"))["jobs"]:
            living = [job["id"] for job in jobs if not job["ended"]]
            for job in living:
                await ask("DELETE", f"/v1/jobs/{job}")
            for job in living:
                await ask("GET", f"/v1/jobs/{job}?wait=60")
            for job in jobs:
                await ask("DELETE", f"/v1/jobs/{job['id']}?purge=true")


async def _ready(app: web.Application) -> None:
    async with asyncio.timeout(OUTER_SECONDS):
        while not app[PARTS].dispatcher.is_ready:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


def png(shade: int = 0, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A picture of colours that all differ."""
    rows, columns = np.mgrid[:height, :width]
    samples = np.stack((rows * 9 % 256, columns * 7 % 256, (rows + columns + shade) % 256), axis=2)
    return encoded(samples.astype(np.uint8))


def mask_png() -> bytes:
    """A mask that selects a box in the middle."""
    samples = np.zeros((HEIGHT, WIDTH), np.uint8)
    samples[8:16, 10:20] = 255
    return encoded(samples)


def encoded(samples: Any) -> bytes:
    """The PNG file of samples."""
    file = BytesIO()
    Image.fromarray(samples).save(file, "PNG")
    return file.getvalue()


def run_recipe(server: Served, name: str, inputs: Any) -> Any:
    """Run a recipe to its end; gives the job."""
    answer = server.call("POST", f"/v1/recipes/{name}?wait=60", json=inputs)
    assert answer.status == 200, answer.body
    job = answer.json
    assert job["state"] == "succeeded", job
    return job
