"""Pictures, masks and bodies as clients of FooocusAPI send them."""

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from paintgraph.imaging.files.decode import decode
from paintgraph.tests.api.serving import Answer, Served, png

GENERATE, MASK = "/v1/engine/generate", "/v1/tools/generate_mask"
HEIGHT, WIDTH = 48, 64
PHOTO = png(0, WIDTH, HEIGHT)


def damaged(picture: bytes) -> bytes:
    """A PNG whose packed pixels are no pixels, while all that is looked at first is whole."""
    start = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    chunk = b"IDAT" + bytes(length)
    end = start + len(chunk)
    return picture[:start] + chunk + struct.pack(">I", zlib.crc32(chunk)) + picture[end + 4 :]


DAMAGED = damaged(PHOTO)
LEFT, TOP, RIGHT, BOTTOM = 20, 12, 40, 30
UNKNOWN_MODEL = "is not on this server"


def text_of(data: bytes, kind: str = "") -> str:
    """Base64 of a picture, as a data URL if a kind is given."""
    plain = base64.b64encode(data).decode()
    return f"data:image/{kind};base64,{plain}" if kind else plain


def mask_of(
    colour: Any = 255, background: Any = 0, mode: str = "L", size: tuple[int, int] = (WIDTH, HEIGHT)
) -> bytes:
    """A mask of a box in the middle."""
    mask = Image.new(mode, size, background)
    scale_x, scale_y = size[0] / WIDTH, size[1] / HEIGHT
    left, right = (round(side * scale_x) for side in (LEFT, RIGHT))
    top, bottom = (round(side * scale_y) for side in (TOP, BOTTOM))
    mask.paste(colour, (left, top, right, bottom))
    file = BytesIO()
    mask.save(file, "PNG")
    return file.getvalue()


EVERYTHING = mask_of(255, 255)
"""A mask over all of the photo: the door takes it, and the task fails."""

BOX = np.zeros((HEIGHT, WIDTH), bool)
BOX[TOP:BOTTOM, LEFT:RIGHT] = True


def ask(server: Served, path: str = GENERATE, /, **fields: Any) -> Answer:
    """Post fields, with headers under `headers`."""
    headers = fields.pop("headers", None)
    return server.call("POST", path, json=fields, headers=headers)


def inpaint(server: Served, /, **fields: Any) -> Answer:
    """Repaint the box of the photo."""
    given = {
        "inpaint_input_image": text_of(PHOTO),
        "inpaint_mask_image_upload": text_of(mask_of()),
        "image_seed": 7,
    }
    return ask(server, GENERATE, **(given | fields))


def finished(answer: Answer) -> Any:
    """The task of an answer, which has to have ended well."""
    assert answer.status == 200, answer.body
    task = answer.json
    assert task["task_status"] == "finished", task
    return task


def path_of(server: Served, url: str) -> str:
    assert url.startswith(server.url)
    return url.removeprefix(server.url)


def fetched(server: Served, url: str) -> bytes:
    answer = server.call("GET", path_of(server, url))
    assert answer.status == 200, answer.body
    return answer.body


def samples(data: bytes) -> Any:
    """Samples of 8 bits `[H, W, 3 or 4]`."""
    return np.round(decode(data).image[0] * 255).astype(np.uint8)


def result(server: Served, task: Any, place: int = 0) -> Any:
    """The samples of a result."""
    return samples(fetched(server, task["result"][place]))


def changed(server: Served, task: Any, original: Any = None) -> Any:
    """Which px of a result differ from the photo."""
    before = samples(PHOTO) if original is None else original
    return (result(server, task) != before).any(axis=2)


def large() -> dict[str, Any]:
    """Fields of a task that takes a while."""
    return {
        "inpaint_input_image": text_of(png(0, 1200, 900)),
        "outpaint_selections": ["Left", "Right", "Top", "Bottom"],
        "outpaint_distance": [600, 600, 600, 600],
        "async_process": True,
        "image_number": 4,
    }
