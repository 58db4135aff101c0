"""The page to paint on in a real browser: what its tests share.

Tests take the fixtures `browser` and `server` of the folder and open the page in them:

    def test_it(browser: Browser, server: Child) -> None:
        with visited(browser, server) as tab:
            tab.page.get_by_label("Choose photos").set_input_files(file)

Nothing may go wrong in a tab: `visited` fails for what went to the console as an error, for
answers above 499 and for requests to other servers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import CHROMIUM, SECONDS, Tab, visiting

expect.set_options(timeout=SECONDS * 1000)  # as long as all else that is waited for

IN_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
"""For `pytestmark` of each file."""

DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=780)


@contextmanager
def visited(
    browser: Browser, server: Child, size: ViewportSize = DESKTOP, key: str = "", **options: Any
) -> Iterator[Tab]:
    """A tab of a new visitor with the page, who gives a key where the server asks for one.

    `options` are those of playwright's `new_context`.
    """
    url = f"http://127.0.0.1:{server.port}"
    is_phone = size["width"] < 500
    options = {"viewport": size, "has_touch": is_phone, "is_mobile": is_phone, **options}
    with visiting(browser, url, **{"locale": "en-GB", **options}) as page:
        tab = Tab(page, url)
        page.goto(url)
        if key:
            page.get_by_label("This server needs a key.").fill(key)
            page.get_by_role("button", name="Open").click()
        page.locator("#stage > .choose").wait_for(state="attached")
        yield tab
        assert tab.faults == []
        tab.end()
