"""The official page in a real browser: it opens our graph, runs it, and talks to nobody else."""

from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import NEEDS_PAGE, SAVED, opened

pytestmark = NEEDS_PAGE


def test_the_page_opens_our_graph_runs_it_and_talks_to_nobody_else(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        types = tab.ask("app.graph._nodes.map(n => n.type)")
        tab.ask("app.queuePrompt(0)")
        saved = tab.until(SAVED)

        assert types[0] == "LoadImage"
        assert "InpaintSampler" in types
        shown = server.call("GET", f"/view?filename={saved['filename']}")
        assert shown.headers["Content-Type"] == "image/png"
        assert tab.dialogs() == []
        assert tab.faults == []


def test_a_fault_is_told_on_its_node_in_our_words(browser: Browser, server: Child) -> None:
    with opened(browser, server) as tab:
        tab.ask(
            "app.graph._nodes.find(n => n.type === 'ErodeDilateMask')"
            ".widgets.find(w => w.name === 'amount').value = 5000"
        )
        tab.run()
        tab.until_told("amount is 5000; allowed is -1024 to 1024")
        (fault,) = tab.until("app.lastNodeErrors").values()

    (error,) = fault["errors"]
    assert fault["class_type"] == "ErodeDilateMask"
    assert error["type"] == "value_bigger_than_max"
    assert "amount is 5000; allowed is -1024 to 1024" in error["message"] + error["details"]
