"""Pages of other sites can neither write nor open sockets; links to the front page work."""

import pytest

from paintgraph.api.guards.origins import HostRules, OriginRules
from paintgraph.api.guards.security import SecurityRules
from paintgraph.tests.api.guarded import Answer, ask, request

STUDIO = "https://studio.example"
RULES = SecurityRules(
    hosts=HostRules(("paint.example",)),
    origins=OriginRules((STUDIO,), pictures=("/v1/pictures/",)),
)
PLAIN = SecurityRules()
JSON = "Content-Type: application/json"
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
OWN = "Origin: http://localhost:7866"
CROSS, SAME_SITE = "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site"
LINK = ("Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")


def posted(*lines: str, rules: SecurityRules = PLAIN, host: str = "localhost:7866") -> Answer:
    return ask(request("POST", "/v1/jobs", JSON, *lines, host=host, body=b"{}"), rules)


@pytest.mark.parametrize("lines", [(), (OWN,), (OWN, "Sec-Fetch-Site: same-origin")])
def test_programs_and_own_pages_may_write(lines: tuple[str, ...]) -> None:
    assert posted(*lines).status == 200


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("https://paint.example", "paint.example"),
        ("https://paint.example", "paint.example:443"),
        ("https://paint.example:443", "paint.example"),
        ("http://paint.example", "paint.example:80"),
        ("http://PAINT.example", "paint.example"),
        ("http://[::1]:7866", "[::1]:7866"),
    ],
)
def test_the_same_origin_may_be_written_in_several_ways(origin: str, host: str) -> None:
    assert posted(f"Origin: {origin}", rules=RULES, host=host).status == 200


HOSTILE = [
    "null",
    "",
    "http://evil.example",
    "https://evil.example",
    "http://localhost",
    "http://localhost:3000",
    "http://127.0.0.1:7866",
    "https://localhost:7867",
    "http://localhost:7866.evil.example",
    "http://localhost:7866@evil.example",
    "http://localhost:7866/",
    "http://localhost:7866 http://evil.example",
    "ftp://localhost:7866",
    "file://",
    "chrome-extension://abcdef",
    "localhost:7866",
    "*",
]


@pytest.mark.parametrize("origin", HOSTILE)
def test_other_origins_cannot_write(origin: str) -> None:
    answer = posted(f"Origin: {origin}")

    assert (answer.status, answer.code) == (403, "origin_refused")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", HOSTILE)
def test_other_origins_cannot_open_sockets(origin: str) -> None:
    answer = ask(request("GET", "/socket", *UPGRADE, f"Origin: {origin}"))

    assert (answer.status, answer.code) == (403, "origin_refused")


@pytest.mark.parametrize("lines", [(), (OWN,)])
def test_programs_and_own_pages_may_open_sockets(lines: tuple[str, ...]) -> None:
    assert ask(request("GET", "/socket", *UPGRADE, *lines)).status == 101


def test_two_origins_are_refused() -> None:
    assert posted(OWN, "Origin: http://evil.example").code == "origin_refused"
    assert posted(OWN, OWN).code == "origin_refused"


@pytest.mark.parametrize(
    ("method", "path", "lines"),
    [
        ("POST", "/v1/jobs", (CROSS,)),
        ("POST", "/", (CROSS, *LINK)),
        ("DELETE", "/v1/jobs", (CROSS,)),
        ("DELETE", "/v1/jobs", (SAME_SITE,)),
        ("GET", "/v1/jobs", (CROSS,)),
        ("GET", "/v1/jobs", (CROSS, *LINK)),
        ("GET", "/", (CROSS,)),
        ("GET", "/", (CROSS, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")),
        ("GET", "/", (CROSS, "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script")),
        ("GET", "/v1/pictures/a.png", (CROSS, "Sec-Fetch-Dest: image")),
        ("GET", "/v1/jobs", ("Sec-Fetch-Site: made-up",)),
        ("GET", "/v1/jobs", ("Sec-Fetch-Site: none", CROSS)),
        ("GET", "/socket", (CROSS, *UPGRADE)),
        ("GET", "/socket", (SAME_SITE, *UPGRADE)),
    ],
)
def test_what_other_sites_ask_for_is_refused(
    method: str, path: str, lines: tuple[str, ...]
) -> None:
    answer = ask(request(method, path, *lines))

    assert (answer.status, answer.code) == (403, "site_refused")


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("/", (CROSS, *LINK)),
        ("/", ("Sec-Fetch-Site: none", *LINK)),
        ("/v1/jobs", ("Sec-Fetch-Site: same-origin",)),
        ("/v1/jobs", (SAME_SITE,)),
    ],
)
def test_links_and_harmless_reads_are_answered(path: str, lines: tuple[str, ...]) -> None:
    assert ask(request("GET", path, *lines)).status == 200


def test_other_sites_may_show_pictures_where_that_is_set() -> None:
    shown = request("GET", "/v1/pictures/a.png", CROSS, "Sec-Fetch-Dest: image")
    script = request("GET", "/v1/pictures/a.png", CROSS, "Sec-Fetch-Dest: script")
    written = request("POST", "/v1/pictures/a.png", CROSS, "Sec-Fetch-Dest: image")

    assert ask(shown, RULES).status == 200
    assert ask(shown, RULES).headers["cross-origin-resource-policy"] == "cross-origin"
    assert ask(script, RULES).code == "site_refused"
    assert ask(written, RULES).code == "site_refused"


def test_listed_origins_may_write_and_read() -> None:
    answer = posted(f"Origin: {STUDIO}", CROSS, rules=RULES)

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == STUDIO
    assert answer.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in answer.headers


def test_listed_origins_read_errors_too() -> None:
    answer = ask(request("GET", "/nothing", f"Origin: {STUDIO}"), RULES)

    assert (answer.status, answer.headers["access-control-allow-origin"]) == (404, STUDIO)


def test_nobody_else_gets_cors_headers() -> None:
    for line in (OWN, "X-Nothing: 1"):
        assert not [
            name
            for name in ask(request("GET", "/v1/jobs", line), RULES).headers
            if name.startswith("access-control")
        ]


def test_preflights_of_listed_origins_are_answered() -> None:
    asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-api-key")
    listed = ask(request("OPTIONS", "/v1/jobs", f"Origin: {STUDIO}", CROSS, *asked), RULES)
    foreign = ask(request("OPTIONS", "/v1/jobs", "Origin: http://evil.example", *asked), RULES)

    assert listed.status == 204
    assert "X-API-KEY" in listed.headers["access-control-allow-headers"]
    assert listed.headers["access-control-allow-origin"] == STUDIO
    assert foreign.code == "origin_refused"


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "", "studio.example", "https://studio.example/", "https://STUDIO.example"],
)
def test_settings_that_are_no_exact_origins_are_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"is no origin; allowed are exact ones, never '\*'"):
        OriginRules((origin,))
