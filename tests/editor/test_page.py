"""The official page in a real browser: it opens our graph, runs it, and talks to nobody else."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from paintgraph.api.editor.page import PACKAGE, installed_page
from paintgraph.tests.api.serving import Served, serving

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 120
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(installed_page() is None, reason=f"{PACKAGE} is not installed"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the installed page."""
    with serving(tmp_path_factory.mktemp("data")) as served:
        yield served


class Tab:
    """A tab with the page, and what it said and asked for."""

    def __init__(self, page: Any, server: Served) -> None:
        self.page = page
        self.outside: list[str] = []
        self.failed: list[str] = []
        self.broken: list[str] = []
        own = (server.url, server.url.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else self.outside.append(r.url))
        page.on("response", lambda r: self.failed.append(r.url) if r.status >= 500 else None)
        page.on("pageerror", lambda error: self.broken.append(str(error)))

    async def until(self, expression: str) -> Any:
        """What an expression gives once it is true; the page's policy forbids waiting inside."""
        for _ in range(SECONDS * 4):
            if found := await self.page.evaluate(expression):
                return found
            await asyncio.sleep(0.25)
        raise TimeoutError(expression)


def browse(server: Served, story: Callable[[Tab], Coroutine[Any, Any, None]]) -> Tab:
    """Open the page in a fresh browser and do something there."""

    async def run() -> Tab:
        async with playwright.async_playwright() as driver:
            # Chromium's own walls need rights that containers lack; only our pages are opened.
            browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            tab = Tab(await browser.new_page(viewport={"width": 1500, "height": 900}), server)
            await tab.page.goto(f"{server.url}/editor/")
            await tab.until("!!window.app?.vueAppReady && window.app.graph?._nodes?.length > 0")
            await story(tab)
            await browser.close()
            return tab

    return asyncio.run(run())


def test_the_page_opens_our_graph_runs_it_and_talks_to_nobody_else(server: Served) -> None:
    shown: dict[str, Any] = {}

    async def story(tab: Tab) -> None:
        shown["types"] = await tab.page.evaluate("window.app.graph._nodes.map(n => n.type)")
        await tab.page.evaluate("window.app.queuePrompt(0)")
        shown["saved"] = await tab.until(
            "Object.values(window.app.nodeOutputs ?? {}).flatMap(o => o?.images ?? [])"
            ".find(i => i.type === 'output')"
        )
        shown["dialogs"] = await tab.page.locator(".p-dialog:visible").count()
        await tab.until("document.querySelectorAll('canvas').length > 0")

    tab = browse(server, story)

    assert shown["types"][0] == "LoadImage"
    assert "InpaintSampler" in shown["types"]
    saved = server.call("GET", "/view", params={"filename": shown["saved"]["filename"]})
    assert saved.headers["Content-Type"] == "image/png"
    assert shown["dialogs"] == 0
    assert (tab.outside, tab.failed, tab.broken) == ([], [], [])


def test_a_fault_is_told_on_its_node_in_our_words(server: Served) -> None:
    shown: dict[str, Any] = {}

    async def story(tab: Tab) -> None:
        await tab.page.evaluate(
            "window.app.graph._nodes.find(n => n.type === 'ErodeDilateMask')"
            ".widgets.find(w => w.name === 'amount').value = 5000"
        )
        await tab.page.evaluate("window.app.queuePrompt(0)")
        shown["faults"] = await tab.until("window.app.lastNodeErrors")

    browse(server, story)

    (fault,) = shown["faults"].values()
    (error,) = fault["errors"]
    assert fault["class_type"] == "ErodeDilateMask"
    assert error["type"] == "value_bigger_than_max"
    assert "amount is 5000; allowed is -1024 to 1024" in error["message"] + error["details"]
