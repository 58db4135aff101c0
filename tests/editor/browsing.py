"""ComfyUI's page in a real browser: what its tests share.

Tests take the fixtures `browser` and `server` of the folder and open tabs in them:

    def test_it(browser: Browser, server: Child) -> None:
        with opened(browser, server) as tab:
            tab.ask("app.queuePrompt(0)")
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from paintgraph.api.editor.page import PACKAGE, installed_page
from paintgraph.tests.api.hostile.processes import Child

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 120
NEEDS_PAGE = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(installed_page() is None, reason=f"{PACKAGE} is not installed"),
]
"""For `pytestmark` of each file."""

_SIZE = ViewportSize(width=1500, height=900)
_READY = (
    "!!window.app?.vueAppReady && app.graph?._nodes?.length > 0"
    " && !document.getElementById('splash-loader')"
)
SAVED = (
    "Object.values(app.nodeOutputs ?? {}).flatMap(output => output?.images ?? [])"
    ".find(image => image.type === 'output')"
)
"""The first picture that a node of the graph has saved."""


class Tab:
    """A tab with the page, and what went wrong in it.

    Attributes:
        page: playwright's.
        outside: addresses of other servers that it asked for.
        failed: what the server failed at.
        broken: errors of scripts, and what the console was told as errors.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.outside: list[str] = []
        self.failed: list[str] = []
        self.broken: list[str] = []
        own = (url, url.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else self.outside.append(r.url))
        page.on("response", lambda r: self.failed.append(r.url) if r.status >= 500 else None)
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.broken.append(f"{message.text} ({message.location['url']})")

    @property
    def faults(self) -> list[str]:
        """Everything that went wrong so far."""
        return [*self.outside, *self.failed, *self.broken]

    def ask(self, expression: str, given: Any = None) -> Any:
        """What an expression of the page's scripts gives; a function gets `given`."""
        return self.page.evaluate(expression, given)

    def until(self, expression: str, given: Any = None) -> Any:
        """What an expression gives once it is true; the page's policy forbids waiting inside."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if found := self.ask(expression, given):
                return found
            self.page.wait_for_timeout(50)
        raise TimeoutError(expression)

    def until_ready(self) -> None:
        """Wait until the page shows a graph."""
        self.until(_READY)

    def dialogs(self) -> list[str]:
        """The texts of the dialogs that are open."""
        texts: list[str] = self.page.locator(".p-dialog:visible").all_inner_texts()
        return texts


@contextmanager
def opened(
    browser: Browser, server: Child, path: str = "/editor/", **options: Any
) -> Iterator[Tab]:
    """A tab of a new user with the page, ready."""
    url = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(viewport=_SIZE, **options)
    try:
        tab = Tab(context.new_page(), url)
        tab.page.goto(url + path)
        tab.until_ready()
        yield tab
    finally:
        context.close()
