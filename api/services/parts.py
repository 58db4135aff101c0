"""What handlers find in the application: all parts of a running server, under one key."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

from paintgraph.api.services.catalogue import Catalogue
from paintgraph.api.services.client_files import NamedFiles
from paintgraph.api.services.metrics import Metrics
from paintgraph.api.services.model_pulls import Pulls
from paintgraph.api.services.pictures import Addresses, Pictures
from paintgraph.api.services.serializers import Serializer
from paintgraph.api.services.submission import SubmissionRules, Submissions
from paintgraph.api.services.watching import Watches
from paintgraph.api.services.webhooks import Webhooks
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.retention.cleaner import Cleaner
from paintgraph.jobs.sources.folders import Folders
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.models.engine_names import EngineNames


@dataclass(frozen=True, slots=True)
class FooocusChoices:
    """Where the API of FooocusAPI can be set to differ from the original.

    Attributes:
        outpaint_fraction: how far a picture is continued, as a part of its side.
        stitch: "strict" changes nothing outside a mask, "ramp" blends over 31 px around it.
        base_url: how addresses of results begin; empty: as the request's.
        webhook_url: receives every task that names no address itself.
        port: where the server listens, too, such as 8888; none unless it is set.
    """

    outpaint_fraction: float = 1 / 3
    stitch: Literal["strict", "ramp"] = "strict"
    base_url: str = ""
    webhook_url: str = ""
    port: int | None = None


@dataclass(frozen=True, slots=True)
class ServerParts:
    """Everything that handlers use, for as long as the application runs.

    Attributes:
        folders: where pictures and the files of results lie.
        files: those that each client may name.
        rules: how large fetched pictures may be, and which networks are talked to.
        engine_names: the models on this machine, those that paint and all others.
        many_users: whether clients of ComfyUI's protocol name a user each.
        transcoding: how many pictures may be brought to another format at once.
    """

    store: JobStore
    subscriptions: Subscriptions
    dispatcher: Dispatcher
    catalogue: Catalogue
    rules: SubmissionRules
    submissions: Submissions
    pictures: Pictures
    addresses: Addresses
    serializer: Serializer
    metrics: Metrics
    folders: Folders
    files: NamedFiles
    engine_names: EngineNames
    pulls: Pulls
    webhooks: Webhooks
    watches: Watches
    cleaner: Cleaner
    many_users: bool = False
    fooocus: FooocusChoices = field(default_factory=FooocusChoices)
    transcoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


PARTS = web.AppKey("parts", ServerParts)
