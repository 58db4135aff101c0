"""A recipe and its inputs become a job, under which these APIs find what their client sent."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from paintgraph.api.fooocus.answers import REQUEST, base_of
from paintgraph.api.fooocus.field_errors import FieldsError, as_fields_error
from paintgraph.api.fooocus.pictures import pictures_of
from paintgraph.api.guards.keys import client_of, owner_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import GraphRequest
from paintgraph.base.errors import Problem
from paintgraph.base.words import shorten
from paintgraph.engine.errors import GraphError
from paintgraph.jobs.store.job import Job, Webhook

if TYPE_CHECKING:
    from paintgraph.api.fooocus.fields import GenerateFields
    from paintgraph.api.fooocus.recipes import Translation  # brings pydantic

PICTURES = ("inpaint_input_image", "inpaint_mask_image_upload")
_FIELDS = {
    "image": "inpaint_input_image",
    "mask": "inpaint_mask_image_upload",
    "erode_or_dilate": "inpaint_erode_or_dilate",
    "field": "inpaint_respective_field",
    "strength": "inpaint_strength",
    "left": "outpaint_distance",
    "top": "outpaint_distance",
    "right": "outpaint_distance",
    "bottom": "outpaint_distance",
    "sides": "outpaint_selections",
    "engine": "base_model_name",
    "webhook": "webhook_url",
    "guidance": "guidance_scale",
}
"""Which of a request's fields an input of a recipe comes from, where names differ."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A repaint as a client asked for it.

    Attributes:
        body: what it sent, to be kept with the job.
        fields: the same as fields of `/v1/engine/generate`.
        unused: names of what was sent and has no effect.
        door: the API that it came by.
        names: what that API calls fields, as paths into its bodies, where it has other names.
        more: what else is kept with the job.
    """

    body: Mapping[str, Any]
    fields: "GenerateFields"
    unused: Sequence[str]
    door: str
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


async def accepted(request: web.Request, asked: Asked, number: int | None = None) -> Job:
    """The job of a repaint, of `number` pictures or as many as the fields say.

    Raises FieldsError, or what the submission raises.
    """
    try:
        return await _accepted(request, asked, number)
    except FieldsError as error:
        raise error.renamed(asked.names) from error


async def _accepted(request: web.Request, asked: Asked, number: int | None) -> Job:
    from paintgraph.api.fooocus.fields import NO_PICTURE, stored
    from paintgraph.api.fooocus.model_mapping import chosen
    from paintgraph.api.fooocus.recipes import check_generate, translate_generate

    parts, fields = request.app[PARTS], asked.fields
    texts = {name: getattr(fields, name) for name in PICTURES}
    sent = {name: text for name, text in texts.items() if text not in NO_PICTURE}
    check_generate(fields, sent)
    webhook_url = fields.webhook_url or parts.fooocus.webhook_url
    pictures = await pictures_of(request, sent)
    painting = await asyncio.to_thread(chosen, fields, parts)
    if asked.unused:
        shown = ", ".join(shorten(name) for name in asked.unused[:50])
        painting.warnings.append(f"These fields have no effect here: {shown}.")
    translation = translate_generate(
        fields, pictures, painting, parts, number or fields.image_number
    )
    named = {asked.names.get(name, (name,))[0]: digest for name, digest in pictures.items()}
    kept = {
        "params": stored(asked.body, named),
        "webhook_url": webhook_url,
        "base": base_of(request),
        "seeds": [*translation.seeds],
        **asked.more,
    }
    return await submit(request, translation, kept, asked.door, webhook_url)


async def submit(
    request: web.Request,
    translation: "Translation",
    sent: dict[str, Any],
    door: str = "",
    webhook_url: str = "",
) -> Job:
    """Submit a recipe with its inputs; what the client sent is kept with the job.

    The end of the job is sent to `webhook_url` if there is one.

    Raises FieldsError, or what the submission raises.
    """
    warnings = [Problem("note", text, severity="warning") for text in translation.warnings]
    wanted = GraphRequest(
        translation.graph,
        warnings,
        {REQUEST: sent},
        inputs=translation.inputs,
        inputs_at=(),
        client=client_of(request),
        owner=owner_of(request),
        door=door,
        webhook=Webhook(webhook_url) if webhook_url else None,
    )
    try:
        return (await request.app[PARTS].submissions.submit(wanted)).job
    except GraphError as error:
        names = _FIELDS if door else {}
        refused = as_fields_error(error, names, request.app[PARTS].serializer.hide)
        if refused is None:
            raise
        raise refused from error
