"""What the server answers for packs, where that is allowed: their routes, their scripts."""

from aiohttp import web

from paintgraph.api.packs import scripts
from paintgraph.api.packs.passing import pass_to_packs


def add_packs(app: web.Application, page: str) -> None:
    """Serve what packs bring, at the root and below `page`, the path of ComfyUI's page."""
    app.middlewares.append(pass_to_packs(page))
    for prefix in ("", page):
        app.router.add_get(f"{prefix}/extensions/{{pack}}/{{path:.+}}", scripts.send)

    async def lead(request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{page}{request.rel_url.raw_path}")

    # Some scripts import those of the page by the address that they have in ComfyUI.
    app.router.add_get("/scripts/{path:.+}", lead)
