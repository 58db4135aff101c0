"""Somebody without a mouse goes all the way: from the empty page to the file of the picture."""

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import Painter, painting, photo, pixels, sent

pytestmark = IN_BROWSER

_FOCUSED = """() => {
  const { activeElement: at } = document;
  return [at.id, at.getAttribute("aria-label"), at.labels?.[0]?.innerText, at.innerText];
}"""
_SELECTED = """async () => {
  const { mask } = (await import("/page/main.js")).state;
  return mask.bounds();
}"""
_PLACED = """async () => {
  const { view } = await import("/page/main.js");
  const { x, y } = view.toScreen({ x: 0, y: 0 });
  return [view.scale, x, y];
}"""
_MOST_TABS = 80


def go_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus has this name."""
    for _ in range(_MOST_TABS):
        page.keyboard.press("Tab")
        if name in page.evaluate(_FOCUSED):
            return
    raise AssertionError(name)


def choose(painter: Painter) -> None:
    page = painter.page
    with page.expect_file_chooser() as chooser:  # the browser is told at once, and needs a moment
        go_to(page, "Choose photos")
        page.keyboard.press("Enter")
    chooser.value.set_files(sent("rocket.png", photo()))
    expect(page.locator("#picture")).to_be_focused()
    page.locator("#picture:not([aria-busy])").wait_for()


def draw(page: Page, *keys: str) -> None:
    """Put the tool down, move it and lift it; it was moved before."""
    for key in ("Space", *keys, "Space"):
        page.keyboard.press(key)


def test_a_photo_is_chosen_painted_over_erased_and_saved_by_keys_alone(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        page = painter.page
        choose(painter)
        page.keyboard.press("b")
        page.keyboard.press("Shift+ArrowUp")
        draw(page, *["ArrowRight"] * 5)
        selected = painter.tab.ask(_SELECTED)
        painter.panel.locator("button.start").wait_for()
        page.keyboard.press("Enter")
        painter.until_steps(2)
        go_to(page, "Save")
        page.keyboard.press("Enter")
        go_to(page, "PNG")
        with page.expect_download() as told:
            page.keyboard.press("Enter")
        saved = pixels(told.value.path().read_bytes())
        mask = painter.kept()["steps"][1]["made"]["mask"]
        is_kept = pixels(server.call("GET", f"/v1/images/{mask}").body) == 0

    assert selected["width"] > selected["height"]
    assert 0 < (~is_kept).mean() < 0.5
    assert np.array_equal(saved[is_kept], pixels(photo())[is_kept])
    assert not np.array_equal(saved, pixels(photo()))


def test_arrow_keys_move_the_tool_in_hand_and_escape_takes_its_stroke_back(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        page = painter.page
        choose(painter)
        scale, left, top = painter.tab.ask(_PLACED)
        page.keyboard.press("m")
        page.keyboard.press("ArrowUp")
        draw(page, *["ArrowRight"] * 3, *["ArrowDown"] * 4, "Shift+ArrowDown")
        box = painter.tab.ask(_SELECTED)
        page.keyboard.press("b")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        painted = painter.tab.ask(_SELECTED)
        page.keyboard.press("Escape")
        again = painter.tab.ask(_SELECTED)
        page.keyboard.press("h")
        page.keyboard.press("ArrowRight")
        moved = painter.tab.ask(_PLACED)

    assert box["width"] == pytest.approx(3 * 16 / scale, abs=1)
    assert box["height"] == pytest.approx((4 * 16 + 2) / scale, abs=1)
    assert painted["width"] > box["width"]
    assert again == box
    assert moved == [scale, left - 64, top]


def test_the_picture_comes_along_where_the_tool_is_moved_past_the_side(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        page = painter.page
        choose(painter)
        for key in ["b", *["+"] * 5, *["ArrowLeft"] * 60]:
            page.keyboard.press(key)
        before = painter.tab.ask(_PLACED)
        page.keyboard.press("ArrowLeft")
        after = painter.tab.ask(_PLACED)

    assert after == [before[0], before[1] + 16, before[2]]
