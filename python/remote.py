"""The same calls on a server: `paintgraph.connect(URL).run(...)`."""

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import aiohttp

from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.engine.graph.graph import Metadata
from paintgraph.python.client import Client
from paintgraph.python.inputs import batches
from paintgraph.python.progress import Report, reporting
from paintgraph.python.results import Result, merged, wished
from paintgraph.python.session import given_inputs, mapping_of
from paintgraph.python.sources import Recipe

Answer = TypeVar("Answer")
_SILENT_SECONDS = 60.0  # a server says something every 15 s while a job runs
_CONNECT_SECONDS = 10.0


class Connection:
    """A server on which recipes run. Threads may share it.

    Args:
        url: the server's address, such as "http://127.0.0.1:7866".
        key: one of the server's keys, where it wants one.
        timeout: seconds that a call may take, after which its job is cancelled.
        metadata, graph: what results tell beside their pixels, as for `Picture.encode`; else the
            server decides on metadata.
        progress: True shows a bar; a callback gets `Progress`.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of its own
        self,
        url: str,
        *,
        key: str | None = None,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        graph: bool | None = None,
        progress: Report | bool | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            message = f"the address is '{url}'; allowed is http://HOST:PORT. Write it so."
            raise UsageError(Problem("bad_address", message))
        self._url = url.rstrip("/")
        self._headers = {"X-API-KEY": key} if key else {}
        self._timeout = timeout
        self._wished = wished(metadata, graph)
        self._progress = progress

    def run(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        progress: Report | bool | None = None,
        **named: Any,
    ) -> Result:
        """Run a recipe on the server, as `Session.run` does here; Ctrl-C cancels its job.

        A name means a recipe of the server; files, documents and graphs are sent to it.
        """
        return _blocking(self.arun(recipe, inputs, progress=progress, **named))

    def map(
        self,
        recipe: Recipe,
        images: Iterable[Any],
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        name: str = "image",
        **named: Any,
    ) -> Iterator[Result]:
        """Run a recipe for each of many pictures, as `Session.map` does."""
        for image in images:
            yield self.run(recipe, {**mapping_of(inputs), **named, name: image})

    async def arun(
        self,
        recipe: Recipe,
        inputs: Mapping[str, Any] | None = None,
        /,
        *,
        progress: Report | bool | None = None,
        **named: Any,
    ) -> Result:
        """As `run`, to be awaited; cancelling the task cancels the job."""
        options = set() if progress is None else {"progress"}
        mapping = mapping_of(inputs)
        limits = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS
        )
        try:
            async with (
                asyncio.timeout(self._timeout) as deadline,
                aiohttp.ClientSession(headers=self._headers, timeout=limits) as http,
            ):
                client = Client(http, self._url, self._wished)
                order = await client.order(recipe)
                given = given_inputs(mapping, named, order.declared, options)
                with reporting(self._progress if progress is None else progress) as report:
                    every = batches(given, order.declared)
                    return merged([await client.run(order, one, report) for one in every])
        except (aiohttp.ClientError, OSError) as error:  # timeouts as well
            if deadline.expired():
                message = f"the call took more than {self._timeout:g} s and was cancelled."
                raise Error(f"{message} Allow it more.", "timeout") from error
            why = _reason(error)
            cure = "Start it with 'paintgraph serve', or check the address."
            message = f"the server '{self._url}' cannot be reached: {why}. {cure}"
            raise Error(message, "no_connection") from error


connect = Connection


def _blocking(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine gives, run by a loop of its own: a notebook's own loop is busy."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="paintgraph-client", daemon=True)
    thread.start()
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()  # after Ctrl-C the job is cancelled too
        raise
    finally:
        asyncio.run_coroutine_threadsafe(_others_ended(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _reason(error: Exception) -> str:
    """Why a connection failed, in the system's words where it has some."""
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None) or 0
    words = os.strerror(number) if number > 0 else getattr(cause, "strerror", None)
    return str(words or error or type(error).__name__)


async def _others_ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
