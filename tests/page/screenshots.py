"""`python -m paintgraph.tests.page.screenshots`: the pictures of the page in the documentation.

Writes `docs/photos/page_selection.webp` and `page_result.webp`: a rocket, painted over and gone.
"""

import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from paintgraph.tests.api.hostile.processes import running
from paintgraph.tests.editor.browsing import CHROMIUM
from paintgraph.tests.page.browsing import visited

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "photos"
_SIZE = ViewportSize(width=1280, height=800)
_QUALITY = 80


def main() -> None:
    """Make both pictures anew."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "data") as server,
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        server.until_ready()
        with visited(browser, server, _SIZE) as tab:
            page = tab.page
            page.get_by_role("button", name="Try an example").click()
            page.locator("#picture").wait_for()
            page.wait_for_timeout(2000)  # until it is drawn
            box = page.locator("#picture").bounding_box()
            assert box is not None
            x, top = box["x"] + box["width"] * 0.503, box["y"] + box["height"] * 0.36
            tab.drag((x, top), (x, box["y"] + box["height"] * 0.76))
            _keep(page, "page_selection")
            page.get_by_role("button", name="Erase", exact=True).click()
            page.locator(".numbers:not(:empty)").wait_for(timeout=60_000)
            _keep(page, "page_result")


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(500)
    with Image.open(BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").save(FOLDER / f"{name}.webp", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
