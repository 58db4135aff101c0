"""What the server's settings say of this API, and the parts of the server that only it needs."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aiohttp import web

from paintgraph.api.submission import SubmissionRules
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.inpainting.engine_names import EngineNames

if TYPE_CHECKING:
    from paintgraph.models.catalogue.model_index import ModelIndex  # slow

DOOR = "fooocus"
"""Names this API's tasks among all jobs."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What of the original's behaviour there are opinions about.

    Attributes:
        outpaint_fraction: how far a picture is continued, as a part of its side.
        stitch: "strict" changes nothing outside a mask, "ramp" blends over 31 px around it.
        base_url: how addresses of results begin; empty: as the request's.
        webhook_url: who hears of every task that names nobody itself.
    """

    outpaint_fraction: float = 1 / 3
    stitch: Literal["strict", "ramp"] = "strict"
    base_url: str = ""
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices, and what else of the server this API uses.

    Attributes:
        outputs: the folder with the files of results.
        desk: how large fetched pictures may be, and which networks are talked to.
        shelf, names, painters: the models on this machine, and what they are called.
        turns: how many pictures may be brought to another format at once.
    """

    outputs: Path
    desk: SubmissionRules
    shelf: "ModelIndex"
    names: ModelNames
    painters: EngineNames
    choices: Choices = field(default_factory=Choices)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


RULES = web.AppKey("fooocus_rules", Rules)


def base_of(request: web.Request) -> str:
    """How the addresses that a client is given begin."""
    chosen = request.app[RULES].choices.base_url
    return chosen.rstrip("/") or f"{request.scheme}://{request.host}"
