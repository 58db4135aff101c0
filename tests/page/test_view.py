"""The picture on the canvas: places, zoom and tiles; the mask over it; a frame that is dragged."""

from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, ViewportSize

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.page.browsing import DESKTOP, IN_BROWSER, PHONE, visited
from paintgraph.tests.page.pictures import file_of, gradient

pytestmark = IN_BROWSER

WIDTH, HEIGHT = 2600, 1500
"""More than the small picture has: there are tiles."""

_SEEN = """(await new Promise(requestAnimationFrame), [0.4, 0.6].map((part) => {
  const { canvas: { width, height }, context } = view;
  return context.getImageData(part * width, height / 2, 1, 1).data[0];
}))"""
"""Red left and right of the middle: it grows to the right, and is 255 where it was made white."""

_WHITENED = """{
  const { width, height } = state.step.picture;
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  const picture = { ...state.step.picture, digest: "none" };
  const made = { recipe: "", inputs: {}, job: "1", label: "white" };
  state.add({ picture, made, source: await canvas.convertToBlob() }, state.photo, "");
}"""


def ask(tab: Tab, expression: str) -> Any:
    return tab.ask(f"import('/page/main.js').then(async ({{ state, view }}) => {expression})")


@cache
def _photo() -> bytes:
    return file_of(gradient(WIDTH, HEIGHT))


def open_photo(tab: Tab) -> None:
    files: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": _photo()}
    tab.page.locator("#pick").set_input_files([files])
    tab.until("import('/page/main.js').then(({ view }) => view.isReady)")
    ask(tab, "{ await view.picture.ready }")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_all_is_seen_and_what_is_zoomed_at_stays(
    browser: Browser, server: Child, size: ViewportSize
) -> None:
    with visited(browser, server, size) as tab:
        open_photo(tab)
        box = tab.page.locator("#picture").bounding_box()
        assert box
        # Events have whole pixels.
        x, y = round(box["x"] + box["width"] * 0.4), round(box["y"] + box["height"] * 0.55)
        fits = ask(tab, f"view.scale * {WIDTH} <= view.canvas.clientWidth")
        before, scale = ask(tab, f"[view.toPicture({x}, {y}), view.scale]")
        tab.page.locator("#picture").dispatch_event(
            "wheel", {"deltaY": -400, "clientX": x, "clientY": y}
        )
        after, larger = ask(tab, f"[view.toPicture({x}, {y}), view.scale]")

        assert fits
        assert larger > 1.5 * scale
        assert after == pytest.approx(before, abs=0.01)


def test_the_samples_are_those_of_the_file_across_tiles(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        open_photo(tab)
        part = "{ x: 1020, y: 1020, width: 8, height: 8 }"
        seen = ask(tab, f"Array.from((await view.picture.pixels({part})).data)")

    expected = gradient(WIDTH, HEIGHT).crop((1020, 1020, 1028, 1028)).convert("RGBA").tobytes()
    assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) == 0


def test_a_stroke_colours_the_picture_where_the_mask_has_it(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server) as tab:
        open_photo(tab)
        red = (
            "(await new Promise(requestAnimationFrame), [600, 1900].map((x) => {"
            " const ratio = devicePixelRatio, at = view.toScreen({ x, y: 700 });"
            " return [...view.context.getImageData(at.x * ratio, at.y * ratio, 1, 1).data] }))"
        )
        before = ask(tab, red)
        ask(
            tab,
            "{ for (let y = 600; y < 800; y++)"
            f" state.mask.data.fill(255, y * {WIDTH} + 500, y * {WIDTH} + 700);"
            " state.maskChanged({ x: 500, y: 600, width: 200, height: 200 }) }",
        )
        after = ask(tab, red)

    away = [
        max(abs(a - b) for a, b in zip(*pair, strict=True))
        for pair in zip(before, after, strict=True)
    ]
    assert away[0] > 50
    assert away[1] < 10  # a picture that no longer moves is drawn more smoothly


def test_a_side_of_the_frame_is_dragged(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        open_photo(tab)
        ask(tab, "{ view.frame = { left: 0, top: 0, right: 0, bottom: 0 } }")
        box = tab.page.locator("#picture").bounding_box()
        assert box
        right = ask(tab, f"view.toScreen({{ x: {WIDTH}, y: {HEIGHT / 2} }})")
        x, y = box["x"] + right["x"], box["y"] + right["y"]
        scale = ask(tab, "view.scale")
        tab.drag((x, y), (x + 40, y))

        frame = ask(tab, "view.frame")
        assert frame["right"] == pytest.approx(40 / scale, abs=1.5 / scale)
        assert (frame["left"], frame["top"], frame["bottom"]) == (0, 0, 0)


def test_before_is_seen_left_of_the_slider_and_after_right_of_it(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server) as tab:
        open_photo(tab)
        photo = ask(tab, _SEEN)
        ask(tab, _WHITENED)
        tab.until("import('/page/main.js').then(({ view }) => view.isReady)")
        tab.page.get_by_role("button", name="Before and after").click()
        slider = tab.page.get_by_label("How much shows what was before")
        slider.fill("500")
        tab.until(f"import('/page/main.js').then(async ({{ view }}) => {_SEEN}[0] !== 255)")
        half = ask(tab, _SEEN)
        slider.fill("1000")
        before = ask(tab, _SEEN)
        tab.page.keyboard.press("c")
        after = ask(tab, _SEEN)

    assert max(photo) < 200
    assert half == pytest.approx([photo[0], 255], abs=3)  # what moves is drawn less smoothly
    assert before == pytest.approx(photo, abs=3)
    assert after == [255, 255]
