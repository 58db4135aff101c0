"""The oldest page of the range that is tried: the same story, shorter."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.api.serving import png
from paintgraph.tests.editor.browsing import NEEDS_PAGE, OLDEST_PAGE, SAVED, Tab, opened, prompt

pytestmark = [
    *NEEDS_PAGE,
    pytest.mark.skipif(
        not OLDEST_PAGE.is_dir(), reason="the oldest page is not here: scripts/test fetches it"
    ),
]
ITS_OWN = "ComfyApp graph accessed before initialization"
"""What this page tells the console with ComfyUI's server, too."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with the oldest page."""
    folder = tmp_path_factory.mktemp("data") / "data"
    with running(folder, front_end_root=OLDEST_PAGE) as server:
        server.until_ready()
        yield server


def test_a_graph_is_drawn_run_saved_and_brought_back(browser: Browser, server: Child) -> None:
    with opened(browser, server) as tab:
        tab.add("invert mask")
        tab.connect("ErodeDilateMask", "mask", "InvertMask", "mask")
        assert tab.wired("InvertMask", "mask") == "ErodeDilateMask"
        tab.drop(png(2), "dropped.png", "image/png", tab.spot("LoadImage", "image"))
        tab.until_uploaded("LoadImage", "dropped.png")

        tab.open(
            prompt(
                ("LoadImage", {"image": "dropped.png"}),
                ("ImageInvert", {"image": ["1", 0]}),
                ("SaveImage", {"images": ["2", 0]}),
            )
        )
        tab.run()
        saved = tab.until(SAVED)
        tab.save("mine", is_kept=False)
        wait_for(lambda: _kept(server) == ["mine.json"], "the workflow is kept")
        tab.page.reload()
        tab.until_ready()
        assert tab.kinds() == ["LoadImage", "ImageInvert", "SaveImage"]
        assert _faults(tab) == []

    result = server.call("GET", f"/view?filename={saved['filename']}&type=output").body
    with opened(browser, server) as other:
        other.drop(result, "result.png", "image/png")
        other.until("app.graph._nodes.length === 3")
        assert (other.dialogs(), _faults(other)) == ([], [])


def _kept(server: Child) -> list[str]:
    names: list[str] = server.call("GET", "/editor/api/userdata?dir=workflows").json
    return names


def _faults(tab: Tab) -> list[str]:
    return [fault for fault in tab.faults if ITS_OWN not in fault]
