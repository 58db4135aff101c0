"""The server, put together: `create_app` builds it, `serve` runs it until it is asked to end."""

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from importlib import import_module
from socket import socket
from typing import TYPE_CHECKING

from aiohttp import web

from paintgraph import graphs
from paintgraph.agent import (
    FACTORY,
    StartError,
    check_nodes,
    counts_of,
    effects_of,
    first,
    limits_of,
    model_names,
    spec_of,
    worker_settings,
)
from paintgraph.api.comfy.routes import add_comfy
from paintgraph.api.editor.files import PREFIX as EDITOR
from paintgraph.api.editor.login import add_login
from paintgraph.api.editor.page import Page, installed_page, page_in
from paintgraph.api.editor.routes import add_editor
from paintgraph.api.fooocus.generate import message_of
from paintgraph.api.fooocus.routes import ANY_TYPE, FORBIDDING
from paintgraph.api.fooocus.routes import ROUTES as FOOOCUS_ROUTES
from paintgraph.api.fooocus.tasks import DOOR as FOOOCUS
from paintgraph.api.generation import routes as generation
from paintgraph.api.generation.answers import DOOR as GENERATION
from paintgraph.api.generation.answers import message_of as generation_message_of
from paintgraph.api.guards.connections import GuardedSite, Held, log_accept_errors_rarely
from paintgraph.api.guards.connections import Limits as ConnectionLimits
from paintgraph.api.guards.keyring import FILE, Keys
from paintgraph.api.guards.keys import KeyRules, Signer, check_bind, client_of, load_secret
from paintgraph.api.guards.origins import PROBES, HostRules, OriginRules
from paintgraph.api.guards.security import NATIVE_TYPES, ContentRules, SecurityRules, guard
from paintgraph.api.guards.sessions import Sessions
from paintgraph.api.http.access import tell_requests
from paintgraph.api.http.listening import listening, reachable
from paintgraph.api.http.received import Receiving
from paintgraph.api.http.refusals import Hide, hiding, refusal_guard
from paintgraph.api.http.routes import Route, add_routes
from paintgraph.api.native import graphs as graph_routes
from paintgraph.api.native import (
    health,
    images,
    job_graphs,
    job_lists,
    jobs,
    models,
    recipes,
    submitting,
    webhooks,
)
from paintgraph.api.native.recipe_operations import of_recipes
from paintgraph.api.openapi import PATHS, add_docs, openapi_route
from paintgraph.api.packs.routes import add_packs
from paintgraph.api.page.routes import add_page
from paintgraph.api.services.catalogue import NO_AGENT, STARTING, Catalogue
from paintgraph.api.services.client_files import NamedFiles
from paintgraph.api.services.metrics import Metrics
from paintgraph.api.services.model_pulls import Pulls
from paintgraph.api.services.parts import PARTS, ServerParts
from paintgraph.api.services.pictures import IMAGES_URL, Addresses, Pictures
from paintgraph.api.services.serializers import Serializer
from paintgraph.api.services.submission import SubmissionRules, Submissions
from paintgraph.api.services.tracing import Tracing, wished_tracing
from paintgraph.api.services.watching import Watches
from paintgraph.api.services.webhooks import Webhooks
from paintgraph.base.control_groups import apart
from paintgraph.base.logs import is_told, set_up_log
from paintgraph.base.platforms import on_signals, raise_descriptor_limit, return_large_blocks
from paintgraph.engine.graph.graph import NOTHING_SAID, Descriptions
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.observing import JobLog, Observer
from paintgraph.jobs.dispatching.quotas import Quota
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.sources.addresses import FetchError
from paintgraph.jobs.sources.fetching import check_receiver
from paintgraph.jobs.storage import Storage, open_storage
from paintgraph.jobs.store.backup import STORE
from paintgraph.jobs.store.folder_lock import Server, announce, exclusive, withdraw
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.models.engine_names import EngineNames
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.nodes import resource_names
from paintgraph.nodes.resources import resources

if TYPE_CHECKING:
    from paintgraph.api.settings import Settings  # takes 140 ms; whoever makes settings needs it

_LOG = logging.getLogger(__name__)
_END_SECONDS = 2.0
_GC_THRESHOLDS = (10_000, 20, 50)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

ROUTES: tuple[Route, ...] = (
    *submitting.ROUTES,
    *jobs.ROUTES,
    *job_lists.ROUTES,
    *job_graphs.ROUTES,
    *recipes.ROUTES,
    *graph_routes.ROUTES,
    *models.ROUTES,
    *images.ROUTES,
    *health.ROUTES,
    *webhooks.ROUTES,
    *FOOOCUS_ROUTES,
    *generation.ROUTES,
)


