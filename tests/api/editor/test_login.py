"""A browser gives a key once; its cookie opens what a key opens, and no more."""

import time
from collections.abc import Iterator
from urllib.parse import quote

import aiohttp
import pytest

from paintgraph.api.guards.keyring import Keys
from paintgraph.api.guards.sessions import COOKIE, SECONDS, Sessions
from paintgraph.tests.api.serving import SMALL_NODES, Answer, Served, serving

KEY, OTHER = "first-secret-key", "second-secret-key"
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with keys."""
    folder = tmp_path_factory.mktemp("locked")
    with serving(folder, SMALL_NODES, api_keys=(KEY, OTHER)) as served:
        yield served


def _logged_in(served: Served, key: str = KEY, to: str = "/editor/") -> Answer:
    return served.call("POST", "/login", data={"key": key, "to": to})


def _cookie(answer: Answer) -> str:
    return answer.headers["Set-Cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


def _jobs(served: Served, cookie: str) -> int:
    return served.call("GET", "/v1/jobs", headers={"Cookie": f"{COOKIE}={cookie}"}).status


def test_a_visitor_is_asked_and_led_back(locked: Served) -> None:
    asked = locked.call("GET", "/editor/?a=b&c=d", headers=PAGE)
    form = locked.call("GET", asked.headers["Location"])
    answer = _logged_in(locked, to="/editor/?a=b&c=d")

    assert asked.status == 303
    assert asked.headers["Location"] == "/login?to=/editor/?a%3Db%26c%3Dd"
    assert form.status == 200
    assert 'value="/editor/?a=b&amp;c=d"' in form.body.decode()
    assert (answer.status, answer.headers["Location"]) == (303, "/editor/?a=b&c=d")
    assert _jobs(locked, _cookie(answer)) == 200


def test_a_program_without_a_key_gets_an_error_and_no_page(locked: Served) -> None:
    answer = locked.call("GET", "/v1/jobs", headers={"Accept": "application/json"})

    assert (answer.status, answer.codes) == (401, ["key_missing"])


def test_neither_scripts_nor_other_sites_get_the_cookie(locked: Served) -> None:
    rules = _logged_in(locked).headers["Set-Cookie"].split("; ")[1:]

    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"Max-Age={SECONDS}"} <= set(rules)
    assert KEY not in " ".join(rules)


@pytest.mark.parametrize("key", ["", "wrong", KEY + "x", KEY.upper(), "\udcff", "é"])
def test_a_wrong_key_opens_nothing(locked: Served, key: str) -> None:
    body = f"key={quote(key, errors='surrogateescape')}&to=%2Feditor%2F"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = locked.call("POST", "/login", data=body, headers=headers)

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers
    assert b"none of the server" in answer.body


def test_a_cookie_that_was_changed_opens_nothing(locked: Served) -> None:
    cookie = _cookie(_logged_in(locked))
    expires, _, signature = cookie.partition(".")

    assert _jobs(locked, f"{int(expires) + 1}.{signature}") == 401
    assert _jobs(locked, f"{expires}.{signature[::-1]}") == 401
    assert _jobs(locked, f"{expires}.") == 401
    assert _jobs(locked, "") == 401


def test_a_cookie_ends_with_its_key_and_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    keys = Keys([KEY, OTHER])
    both = Sessions(b"secret", keys)
    response = aiohttp.web.Response()
    both.begin(OTHER, response, is_secure=True)
    request = _request(response.cookies[COOKIE].value)

    assert response.cookies[COOKIE]["secure"]
    assert both.holder(request) == keys.holder(OTHER, "")
    assert Sessions(b"secret", Keys([KEY])).holder(request) is None
    assert Sessions(b"other", Keys([OTHER])).holder(request) is None
    monkeypatch.setattr(time, "time", lambda: now + SECONDS + 10)
    assert both.holder(request) is None


def _request(cookie: str) -> aiohttp.web.Request:
    from aiohttp.test_utils import make_mocked_request

    return make_mocked_request("GET", "/", headers={"Cookie": f"{COOKIE}={cookie}"})


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/",
        "//[evil",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "editor/",
        "/a\r\nSet-Cookie: b=c",
        "http:evil.example",
        "",
    ],
)
def test_nobody_is_led_to_another_site(locked: Served, to: str) -> None:
    assert _logged_in(locked, to=to).headers["Location"] == "/"


def test_what_is_asked_for_is_written_as_text(locked: Served) -> None:
    page = locked.call("GET", "/login?to=" + quote('/"><script>alert(1)</script>'), headers=PAGE)

    assert b"<script" not in page.body
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_form_of_another_site_is_refused(locked: Served) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    answer = locked.call("POST", "/login", data={"key": KEY}, headers=headers)

    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"x" * 20_000, b"&".join([b"a=b"] * 100), b"\xff\xfe", b""])
def test_hostile_forms_are_refused(locked: Served, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert locked.call("POST", "/login", data=body, headers=headers).status in {403, 413}


def test_sessions_outlive_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("twice")
    with serving(folder, SMALL_NODES, api_keys=(KEY,)) as served:
        cookie = _cookie(_logged_in(served))
    with serving(folder, SMALL_NODES, api_keys=(KEY,)) as served:
        assert _jobs(served, cookie) == 200


def test_a_server_without_keys_asks_for_none(small: Served) -> None:
    answer = small.call("GET", "/login?to=/editor/")

    assert (answer.status, answer.headers["Location"]) == (303, "/editor/")
