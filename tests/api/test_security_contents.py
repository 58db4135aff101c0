"""Bodies are of the types that a path takes; answers carry the strictest headers."""

import gzip

import pytest

from paintgraph.api.guards.security import NATIVE_TYPES, ContentRules, SecurityRules, file_headers
from paintgraph.tests.api.guarded import MAX_BYTES, Answer, ask, request

BODY = b'{"a": 1}'


def posted(*lines: str, path: str = "/v1/jobs", body: bytes = BODY) -> Answer:
    return ask(request("POST", path, *lines, body=body))


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/yaml",
        "text/yaml",
        "multipart/form-data; boundary=x",
    ],
)
def test_native_bodies_are_taken(kind: str) -> None:
    answer = posted(f"Content-Type: {kind}")

    assert (answer.status, answer.body) == (200, BODY)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Content-Type:",),
        ("Content-Type: text/plain",),
        ("Content-Type: text/plain; application/json",),
        ("Content-Type: application/x-www-form-urlencoded",),
        ("Content-Type: application/jsonx",),
        ("Content-Type: application/json, text/plain",),
        ("Content-Type: nonsense",),
    ],
)
def test_what_a_foreign_form_could_send_is_refused(lines: tuple[str, ...]) -> None:
    answer = posted(*lines)

    assert (answer.status, answer.code) == (415, "wrong_content_type")


def test_two_types_are_refused() -> None:
    assert posted("Content-Type: application/json", "Content-Type: text/plain").status == 400


def test_another_door_may_take_any_type() -> None:
    assert posted("Content-Type: text/plain", path="/prompt").status == 200


def test_the_longest_beginning_of_a_path_counts() -> None:
    rules = ContentRules(
        {"/": NATIVE_TYPES, "/prompt": None, "/prompt/x": frozenset({"image/png"})}
    )

    assert rules.allowed("/v1/jobs") == NATIVE_TYPES
    assert rules.allowed("/prompt") is None
    assert rules.allowed("/prompt/xy") == frozenset({"image/png"})
    assert ContentRules().allowed("/prompt") is None


def test_writes_without_a_body_need_no_type() -> None:
    assert ask(request("POST", "/v1/jobs", "Content-Length: 0")).status == 200
    assert ask(request("DELETE", "/v1/jobs")).status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "gzip, gzip", ""])
@pytest.mark.parametrize("path", ["/v1/jobs", "/prompt"])
def test_packed_bodies_are_refused(coding: str, path: str) -> None:
    packed = gzip.compress(bytes(1 << 20))
    answer = posted(
        "Content-Type: application/json", f"Content-Encoding: {coding}", path=path, body=packed
    )

    assert (answer.status, answer.code) == (415, "packed_body")


@pytest.mark.parametrize("length", [MAX_BYTES + 1, 1 << 50])
def test_long_bodies_are_refused_by_what_they_announce(length: int) -> None:
    text = request("POST", "/prompt", f"Content-Length: {length}")
    answer = ask(text)

    assert (answer.status, answer.code) == (413, "too_large")


def test_long_bodies_are_refused_by_what_they_hold() -> None:
    chunk = b"%x\r\n%s\r\n" % (MAX_BYTES + 1, b"x" * (MAX_BYTES + 1))
    answer = ask(request("POST", "/prompt", "Transfer-Encoding: chunked") + chunk)

    assert (answer.status, answer.code) == (413, "too_large")
    assert posted(path="/prompt", body=b"x" * MAX_BYTES).body == b"x" * MAX_BYTES


@pytest.mark.parametrize(
    "chunks", [b"zz\r\n", b"-1\r\n", b"5\r\nabc\r\n0\r\n\r\n", b"ffffffffffffffffff\r\n"]
)
def test_damaged_bodies_are_refused(chunks: bytes) -> None:
    answer = ask(request("POST", "/prompt", "Transfer-Encoding: chunked") + chunks)

    assert answer.status == 400
    assert answer.code in {"bad_body", "bad_request"}


def test_a_body_may_be_announced() -> None:
    lines = ("Content-Type: application/json", "Expect: 100-continue")

    assert posted(*lines).body == BODY


@pytest.mark.parametrize("path", ["/v1/jobs", "/nothing", "/broken"])
def test_every_answer_carries_the_strictest_headers(path: str) -> None:
    headers = ask(request("GET", path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    )


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/webp"])
def test_pictures_are_shown(kind: str) -> None:
    assert file_headers(kind, "a.png") == {"Content-Type": kind, "Content-Disposition": "inline"}


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "application/json", "image/PNG;x"])
def test_all_else_is_downloaded(kind: str) -> None:
    assert file_headers(kind, 'a"b\r\nX: \u00e4/.svg') == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment; filename*=UTF-8''a%22b%0D%0AX%3A%20%C3%A4%2F.svg",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


def test_settings_are_values() -> None:
    assert SecurityRules().contents == SecurityRules().contents
