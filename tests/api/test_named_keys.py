"""Keys with names: what each opens, how often, and that the server notices what changes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from paintgraph.api.guards.keyring import (
    FILE,
    WRONG_PER_MINUTE,
    GuessingError,
    KeyringError,
    Keys,
    add_holder,
    read_holders,
    remove_holder,
)
from paintgraph.api.guards.rates import MinuteCounts
from paintgraph.api.http.scopes import SCOPES
from paintgraph.tests.api.serving import SMALL_NODES, Answer, Served, serving

ADDRESS = "192.0.2.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("named")
    add_holder(folder / FILE, "first", ["admin"])
    with serving(folder, SMALL_NODES) as served:
        yield served


def _key(server: Served, name: str, scopes: Sequence[str], per_minute: int = 0) -> str:
    return add_holder(server.data / FILE, name, scopes, per_minute)


def _ask(server: Served, key: str, path: str = "/v1/jobs", method: str = "GET") -> Answer:
    return server.call(method, path, headers={"X-API-Key": key})


def test_a_key_without_scopes_opens_no_route_at_all(server: Served) -> None:
    key = _key(server, "nobody", [])
    opened = []
    for route in server.app.router.routes():
        path = route.resource.canonical if route.resource else "/"
        if route.method == "*" or path in ("/", "/livez", "/readyz", "/login", "/ping"):
            continue
        answer = _ask(server, key, path.replace("{", "").replace("}", ""), route.method)
        if answer.status != 403 and not path.startswith("/docs") and path != "/openapi.json":
            opened.append((route.method, path, answer.status))

    assert opened == []


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/jobs", "read"),
        ("HEAD", "/v1/jobs", "read"),
        ("GET", "/metrics", "read"),
        ("GET", "/object_info", "read"),
        ("POST", "/v1/graphs/validate", "read"),
        ("POST", "/v1/jobs", "submit"),
        ("POST", "/prompt", "submit"),
        ("POST", "/api/upload/image", "submit"),
        ("DELETE", "/v1/jobs/nothing", "cancel"),
        ("POST", "/interrupt", "cancel"),
        ("POST", "/api/queue", "cancel"),
        ("POST", "/v1/engine/control", "cancel"),
        ("POST", "/v1/models/isnet-general-use/pull", "models"),
        ("POST", "/free", "admin"),
        ("GET", "/internal/logs", "admin"),
    ],
)
def test_what_each_scope_opens(server: Served, method: str, path: str, scope: str) -> None:
    name = f"{method}{path}".lower().replace("/", ".")
    others = [each for each in SCOPES if each not in (scope, "admin")]
    without = _ask(server, _key(server, f"without.{name}", others), path, method)

    assert without.status == 403
    if method != "HEAD":
        assert without.codes == ["scope_missing"]
        assert f"this needs '{scope}'" in without.json["detail"]
    for opening in sorted({scope, "admin"}):
        opened = _ask(server, _key(server, f"{opening}.{name}", [opening]), path, method)
        assert opened.status != 403, opened.body


def test_a_key_works_as_soon_as_it_is_made_and_ends_when_it_is_taken_away(server: Served) -> None:
    key = _key(server, "guest", ["read"])
    login = server.call("POST", "/login", data={"key": key, "to": "/"})
    cookie = {"Cookie": login.headers["Set-Cookie"].split(";")[0]}

    assert _ask(server, key).status == 200
    assert server.call("GET", "/v1/jobs", headers=cookie).status == 200
    remove_holder(server.data / FILE, "guest")
    assert _ask(server, key).codes == ["key_wrong"]
    assert server.call("GET", "/v1/jobs", headers=cookie).status == 401


def test_only_so_many_requests_are_answered_in_a_minute(server: Served) -> None:
    key = _key(server, "eager", ["read"], per_minute=3)
    other = _key(server, "patient", ["read"])

    answers = [_ask(server, key) for _ in range(8)]  # a minute may end among them

    refused = [answer for answer in answers if answer.status == 429]
    assert 2 <= len(refused) <= 5
    assert refused[0].codes == ["too_many_requests"]
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert _ask(server, other).status == 200


def test_who_guesses_has_to_wait_and_who_shares_the_address_has_not() -> None:
    keys = Keys(["a-right-key", "another-right-key"])
    assert keys.holder("a-right-key", ADDRESS)

    for guess in range(WRONG_PER_MINUTE):
        assert keys.holder(f"wrong-{guess}", ADDRESS) is None

    with pytest.raises(GuessingError, match="20 wrong keys came from this address in a minute"):
        keys.holder("another-right-key", ADDRESS)
    assert keys.holder("a-right-key", ADDRESS)
    assert keys.holder("another-right-key", "192.0.2.2")


def test_guesses_over_http_are_refused_with_a_time(tmp_path: Path) -> None:
    with serving(tmp_path, SMALL_NODES, api_keys=("a-right-key",)) as served:
        told = [_ask(served, f"wrong-{guess}") for guess in range(2 * WRONG_PER_MINUTE + 2)]
        page = served.call("POST", "/login", data={"key": "a-right-key", "to": "/"})

    assert {answer.status for answer in told} == {401, 429}  # a minute may end among them
    if told[-1].status == 429:
        assert told[-1].codes == ["too_many_wrong_keys"]
        assert page.status in (303, 429)


def test_counts_begin_anew_with_each_minute() -> None:
    now = 100.0
    counts = MinuteCounts(lambda: now)
    assert [counts.add("a"), counts.add("a"), counts.add("b")] == [1, 2, 1]
    now += 59
    assert (counts.add("a"), counts.seconds_left()) == (3, 1)
    now += 1
    assert (counts.count("a"), counts.add("a")) == (0, 1)


def test_of_a_key_only_a_digest_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    key = add_holder(tmp_path / FILE, "alice", ["read", "submit"])
    (holder,) = read_holders(tmp_path / FILE)

    assert key not in (tmp_path / FILE).read_text()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert holder.scopes == ("submit", "read")
    assert Keys(file=tmp_path / FILE).holder(key, ADDRESS) == holder


def test_holders_of_keys_of_the_settings_are_the_same_after_a_restart() -> None:
    def name(secret: bytes) -> str:
        holder = Keys(["one", "two"], secret=secret).holder("one", ADDRESS)
        assert holder is not None
        return holder.name

    assert name(b"secret") == name(b"secret") != name(b"other")


def test_the_only_key_of_the_settings_opens_everything_one_of_several_its_own() -> None:
    only, one = (Keys(keys).holder("one", ADDRESS) for keys in (["one"], ["one", "two"]))

    assert only is not None
    assert only.may("admin")
    assert one is not None
    assert not one.may("admin")
    assert all(one.may(scope) for scope in SCOPES if scope != "admin")


@pytest.mark.parametrize(
    ("name", "scopes", "message"),
    [
        ("Alice", ["read"], "the name is 'Alice'; allowed are up to 64 of a to z"),
        ("key-1", ["read"], "the name is 'key-1'"),
        ("../etc", ["read"], "the name is '../etc'"),
        ("alice", ["reed"], "a scope is 'reed'; allowed are submit, read, cancel, models, admin."),
        ("taken", ["read"], "there is a key of 'taken'; allowed is one for each name."),
    ],
)
def test_what_is_no_name_or_scope_is_refused(
    tmp_path: Path, name: str, scopes: list[str], message: str
) -> None:
    add_holder(tmp_path / FILE, "taken", ["read"])

    with pytest.raises(KeyringError) as caught:
        add_holder(tmp_path / FILE, name, scopes)

    assert str(caught.value).startswith(message)


def test_a_damaged_file_is_told_at_the_start_and_takes_no_key_away_later(tmp_path: Path) -> None:
    file = tmp_path / FILE
    key = add_holder(file, "alice", ["read"])
    keys = Keys(file=file)
    file.write_text("{")

    assert keys.holder(key, ADDRESS)
    with pytest.raises(KeyringError, match="are damaged; allowed is what 'paintgraph keys' writes"):
        Keys(file=file)
