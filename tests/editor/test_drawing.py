"""A graph is drawn on the page as people do it: with search, wires, uploads and a brush."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.api.serving import png
from paintgraph.tests.editor.browsing import NEEDS_PAGE, SAVED, Tab, opened, prompt

pytestmark = NEEDS_PAGE

PAINTING = prompt(
    ("LoadImage", {"image": "paintgraph/rocket.jpg"}),
    ("InpaintSampler", {"image": ["1", 0], "engine": "patchmatch", "feather": 0}),
    ("SaveImage", {"images": ["2", 0], "filename_prefix": "painted"}),
)


def _pixels(server: Child, name: str, kind: str, folder: str = "") -> Any:
    answer = server.call("GET", f"/view?filename={name}&type={kind}&subfolder={folder}")
    with Image.open(BytesIO(answer.body)) as picture:
        return np.asarray(picture)


def test_nodes_are_found_by_search_and_wired_and_pictures_uploaded(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        tab.add("invert mask")
        assert tab.kinds()[-1] == "InvertMask"
        tab.connect("ErodeDilateMask", "mask", "InvertMask", "mask")
        assert tab.wired("InvertMask", "mask") == "ErodeDilateMask"

        with tab.page.expect_file_chooser() as chooser:
            tab.click("LoadImage", "upload")
        file = {"name": "chosen.png", "mimeType": "image/png", "buffer": png(1)}
        chooser.value.set_files(file)  # type: ignore[arg-type] # a payload
        tab.until_uploaded("LoadImage", "chosen.png")

        tab.drop(png(2), "dropped.png", "image/png", tab.spot("LoadImage", "image"))
        tab.until_uploaded("LoadImage", "dropped.png")

        tab.select("LoadImage")
        tab.paste(png(3), "image.png", "image/png")
        tab.until_uploaded("LoadImage", "image.png")

        shown = set(server.call("GET", "/internal/files/input").json)
        assert {"chosen.png", "dropped.png", "image.png"} <= shown
        assert (tab.dialogs(), tab.faults) == ([], [])


def test_what_is_painted_in_the_mask_editor_is_erased_and_nothing_else(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        tab.open(PAINTING)
        _paint(tab)
        tab.connect("LoadImage", "mask", "InpaintSampler", "mask")
        assert tab.wired("InpaintSampler", "mask") == "LoadImage"
        tab.run()
        saved = tab.until(SAVED)
        assert (tab.dialogs(), tab.faults) == ([], [])

        name = tab.value("LoadImage", "image").removesuffix(" [input]")

    masked = _pixels(server, name, "input")
    photo = _pixels(server, "rocket.jpg", "input", "paintgraph")
    result = _pixels(server, saved["filename"], "output")
    painted = masked[..., 3] < 255
    assert 500 < painted.sum() < painted.size / 4
    assert result.shape == photo.shape  # nothing of it is transparent
    assert np.array_equal(result[~painted], masked[~painted][..., :3])
    assert not np.array_equal(result[painted], photo[painted])


def test_a_template_runs_as_it_is_opened(browser: Browser, server: Child) -> None:
    path = "/editor/api/workflow_templates/paintgraph/outpaint.json"
    with opened(browser, server) as tab:
        tab.drop(server.call("GET", path).body, "outpaint.json", "application/json")
        tab.until("app.graph._nodes.some(node => node.type === 'PadForOutpaint')")
        tab.run()
        saved = tab.until(SAVED)
        assert (tab.dialogs(), tab.faults) == ([], [])

    photo = _pixels(server, "rocket.jpg", "input", "paintgraph")
    result = _pixels(server, saved["filename"], "output")
    left = (result.shape[1] - photo.shape[1]) // 2
    assert left > 100
    assert np.array_equal(result[:, left : left + photo.shape[1]], photo)


def _paint(tab: Tab) -> None:
    """Draw over the rocket in the page's mask editor, and save."""
    before = tab.value("LoadImage", "image")
    tab.click("LoadImage", button="right")
    tab.page.get_by_text("Open in MaskEditor").click()
    tab.page.get_by_text("Brush Settings").wait_for()
    canvas = tab.page.locator("canvas.z-30").bounding_box()
    assert canvas is not None
    middle = canvas["x"] + canvas["width"] / 2
    tab.drag(
        (middle, canvas["y"] + canvas["height"] * 0.3),
        (middle, canvas["y"] + canvas["height"] * 0.9),
    )
    tab.page.get_by_role("button", name="Save").click()
    tab.until(
        "before => app.graph._nodes.find(n => n.type === 'LoadImage')"
        ".widgets.find(w => w.name === 'image').value !== before",
        before,
    )
