"""Bodies of requests: forms and JSON alike become mappings of fields, pictures become digests."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from paintgraph.api.fooocus.field_errors import FieldsError, fault, object_of
from paintgraph.api.guards.keys import client_of
from paintgraph.api.http.requests import MULTIPART, Part, body_of, parts_of
from paintgraph.api.services.parts import PARTS
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import PREFIX

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000
_PICTURES = frozenset({"input_image", "input_mask"})


async def fields_in(request: web.Request) -> dict[str, Any]:
    """What a body says, by field; raises FieldsError, or ApiError for one that cannot be read.

    Fields of forms are texts; those that come several times are joined by commas, and empty ones
    are left out.
    """
    if request.content_type == MULTIPART:
        return await _of_parts(request, await parts_of(request))
    if request.content_type == _FORM:
        text = (await body_of(request)).decode("utf-8", "replace")
        try:
            return _joined(parse_qsl(text, max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            message = f"Input should have at most {_MOST_FIELDS} fields"
            raise FieldsError([fault("too_long", "form", message)]) from error
    return await object_of(request)


async def _of_parts(request: web.Request, parts: list[Part]) -> dict[str, Any]:
    files = [part for part in parts if part.is_file and part.data]
    fields = _joined((part.name, part.text()) for part in parts if not part.is_file)
    from paintgraph.api.generation.fields import PaintFields

    faults = []
    for file in files:
        if file.name not in _PICTURES and file.name in PaintFields.model_fields:
            message = "Input should be a field with a text, without 'filename'; it is a file"
            faults.append(fault("string_type", file.name, message))
            continue
        if file.name not in _PICTURES:
            fields[file.name] = f"a file of {len(file.data)} bytes"
            continue
        try:
            fields[file.name] = await _kept(request, file.data)
        except BindError as error:
            faults.append(fault(error.code, file.name, str(error)))
    if faults:
        raise FieldsError(faults)
    return fields


async def _kept(request: web.Request, data: bytes) -> str:
    """The digest of a picture, which is kept; raises BindError if it is none."""
    parts = request.app[PARTS]
    # Noted before it is kept, so that no purge going on removes it in between.
    digest = await asyncio.to_thread(parts.pictures.digest, data)
    await parts.store.retained.note_upload(digest.removeprefix(PREFIX), client_of(request))
    return (await asyncio.to_thread(parts.pictures.put, data)).digest


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in pairs:
        if text.strip():
            found[name] = f"{found[name]},{text}" if name in found else text
    return found
