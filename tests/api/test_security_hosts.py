"""The server answers to its own names only."""

import pytest

from paintgraph.api.guards.origins import HostRules, parse_authority
from paintgraph.api.guards.security import SecurityRules
from paintgraph.tests.api.guarded import ask, request

LISTED = SecurityRules(hosts=HostRules(("paint.example", "other.example:8443")))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:7866",
        "localhost.",
        "paint.localhost:1",
        "127.0.0.1:7866",
        "127.8.8.8",
        "[::1]",
        "[::1]:7866",
        "[0:0:0:0:0:0:0:1]",
        "paint.example",
        "PAINT.example:99",
        "other.example:8443",
    ],
)
def test_own_names_are_answered(host: str) -> None:
    assert ask(request("GET", "/v1/jobs", host=host), LISTED).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7866",
        "localhost.evil.example",
        "evillocalhost",
        "paint.example.evil.example",
        "xpaint.example",
        "other.example",
        "other.example:8444",
        "127.0.0.1.evil.example",
        "127.1",
        "2130706433",
        "0.0.0.0",  # noqa: S104 - nothing binds here
        "[::]",
        "192.168.1.5",
        "10.0.0.1:7866",
        "[fe80::1]",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    """DNS rebinding: the page's own name leads here, and Host and Origin agree."""
    answer = ask(request("POST", "/v1/jobs", f"Origin: http://{host}", host=host), LISTED)

    assert (answer.status, answer.code) == (403, "host_refused")


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        " ",
        "localhost:",
        "localhost:x",
        "localhost:99999",
        "localhost:-1",
        "user@localhost",
        "localhost/path",
        "localhost,evil.example",
        "localhost evil.example",
        "[::1",
        "[::1]x",
        "[fe80::1%eth0]",
        "[:::::]",
        "l\xf6calhost",
        "-localhost",
        "*",
        "x" * 400,
    ],
)
def test_malformed_hosts_are_refused(host: str | None) -> None:
    answer = ask(request("GET", "/v1/jobs", host=host))

    assert answer.status == 400
    assert answer.code in {"bad_host", "bad_request"}  # the second by aiohttp's parser


@pytest.mark.parametrize("second", ["localhost", "evil.example"])
def test_two_hosts_are_refused(second: str) -> None:
    answer = ask(request("GET", "/v1/jobs", f"Host: {second}"))

    assert answer.status == 400


@pytest.mark.parametrize(("host", "status"), [("192.168.1.5:7866", 200), ("evil.example", 403)])
def test_on_all_interfaces_numbers_are_answered_but_no_names(host: str, status: int) -> None:
    rules = SecurityRules(hosts=HostRules(any_address=True))

    assert ask(request("GET", "/v1/jobs", host=host), rules).status == status


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_are_answered_under_any_name(path: str) -> None:
    assert ask(request("GET", path, host="10.0.0.1:7866")).status == 200


@pytest.mark.parametrize("host", ["*", "", "http://paint.example", "paint.example/x"])
def test_settings_that_are_no_hosts_are_refused(host: str) -> None:
    with pytest.raises(ValueError, match="is no host; allowed are names and addresses"):
        HostRules((host,))


def test_the_message_names_the_cure() -> None:
    assert ask(request("GET", "/v1/jobs", host="evil.example")).problem["detail"] == (
        "the server does not answer to this host; allowed are localhost and the hosts of its "
        "settings. Add the host to the settings if it is yours."
    )


def test_the_port_of_an_authority_may_be_that_of_the_scheme() -> None:
    host = parse_authority("paint.example")

    assert host is not None
    assert (host.port_for("http"), host.port_for("https")) == (80, 443)
