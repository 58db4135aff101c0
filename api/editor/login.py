"""Where browsers give a key once; a cookie stands for it from then on."""

from html import escape
from urllib.parse import parse_qsl

from aiohttp import web

from paintgraph.api.guards.keyring import GuessingError, Keys
from paintgraph.api.guards.keys import LOGIN, too_many
from paintgraph.api.guards.sessions import Sessions
from paintgraph.api.http.requests import read_body

_MOST_BYTES = 10_000
_MOST_FIELDS = 8
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    # Without any referrer browsers send the form with "Origin: null", which is refused.
    "Referrer-Policy": "same-origin",
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>paintgraph</title>
<link rel="icon" href="data:,">
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; display: grid; place-content: center;
    min-height: 90vh; margin: 0 1rem; background: Canvas; color: CanvasText;
    color-scheme: light dark; }}
  form {{ display: grid; gap: .75rem; width: min(24rem, 90vw); }}
  input, button {{ font: inherit; padding: .5rem .75rem; }}
  p[role=alert] {{ color: #c22; margin: 0; }}
</style>
</head>
<body>
<form method="post" action="{login}">
  <h1>paintgraph</h1>
  <label for="key">This server needs a key.</label>
  {fault}
  <input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
  <input name="to" type="hidden" value="{to}">
  <button>Open</button>
</form>
</body>
</html>
"""
_WRONG = "<p role='alert'>This is none of the server's keys. Check it for missing characters.</p>"


def add_login(app: web.Application, keys: Keys, sessions: Sessions) -> None:
    """Serve the page, and take what it sends."""

    async def ask(request: web.Request) -> web.Response:
        to = _inside(request.query.get("to", "/"))
        return _page(to) if keys else _led(to)

    async def take(request: web.Request) -> web.Response:
        form = await _form(request)
        key, to = form.get("key", ""), _inside(form.get("to", "/"))
        try:
            if keys.holder(key, request.remote or "") is None:
                return _page(to, _WRONG, 403)
        except GuessingError as error:
            raise too_many(error.code, str(error), error.seconds) from error
        response = _led(to)
        sessions.begin(key, response, is_secure=request.scheme == "https")
        return response

    app.router.add_get(LOGIN, ask)
    app.router.add_post(LOGIN, take)


async def _form(request: web.Request) -> dict[str, str]:
    body = await read_body(request, _MOST_BYTES)
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}  # more fields than the page has


def _inside(address: str) -> str:
    """A path of this server; anything else becomes the entrance."""
    is_path = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_path and address.isprintable() else "/"


def _page(to: str, fault: str = "", status: int = 200) -> web.Response:
    text = _PAGE.format(login=LOGIN, fault=fault, to=escape(to, quote=True))
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def _led(to: str) -> web.Response:
    return web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})
