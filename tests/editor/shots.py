"""Pictures of pages for the documentation: where they are taken, and how they are kept."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.browsing import launched

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "photos"
_WIDTH = 1280
_QUALITY = 80


@contextmanager
def on_stage() -> Iterator[tuple[Browser, Child]]:
    """A browser, and a server that has nothing yet."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "data") as server,
        launched() as browser,
    ):
        server.until_ready()
        yield browser, server


def keep(page: Page, name: str) -> None:
    """Write what is seen to `docs/photos/NAME.webp`, at most 1280 px wide."""
    page.wait_for_timeout(500)  # until what moves stands still
    with Image.open(BytesIO(page.screenshot())) as shot:
        small = shot.convert("RGB")
        small.thumbnail((_WIDTH, _WIDTH), Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{name}.webp", quality=_QUALITY, method=6)
