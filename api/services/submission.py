"""Where jobs are submitted: a graph is checked, its pictures are had, it is bound and queued."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import orjson

from paintgraph.api.http.requests import offload
from paintgraph.api.services.catalogue import Catalogue, Known
from paintgraph.api.services.client_files import NamedFiles
from paintgraph.api.services.pictures import PictureBinder, Pictures
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.execution.foreseeing import foresee
from paintgraph.engine.graph.coercion import GIVEN, is_of_catalogue
from paintgraph.engine.graph.formats.native import write_native
from paintgraph.engine.graph.graph import NOTHING_SAID, Descriptions, Graph, InputRef, Metadata
from paintgraph.engine.graph.structure import with_names
from paintgraph.engine.recipes.binding import Binder, Binders, bind, metadata_binder
from paintgraph.engine.recipes.book import is_heavy
from paintgraph.engine.recipes.carrying import without_places
from paintgraph.engine.recipes.checking import Checked
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.sources.accepted import keep
from paintgraph.jobs.sources.addresses import FetchError
from paintgraph.jobs.sources.fetching import check_receiver, fetch
from paintgraph.jobs.sources.references import left_out, source_binders
from paintgraph.jobs.store.job import NewJob, OnFailure, Webhook, digest_of
from paintgraph.jobs.store.jobs import Accepted
from paintgraph.nodes.made import models_of, texts_of_run
from paintgraph.nodes.recipe_calls import calls_of, uses_recipes

_WEB = ("http://", "https://")
_MOST_FETCHES = 32
_FETCHES_AT_ONCE = 4
_MOST_LISTED = 20_000
_OF_FILES = ("picture", "folder")


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What a client wants run.

    Attributes:
        graph: as it was read, with the `problems` that reading found.
        request: what was submitted, for the client to read back.
        inputs: values for the graph's declared inputs.
        prefix, inputs_at: where graph and inputs stand inside the request, for pointers.
        door, name, rank, on_failure, workflow: see `NewJob`.
        texts: documents that the pictures carry beside the graph, by key, such as ComfyUI's
            `workflow`; they say no place, and are left out with the graph if that is wished.
        owner: whose files the graph may name; None: everybody's.
        wished: what the client wishes of descriptions, before what the graph itself says.
        extra: what came beside the graph; it goes along where a node asks for it.
        webhook, recipe, tags: see `NewJob`.
    """

    graph: Graph
    problems: list[Problem]
    request: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    inputs_at: tuple[str, ...] = ("inputs",)
    priority: int = 0
    client: str = ""
    owner: str | None = None
    idempotency_key: str | None = None
    is_small: bool = False
    door: str = ""
    name: str = ""
    rank: float = 0.0
    on_failure: OnFailure = "continue"
    texts: Mapping[str, Any] = field(default_factory=dict)
    workflow: str = ""
    wished: Descriptions = NOTHING_SAID
    extra: Mapping[str, Any] = field(default_factory=dict)
    webhook: Webhook | None = None
    recipe: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmissionRules:
    """What binding may do.

    Attributes:
        max_bytes: how large fetched pictures may be.
        allow_private: fetch from private networks, and send to them, too.
        name_binders: what fixes names of catalogues, by kind of resource.
        metadata: what results keep of descriptions where neither recipe nor client says it.
        device: the class of machine that works.
        told: what else results tell where neither recipe nor client says it.
    """

    max_bytes: int
    allow_private: bool = False
    name_binders: Mapping[str, Binder] = field(default_factory=dict)
    metadata: Metadata = "private"
    device: str = "cpu"
    told: Descriptions = NOTHING_SAID


