"""`python -m paintgraph.tests.editor.screenshots`: the pictures of the editor in the documentation.

Writes them to `docs/photos`: the first graph and its result, the mask editor, search, and the list
of jobs.
"""

from paintgraph.tests.editor.browsing import FREE, SAVED, Tab, opened
from paintgraph.tests.editor.shots import keep, on_stage


def main() -> None:
    """Run the first graph and look around."""
    with on_stage() as (browser, server), opened(browser, server) as tab:
        tab.page.get_by_test_id("close-minimap-button").click()
        tab.run()
        tab.until(SAVED)
        tab.show_jobs()
        tab.page.wait_for_timeout(6000)  # until the page's own messages are gone
        keep(tab.page, "editor_result")
        tab.show_jobs()
        tab.page.mouse.dblclick(*FREE)
        tab.until("document.activeElement?.matches('input')")
        tab.page.keyboard.type("mask")
        tab.page.wait_for_timeout(1000)
        keep(tab.page, "editor_search")
        tab.page.keyboard.press("Escape")
        _paint(tab)
        keep(tab.page, "editor_mask")


def _paint(tab: Tab) -> None:
    """Draw over the rocket in the page's mask editor."""
    tab.page.wait_for_timeout(500)
    tab.click("LoadImage", button="right")
    tab.page.get_by_text("Open in MaskEditor").click()
    tab.page.get_by_text("Brush Settings").wait_for()
    tab.page.wait_for_timeout(1000)
    canvas = tab.page.locator("canvas.z-30").bounding_box()
    assert canvas is not None
    top, bottom = canvas["y"] + canvas["height"] * 0.33, canvas["y"] + canvas["height"] * 0.94
    for place in (0.49, 0.5, 0.51):
        x = canvas["x"] + canvas["width"] * place
        tab.drag((x, top), (x, bottom))
    tab.page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
