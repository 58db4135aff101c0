"""The server, put together: `create_app` builds it, `serve` runs it until it is asked to end."""

import asyncio
import contextlib
import errno
import gc
import logging
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from paintgraph import graphs
from paintgraph.api.addresses import Addresses
from paintgraph.api.app_keys import (
    ADDRESSES,
    CATALOGUE,
    DISPATCHER,
    MAX_BODY_BYTES,
    PICTURES,
    PULLS,
    SERIALIZER,
    STORE,
    SUBMISSIONS,
    SUBSCRIPTIONS,
)
from paintgraph.api.catalogue import Catalogue
from paintgraph.api.docs import PATHS, add_docs
from paintgraph.api.fooocus.routes import ANY_TYPE, FORBIDDING
from paintgraph.api.fooocus.routes import ROUTES as FOOOCUS_ROUTES
from paintgraph.api.fooocus.rules import RULES, Rules
from paintgraph.api.fooocus.webhooks import WEBHOOKS, Webhooks
from paintgraph.api.guards.connections import GuardedSite
from paintgraph.api.guards.hosts import PROBES, HostRules
from paintgraph.api.guards.keys import KeyRules, Keys, check_bind
from paintgraph.api.guards.origins import OriginRules
from paintgraph.api.guards.security import NATIVE_TYPES, ContentRules, SecurityRules, guard
from paintgraph.api.guards.signing import Signer, load_secret
from paintgraph.api.http.faults import fault_guard
from paintgraph.api.http.routes import Route, add_routes
from paintgraph.api.native import events, health, images, jobs, models, recipes
from paintgraph.api.native import graphs as graph_routes
from paintgraph.api.native.model_pulls import Pulls
from paintgraph.api.native.serializers import Serializer
from paintgraph.api.openapi import openapi_route
from paintgraph.api.pictures import IMAGES_URL, Pictures
from paintgraph.api.submission import SubmissionRules, Submissions
from paintgraph.base.errors import Error
from paintgraph.engine.execution.blobs import Blobs
from paintgraph.jobs.dispatching.dispatcher import Dispatcher, Limits
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.publishing.effects import JobEffects
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.sources.references import References
from paintgraph.jobs.store.folder_lock import exclusive
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import WorkerSpec
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import default_models_dir
from paintgraph.models.inpainting.engine_names import EngineNames
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.nodes.resource_names import (
    engine_binders,
    engine_checks,
    model_binders,
    model_checks,
)

if TYPE_CHECKING:
    from paintgraph.api.settings import Settings  # takes 140 ms; whoever makes settings needs it

FACTORY = "paintgraph.assembly:worker_parts"
_BACKLOG = 1024
_END_SECONDS = 2.0
_GC_THRESHOLDS = (10_000, 20, 50)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

ROUTES: tuple[Route, ...] = (
    *jobs.ROUTES,
    *events.ROUTES,
    *recipes.ROUTES,
    *graph_routes.ROUTES,
    *models.ROUTES,
    *images.ROUTES,
    *health.ROUTES,
    *FOOOCUS_ROUTES,
)


class StartError(Error):
    """The server cannot start with these settings."""

    code = "bad_setting"


def create_app(settings: "Settings", factory: str = FACTORY) -> web.Application:
    """The application; its workers are built by `factory`, "module:function"."""
    app = web.Application(client_max_size=settings.max_body_bytes)
    signer = Signer(load_secret(settings.data_dir / "secret")) if settings.api_keys else None
    app[ADDRESSES] = Addresses(signer)
    guard(app, _security(settings, signer))
    app.middlewares.append(fault_guard)
    app[MAX_BODY_BYTES] = settings.max_body_bytes
    app.cleanup_ctx.append(partial(_parts, settings, factory))
    add_routes(app, (*ROUTES, openapi_route(ROUTES)))
    add_docs(app)
    return app


