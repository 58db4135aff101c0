"""Uploads and views: names, folders, channels; nothing leads out of its folder."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.api.comfy.asking import ended, inverted, posted, upload
from paintgraph.tests.api.serving import Served, encoded, png


def opened(data: bytes) -> Any:
    """The samples of a picture's file."""
    return np.asarray(Image.open(BytesIO(data)))


def view(server: Served, **query: str) -> Any:
    """A file of the input folder, or another."""
    return server.call("GET", "/view", params={"type": "input", **query})


def test_the_same_picture_is_kept_once_and_another_gets_a_number(server: Served) -> None:
    names = [upload(server, png(shade), "same.png").json["name"] for shade in (0, 0, 1, 1)]

    assert names == ["same.png", "same.png", "same (1).png", "same (1).png"]
    assert view(server, filename="same (1).png").body == png(1)


def test_overwriting_replaces(server: Served) -> None:
    upload(server, png(), "over.png")

    assert upload(server, png(5), "over.png", overwrite="true").json["name"] == "over.png"
    assert view(server, filename="over.png").body == png(5)


def test_a_folder_comes_before_the_picture_and_prompts_name_it(server: Served) -> None:
    answer = upload(server, png(), "in.png", subfolder="deep/er", type="input")

    assert answer.json == {"name": "in.png", "subfolder": "deep/er", "type": "input"}
    assert ended(server, posted(server, inverted("deep/er/in.png [input]")))["status"]["completed"]


@pytest.mark.parametrize("kind", ["output", "temp"])
def test_prompts_read_results_by_the_mark_of_their_folder(server: Served, kind: str) -> None:
    assert upload(server, png(), "made.png", type=kind).json["type"] == kind

    assert ended(server, posted(server, inverted(f"made.png [{kind}]")))["status"]["completed"]
    assert view(server, filename=f"made.png [{kind}]").body == png()


BAD_NAMES = ("../a.png", "..", "a/../../a.png", "..\\a.png", ".hidden.png", "x" * 300)


@pytest.mark.parametrize("name", BAD_NAMES)
def test_uploads_lead_nowhere_else(server: Served, name: str) -> None:
    before = sorted(server.data.parent.rglob("*.png"))

    assert upload(server, png(), name).status == 400
    assert sorted(server.data.parent.rglob("*.png")) == before


@pytest.mark.parametrize("folder", ["..", "../x", "/etc", "a/../..", "a\\..\\..", "~/../.."])
def test_folders_of_uploads_lead_nowhere_else(server: Served, folder: str) -> None:
    assert upload(server, png(), "a.png", subfolder=folder).status == 400


@pytest.mark.parametrize("data", [b"<script>", b"MZ", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
@pytest.mark.parametrize("name", ["evil.html", "evil.png", "evil", "evil.wav.svg", "evil.js"])
def test_what_is_no_picture_is_refused(server: Served, data: bytes, name: str) -> None:
    assert upload(server, data, name).status == 400


@pytest.mark.parametrize("name", ["sound.wav", "film.MP4", "shape.glb", "data.json"])
def test_what_packs_take_is_kept_and_only_ever_downloaded(server: Served, name: str) -> None:
    assert upload(server, b"<script>", name).json["name"] == name

    found = view(server, filename=name)
    assert found.body == b"<script>"
    assert found.headers["Content-Type"] == "application/octet-stream"
    assert found.headers["Content-Disposition"].startswith("attachment")


def test_an_unknown_kind_of_place_is_refused(server: Served) -> None:
    assert upload(server, png(), type="secret").status == 400
    assert view(server, filename="a.png", type="secret").status == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"filename": ""}, 400),
        ({}, 400),
        ({"filename": "../jobs.sqlite"}, 400),
        ({"filename": "/etc/passwd"}, 400),
        ({"filename": "a\0.png"}, 400),
        ({"filename": "none.png"}, 404),
        ({"filename": "jobs.sqlite", "subfolder": ".."}, 403),
        ({"filename": "jobs.sqlite", "subfolder": "../"}, 403),
        ({"filename": "a.png", "subfolder": "/etc"}, 403),
        ({"filename": "deep", "subfolder": ""}, 404),
        ({"filename": "x" * 5000}, 400),
        ({"filename": "view.png", "channel": "green"}, 400),
    ],
    ids=lambda value: str(value)[:40],
)
def test_views_lead_nowhere_else(server: Served, query: dict[str, str], status: int) -> None:
    upload(server, png(), "view.png", subfolder="deep")

    assert view(server, **query).status == status


