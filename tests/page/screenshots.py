"""`python -m paintgraph.tests.page.screenshots`: the pictures of the page in the documentation.

Writes `docs/photos/page_selection.webp` and `page_result.webp`: a rocket, painted over and gone.
"""

from paintgraph.tests.editor.shots import keep, on_stage
from paintgraph.tests.page.browsing import visited


def main() -> None:
    """Make both pictures anew."""
    with on_stage() as (browser, server), visited(browser, server) as tab:
        page = tab.page
        page.get_by_role("button", name="Try an example").click()
        page.locator("#picture").wait_for()
        page.wait_for_timeout(2000)  # until it is drawn
        box = page.locator("#picture").bounding_box()
        assert box is not None
        x, top = box["x"] + box["width"] * 0.503, box["y"] + box["height"] * 0.36
        tab.drag((x, top), (x, box["y"] + box["height"] * 0.76))
        keep(page, "page_selection")
        page.get_by_role("button", name="Erase", exact=True).click()
        page.locator(".numbers:not(:empty)").wait_for(timeout=60_000)
        keep(page, "page_result")


if __name__ == "__main__":
    main()
