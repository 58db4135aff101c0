"""Pictures over HTTP: what is kept, what is refused, how it comes back."""

import hashlib
import zlib
from io import BytesIO

import aiohttp
import numpy as np
import pytest
from PIL import Image

from paintgraph.api.services.parts import PARTS
from paintgraph.api.services.pictures import Picture, Pictures
from paintgraph.tests.api.serving import Served, png

RAW = {"Content-Type": "application/octet-stream"}


def form(*files: bytes) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for number, data in enumerate(files):
        made.add_field("image", data, filename=f"{number}.png", content_type="image/png")
    return made


def written(format_: str) -> bytes:
    file = BytesIO()
    Image.fromarray(np.zeros((5, 7, 3), np.uint8)).save(file, format_)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A small file that says of itself that it is a huge picture."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00"
    chunk = b"\x00\x00\x00\x0d" + head + zlib.crc32(head).to_bytes(4, "big")
    rest = written("PNG")[33:]
    return b"\x89PNG\r\n\x1a\n" + chunk + rest


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
    ],
)
def test_an_upload_tells_what_it_is(server: Served, format_: str, media_type: str) -> None:
    data = written(format_)

    answer = server.call("POST", "/v1/images", data=data, headers=RAW)

    assert answer.status == 201
    told = answer.json
    assert (told["width"], told["height"], told["media_type"]) == (7, 5, media_type)
    assert answer.headers["Location"] == told["url"] == f"/v1/images/{told['digest']}"
    assert server.call("GET", told["url"]).body == data


def test_who_sends_a_picture_is_noted_before_it_is_kept(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png(77, 4, 3)
    retained, real, noted = server.app[PARTS].store.retained, Pictures.put, []

    def put(self: Pictures, given: bytes) -> Picture:
        noted.append(retained.is_held(hashlib.sha256(given).hexdigest()))
        return real(self, given)

    monkeypatch.setattr(Pictures, "put", put)
    server.upload(data)

    assert noted == [True]


def test_a_form_with_one_file_is_an_upload(server: Served) -> None:
    answer = server.call("POST", "/v1/images", data=form(png()))

    assert (answer.status, answer.json["width"]) == (201, 32)


@pytest.mark.parametrize("count", [0, 2])
def test_a_form_with_another_number_of_files_is_refused(server: Served, count: int) -> None:
    data = form(*[png()] * count)
    data.add_field("note", "text", content_type="text/plain")

    answer = server.call("POST", "/v1/images", data=data)

    assert (answer.status, answer.codes) == (422, ["one_picture"])


def test_the_same_picture_has_the_same_address(server: Served) -> None:
    assert server.upload(png(3)) == server.upload(png(3))


def test_a_picture_is_kept_by_browsers_for_ever_and_never_sniffed(server: Served) -> None:
    digest = server.upload(png())

    answer = server.call("GET", f"/v1/images/{digest}")

    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["ETag"] == f'"{digest}"'
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("image/png", "image/png"),
        ("image/tiff", "application/octet-stream"),  # as it was sent
        ("image/webp;q=0.5, image/png, text/html", "image/png"),
        ("image/png;q=0, image/jpeg;q=0.1", "image/jpeg"),
        ("image/png, image/tiff;q=0.1", "application/octet-stream"),
        ("image/png, image/tiff;q=0, */*", "image/png"),
        ("image/webp,image/avif,image/*;q=0.8,*/*;q=0.5", "application/octet-stream"),  # a browser
    ],
)
def test_who_cannot_take_the_kind_of_a_file_gets_another_one(
    server: Served, accept: str, media_type: str
) -> None:
    digest = server.upload(written("TIFF"))

    answer = server.call("GET", f"/v1/images/{digest}", headers={"Accept": accept})

    assert answer.headers["Content-Type"] == media_type


def test_who_has_a_picture_gets_304(server: Served) -> None:
    digest = server.upload(png())

    answer = server.call("GET", f"/v1/images/{digest}", headers={"If-None-Match": f'"{digest}"'})

    assert (answer.status, answer.body) == (304, b"")


def test_a_digest_without_its_prefix_is_known_too(server: Served) -> None:
    digest = server.upload(png())

    answer = server.call("GET", f"/v1/images/{digest.removeprefix('sha256:')}")

    assert answer.body == png()


def test_head_gives_the_headers_only(server: Served) -> None:
    digest = server.upload(png())

    answer = server.call("HEAD", f"/v1/images/{digest}")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(png()))


