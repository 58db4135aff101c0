"""What people do wrong and what goes wrong: the page says so, and nothing is lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.editor.browsing import NEEDS_PAGE, SAVED, opened, prompt
from paintgraph.tests.jobs.disks import fill, small_disk

pytestmark = NEEDS_PAGE
MOST_BYTES = 200_000
UNKNOWN = {
    "nodes": [
        {"id": 1, "type": "NobodyKnows", "pos": [100, 100], "size": [200, 80], "mode": 0},
        {"id": 2, "type": "Note", "pos": [400, 100], "size": [200, 80], "widgets_values": ["a"]},
    ],
    "links": [],
    "version": 0.4,
}


SHOWN = prompt(
    ("LoadImage", {"image": "paintgraph/rocket.jpg"}),
    ("SaveImage", {"images": ["1", 0]}),
)
SAVED_OTHER = "other_00001_.png"
KEPT = "/userdata/workflows%2Fmine.json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server that takes small bodies."""
    with running(tmp_path_factory.mktemp("data") / "data", max_body_bytes=MOST_BYTES) as server:
        server.until_ready()
        yield server


def test_unknown_nodes_broken_files_and_huge_graphs_are_told(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        tab.drop(json.dumps(UNKNOWN).encode(), "unknown.json", "application/json")
        tab.until_told("Missing node")
        assert tab.kinds() == ["NobodyKnows", "Note"]
        tab.drop(b'{"nodes": [', "broken.json", "application/json")
        tab.until_told("Unable to find workflow in broken.json")
        assert tab.kinds() == ["NobodyKnows", "Note"]

        tab.set("Note", "text", "x" * MOST_BYTES)
        tab.save("huge", is_kept=False)
        tab.until_told("413 Request Entity Too Large")
        assert len(tab.value("Note", "text")) == MOST_BYTES
        assert tab.outside == []  # nobody hears the name of the node


def test_users_have_their_own_settings(browser: Browser, tmp_path: Path) -> None:
    kept = "app.extensionManager.setting.get('Comfy.LinkRenderMode')"
    with running(tmp_path / "data", multi_user=True) as server:
        server.until_ready()
        with (
            opened(browser, server, is_ready=False) as ann,
            opened(browser, server, is_ready=False) as ben,
        ):
            for mode, (name, tab) in enumerate((("ann", ann), ("ben", ben))):
                tab.page.get_by_role("textbox").first.fill(name)
                tab.page.get_by_role("button", name="Next").click()
                tab.until_ready()
                tab.ask(f"app.extensionManager.setting.set('Comfy.LinkRenderMode', {mode})")
            ann.page.reload()
            ann.until_ready()
            assert (ann.ask(kept), ben.ask(kept)) == (0, 1)


def test_a_full_disk_is_told_and_what_was_kept_stays(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    with small_disk(folder, "24m"), running(folder / "data") as server:
        server.until_ready()
        with opened(browser, server) as tab:
            tab.open(SHOWN)
            tab.save("mine")
            tab.run()
            tab.until(SAVED)
            kept = server.call("GET", KEPT).body
            fillers = fill(folder)

            tab.set("SaveImage", "filename_prefix", "other")
            tab.page.keyboard.press("Control+s")
            tab.until_told("507 Insufficient Storage")
            tab.run()
            tab.until_told("Free disk space")
            assert SAVED_OTHER not in server.call("GET", "/jobs").text
            assert server.call("GET", KEPT).body == kept
            assert tab.value("SaveImage", "filename_prefix") == "other"

            for filler in fillers:
                filler.unlink()
            tab.page.keyboard.press("Control+s")
            tab.run()
            wait_for(lambda: SAVED_OTHER in server.call("GET", "/jobs").text, "it is saved")
            assert b'"other"' in server.call("GET", KEPT).body
