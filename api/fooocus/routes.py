"""The routes of this API, and what guards have to know of them."""

from paintgraph.api.fooocus import control, generate, masks, pictures, tasks

ROUTES = (
    *masks.ROUTES,
    *generate.ROUTES,
    *control.ROUTES,
    *tasks.ROUTES,
    *pictures.ROUTES,
)
FORBIDDING = ("/v1/engine", "/v1/tools/", "/tasks", "/outputs/", "/inputs/")
"""Paths whose clients know 403 as the answer without a key."""

ANY_TYPE = (generate.URL, masks.URL, control.URL)
"""Paths whose bodies need no type; web pages of others are kept off by other guards."""
