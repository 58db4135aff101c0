"""Pictures: uploaded, and fetched by their digest."""

import asyncio

from aiohttp import web

from paintgraph.api.guards.keys import client_of
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.conditional import CONDITIONS, file_answers, file_response
from paintgraph.api.http.conditional import ERRORS as FILE_ERRORS
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.requests import MULTIPART, body_of, json_response, parts_of
from paintgraph.api.http.routes import Routes, json_answer
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.pictures import IMAGES_URL, PictureJson, digest_of
from paintgraph.base.file_kinds import KINDS
from paintgraph.engine.execution.blobs import PREFIX

BYTES = "application/octet-stream"
UPLOAD_TYPES = frozenset({BYTES, MULTIPART, *(kind.media_type for kind in KINDS.values())})
_FOREVER = "private, max-age=31536000, immutable"
_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"image": _BINARY}, "required": ["image"]}


ROUTES = Routes("images")


@ROUTES.add(
    "POST",
    IMAGES_URL.rstrip("/"),
    {
        201: json_answer(
            "The picture is kept.",
            PictureJson,
            Location={"type": "string", "format": "uri-reference"},
        )
    },
    (400, 408, 413, 415, 422, 507),
    # Some generators of clients make faulty code where forms and plain bytes are both documented.
    body={**dict.fromkeys(sorted(UPLOAD_TYPES - {MULTIPART, BYTES}), _BINARY), MULTIPART: _FORM},
)
async def upload(request: web.Request) -> web.Response:
    """Keep a picture, so that graphs can name it by its digest."""
    if request.content_type == MULTIPART:
        files = [part for part in await parts_of(request) if part.is_file]
        if len(files) != 1:
            raise ApiError(
                422,
                "one_picture",
                f"the form has {len(files)} files; allowed is one picture. Send them one by one.",
            )
        data = files[0].data
    else:
        data = await body_of(request)
    parts = request.app[PARTS]
    # Noted before it is kept, so that no purge going on removes it in between.
    digest = await asyncio.to_thread(parts.pictures.digest, data)
    await parts.store.retained.note_upload(digest.removeprefix(PREFIX), client_of(request))
    picture = await asyncio.to_thread(parts.pictures.put, data)
    url = parts.addresses.of(picture.digest)
    return json_response(picture.to_json(url), 201, Location=url)


@ROUTES.add(
    "GET",
    IMAGES_URL + "{digest}",
    file_answers("The picture's file.", {"image/png": _BINARY, "image/*": _BINARY, BYTES: _BINARY}),
    (404, *FILE_ERRORS),
    parameters=CONDITIONS,
)
async def show(request: web.Request) -> web.Response:
    """Give a picture's file, or a part of it.

    What a digest names never changes; it is the `ETag`.
    """
    digest = digest_of(request.match_info["digest"])
    found = await asyncio.to_thread(request.app[PARTS].pictures.get, digest) if digest else None
    if digest is None or found is None:
        raise ApiError(
            404, "unknown_picture", "there is no picture of this digest. Upload it again."
        )
    media_type, data = found
    suffix = media_type.removeprefix("image/")
    name = f"{digest.removeprefix('sha256:')[:16]}.{suffix}"
    headers = {"Cache-Control": _FOREVER, **file_headers(media_type, name)}
    return file_response(request, data, digest, headers)
