"""What ComfyUI's page keeps: users, settings, files; nothing leads out of a user's folder."""

import errno
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.tests.api.serving import Answer, Served, serving


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with several users."""
    with serving(tmp_path_factory.mktemp("many"), multi_user=True) as served:
        yield served


def keep(server: Served, name: str, data: bytes = b"{}", query: str = "") -> Answer:
    return server.call("POST", f"/userdata/{name}{query}", data=data)


def test_one_user_needs_no_name(server: Served) -> None:
    assert server.call("GET", "/api/users").json == {"storage": "server", "migrated": True}
    assert server.call("POST", "/users", json={"username": "a"}).status == 400


def test_settings_are_kept_one_by_one_and_together(server: Served) -> None:
    assert server.call("GET", "/settings").json == {}
    for value in (7, "text", None, [1], {"a": 1}, False):
        body = json.dumps(value)
        assert server.call("POST", "/api/settings/Comfy.A", data=body).status == 200
        assert server.call("GET", "/settings/Comfy.A").json == value
    server.call("POST", "/settings", json={"Comfy.B": 1})

    assert server.call("GET", "/settings").json == {"Comfy.A": False, "Comfy.B": 1}
    assert server.call("GET", "/settings/none").json is None
    assert (server.data / "user" / "default" / "comfy.settings.json").exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"7"])
def test_settings_that_are_no_object_are_refused(server: Served, body: bytes) -> None:
    answer = server.call("POST", "/settings", data=body)

    assert answer.status == (200 if not body else 400)


def test_settings_that_cannot_be_read_are_not_lost(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    server.call("POST", "/settings/kept", json=1)
    with monkeypatch.context() as patch:
        patch.setattr(FolderTree, "read", fail)
        assert server.call("POST", "/settings/lost", json=2).status == 507

    assert server.call("GET", "/settings").json.items() >= {"kept": 1}.items()
    assert server.call("GET", "/settings/lost").json is None


def test_too_large_settings_are_refused(server: Served) -> None:
    before = server.call("GET", "/settings").json
    large = BytesIO(b'"%s"' % (b"x" * (5 << 20)))

    assert server.call("POST", "/settings/big", data=large).status == 413
    assert server.call("GET", "/settings").json == before


def test_files_are_kept_moved_and_deleted(server: Served) -> None:
    assert keep(server, "workflows%2Fa.json", b'{"n": 1}').json == "workflows/a.json"
    info = keep(server, "workflows%2Fa.json", b'{"n": 2}', "?overwrite=true&full_info=true").json
    assert info.keys() == {"path", "size", "modified", "created"}
    assert keep(server, "workflows%2Fa.json", b"", "?overwrite=false").status == 409
    assert server.call("GET", "/userdata/workflows%2Fa.json").body == b'{"n": 2}'
    moved = server.call("POST", "/userdata/workflows%2Fa.json/move/workflows%2Fdeep%2Fb.json")
    assert moved.json == "workflows/deep/b.json"
    assert server.call("GET", "/userdata/workflows%2Fa.json").status == 404

    found = "/userdata?dir=workflows"
    assert server.call("GET", found).json == []
    assert server.call("GET", f"{found}&recurse=true").json == ["deep/b.json"]
    parts = server.call("GET", f"{found}&recurse=true&split=true").json
    assert parts == [["deep/b.json", "deep", "b.json"]]
    (full,) = server.call("GET", f"{found}&recurse=true&full_info=true").json
    assert (full["path"], full["size"]) == ("deep/b.json", 8)
    tree = server.call("GET", "/api/v2/userdata?path=workflows").json
    assert [(each["type"], each["path"]) for each in tree] == [
        ("directory", "workflows/deep"),
        ("file", "workflows/deep/b.json"),
    ]
    assert server.call("DELETE", "/userdata/workflows%2Fdeep%2Fb.json").status == 204
    assert server.call("DELETE", "/userdata/workflows%2Fdeep%2Fb.json").status == 404


def test_a_move_overwrites_only_if_it_may(server: Served) -> None:
    keep(server, "one.json", b"1")
    keep(server, "two.json", b"2")

    assert server.call("POST", "/userdata/one.json/move/two.json?overwrite=false").status == 409
    assert server.call("POST", "/userdata/none.json/move/two.json").status == 404
    assert server.call("POST", "/userdata/one.json/move/two.json").status == 200
    assert server.call("GET", "/userdata/two.json").body == b"1"


def test_files_of_users_are_no_pages(server: Served) -> None:
    keep(server, "evil.html", b"<script>")

    answer = server.call("GET", "/userdata/evil.html")

    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")


OUTSIDE = ["..%2Fx.json", "%2Fetc%2Fpasswd", "a%2F..%2F..%2Fx", "..%5Cx.json", "a%00b"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_leads_out_of_the_folder(server: Served, name: str) -> None:
    before = sorted(server.data.parent.iterdir())

    assert keep(server, name).status == 403
    assert server.call("GET", f"/userdata/{name}").status == 403
    assert server.call("DELETE", f"/userdata/{name}").status == 403
    assert server.call("POST", f"/userdata/one.json/move/{name}").status == 403
    assert server.call("GET", f"/userdata?dir={name}").status == 403
    assert server.call("GET", f"/v2/userdata?path={name}").status == 403
    assert sorted(server.data.parent.iterdir()) == before


def test_odd_names_are_refused(server: Served) -> None:
    keep(server, "file.json")

    assert keep(server, "file.json%2Finside.json").status == 400
    assert keep(server, "x" * 400).status == 403
    assert keep(server, ".").status in (400, 404, 405)
    assert server.call("GET", "/userdata").status == 400
    assert server.call("GET", "/userdata?dir=none").status == 404
    assert server.call("GET", "/v2/userdata?path=none").status == 404


def test_links_lead_nowhere_else(server: Served, tmp_path: Path) -> None:
    keep(server, "real.json")
    (tmp_path / "secret.json").write_text("secret")
    (server.data / "user" / "default" / "link.json").symlink_to(tmp_path / "secret.json")

    assert server.call("GET", "/userdata/link.json").status == 403


def test_several_users_have_files_of_their_own(many: Served) -> None:
    made = many.call("POST", "/users", json={"username": "Ann Ä"}).json
    again = many.call("POST", "/users", json={"username": "Ann Ä"})

    assert (again.status, again.json) == (400, {"error": "Duplicate username."})
    assert many.call("GET", "/users").json["users"][made] == "Ann Ä"
    ann = {"comfy-user": made}
    assert many.call("POST", "/settings/a", json=1, headers=ann).status == 200
    assert many.call("GET", "/settings", headers=ann).json == {"a": 1}
    assert many.call("GET", "/settings", headers={"comfy-user": "default"}).json == {}
    for name in ("", "nobody", "../x", "x" * 500):
        assert many.call("GET", "/settings", headers={"comfy-user": name}).status == 401
        assert many.call("GET", "/v2/userdata", headers={"comfy-user": name}).status == 403


@pytest.mark.parametrize("name", ["", " ", 7, None, ["a"], "x" * 500])
def test_names_of_users_are_texts(many: Served, name: object) -> None:
    assert many.call("POST", "/users", json={"username": name}).status == 400