class Submissions:
    """Turns what clients want run into accepted jobs."""

    def __init__(
        self,
        catalogue: Catalogue,
        dispatcher: Dispatcher,
        pictures: Pictures,
        files: NamedFiles,
        rules: SubmissionRules,
    ) -> None:
        self._catalogue = catalogue
        self._dispatcher = dispatcher
        self._pictures = pictures
        self._files = files
        self._rules = rules

    async def submit(self, wanted: GraphRequest) -> Accepted:
        """Accept a job durably; the repetition of an idempotent request gives the earlier one.

        Raises GraphError with every problem, or what the dispatcher raises.
        """
        small, request_digest = wanted.is_small, ""
        if wanted.idempotency_key is not None:
            request_digest = await offload(digest_of, _as_sent(wanted), is_small=small)
            earlier = await self._dispatcher.repeated(wanted.idempotency_key, request_digest)
            if earlier is not None:
                return earlier
        if wanted.webhook is not None:
            await self._check_webhook(wanted.webhook)
        known, checked = await self.checked(wanted)
        graph = checked.sound()
        fetched = await self._fetched(graph, known, wanted.inputs)
        files = self._files.of(wanted.owner)
        binder = PictureBinder(self._pictures, files.references, fetched)
        sources = source_binders(binder.bind, *files.inputs, most=_MOST_LISTED)
        defaults = metadata_binder(self._rules.metadata)
        binders = Binders({**sources, **self._rules.name_binders, **defaults})

        def new() -> NewJob:
            bound = _bound(wanted, graph, known, binders, self._rules.told)
            notices = left_out(bound, known.registry, *files.inputs)
            # What a folder holds is neither copied nor decoded: only digests are taken.
            late = binders.beside({"picture": files.references.bind})
            foreseen = foresee(bound, known.registry, late, calls_of(known.registry))
            carried = keep(foreseen, known.recipes, self._pictures.blobs, wanted.owner)
            complete = replace(bound, bound=carried)
            return NewJob(
                graph=write_native(with_names(complete, known.registry)),
                request=_without_pictures(wanted.request, binder.inline)
                if binder.inline
                else wanted.request,
                texts=self._texts(wanted, graph, bound, known),
                client=wanted.client,
                size="heavy" if is_heavy(bound, known.registry) else "light",
                priority=wanted.priority,
                idempotency_key=wanted.idempotency_key,
                request_digest=request_digest,
                warnings=[*(problem.message for problem in checked.problems), *notices],
                door=wanted.door,
                name=wanted.name,
                rank=wanted.rank,
                on_failure=wanted.on_failure,
                extra=wanted.extra if _uses(bound, known, "wants_extra") else {},
                workflow=wanted.workflow,
                webhook=wanted.webhook,
                recipe=wanted.recipe,
                tags=wanted.tags,
                models=[*models_of(complete)],
                uses=foreseen.uses,
            )

        small = small and not _reads_files(graph, known)
        return await self._dispatcher.submit(await offload(new, is_small=small))

    async def _check_webhook(self, webhook: Webhook) -> None:
        """Raise GraphError for an address to which nothing could ever be sent."""
        try:
            await check_receiver(webhook.url, allow_private=self._rules.allow_private)
        except FetchError as error:
            problem = Problem(error.code, f"webhook: {error}", path=("webhook", "url"))
            raise GraphError([problem]) from error

    def _texts(
        self, wanted: GraphRequest, graph: Graph, bound: Graph, known: Known
    ) -> Mapping[str, str]:
        """What the job's pictures carry of how they were made."""
        own = texts_of_run(graph, bound, known.registry, self._pictures.size, self._rules.device)
        more = {key: orjson.dumps(without_places(each)) for key, each in wanted.texts.items()}
        return {**{key: each.decode() for key, each in more.items()}, **own} if own else {}

    async def checked(self, wanted: GraphRequest) -> tuple[Known, Checked]:
        """The check of a graph, with what only its nodes' code can say; what it was held to first.

        A worker is asked for that, and for choices that may be new since it told them.
        """
        known = self._catalogue.known()
        checked = await offload(check_request, wanted, known, is_small=wanted.is_small)
        if _misses_choices(checked, known):
            await self._dispatcher.pool.ask(None)
            known = self._catalogue.known()
            checked = await offload(check_request, wanted, known, is_small=wanted.is_small)
        if checked.errors or not _uses(checked.graph, known, "has_checks"):
            return known, checked
        document = orjson.dumps(write_native(with_names(checked.graph, known.registry)))
        problems = [
            Problem(**one, path=("nodes", one["node"], one["input"] or ""))
            for one in await self._dispatcher.pool.ask(document)
        ]
        told = (_pointed(problem, wanted) for problem in problems)
        return known, replace(checked, problems=(*checked.problems, *told))

    async def _fetched(
        self, graph: Graph, known: Known, inputs: Mapping[str, Any]
    ) -> dict[str, str | BindError]:
        """The digest of what is at each web address of a picture, or why it cannot be had."""
        turns = asyncio.Semaphore(_FETCHES_AT_ONCE)
        addresses = _addresses(graph, known, inputs)

        async def one(address: str) -> str | BindError:
            try:
                async with turns:
                    data = await fetch(
                        address,
                        max_bytes=self._rules.max_bytes,
                        allow_private=self._rules.allow_private,
                    )
                picture = await asyncio.to_thread(self._pictures.put, data)
            except BindError as error:
                return error
            return picture.digest

        if len(addresses) > _MOST_FETCHES:
            message = f"the graph names {len(addresses)} web addresses; allowed are {_MOST_FETCHES}"
            error = BindError(f"{message}. Upload the pictures.", code="too_many_addresses")
            return dict.fromkeys(addresses, error)
        return dict(zip(addresses, await asyncio.gather(*map(one, addresses)), strict=True))


