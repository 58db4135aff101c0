"""Workflows and settings on the page: what a user keeps is there the next time, and elsewhere."""

import json

from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import NEEDS_PAGE, SAVED, Tab, opened, prompt

pytestmark = NEEDS_PAGE
INVERTED = prompt(
    ("LoadImage", {"image": "paintgraph/rocket.jpg"}),
    ("ImageInvert", {"image": ["1", 0]}),
    ("SaveImage", {"images": ["2", 0], "filename_prefix": "inverted"}),
)
KINDS = ["LoadImage", "ImageInvert", "SaveImage"]


def _kept(server: Child) -> list[str]:
    names: list[str] = server.call("GET", "/editor/api/userdata?dir=workflows").json
    return names


def _choose(tab: Tab, workflow: str, action: str) -> None:
    """Choose from the menu of a workflow in the list."""
    if not tab.page.get_by_test_id("workflows-sidebar").is_visible():
        tab.page.get_by_test_id("workflows-tab-button").click()
    tab.page.get_by_test_id(f"tree-node-root/{workflow}.json").click(button="right")
    tab.page.get_by_role("menuitem", name=action).click()


def test_workflows_are_saved_renamed_opened_and_deleted(browser: Browser, server: Child) -> None:
    with opened(browser, server) as tab:
        tab.open(INVERTED)
        tab.save("mine")
        assert _kept(server) == ["mine.json"]

        _choose(tab, "mine", "Rename")
        tab.until("document.activeElement?.matches('input')")
        tab.page.keyboard.press("Control+a")
        tab.page.keyboard.type("ours")
        tab.page.keyboard.press("Enter")
        tab.page.get_by_test_id("tree-node-root/ours.json").wait_for()
        assert _kept(server) == ["ours.json"]
        assert (tab.dialogs(), tab.faults) == ([], [])

    with opened(browser, server) as elsewhere:
        elsewhere.page.get_by_test_id("workflows-tab-button").click()
        elsewhere.page.get_by_test_id("tree-node-root/ours.json").click()
        elsewhere.until("app.graph._nodes.length === 3")
        assert elsewhere.kinds() == KINDS
        elsewhere.page.reload()
        elsewhere.until_ready()
        assert elsewhere.kinds() == KINDS

        _choose(elsewhere, "ours", "Delete")
        elsewhere.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        elsewhere.page.get_by_test_id("tree-node-root/ours.json").wait_for(state="detached")
        assert _kept(server) == []
        assert (elsewhere.dialogs(), elsewhere.faults) == ([], [])


def test_results_and_files_of_workflows_bring_their_graph_back(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        tab.open(INVERTED)
        tab.run()
        saved = tab.until(SAVED)
        workflow = tab.ask("JSON.stringify(app.graph.serialize())")
    result = server.call("GET", f"/view?filename={saved['filename']}&type=output").body

    with opened(browser, server) as other:
        other.drop(result, "result.png", "image/png")
        other.until("app.graph._nodes.length === 3")
        assert other.kinds() == KINDS
        assert other.value("SaveImage", "filename_prefix") == "inverted"
        other.page.get_by_test_id("workflow-tab").first.click()
        other.until("app.graph._nodes.length > 3")
        other.drop(workflow.encode(), "workflow.json", "application/json")
        other.until("app.graph._nodes.length === 3")
        assert json.loads(other.ask("JSON.stringify(app.graph.serialize())"))["links"]
        assert (other.dialogs(), other.faults) == ([], [])


def test_two_windows_run_their_own_jobs_and_share_settings(browser: Browser, server: Child) -> None:
    with opened(browser, server) as one, opened(browser, server) as two:
        one.open(INVERTED)
        two.open(INVERTED)
        two.set("SaveImage", "filename_prefix", "theirs")
        one.run()
        two.run()
        names = [tab.until(SAVED)["filename"] for tab in (one, two)]
        one.ask("app.extensionManager.setting.set('Comfy.LinkRenderMode', 0)")

        assert [name.rpartition("_0")[0] for name in names] == ["inverted", "theirs"]
        two.page.reload()
        two.until_ready()
        assert two.ask("app.extensionManager.setting.get('Comfy.LinkRenderMode')") == 0
        assert [*one.faults, *two.faults] == []