WHOLE = len(png())


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=5-", 5, WHOLE - 1),
        ("bytes=-7", WHOLE - 7, WHOLE - 1),
        (f"bytes={WHOLE - 1}-{WHOLE}", WHOLE - 1, WHOLE - 1),
        (f"bytes=-{WHOLE + 1}", 0, WHOLE - 1),
    ],
)
def test_a_part_of_a_picture_is_given(server: Served, asked: str, first: int, last: int) -> None:
    digest = server.upload(png())
    path = f"/v1/images/{digest}"

    part = server.call("GET", path, headers={"Range": asked, "If-Range": f'"{digest}"'})
    head = server.call("HEAD", path, headers={"Range": asked})

    assert (part.status, part.body) == (206, png()[first : last + 1])
    assert part.headers["Content-Range"] == f"bytes {first}-{last}/{WHOLE}"
    assert part.headers["Content-Length"] == str(last + 1 - first)
    assert (head.status, head.headers["Content-Length"]) == (200, str(WHOLE))


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=9-5"},
        {"Range": "bytes=0-1,3-4"},
        {"Range": "bytes=-"},
        {"Range": "bytes=" + "9" * 5000 + "-"},
        {"Range": "lines=0-1"},
        {"Range": "bytes=0-9", "If-Range": '"another"'},
        {"Range": "bytes=0-9", "If-Range": "Sat, 28 Nov 2026 12:00:00 GMT"},
        {"If-None-Match": '"another"'},
    ],
    ids=str,
)
def test_all_of_it_comes_where_no_part_is_meant(server: Served, headers: dict[str, str]) -> None:
    answer = server.call("GET", f"/v1/images/{server.upload(png())}", headers=headers)

    assert (answer.status, answer.body) == (200, png())
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", [f"bytes={WHOLE}-", "bytes=999999999999-", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused_with_the_length(server: Served, asked: str) -> None:
    answer = server.call("GET", f"/v1/images/{server.upload(png())}", headers={"Range": asked})

    assert (answer.status, answer.codes) == (416, ["bad_range"])
    assert answer.headers["Content-Range"] == f"bytes */{WHOLE}"
    assert f"FIRST below {WHOLE}" in answer.json["detail"]


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_what_the_client_has_is_not_sent_again(server: Served, form: str) -> None:
    digest = server.upload(png())
    headers = {"If-None-Match": form.format(digest), "Range": "bytes=0-9"}

    answer = server.call("GET", f"/v1/images/{digest}", headers=headers)

    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == f'"{digest}"'
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_picture"),
        (b"hello", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "not_a_picture"),
        (b"<html>", "not_a_picture"),
        (b"GIF89a" + bytes(20), "damaged_picture"),
        (b"%PDF-1.7", "not_a_picture"),
        (b"\x89PNG\r\n\x1a\n", "damaged_picture"),
        (png()[:20], "damaged_picture"),
        (b"\xff\xd8\xff\xe0" + bytes(30), "damaged_picture"),
        (b"II*\x00\xff\xff\xff\xff", "damaged_picture"),
        (bomb(10_000, 10_000), "too_many_pixels"),
        (bomb(60_000, 60_000), "too_many_pixels"),
    ],
)
def test_what_is_no_sound_picture_is_refused(server: Served, data: bytes, code: str) -> None:
    answer = server.call("POST", "/v1/images", data=data, headers=RAW)

    assert (answer.status, answer.codes) == (422, [code])


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:" + "0" * 64,
        "0" * 64,
        "sha256:..%2F..%2Fetc%2Fpasswd",
        "..%2F..%2F..%2Fetc%2Fpasswd",
        "%2Fetc%2Fpasswd",
        "sha256:" + "A" * 64,
        "x",
    ],
)
def test_everything_that_is_not_there_is_404_alike(server: Served, digest: str) -> None:
    answer = server.call("GET", f"/v1/images/{digest}")

    assert (answer.status, answer.codes) == (404, ["unknown_picture"])


def test_blobs_that_are_no_pictures_are_not_given_out(server: Served) -> None:
    digest = hashlib.sha256(b"secret").hexdigest()
    folder = server.data / "blobs" / digest[:2]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / digest).write_bytes(b"secret")

    assert server.call("GET", f"/v1/images/{digest}").status == 404


def test_an_upload_larger_than_allowed_is_refused(server: Served) -> None:
    answer = server.call("POST", "/v1/images", data=BytesIO(png() + bytes(101 << 20)), headers=RAW)

    assert (answer.status, answer.codes) == (413, ["too_large"])
