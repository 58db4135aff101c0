"""The page can be used without a mouse, without eyes, on a phone, in the dark and in German.

axe-core is put into the page as the debugger's expression, so the page's own policy stays in force.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import DESKTOP, IN_BROWSER, PHONE, visited
from paintgraph.tests.page.doing import Painter, painting
from paintgraph.tests.test_readme import ROOT

pytestmark = IN_BROWSER

_AXE = Path(sys.prefix) / "javascript" / "node_modules" / "axe-core" / "axe.min.js"
_NEEDS_AXE = pytest.mark.skipif(not _AXE.is_file(), reason="scripts/test fetches axe-core")
_PHOTO = ROOT / "docs" / "photos" / "disc.jpg"

_FAULTS = """async (only) =>
  (await axe.run(document, { resultTypes: ["violations"], ...only })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary]))
"""
_OUTSIDE = """() => {
  const scrolls = (each) => each && (/auto|scroll/.test(getComputedStyle(each).overflowX)
    && each.scrollWidth > each.clientWidth || scrolls(each.parentElement));
  return [...document.querySelectorAll("button, a, input, select, textarea, summary, h1, h2, p")]
    .filter((each) => each.checkVisibility() && !scrolls(each.parentElement))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.outerHTML);
}"""
_SMALL = """() => [...document.querySelectorAll("button, a.button, select, summary")]
  .filter((each) => each.checkVisibility())
  .filter((each) => each.getBoundingClientRect().height < 43.5)
  .map((each) => each.outerHTML)
