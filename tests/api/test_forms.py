"""Every form of a picture is the same picture at every door, or is refused there by name."""

import base64
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.imaging.files.encode import encode
from paintgraph.tests.api.fooocus.asking import DAMAGED, GENERATE, MASK, ask
from paintgraph.tests.api.serving import Served, png
from paintgraph.tests.base.test_base64_reader import DRESSES
from paintgraph.tests.imaging.corpus import CORPUS

KINDS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 90},
    "GIF": {},
}
RAW = {"Content-Type": "application/octet-stream"}


def picture(kind: str) -> bytes:
    """A picture whose base64 has both signs of the alphabet, and is longer than three lines."""
    noise = np.random.default_rng(5).integers(0, 256, (14, 17, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(noise).save(file, kind, **KINDS[kind])
    return file.getvalue()


def flipped(data: bytes) -> bytes:
    """A PNG file with one other bit in its packed pixels; its checksum tells."""
    at = data.index(b"IDAT") + 40
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def loads(image: str) -> dict[str, Any]:
    nodes = {"photo": {"node": "LoadImage", "image": image}}
    return {"nodes": nodes, "outputs": {"image": "${photo.image}"}}


def bound(server: Served, image: str) -> str:
    """The digest that a text is at the native door."""
    answer = server.submit(loads(image))
    assert answer.status == 202, answer.body
    graph = server.call("GET", answer.json["links"]["graph"]).json["graph"]
    server.call("DELETE", f"/v1/jobs/{answer.json['id']}")
    digest: str = graph["nodes"]["photo"]["image"]
    return digest


def kept(server: Served, image: str) -> set[str]:
    """The digests that FooocusAPI's door gives a text that is sent as a picture, and as a mask."""
    fields = {"inpaint_input_image": image, "inpaint_mask_image_upload": image}
    answer = ask(server, GENERATE, **fields, async_process=True)
    assert answer.status == 200, answer.body
    job = answer.headers["X-Paintgraph-Job"]
    nodes = server.call("GET", f"/v1/jobs/{job}/graph").json["graph"]["nodes"].values()
    server.call("DELETE", f"/v1/jobs/{job}")  # what it would paint is not looked at
    return {str(value) for node in nodes for value in node.values() if "sha256:" in str(value)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_form_is_the_picture_at_both_doors(server: Served, kind: str) -> None:
    data = picture(kind)
    text = base64.b64encode(data).decode()
    digest = server.upload(data)

    for name, dress in DRESSES.items():
        sent = dress(text)
        uploaded = server.call("POST", "/v1/images", data=sent.encode(), headers=RAW)

        assert bound(server, sent) == digest, name
        assert kept(server, sent) == {digest}, name
        assert uploaded.json["digest"] == digest, name


def refusals(server: Served, image: str) -> list[tuple[int, str]]:
    """Status and message of each door that takes a text as a picture."""
    answers = [
        server.submit(loads(image)),
        server.call("POST", "/v1/recipes/erase_object", json={"image": image, "box": [1, 1, 4, 4]}),
        ask(server, GENERATE, inpaint_input_image=image, outpaint_selections=["Left"]),
        ask(
            server,
            GENERATE,
            inpaint_input_image=base64.b64encode(png()).decode(),
            inpaint_mask_image_upload=image,
        ),
        ask(server, MASK, image=image),
    ]
    return [(answer.status, answer.json["errors"][0]["detail"]) for answer in answers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head", ["", "data:image/png;base64,"])
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("blanks", "this looks like base64 whose + became blanks"),
        ("both alphabets", "this looks like base64, but of two alphabets"),
        ("another character", "this looks like base64, but '~' is none of its characters"),
        ("cut off", "this looks like base64, but it is cut off"),
    ],
)
def test_base64_that_is_nearly_right_is_named_at_every_door(
    server: Served, kind: str, head: str, name: str, what: str
) -> None:
    text = base64.b64encode(picture(kind)).decode()
    damaged = {
        "blanks": text.replace("+", " "),
        "both alphabets": text.replace("+", "-"),
        "another character": text[:100] + "~" + text[101:],
        "cut off": text[:101],
    }

    told = refusals(server, head + damaged[name])

    assert {status for status, _ in told} == {422}
    assert [message for _, message in told if what not in message] == []


OTHERS = {
    "a sequence of HEIC pictures": b"\0\0\0\x18ftyphevc\0\0\0\0mif1heic",
    "a JPEG XL picture": b"\xff\x0a" + bytes(40),
    "a JPEG 2000 picture": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20),
    "an SVG drawing": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a Photoshop file": b"8BPS\0\1" + bytes(20),
    "an OpenEXR picture": b"v/1\x01\2\0\0\0" + bytes(20),
    "an icon file": b"\0\0\1\0\1\0" + bytes(20),
    "a PDF document": b"%PDF-1.7\n" + bytes(20),
    "an HTML page": b"<!doctype html><title>404</title>",
    "an MP4 or QuickTime video": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "a camera's raw file": b"II*\0\x10\0\0\0CR\2\0" + bytes(20),
}
"""What is often sent as a picture, and what it is called at every door."""


@pytest.mark.parametrize("what", OTHERS)
def test_a_file_of_another_kind_is_named_alike_at_every_door(server: Served, what: str) -> None:
    text = base64.b64encode(OTHERS[what]).decode()
    uploaded = server.call("POST", "/v1/images", data=OTHERS[what], headers=RAW)

    told = [*refusals(server, text), *refusals(server, f"data:image/png;base64,{text}")]

    assert {status for status, _ in told} | {uploaded.status} == {422}
    assert {message.partition("picture: ")[2] for _, message in told} == {
        uploaded.json["errors"][0]["detail"].partition("picture: ")[2]
    }
    assert f"is {what};" in told[0][1]


DEEP = encode(np.random.default_rng(5).random((20, 24, 3)).astype(np.float32), depth=16)
NOT_RUN = {
    "WebP of 3 frames": CORPUS["WEBP of 3 frames"],
    "PNG of 3 frames": CORPUS["PNG of 3 frames"],
    "GIF of 3 frames": CORPUS["GIF of 3 frames"],
    "AVIF of 3 frames": CORPUS["AVIF of 3 frames"],
    "two pages": CORPUS["TIFF of two pages"],
    "floats": CORPUS["TIFF of floats"],
    "pixels that are none": DAMAGED,
    "a flipped bit in 8 bits": flipped(picture("PNG")),
    "a flipped bit in 16 bits": flipped(DEEP),
    **{f"a {kind} cut in the middle": picture(kind)[: len(picture(kind)) // 2] for kind in KINDS},
}
"""What a run would find out, or what nobody should have run."""


@pytest.mark.parametrize("name", NOT_RUN)
def test_what_does_not_run_is_refused_at_every_door(server: Served, name: str) -> None:
    uploaded = server.call("POST", "/v1/images", data=NOT_RUN[name], headers=RAW)

    told = refusals(server, base64.b64encode(NOT_RUN[name]).decode())

    assert {status for status, _ in told} | {uploaded.status} == {422}


def test_a_jpeg_that_lacks_but_its_end_marker_runs_with_a_warning(server: Served) -> None:
    data = picture("JPEG")[:-2]
    text = base64.b64encode(data).decode()
    task = ask(server, GENERATE, inpaint_input_image=text, outpaint_selections=["Left"]).json
    graph = loads(server.upload(data))

    job = server.submit(graph, wait=60).json

    assert (job["state"], task["task_status"]) == ("succeeded", "finished")
    assert "no end marker" in str(job["warnings"])
    assert "no end marker" in str(task["warnings"])
