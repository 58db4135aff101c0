"""A browser and a server for the tests of a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.browsing import CHROMIUM


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. While it runs, nothing else in this thread may run an event loop."""
    # Chromium's own walls need rights that containers lack; only our pages are opened.
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the installed page, ready."""
    with running(tmp_path_factory.mktemp("data") / "data") as server:
        server.until_ready()
        yield server