def test_channels_and_previews(server: Served) -> None:
    samples = np.zeros((6, 8, 4), np.uint8)
    samples[..., 0], samples[:3, :, 3] = 200, 255
    upload(server, encoded(samples), "clear.png")

    rgb = opened(view(server, filename="clear.png", channel="rgb").body)
    alpha = opened(view(server, filename="clear.png", channel="a").body)
    preview = view(server, filename="clear.png", preview="webp;50")
    jpeg = view(server, filename="clear.png", preview="jpeg;x", channel="rgb")

    assert rgb.shape == (6, 8, 3)
    assert (rgb[..., 0] == 200).all()
    assert (alpha[..., 3] == samples[..., 3]).all()
    assert preview.headers["Content-Type"] == "image/webp"
    assert Image.open(BytesIO(jpeg.body)).format == "JPEG"


@pytest.mark.parametrize("quality", ["00501234567", "0050" + "0" * 5000])
def test_a_long_number_is_no_quality(server: Served, quality: str) -> None:
    upload(server, encoded(np.zeros((6, 8, 3), np.uint8)), "plain.png")

    assert view(server, filename="plain.png", preview=f"webp;{quality}").status == 200


def test_only_pictures_are_shown_by_browsers(server: Served) -> None:
    (server.data / "inputs" / "page.html").write_text("<script>")

    page = view(server, filename="page.html")

    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")


def test_links_lead_nowhere_else(server: Served) -> None:
    (server.data / "inputs" / "link.png").symlink_to(server.data / "jobs.sqlite")

    assert view(server, filename="link.png").status == 400


def test_a_mask_becomes_the_transparency_of_an_earlier_picture(server: Served) -> None:
    upload(server, png(), "original.png")
    samples = np.zeros((24, 32, 4), np.uint8)
    samples[:12, :, 3] = 255
    reference = '{"filename": "original.png", "subfolder": "", "type": "input"}'

    answer = upload(
        server,
        encoded(samples),
        "mask.png",
        "/upload/mask",
        original_ref=reference,
        subfolder="clip",
    )

    assert answer.json == {"name": "mask.png", "subfolder": "clip", "type": "input"}
    made = opened(view(server, filename="mask.png", subfolder="clip").body)
    assert (made[..., :3] == opened(png())).all()
    assert (made[..., 3] == samples[..., 3]).all()


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "{",
        "[]",
        "null",
        '{"filename": 7}',
        '{"filename": "none.png", "type": "input"}',
        '{"filename": "../jobs.sqlite", "type": "input"}',
        '{"filename": "a", "type": ["x"]}',
        "[" * 9999,
    ],
    ids=lambda text: text[:40],
)
def test_a_mask_without_its_picture_is_refused(server: Served, reference: str) -> None:
    assert upload(server, png(), "m.png", "/upload/mask", original_ref=reference).status == 400


@pytest.mark.parametrize("path", ["/upload/image", "/upload/mask"])
def test_a_form_without_a_picture_is_refused(server: Served, path: str) -> None:
    bodies: list[dict[str, Any]] = [{"json": {}}, {"data": b""}, {"data": {"image": "text"}}, {}]
    for options in bodies:
        assert server.call("POST", path, **options).status == 400


def test_a_mask_that_is_no_picture_is_refused(server: Served) -> None:
    upload(server, png(), "whole.png")
    reference = '{"filename": "whole.png", "type": "input"}'

    answer = upload(server, b"sound", "m.wav", "/upload/mask", original_ref=reference)

    assert answer.status == 400
