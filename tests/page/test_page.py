"""The page is served at the entrance, shut in to its server, and starts without a fault."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.page.browsing import IN_BROWSER, visited

pytestmark = IN_BROWSER

WEB = Path(__file__).resolve().parents[2] / "api" / "page" / "web"


def test_the_entrance_is_the_page_and_may_reach_nothing_else(server: Child) -> None:
    answer = server.call("GET", "/")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.body == (WEB / "index.html").read_bytes()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_files_come_packed_and_once(server: Child) -> None:
    whole = server.call("GET", "/page/main.js")
    packed = server.call("GET", "/page/main.js", Accept_Encoding="gzip")
    again = server.call("GET", "/page/main.js", If_None_Match=whole.headers["ETag"])
    refused = server.call("GET", "/page/main.js", Accept_Encoding="gzip;q=0, br")

    assert whole.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert gzip.decompress(packed.body) == whole.body == (WEB / "main.js").read_bytes()
    assert (again.status, again.body) == (304, b"")
    assert refused.body == whole.body
    assert whole.headers["ETag"] == refused.headers["ETag"] != packed.headers["ETag"]


@pytest.mark.parametrize("path", ["", "none.js", "..%2froutes.py", "index.html", "texts", "texts/"])
def test_nothing_else_lies_there(server: Child, path: str) -> None:
    assert server.call("GET", f"/page/{path}").status == 404


def test_the_page_starts_without_a_fault(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        assert tab.page.locator("html").get_attribute("lang") == "en"
        assert tab.page.get_by_label("Choose photos").count() > 0


def test_the_page_starts_where_the_browser_keeps_nothing(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        page = tab.page.context.new_page()  # the next visitor's browser keeps what it is given
        page.add_init_script("""Object.defineProperty(window, "localStorage", {
          get() { throw new DOMException("forbidden", "SecurityError"); },
        });""")
        other = Tab(page, tab.page.url.rstrip("/"))
        page.goto(tab.page.url)
        page.locator("#stage > .choose").wait_for()
        assert other.faults == []
