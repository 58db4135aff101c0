"""Scripts of node packs in ComfyUI's page, where they are allowed."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import running
from paintgraph.tests.editor.browsing import NEEDS_PAGE, opened

pytest.importorskip("torch")
pytestmark = NEEDS_PAGE
SOUND = Path(__file__).parents[1] / "packs" / "sound"


def test_the_page_loads_scripts_of_packs_which_reach_it_and_their_routes(
    browser: Browser, tmp_path: Path
) -> None:
    packs = f"{SOUND / 'mask_tools'},{SOUND / 'served_nodes'}"
    with running(tmp_path / "data", node_packs=packs, allow_packs="routes") as server:
        server.until_ready()
        with opened(browser, server) as tab:
            found = tab.page.wait_for_function("window.maskTools").json_value()

            assert found == {"same": True, "ping": 200}
            assert tab.faults == []
