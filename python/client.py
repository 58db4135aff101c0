"""What one call sends to a server: pictures, jobs; and what it fetches: events, results."""

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import aiohttp
import orjson

from paintgraph.base.errors import Error, Problem
from paintgraph.base.pictures import texts_of
from paintgraph.base.text.document import Document
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.execution.blobs import PREFIX
from paintgraph.engine.graph.formats.carried import GRAPH, KEYS
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.formats.reading import document_in, graph_of
from paintgraph.engine.graph.graph import Descriptions, Graph
from paintgraph.engine.graph.spec import InputSpec
from paintgraph.engine.recipes.book import SUFFIXES
from paintgraph.imaging.files.decode import decode
from paintgraph.nodes.facts import REPAINT
from paintgraph.nodes.pictures.files import facts_of
from paintgraph.python.inputs import literals
from paintgraph.python.progress import Report, Tracker
from paintgraph.python.results import Picture, Result
from paintgraph.python.session import RunError
from paintgraph.python.sources import Recipe

_TRIES = 5
_AGAIN_SECONDS = 0.5
_PARTING_SECONDS = 10.0  # for a server that does not answer, whoever waits no more waits so long
_TRUTH: Mapping[bool | None, str] = {True: "true", False: "false"}
_PICTURES = (".png", ".webp")  # they may carry a graph
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Order:
    """What is run: a recipe of the server by name, or a document that is sent."""

    name: str
    document: Mapping[str, Any]
    declared: Mapping[str, InputSpec]

    def request(self, inputs: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The path and the body of the request that runs it."""
        if self.name:
            return f"/v1/recipes/{quote(self.name, safe='')}", inputs
        return "/v1/jobs", {"graph": self.document, "inputs": inputs}


class Client:
    """The requests of one call."""

    def __init__(self, http: aiohttp.ClientSession, url: str, wished: Descriptions) -> None:
        self._http = http
        self._url = url
        told = {"metadata": wished.metadata, "graph": _TRUTH.get(wished.graph)}
        self._wishes = {name: text for name, text in told.items() if text is not None}
        self._outputs: dict[str, list[dict[str, Any]]] = {}

    async def order(self, recipe: Recipe) -> Order:
        """What a recipe means, and the inputs that it declares."""
        match recipe:
            case Graph():
                return Order("", write_native(recipe), recipe.inputs)
            case Mapping():
                graph, _ = graph_of(Document(dict(recipe)), "the recipe")
                return Order("", recipe, graph.inputs)
        name = str(recipe)
        if Path(name).suffix in (*SUFFIXES, *_PICTURES):
            document = document_in(await asyncio.to_thread(_bytes, Path(name)))
            graph, problems = graph_of(document, name)
            if any(problem.severity == "error" for problem in problems):
                raise GraphError(problems)
            return Order("", cast("Mapping[str, Any]", document.value), graph.inputs)
        known = await self._json("GET", "/v1/recipes")
        found = next((each for each in known["recipes"] if each["name"] == name), None)
        if found is None:  # the server says why
            found = await self._json("GET", f"/v1/recipes/{quote(name, safe='')}")
        return Order(
            name, {}, {each: _spec(each, about) for each, about in found["inputs"].items()}
        )

    async def run(self, order: Order, given: Mapping[str, Any], report: Report) -> Result:
        """Run one job to its end and fetch what came of it."""
        pictures: dict[str, bytes] = {}

        def refer(picture: Path | bytes) -> str:
            data = _bytes(picture) if isinstance(picture, Path) else picture
            reference = PREFIX + hashlib.sha256(data).hexdigest()
            pictures[reference] = data
            return reference

        inputs = await asyncio.to_thread(literals, given, order.declared, refer)
        for name, value in inputs.items():
            if isinstance(value, str) and value in pictures:
                await self._upload(name, pictures.pop(value))
        path, body = order.request(inputs)
        once = {"Idempotency-Key": secrets.token_hex(16)}
        accepting = asyncio.create_task(
            self._json("POST", path, json=body, headers=once, params=self._wishes)
        )
        tracker = Tracker(report)
        try:
            job = await asyncio.shield(accepting)  # who gives up meanwhile has to know its name
            graph = (await self._json("GET", job["links"]["graph"]))["graph"]
            tracker.begin(graph["nodes"])
            await self._follow(job["links"]["events"], tracker)
            job = await self._json("GET", job["links"]["self"])
        except BaseException:  # Ctrl-C and deadlines, too: nobody waits for the job any more
            with contextlib.suppress(Error, aiohttp.ClientError, OSError):
                await asyncio.shield(self._cancel(accepting))
            raise
        _check(job)
        tracker.end()
        return await self._result(job, graph)

    async def _cancel(self, accepting: asyncio.Task[dict[str, Any]]) -> None:
        """Cancel a job once it is accepted; raises TimeoutError where that takes long."""
        async with asyncio.timeout(_PARTING_SECONDS):
            job = await accepting
            await self._json("DELETE", job["links"]["self"])

    async def _upload(self, name: str, data: bytes) -> None:
        """Send the picture of an input; what the server refuses is an error that names it."""
        kind = {"Content-Type": "application/octet-stream"}
        try:
            await self._json("POST", "/v1/images", data=data, headers=kind)
        except Error as error:
            where = f"input '{name}'"
            problems = [
                replace(each, message=f"{where}: {each.message}", input=name)
                for each in error.problems
            ]
            raise Error(f"{where}: {error}", error.code, problems=problems) from error

    async def _follow(self, path: str, tracker: Tracker) -> None:
        """Pass on a job's events to its last one; a connection that breaks is made again."""
        last, failures = "0", 0
        while True:
            try:
                headers = {"Last-Event-ID": last}
                async with self._http.get(self._url + path, headers=headers) as response:
                    await _checked(response)
                    fields: dict[str, str] = {}
                    async for line in response.content:
                        name, _, value = line.decode().rstrip("\n").partition(": ")
                        if value:
                            fields[name] = value
                        elif "data" in fields:
                            event = orjson.loads(fields["data"])
                            tracker.take(event)
                            if tracker.error is not None:
                                raise tracker.error
                            if event["type"] == "state" and event["state"] in _ENDED:
                                return
                            last, failures, fields = fields.get("id", last), 0, {}
                if response.status == 204:  # the last event has been seen
                    return
            except (aiohttp.ClientError, TimeoutError):
                failures += 1
                if failures == _TRIES:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _result(self, job: Mapping[str, Any], graph: Mapping[str, Any]) -> Result:
        text = orjson.dumps(graph).decode()
        told = Descriptions(graph=graph.get("graph"))  # the server has reduced what it keeps
        outputs = {}
        for name, value in job["outputs"].items():
            is_mask = await self._is_mask(graph, name)
            entries = value if isinstance(value, list) and _has_pictures(value) else [value]
            found = [await self._entry(entry, is_mask=is_mask) for entry in entries]
            outputs[name] = tuple(
                replace(e, texts=e.texts or {GRAPH: text}, output=name, place=n, descriptions=told)
                if isinstance(e, Picture)
                else e
                for n, e in enumerate(found)
            )
        return Result(outputs, list(job["warnings"]))

    async def _entry(self, value: Any, *, is_mask: bool) -> Any:
        if not _has_pictures([value]):
            return value
        async with self._http.get(self._url + value["url"]) as response:
            await _checked(response)
            data = await response.read()
        picture = await asyncio.to_thread(decode, data)
        repaint = {REPAINT: value[REPAINT]} if REPAINT in value else {}
        array = picture.image[0, ..., 0] if is_mask else picture.image[0]
        return Picture(array, {**facts_of(picture), **repaint}, texts_of(BytesIO(data), KEYS))

    async def _is_mask(self, graph: Mapping[str, Any], name: str) -> bool:
        """Whether an output comes from one that its node declares as a mask."""
        reference = str(graph.get("outputs", {}).get(name, ""))
        node, _, output = reference.removeprefix("${").removesuffix("}").partition(".")
        kind = str(graph["nodes"].get(node, {}).get("node", ""))
        if kind and kind not in self._outputs:
            known = await self._json("GET", f"/v1/nodes/{quote(kind, safe='')}")
            self._outputs[kind] = known["outputs"]
        declared = {each["name"]: each["type"] for each in self._outputs.get(kind, ())}
        return declared.get(output) == "mask"

    async def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer of one request; raises Error with the server's reasons."""
        async with self._http.request(method, self._url + path, **options) as response:
            await _checked(response)
            answer: dict[str, Any] = orjson.loads(await response.read())
            return answer


async def _checked(response: aiohttp.ClientResponse) -> None:
    """Raise the error that an answer tells of."""
    if response.status < 400:
        return
    body = await response.read()
    try:
        answer = orjson.loads(body)
        code, message = answer["code"], answer["detail"]
    except (ValueError, KeyError, TypeError):
        message = f"the server answered {response.status} {response.reason}. Check the address."
        raise Error(message, "bad_answer") from None
    raise Error(message, code, problems=[_problem(each) for each in answer.get("errors", ())])


def _problem(answer: Mapping[str, Any]) -> Problem:
    return Problem(answer["code"], answer["detail"], answer.get("node"), answer.get("input"))


def _check(job: Mapping[str, Any]) -> None:
    """Raise what kept a job from its end."""
    if job["state"] == "cancelled":
        raise Error(f"the job '{job['id']}' was cancelled. Run it again.", "cancelled")
    if job["state"] == "failed":
        problems = [_problem(each) for each in job.get("problems", ())]
        message = "\n".join(problem.message for problem in problems)
        raise RunError(message, problems[0].code if problems else None, problems=problems)


def _has_pictures(values: list[Any]) -> bool:
    return any(isinstance(value, dict) and "digest" in value for value in values)


def _spec(name: str, about: Mapping[str, Any]) -> InputSpec:
    """A declared input, as far as sending it needs."""
    resource = "picture" if about["type"] in ("image", "mask") else ""
    return InputSpec(name, about["type"], about["required"], resource=resource)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"the file '{path}' cannot be read: {error.strerror}. Check the path."
        raise BindError(message, code="unreadable_file") from error
