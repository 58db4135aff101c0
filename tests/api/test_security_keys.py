"""Where keys are set, nothing is read or written without one."""

import pytest

from paintgraph.api.guards.keyring import Keys
from paintgraph.api.guards.keys import KeyRules, Signer, UnsafeBindError, check_bind
from paintgraph.api.guards.security import SecurityRules
from paintgraph.tests.api.guarded import Answer, ask, request

KEY = "a-long-and-secret-key"
SIGNER = Signer(b"0" * 32)
RULES = SecurityRules(keys=KeyRules(Keys([KEY, "another-key"]), SIGNER))
FAR = 1 << 40


def asked(*lines: str, path: str = "/v1/jobs", method: str = "GET") -> Answer:
    return ask(request(method, path, *lines), RULES)


@pytest.mark.parametrize(
    "line",
    [
        f"X-API-KEY: {KEY}",
        f"x-api-key: {KEY}",
        "X-API-KEY: another-key",
        f"Authorization: Bearer {KEY}",
        f"Authorization: bearer  {KEY} ",
    ],
)
def test_a_key_opens_in_either_header(line: str) -> None:
    answer = asked(line)

    assert answer.status == 200
    assert answer.body.startswith(b"key-")
    assert KEY.encode() not in answer.body


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("X-Nothing: 1", "key_missing"),
        ("X-API-KEY:", "key_missing"),
        ("Authorization: Bearer", "key_missing"),
        (f"Authorization: Basic {KEY}", "key_missing"),
        (f"Cookie: X-API-KEY={KEY}", "key_missing"),
        ("X-API-KEY: wrong", "key_wrong"),
        (f"X-API-KEY: {KEY}x", "key_wrong"),
        (f"X-API-KEY: {KEY[:-1]}", "key_wrong"),
        (f"X-API-KEY: {KEY.upper()}", "key_wrong"),
        ("X-API-KEY: \xff\xfe", "key_wrong"),
        ("Authorization: Bearer wrong", "key_wrong"),
    ],
)
def test_without_a_right_key_nothing_opens(line: str, code: str) -> None:
    answer = asked(line)

    assert (answer.status, answer.code) == (401, code)
    assert answer.headers["www-authenticate"] == 'Bearer realm="paintgraph"'


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v1/jobs?X-API-KEY=" + KEY, "/v1/jobs?key=" + KEY]
)
def test_without_a_key_not_even_what_exists_is_told(path: str) -> None:
    assert asked(path=path).status == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_need_no_key(path: str) -> None:
    assert asked(path=path).status == 200


def test_without_keys_the_server_is_open() -> None:
    answer = ask(request("GET", "/v1/jobs"))

    assert (answer.status, answer.body) == (200, b"address-127.0.0.1")


def test_a_signature_opens_one_address_for_reading() -> None:
    signed = SIGNER.sign("/v1/pictures/a.png", FAR)
    late = SIGNER.sign("/v1/pictures/a.png", 1)

    assert asked(path=signed).status == 200
    assert asked(path=signed, method="HEAD").status == 200
    assert asked(path=late).status == 401
    assert asked(path=signed.replace("a.png", "b.png")).status == 401
    assert asked(path=SIGNER.sign("/v1/jobs", FAR), method="DELETE").status == 401


def test_keys_are_not_kept() -> None:
    kept = vars(Keys([KEY]))

    assert KEY.encode() not in repr(kept).encode()
    assert not any(KEY in str(value) for value in kept.values())


@pytest.mark.parametrize("key", ["", " ", "two words", "t\u00e4st", "line\n"])
def test_keys_that_headers_cannot_carry_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="a key is empty, or holds spaces"):
        Keys([key])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback_needs_no_key(host: str) -> None:
    check_bind(host, Keys())


@pytest.mark.parametrize(
    "host",
    [None, "", "0.0.0.0", "::", "192.168.1.5", "8.8.8.8", "paint.example", "::ffff:127.0.0.1"],  # noqa: S104
)
def test_a_public_bind_needs_a_key(host: str | None) -> None:
    with pytest.raises(UnsafeBindError) as caught:
        check_bind(host, Keys())

    check_bind(host, Keys([KEY]))
    assert caught.value.code == "key_needed"
    assert str(caught.value) == (
        f"others can reach the server at '{host or '*'}', and no key is set; allowed without a key "
        "are 127.0.0.1, ::1 and localhost. Set a key, or listen on 127.0.0.1."
    )