def create_app(settings: "Settings", factory: str = FACTORY) -> web.Application:
    """The application; its workers are built by `factory`, "module:function"."""
    app = web.Application(client_max_size=settings.max_body_bytes)
    secret = load_secret(settings.data_dir / "secret")
    keys = _keys(settings, secret)
    signer, sessions = Signer(secret), Sessions(secret, keys)
    hide = hiding((settings.data_dir, *settings.folders.elsewhere.values(), graphs.FOLDER))
    guard(app, _security(settings, signer, keys, sessions))
    tracing = wished_tracing()
    if tracing is not None:
        app.middlewares.insert(0, tracing.middleware(client_of))
    tell_requests(app, client_of)
    app.middlewares.append(refusal_guard(hide))
    if settings.node_packs and "routes" in settings.allow_packs:
        add_packs(app, EDITOR.rstrip("/"))
    page = _page(settings)
    addresses = Addresses(signer, keys, EDITOR if page else "")
    app.cleanup_ctx.append(partial(_running, settings, factory, addresses, hide, tracing))
    add_comfy(app)
    add_routes(app, (*ROUTES, openapi_route(ROUTES, of_recipes)))
    add_docs(app)
    add_page(app)
    add_login(app, keys, sessions)
    if page:
        add_editor(app, page)
        if page.warning:
            _LOG.warning(page.warning)
    return app


def _page(settings: "Settings") -> Page | None:
    return page_in(settings.front_end_root) if settings.front_end_root else installed_page()


async def _running(  # noqa: PLR0913 - what the parts are made of
    settings: "Settings",
    factory: str,
    addresses: Addresses,
    hide: Hide,
    tracing: Tracing | None,
    app: web.Application,
) -> AsyncIterator[None]:
    """Make everything that handlers use, for as long as the application runs."""
    folders = settings.folders
    if settings.no_workers and settings.jobs is None:
        raise StartError(
            "setting 'no_workers': agents take jobs from a store that servers share, and none is "
            "named. Name it: --jobs postgresql://user:password@host:port/database, or "
            "PAINTGRAPH_JOBS."
        )
    await _check_webhook(settings)
    async with AsyncExitStack() as stack:
        if settings.jobs is None:  # what several servers share may lie in a folder that they share
            stack.enter_context(exclusive(folders.data))
        place = settings.jobs.get_secret_value() if settings.jobs else folders.data / STORE
        store = JobStore(place, settings.durability)
        stack.callback(store.close)
        storage = open_storage(folders, settings.objects)
        await asyncio.to_thread(storage.check)
        observers: list[Observer] = [JobLog()] if is_told() else []
        if tracing is not None:
            observers.append(tracing)
            stack.push_async_callback(asyncio.to_thread, tracing.close)
        dispatcher = _dispatcher(
            settings, factory, store, storage, addresses.keys.quota_of, observers
        )
        link_seconds = settings.link_seconds if storage.bucket else 0
        pictures = Pictures(storage.blobs, settings.max_pixels, link_seconds)
        serializer = Serializer(dispatcher, pictures, addresses, hide)
        files = NamedFiles(storage, store)
        parts = _parts(settings, store, dispatcher, files, serializer)
        stack.callback(parts.pulls.close)
        stack.push_async_callback(dispatcher.close)
        stack.push_async_callback(parts.webhooks.close)
        stack.push_async_callback(parts.watches.close)
        await dispatcher.start()
        cleaning = asyncio.create_task(parts.cleaner.run())
        stack.callback(cleaning.cancel)
        messages = {FOOOCUS: message_of, GENERATION: generation_message_of}
        parts.webhooks.start({door: partial(make, parts) for door, make in messages.items()})
        app[PARTS] = parts
        yield


async def _check_webhook(settings: "Settings") -> None:
    try:
        if settings.fooocus.webhook_url:
            private = settings.allow_private_urls
            await check_receiver(settings.fooocus.webhook_url, allow_private=private)
    except FetchError as error:
        raise StartError(f"setting 'fooocus_webhook_url': {error}") from error


def _dispatcher(  # noqa: PLR0913 - its seams
    settings: "Settings",
    factory: str,
    store: JobStore,
    storage: Storage,
    quota_of: Callable[[str], Quota],
    observers: Sequence[Observer],
) -> Dispatcher:
    """The queue and its workers, not yet started."""
    return Dispatcher(
        store,
        Subscriptions(storage.tree("temp").below(".previews")),
        effects_of(store, storage),
        spec_of(settings, factory),
        {} if settings.no_workers else counts_of(settings),
        limits_of(settings),
        quota_of,
        observers,
        model_names().has,
    )