def _as_sent(wanted: GraphRequest) -> Mapping[str, Any]:
    """All that makes a request another one."""
    more: dict[str, Any] = {}
    if wanted.wished != NOTHING_SAID:
        more["wished"] = asdict(wanted.wished)
    if wanted.webhook is not None:
        more["webhook"] = asdict(wanted.webhook)
    if wanted.tags:
        more["tags"] = wanted.tags
    return {**wanted.request, **more} if more else wanted.request


def check_request(wanted: GraphRequest, known: Known) -> Checked:
    """The checked graph; its problems point into the request."""
    checked = known.check(wanted.graph, wanted.problems, wanted.inputs)
    problems = tuple(replace(p, path=_in_request(p.path, wanted)) for p in checked.problems)
    return replace(checked, problems=problems)


def _in_request(path: tuple[str | int, ...], wanted: GraphRequest) -> tuple[str | int, ...]:
    """A path of the check as one into the request."""
    return wanted.inputs_at + path[1:] if path[:1] == (GIVEN,) else wanted.prefix + path


def _bound(
    wanted: GraphRequest, graph: Graph, known: Known, binders: Binders, told: Descriptions
) -> Graph:
    """The bound graph; `told` is what its files tell where neither client nor graph says it."""
    try:
        wished = wanted.wished.or_else(graph.descriptions).or_else(told)
        meant = replace(graph, descriptions=wished)
        return bind(meant, known.registry, wanted.inputs, binders)
    except GraphError as error:
        problems = [_pointed(problem, wanted) for problem in error.problems]
        raise GraphError(problems) from error


def _pointed(problem: Problem, wanted: GraphRequest) -> Problem:
    """A problem of binding with its path into the request, and its place in the text."""
    if problem.path[:1] == ("inputs",):
        return replace(problem, path=wanted.inputs_at + problem.path[1:])
    _, node, name = problem.path
    source = wanted.graph.source
    if source is None:
        return replace(problem, path=wanted.prefix + problem.path)
    path = source.path_of(str(node), str(name))
    return replace(problem, path=wanted.prefix + path, place=source.document.place(path))


def _uses(graph: Graph, known: Known, what: Literal["has_checks", "wants_extra"]) -> bool:
    """Whether a node of the graph has something that few have."""
    specs = (known.registry.spec(node.kind) for node in graph.nodes.values())
    return any(spec is not None and getattr(spec, what) for spec in specs)


def _misses_choices(checked: Checked, known: Known) -> bool:
    """Whether a node gets what it could not choose when its worker told: a model, a pack's file."""
    for problem in checked.errors:
        node = checked.graph.nodes.get(problem.node or "")
        spec = known.registry.spec(node.kind) if node and problem.code == "not_a_choice" else None
        names = (i.resource for i in spec.inputs if i.name == problem.input) if spec else ()
        if spec is not None and (spec.is_open or any(map(is_of_catalogue, names))):
            return True
    return False


def _reads_files(graph: Graph, known: Known) -> bool:
    """Whether binding reads files, which takes its time."""
    if any(uses_recipes(node) for node in graph.nodes.values()):
        return True
    specs = (known.registry.spec(node.kind) for node in graph.nodes.values())
    return any(
        given.resource in _OF_FILES or is_of_catalogue(given.resource)
        for spec in specs
        if spec
        for given in spec.inputs
    )


def _addresses(graph: Graph, known: Known, inputs: Mapping[str, Any]) -> list[str]:
    """Every web address that a picture's input would be given."""
    found: dict[str, None] = {}
    for node in graph.nodes.values():
        spec = known.registry.spec(node.kind)
        for declared in spec.inputs if spec else ():
            if declared.resource != "picture":
                continue
            value = node.inputs.get(declared.name)
            if isinstance(value, InputRef):
                value = inputs.get(value.name, graph.inputs[value.name].default)
            if isinstance(value, str) and value.startswith(_WEB):
                found[value] = None
    return list(found)


def _without_pictures(value: Any, inline: Mapping[str, str]) -> Any:
    """The document with the digests of pictures in place of the pictures themselves."""
    if isinstance(value, dict):
        return {name: _without_pictures(entry, inline) for name, entry in value.items()}
    if isinstance(value, list):
        return [_without_pictures(entry, inline) for entry in value]
    if isinstance(value, str):
        with suppress(KeyError):
            return inline[value]
    return value
