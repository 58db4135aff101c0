"""Pictures: uploaded, and fetched by their digest."""

import asyncio
import re
import time
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Annotated

from aiohttp import web
from typing_extensions import TypedDict

from paintgraph.api.guards.keys import client_of, owner_of
from paintgraph.api.guards.security import file_headers
from paintgraph.api.http.conditional import CONDITIONS, file_answers, file_response
from paintgraph.api.http.conditional import ERRORS as FILE_ERRORS
from paintgraph.api.http.errors import ApiError
from paintgraph.api.http.received import hold_of
from paintgraph.api.http.requests import MULTIPART, body_of, json_response, parts_of
from paintgraph.api.http.routes import JsonSchema, Routes, json_answer
from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.pictures import IMAGES_URL, PictureJson, digest_of
from paintgraph.api.services.serializers import time_of
from paintgraph.api.services.transcoding import FORMATS, transcoded, type_instead
from paintgraph.base.bucket import Bucket, BucketError
from paintgraph.base.file_kinds import KINDS
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX

BYTES = "application/octet-stream"
UPLOAD_TYPES = frozenset({BYTES, MULTIPART, *(kind.media_type for kind in KINDS.values())})
UPLOADS_URL = f"{IMAGES_URL}uploads"
_ID = re.compile("[0-9a-f]{32}", re.ASCII)
_LOCATION = {"type": "string", "format": "uri-reference"}
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
            Location=_LOCATION,
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
    return await _kept(request, data)


async def _kept(request: web.Request, data: bytes) -> web.Response:
    parts = request.app[PARTS]
    # Noted before it is kept, so that no purge going on removes it in between.
    digest = await asyncio.to_thread(parts.pictures.digest, data)
    await parts.store.retained.note_upload(digest.removeprefix(PREFIX), client_of(request))
    picture = await asyncio.to_thread(parts.pictures.put, data)
    url = parts.addresses.of(picture.digest)
    return json_response(picture.to_json(url), 201, Location=url)


class UploadJson(TypedDict):
    """Where the bytes of a picture are to be sent by PUT; whoever has the `link` needs no key."""

    id: str
    link: Annotated[str, JsonSchema(format="uri")]
    expires: Annotated[str, JsonSchema(format="date-time")]


@ROUTES.add(
    "POST",
    UPLOADS_URL,
    {201: json_answer("Send the bytes there, then take the upload.", UploadJson)},
    (404,),
)
async def begin_upload(request: web.Request) -> web.Response:
    """Get an address in the bucket for a picture, so that its bytes go past the server."""
    bucket, seconds = _bucket_of(request)
    id_ = token_hex(16)
    expires = time.time() + seconds
    link = partial(bucket.link, _upload_key(request, id_), "PUT", seconds=seconds)
    answer: UploadJson = {
        "id": id_,
        "link": await asyncio.to_thread(link),
        "expires": time_of(expires),
    }
    return json_response(answer, 201)


@ROUTES.add(
    "POST",
    UPLOADS_URL + "/{id}",
    {201: json_answer("The picture is kept.", PictureJson, Location=_LOCATION)},
    (404, 413, 422, 507),
)
async def take_upload(request: web.Request) -> web.Response:
    """Keep the picture that was sent to the bucket: it is looked into first, and has a digest."""
    bucket, _ = _bucket_of(request)
    most = request.app[PARTS].rules.max_bytes
    key = _upload_key(request, request.match_info["id"])
    found = await asyncio.to_thread(bucket.head, key)
    if found is not None and found.size > most:
        await asyncio.to_thread(bucket.remove, key)
        message = f"the picture has {found.size} bytes; allowed are {most}. Make it smaller."
        raise ApiError(413, "too_large", message)
    if found is not None:
        hold_of(request).take(found.size)
        data = await asyncio.to_thread(bucket.get, key, found.size)
    if found is None or data is None:  # or replaced meanwhile by a larger one
        message = "nothing was sent to the address of this upload. Send the picture by PUT first."
        raise ApiError(404, "no_such_upload", message)
    try:
        answer = await _kept(request, data)
    except BindError:
        await _remove(bucket, key)
        raise
    await _remove(bucket, key)  # only now: whoever could not be served yet, comes again
    return answer


async def _remove(bucket: Bucket, key: str) -> None:
    """Remove what is taken; where the bucket is away it is left to the cleaner."""
    with suppress(BucketError):
        await asyncio.to_thread(bucket.remove, key)


def _bucket_of(request: web.Request) -> tuple[Bucket, float]:
    """The bucket, and how long addresses in it are good; raises ApiError without."""
    parts = request.app[PARTS]
    bucket, seconds = parts.files.storage.bucket, parts.pictures.link_seconds
    if bucket is None or not seconds:
        message = "this server gives no addresses in a bucket. Send the picture to /v1/images."
        raise ApiError(404, "no_links", message)
    return bucket, seconds


def _upload_key(request: web.Request, id_: str) -> str:
    """Where an upload of a client lies: nobody takes that of another one."""
    if not _ID.fullmatch(id_):
        raise ApiError(404, "no_such_upload", "there is no such upload. Begin one.")
    return f"uploads/{owner_of(request) or 'all'}/{id_}"


@ROUTES.add(
    "GET",
    IMAGES_URL + "{digest}",
    file_answers("The picture's file.", {"image/png": _BINARY, "image/*": _BINARY, BYTES: _BINARY}),
    (404, *FILE_ERRORS),
    parameters=CONDITIONS,
)
async def show(request: web.Request) -> web.Response:
    """Give a picture's file, or a part of it.

    What a digest names never changes; it is the `ETag`. Where `Accept` names PNG, JPEG or WebP
    and not the file's own type, the same picture comes as that, for who cannot read the file.
    """
    parts = request.app[PARTS]
    digest = digest_of(request.match_info["digest"])
    found = await asyncio.to_thread(parts.pictures.get, digest) if digest else None
    if digest is None or found is None:
        raise ApiError(
            404, "unknown_picture", "there is no picture of this digest. Upload it again."
        )
    media_type, data = found
    tag = digest
    wanted = type_instead(request, media_type)
    if wanted is not None and FORMATS[wanted] != FORMATS.get(media_type):
        data = await transcoded(data, wanted, parts.transcoding, parts.pictures.max_pixels)
        media_type = wanted.replace("jpg", "jpeg")
        tag = f"{digest}.{media_type.removeprefix('image/')}"
    suffix = media_type.removeprefix("image/")
    name = f"{digest.removeprefix('sha256:')[:16]}.{suffix}"
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept", **file_headers(media_type, name)}
    return file_response(request, data, tag, headers)