def _parts(
    settings: "Settings",
    store: JobStore,
    dispatcher: Dispatcher,
    files: NamedFiles,
    serializer: Serializer,
) -> ServerParts:
    """What handlers find; none of it has begun to work."""
    folders = settings.folders
    devices = DeviceRules(**worker_settings(settings)["devices"])
    names = EngineNames(model_names(), devices, settings.auto_engine)
    empty = NO_AGENT if settings.no_workers else STARTING
    catalogue = Catalogue(dispatcher, (folders.recipes, graphs.FOLDER), resources(names), empty)
    rules = SubmissionRules(
        settings.max_body_bytes,
        settings.allow_private_urls,
        resource_names.binders(names),
        settings.metadata,
        devices.environment(),
        NOTHING_SAID if settings.graph else Descriptions(graph=False),
    )
    return ServerParts(
        store=store,
        subscriptions=dispatcher.subscriptions,
        dispatcher=dispatcher,
        catalogue=catalogue,
        rules=rules,
        submissions=Submissions(catalogue, dispatcher, serializer.pictures, files, rules),
        pictures=serializer.pictures,
        addresses=serializer.addresses,
        serializer=serializer,
        metrics=Metrics(store, dispatcher, time.time()),
        folders=folders,
        files=files,
        engine_names=names,
        pulls=Pulls(names.models.index, are_allowed=settings.allow_model_pull),
        webhooks=Webhooks(
            store,
            dispatcher.subscriptions,
            serializer,
            allow_private=settings.allow_private_urls,
        ),
        watches=Watches(dispatcher.subscriptions),
        cleaner=Cleaner(store, folders, settings.retention, files.storage),
        many_users=settings.multi_user,
        fooocus=settings.fooocus,
    )


def _security(
    settings: "Settings", signer: Signer, keys: Keys, sessions: Sessions
) -> SecurityRules:
    contents = {
        "/v1/": NATIVE_TYPES,
        IMAGES_URL.rstrip("/"): images.UPLOAD_TYPES,
        **dict.fromkeys((*ANY_TYPE, *generation.ANY_TYPE)),
    }
    open_paths = PROBES | PATHS | generation.OPEN | {"/openapi.json"}
    forbidding = (*FORBIDDING, *generation.FORBIDDING)
    try:
        return SecurityRules(
            hosts=HostRules(settings.hosts, any_address=settings.host in ("", "0.0.0.0", "::")),  # noqa: S104 - compared
            origins=OriginRules(settings.origins),
            keys=KeyRules(keys, signer, open_paths, sessions, forbidding),
            contents=ContentRules(contents),
            receiving=Receiving(
                max(settings.bodies_bytes, settings.max_body_bytes), settings.data_dir / "incoming"
            ),
        )
    except ValueError as error:
        raise StartError(str(error)) from error


def _keys(settings: "Settings", secret: bytes | None = None) -> Keys:
    fixed = (key.get_secret_value() for key in settings.api_keys)
    try:
        return Keys(fixed, settings.data_dir / FILE, secret)
    except ValueError as error:
        raise StartError(str(error)) from error


def serve(settings: "Settings", report: Callable[[str], None], factory: str = FACTORY) -> None:
    """Run the server until SIGTERM or SIGINT; `report` gets its address once it listens.

    Raises Error for what whoever starts it can cure.
    """
    check_bind(settings.host, _keys(settings))
    check_nodes(settings)
    # A thousand requests at once are no garbage yet: looking for it less often saves a quarter.
    gc.set_threshold(*_GC_THRESHOLDS)
    return_large_blocks()
    set_up_log(settings.log)
    asyncio.run(_serve(settings, report, factory))


async def _serve(settings: "Settings", report: Callable[[str], None], factory: str) -> None:
    stop, stop_now = asyncio.Event(), asyncio.Event()

    def ask() -> None:
        (stop_now if stop.is_set() else stop).set()

    log_accept_errors_rarely(asyncio.get_running_loop())
    app = create_app(settings, factory)
    runner = web.AppRunner(app, shutdown_timeout=_END_SECONDS)
    with apart(), ExitStack() as sockets:
        socks = [sockets.enter_context(sock) for sock in _listening(settings)]
        try:
            await runner.setup()
            on_signals(_SIGNALS, ask)
            wanted = ConnectionLimits(
                connections=settings.address_connections, together=settings.connections
            )
            limits = wanted.within(raise_descriptor_limit())
            held = Held()  # limits are of the server, whatever port a connection comes by
            sites = [GuardedSite(runner, sock, limits, held) for sock in socks]
            for site in sites:
                await site.start()
            address = reachable(sites[0].name)
            has_editor = app[PARTS].addresses.editor != ""
            announce(settings.data_dir, Server(os.getpid(), address, has_editor))
            # Its own address comes last: programs take the last word of the line.
            report(f"paintgraph listens at {' and '.join(site.name for site in sites[::-1])}")
            await stop.wait()
            withdraw(settings.data_dir)
            await first(app[PARTS].dispatcher.drain(settings.drain_seconds), stop_now.wait())
        finally:
            await runner.cleanup()


def _listening(settings: "Settings") -> Iterator[socket]:
    """Where the server listens; raises ListenError."""
    yield listening(settings.host, settings.port)
    if settings.fooocus.port is not None:
        yield listening(settings.host, settings.fooocus.port, "--fooocus-port")


if __name__ == "__main__":  # `python server.py`, as ComfyUI's server is started from a checkout
    # By name: the command line imports this module, so that this one must not import it.
    sys.argv.insert(1, "serve")
    import_module("paintgraph.cli").main()
