"""A recipe and its inputs become a job, under which this API finds what its client sent."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from paintgraph.api.fooocus.field_errors import as_fields_error
from paintgraph.api.fooocus.tasks import REQUEST
from paintgraph.api.guards.keys import client_of, owner_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import GraphRequest
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError
from paintgraph.jobs.store.job import Job, Webhook

if TYPE_CHECKING:
    from paintgraph.api.fooocus.recipes import Translation  # brings pydantic

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