async def _parts(settings: "Settings", factory: str, app: web.Application) -> AsyncIterator[None]:
    """Everything that handlers use, for as long as the application runs."""
    folders = Folders(settings.data_dir)
    with contextlib.ExitStack() as stack:
        stack.enter_context(exclusive(folders.data))
        store = JobStore(folders.data / "jobs.sqlite", settings.durability)
        stack.callback(store.close)
        blobs = Blobs(folders.blobs)
        subscriptions = Subscriptions()
        effects = JobEffects(store, blobs, {"output": folders.outputs, "temp": folders.temp})
        dispatcher = Dispatcher(
            store,
            subscriptions,
            effects,
            WorkerSpec(factory, worker_settings(settings)),
            {"heavy": settings.workers, "light": settings.light_workers},
            Limits(
                settings.queue_jobs,
                settings.queue_bytes,
                settings.grace_seconds,
                settings.patience_seconds,
            ),
        )
        pictures = Pictures(blobs)
        from paintgraph.models.catalogue.model_index import ModelIndex

        shelf = ModelIndex.open(default_models_dir())
        names = ModelNames(shelf)
        devices = DeviceRules(**worker_settings(settings)["devices"])
        painters = EngineNames(names, devices, settings.auto_engine)
        checks = {**model_checks(names), **engine_checks(painters)}
        catalogue = Catalogue(dispatcher, (folders.recipes, graphs.FOLDER), checks)
        rules = SubmissionRules(
            folders.inputs,
            settings.max_body_bytes,
            settings.allow_private_urls,
            {**model_binders(names), **engine_binders(painters)},
        )
        app[PULLS] = Pulls(shelf, are_allowed=settings.allow_model_pull)
        stack.callback(app[PULLS].close)
        app[STORE], app[SUBSCRIPTIONS], app[DISPATCHER] = store, subscriptions, dispatcher
        app[PICTURES], app[CATALOGUE] = pictures, catalogue
        hidden = (folders.data, graphs.FOLDER)
        app[SERIALIZER] = Serializer(store, dispatcher, pictures, app[ADDRESSES], hidden)
        app[SUBMISSIONS] = Submissions(
            catalogue, dispatcher, pictures, References(blobs, folders.inputs), rules
        )
        app[health.METRICS] = health.Metrics(store, dispatcher, time.time())
        app[RULES] = Rules(folders.outputs, rules, shelf, names, painters, settings.fooocus)
        app[WEBHOOKS] = Webhooks(app)
        await dispatcher.start()
        app[WEBHOOKS].resume()
        yield
        await app[WEBHOOKS].close()
        await dispatcher.close()


def worker_settings(settings: "Settings") -> dict[str, Any]:
    """What a worker process is told of the settings."""
    return {
        "data": str(settings.data_dir),
        "memory_bytes": settings.memory_bytes,
        "devices": {
            "device": settings.device,
            "dtype": settings.dtype,
            "memory_bytes": settings.model_bytes,
            "idle_seconds": settings.model_idle_seconds,
        },
    }


def _security(settings: "Settings", signer: Signer | None) -> SecurityRules:
    contents = {
        "/v1/": NATIVE_TYPES,
        IMAGES_URL.rstrip("/"): images.UPLOAD_TYPES,
        **dict.fromkeys(ANY_TYPE),
    }
    try:
        return SecurityRules(
            hosts=HostRules(settings.hosts, any_address=settings.host in ("", "0.0.0.0", "::")),  # noqa: S104 - compared
            origins=OriginRules(settings.origins),
            keys=KeyRules(_keys(settings), signer, PROBES | PATHS | {"/openapi.json"}, FORBIDDING),
            contents=ContentRules(contents),
        )
    except ValueError as error:
        raise StartError(str(error)) from error


def _keys(settings: "Settings") -> Keys:
    try:
        return Keys(key.get_secret_value() for key in settings.api_keys)
    except ValueError as error:
        raise StartError(str(error)) from error


def serve(settings: "Settings", tell: Callable[[str], None], factory: str = FACTORY) -> None:
    """Run the server until SIGTERM or SIGINT; `tell` gets its address once it listens.

    Raises Error for what whoever starts it can cure.
    """
    check_bind(settings.host, _keys(settings))
    # A thousand requests at once are no garbage yet: looking for it less often saves a quarter.
    gc.set_threshold(*_GC_THRESHOLDS)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_serve(settings, tell, factory))


async def _serve(settings: "Settings", tell: Callable[[str], None], factory: str) -> None:
    loop = asyncio.get_running_loop()
    stop, stop_now = asyncio.Event(), asyncio.Event()

    def ask() -> None:
        (stop_now if stop.is_set() else stop).set()

    app = create_app(settings, factory)
    runner = web.AppRunner(app, shutdown_timeout=_END_SECONDS)
    with _listening(settings.host, settings.port) as sock:
        try:
            await runner.setup()
            for number in _SIGNALS:
                loop.add_signal_handler(number, ask)
            site = GuardedSite(runner, sock)
            await site.start()
            tell(f"paintgraph listens at {site.name}")
            await stop.wait()
            drained = asyncio.create_task(app[DISPATCHER].drain(settings.drain_seconds))
            hurried = asyncio.create_task(stop_now.wait())
            await asyncio.wait((drained, hurried), return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
            hurried.cancel()
        finally:
            await runner.cleanup()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that can listen at once where a server was killed before."""
    family = socket.AF_INET6 if ":" in host or not host else socket.AF_INET
    try:
        return socket.create_server(
            (host, port), family=family, backlog=_BACKLOG, dualstack_ipv6=not host
        )
    except OSError as error:
        why = (
            "another program listens there. End it, or choose another port with --port."
            if error.errno == errno.EADDRINUSE
            else f"{error.strerror}. Choose another host with --host."
        )
        raise StartError(f"cannot listen at '{host}:{port}': {why}", "cannot_listen") from error