"""
_FOCUSED = "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.innerText"


class _Walk:
    """Goes through the states of the page, and says which faults were seen in which."""

    def __init__(self, page: Page, **only: Any) -> None:
        self._page = page
        self._only = only
        self._page.evaluate(_AXE.read_text(encoding="utf-8"))
        self.faults: dict[str, Any] = {}

    def look(self, state: str) -> None:
        """See what is wrong now."""
        found = [*self._page.evaluate(_FAULTS, self._only), *self._page.evaluate(_OUTSIDE)]
        if self._page.evaluate("matchMedia('(pointer: coarse)').matches"):
            found += self._page.evaluate(_SMALL)
        if found:
            self.faults[state] = found


def _open_photo(page: Page) -> None:
    page.locator("input[type=file]").first.set_input_files(_PHOTO)
    page.locator("#picture").wait_for()


@_NEEDS_AXE
@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")]
)
def test_no_state_of_the_page_keeps_people_out(
    browser: Browser, server: Child, size: ViewportSize, scheme: str
) -> None:
    with painting(browser, server, size=size, color_scheme=scheme, reduced_motion="reduce") as each:
        # In the dark other colours are all that is different.
        walk = _Walk(each.page, **({"runOnly": ["color-contrast"]} if scheme == "dark" else {}))
        _begin(each, walk)
        _do(each, walk)
        _see(each, walk)

    assert walk.faults == {}


def _begin(painter: Painter, walk: _Walk) -> None:
    """An empty page, its menu and its keys; a photo, and the ways to select."""
    page = painter.page
    walk.look("nothing open")
    page.get_by_label("Menu").click()
    walk.look("menu")
    page.get_by_role("button", name="Keyboard shortcuts").click()
    walk.look("keys")
    page.keyboard.press("Escape")
    painter.choose()
    painter.show("Select")
    for tool in ("Wand", "Click", "Words"):
        page.get_by_role("button", name=tool, exact=True).click()
        walk.look(tool)


def _do(painter: Painter, walk: _Walk) -> None:
    """What can be done, what goes wrong, and what it looks like while it is done."""
    page = painter.page
    painter.show("Change")
    for action in ("Replace", "Extend", "Background", "More recipes", "Erase"):
        painter.open(action)
        walk.look(action)
    painter.start()
    painter.told()
    walk.look("nothing selected")
    page.get_by_role("alert").get_by_role("button", name="Close").click()
    page.keyboard.press("b")
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    events = painter.begin_slowly()
    walk.look("working")
    events[0].continue_()
    painter.until_steps(2)


def _see(painter: Painter, walk: _Walk) -> None:
    """A result, what it was before, how it is saved and told, and what was made earlier."""
    page = painter.page
    page.locator(".numbers:not(:empty)").wait_for(state="attached")
    page.get_by_role("button", name="Before and after").click()
    walk.look("result")
    page.get_by_role("button", name="Save", exact=True).click()
    walk.look("saving")
    page.get_by_role("button", name="As HTTP").click()
    page.locator("dialog.told[open] pre").wait_for()
    walk.look("told")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Earlier jobs").click()
    page.locator(".jobs > li").first.wait_for()
    walk.look("earlier jobs")


def test_each_key_does_what_its_sheet_says(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        page = tab.page
        page.locator("body").press("?")
        sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
        sheet.wait_for()
        listed = sheet.locator("kbd").all_inner_texts()
        # Space draws, and moves the photo where the mouse is pressed as well.
        rows = [row for row in sheet.locator("dt").all_inner_texts() if row != "Space"]
        named = sheet.locator("dd", has_text="Size").inner_text()
        page.keyboard.press("Escape")
        sheet.wait_for(state="hidden")

        assert "?" in listed
        assert len(set(rows)) == len(rows)  # no other key does two things
        assert named == "Size"
        page.get_by_label("Menu").focus()
        page.keyboard.press("Enter")  # a control's own
        page.locator("#menu").wait_for()
        page.keyboard.press("Escape")
        page.locator("#menu").wait_for(state="hidden")
        assert page.evaluate(_FOCUSED) == "Menu"

        _open_photo(page)
        page.locator("#picture").focus()
        page.keyboard.press("e")
        eraser = page.get_by_role("button", name="Eraser")
        assert eraser.get_attribute("aria-pressed") == "true"
        size = page.get_by_label("Size").first
        before = float(size.input_value())
        page.keyboard.press("]")
        assert float(size.input_value()) > before
        page.keyboard.press("i")
        page.keyboard.press("Control+z")
        assert page.get_by_role("button", name="Undo").is_disabled()
        page.get_by_role("button", name="Erase", exact=True).wait_for()
        page.keyboard.press("Enter")
        page.get_by_role("alert").get_by_text("Nothing is selected").wait_for()


def test_the_page_speaks_german_and_keeps_what_was_chosen(browser: Browser, server: Child) -> None:
    with visited(browser, server, locale="de-AT") as tab:
        page = tab.page
        assert page.locator("html").get_attribute("lang") == "de"
        page.get_by_label("Menü").click()
        page.get_by_label("Aussehen").select_option("dark")
        with page.expect_navigation():
            page.get_by_label("Sprache").select_option("en")
        page.get_by_label("Menu").wait_for()
        page.reload()
        page.get_by_label("Menu").wait_for()

        assert page.locator("html").get_attribute("lang") == "en"
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert dark == "rgb(18, 19, 24)"


def test_what_is_selected_stays_when_the_language_is_changed(
    browser: Browser, server: Child
) -> None:
    selected = "async () => [...(await import('/page/main.js')).state.mask.data]"
    with visited(browser, server) as tab:
        page = tab.page
        _open_photo(page)
        tab.until("!!sessionStorage.getItem('paintgraph.photos')?.includes('digest')")
        box = page.locator("#picture").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tab.drag((x, y), (x + 80, y + 40))
        before = tab.ask(selected)
        page.get_by_label("Menu").click()
        with page.expect_navigation():
            page.get_by_label("Language").select_option("de")
        page.get_by_label("Menü").wait_for()
        tab.until("async () => !(await import('/page/main.js')).state.mask?.isEmpty")

        assert any(before)
        assert tab.ask(selected) == before


def test_earlier_jobs_are_at_hand_on_a_phone_with_a_photo_open(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server, PHONE) as tab:
        _open_photo(tab.page)
        tab.page.get_by_role("button", name="Earlier jobs").click()
        tab.page.get_by_role("dialog", name="Earlier jobs").wait_for()


def test_numbers_and_plurals_are_those_of_the_language(browser: Browser, server: Child) -> None:
    table = {"jobs": {"one": "{n} job", "other": "{n} jobs"}, "plain": "{a} of {n}, {b}"}
    ask = f"""async () => {{
      const {{ translator }} = await import("/page/texts.js");
      const t = translator("de", {json.dumps(table)});
      return [["jobs", {{ n: 1 }}], ["jobs", {{ n: 2000 }}], ["plain", {{ a: "x", n: 0.5 }}],
        ["none"]]
        .map((given) => t(...given));
    }}"""
    with visited(browser, server) as tab:
        assert tab.ask(ask) == ["1 job", "2.000 jobs", "x of 0,5, {b}", "none"]
