"""The page's files as browsers get them, and what may not be had."""

import gzip
import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from paintgraph.api.editor.page import PACKAGE, Page, PageError, installed_page, page_in
from paintgraph.base.errors import Error
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving

SCRIPT = b"console.log('a page');" * 50


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built page beside a secret."""
    top = tmp_path_factory.mktemp("top")
    (top / "secret.txt").write_text("secret")
    folder = top / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>A page</title>")
    (folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-1a2b.js.map").write_text("{}")
    (folder / "assets" / "picture.webp").write_bytes(b"RIFF")
    (folder / "link.txt").symlink_to(top / "secret.txt")
    return folder


@pytest.fixture(scope="module")
def served(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that shows that page."""
    with serving(tmp_path_factory.mktemp("data"), SMALL_NODES, front_end_root=built) as server:
        yield server


def test_the_page_is_asked_for_anew_and_its_assets_are_kept(served: Served) -> None:
    index, script = served.call("GET", "/editor/"), served.call("GET", _ASSET)

    assert index.body == b"<!doctype html><title>A page</title>"
    assert index.headers["Content-Type"] == "text/html; charset=utf-8"
    assert index.headers["Cache-Control"] == "no-cache"
    assert script.body == SCRIPT
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["Cache-Control"]


_ASSET = "/editor/assets/index-1a2b.js"


def test_without_its_slash_the_page_would_look_for_its_files_elsewhere(served: Served) -> None:
    answer = served.call("GET", "/editor")

    assert (answer.status, answer.headers["Location"]) == (308, "/editor/")


def test_scripts_come_packed_to_whom_takes_it(served: Served) -> None:
    packed = served.call("GET", _ASSET, headers={"Accept-Encoding": "gzip"}, auto_decompress=False)
    plain = served.call("GET", _ASSET, headers={"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == SCRIPT
    assert len(packed.body) < len(SCRIPT) / 4
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_what_a_browser_has_is_not_sent_again(served: Served) -> None:
    tag = served.call("GET", "/editor/").headers["ETag"]

    again = served.call("GET", "/editor/", headers={"If-None-Match": tag})

    assert (again.status, again.body) == (304, b"")


def test_the_page_can_talk_to_this_server_alone(served: Served) -> None:
    policy = served.call("GET", "/editor/").headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))

    host = served.url.removeprefix("http://")
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"].split() == ["'self'", "blob:", "data:", f"ws://{host}"]
    assert rules["frame-ancestors"] == "'self'"
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(
    "path",
    [
        "assets/index-1a2b.js.map",
        "link.txt",
        "../secret.txt",
        "..%2Fsecret.txt",
        "assets/../../secret.txt",
        "%2e%2e/secret.txt",
        "/etc/passwd",
        "assets",
        "assets/",
        "nothing",
        "index.html%00",
    ],
)
def test_nothing_else_is_served(served: Served, path: str) -> None:
    address = urlsplit(served.url)
    client = http.client.HTTPConnection(address.hostname or "", address.port)  # leaves paths alone
    client.request("GET", f"/editor/{path}")

    assert client.getresponse().status == 404
    client.close()


def test_a_folder_without_a_page_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(PageError, match=r"has no index\.html; allowed is a folder with a built"):
        page_in(tmp_path)
    assert issubclass(PageError, Error)


@pytest.mark.parametrize(
    ("version", "warning"),
    [
        ("", ""),
        ("1.49.0", ""),
        ("1.58.1", ""),
        ("1.59.0", f"{PACKAGE} 1.59.0; tried are versions from 1.49 up to"),
        ("1.48.9", f"{PACKAGE} 1.48.9; tried are"),
        ("2.0", f"{PACKAGE} 2.0; tried are"),
    ],
)
def test_versions_that_were_not_tried_are_told(version: str, warning: str) -> None:
    told = Page({}, version).warning

    assert warning in told
    assert bool(told) == bool(warning)


def test_the_installed_page_has_no_source_maps() -> None:
    page = installed_page()
    if page is None:
        pytest.skip(f"{PACKAGE} is not installed (extra editor)")

    assert page.version
    assert "index.html" in page.files
    assert not [name for name in page.files if name.endswith(".map")]
