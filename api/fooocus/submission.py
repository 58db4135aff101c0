"""Orders are handed in: a recipe and its inputs become a job, under which this API finds it."""

from typing import TYPE_CHECKING, Any

from aiohttp import web

from paintgraph.api.fooocus.field_errors import as_fields_error
from paintgraph.api.fooocus.tasks import REQUEST
from paintgraph.api.guards.keys import client_of
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.submission import Order
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import GraphError
from paintgraph.jobs.store.job import Job

if TYPE_CHECKING:
    from paintgraph.api.fooocus.recipes import Ordered  # brings pydantic

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
    "guidance": "guidance_scale",
}
"""Which of a request's fields an input of a recipe comes from, where names differ."""


async def handed_in(
    request: web.Request, ordered: "Ordered", sent: dict[str, Any], door: str = ""
) -> Job:
    """The job of an order; what the client sent is kept with it.

    Raises FieldsError, or what the submission raises.
    """
    warnings = [Problem("note", text, severity="warning") for text in ordered.warnings]
    order = Order(
        ordered.graph,
        warnings,
        {REQUEST: sent},
        inputs=ordered.inputs,
        inputs_at=(),
        client=client_of(request),
        door=door,
    )
    try:
        return (await request.app[PARTS].submissions.submit(order)).job
    except GraphError as error:
        names = _FIELDS if door else {}
        refused = as_fields_error(error, names, request.app[PARTS].serializer.hide)
        if refused is None:
            raise
        raise refused from error
