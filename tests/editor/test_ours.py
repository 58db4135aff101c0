"""What is ours in the page: search by everyday words, pointing at pictures, links, numbers."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import NEEDS_PAGE, Tab, opened

pytestmark = NEEDS_PAGE

FOUND = "[data-testid='result-item']"
POINTING = "svg[style*='crosshair']"


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Child) -> Iterator[Tab]:
    """One tab for all; each test makes its own graph."""
    with opened(browser, server) as tab:
        yield tab


@pytest.fixture
def canvas(tab: Tab) -> Tab:
    """The tab with an empty graph at full size, and `add(type, x, y)` for its scripts."""
    tab.ask(
        """() => {
          window.add = (type, x, y, width = 420, height = 700) => {
            const node = LiteGraph.createNode(type);
            node.pos = [x, y];
            app.graph.add(node);
            node.setSize([width, height]);
            return node;
          };
          app.graph.clear();
          app.canvas.ds.scale = 1;
          app.canvas.ds.offset = [20, 40];
        }"""
    )
    return tab


def values(tab: Tab, *names: str) -> list[Any]:
    """The values of widgets of the node that was called `pointed`."""
    return [
        tab.ask("name => pointed.widgets.find(widget => widget.name === name).value", name)
        for name in names
    ]


class Photo:
    """The picture on a node, and a mouse that knows its px."""

    def __init__(self, tab: Tab) -> None:
        tab.page.locator(f"{POINTING} image[href]").wait_for()
        self.mouse = tab.page.mouse
        self.keyboard = tab.page.keyboard
        self.scale, self.left, self.top = tab.ask(
            "selector => { const m = document.querySelector(selector).getScreenCTM();"
            " return [m.a, m.e, m.f]; }",
            POINTING,
        )

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where the middle of a px is on the screen."""
        return self.left + self.scale * (x + 0.5), self.top + self.scale * (y + 0.5)

    def click(self, x: float, y: float) -> None:
        self.mouse.click(*self.place(x, y))

    def drag(self, *places: tuple[float, float]) -> None:
        self.mouse.move(*self.place(*places[0]))
        self.mouse.down()
        for place in places[1:]:
            self.mouse.move(*self.place(*place), steps=3)
        self.mouse.up()


def near(text: str, *expected: int) -> bool:
    """Whether numbers are these, to the px that a screen's own px make of it."""
    numbers = [int(number) for number in text.split(", ")]
    return len(numbers) == len(expected) and all(
        abs(number - wish) <= 1 for number, wish in zip(numbers, expected, strict=True)
    )


def test_everyday_words_find_nodes_and_recipes(canvas: Tab) -> None:
    found = {}
    search = canvas.page.get_by_placeholder("Add a node...")
    while not search.is_visible():  # a page that has just begun misses clicks
        canvas.page.mouse.dblclick(700, 700)
        canvas.page.wait_for_timeout(500)
    for words in (
        *("remove background", "select by text", "extend", "erase", "cut out"),
        *("blur background", "crop", "click to select"),
    ):
        canvas.page.keyboard.press("Control+A")
        canvas.page.keyboard.type(words)
        canvas.page.wait_for_timeout(400)  # the page searches once nobody types
        texts = canvas.page.locator(FOUND).all_inner_texts()
        found[words] = {text.split("\n")[0] for text in texts}
    canvas.page.keyboard.press("Escape")

    assert {"Remove Background", "Remove background"} <= found["remove background"]
    assert {"Mask from Text", "Mask by text"} <= found["select by text"]
    assert {"Outpaint", "Pad for Outpaint"} <= found["extend"]
    assert {"Erase object", "Erase by text", "Inpaint Sampler"} <= found["erase"]
    assert "Cut out" in found["cut out"]
    assert "Blur background" in found["blur background"]
    assert "Crop to Mask" in found["crop"]
    assert "Segment Points" in found["click to select"]


def test_boxes_and_points_are_set_and_removed_on_the_picture(canvas: Tab) -> None:
    canvas.ask(
        "() => { window.pointed = add('SegmentPoints', 400, 50);"
        " add('LoadImage', 0, 50, 320, 300).connect(0, pointed, 0); }"
    )
    photo = Photo(canvas)

    photo.drag((300, 110), (350, 410))
    photo.click(320, 200)
    photo.click(321, 350)
    photo.keyboard.down("Shift")
    photo.click(150, 200)
    photo.keyboard.up("Shift")
    points, avoid, box = values(canvas, "points", "avoid", "box")
    assert near(points, 320, 200, 321, 350)
    assert near(avoid, 150, 200)
    assert near(box, 300, 110, 350, 410)

    photo.drag((320, 200), (325, 250))
    photo.drag((300, 110), (280, 90))
    photo.click(321, 350)
    points, _, box = values(canvas, "points", "avoid", "box")
    assert near(points, 325, 250)
    assert near(box, 280, 90, 350, 410)

    photo.click(280, 90)
    assert values(canvas, "box") == [""]
    canvas.page.keyboard.press("Control+Z")
    node = "app.graph._nodes.find(node => node.type === 'SegmentPoints')"
    assert canvas.until(f"{node}?.widgets[2].value") == box


def test_what_is_typed_is_drawn_and_all_is_in_files_and_prompts(canvas: Tab) -> None:
    canvas.ask("() => { window.pointed = add('recipe/erase_object', 400, 50); }")
    Photo(canvas)
    canvas.ask("() => { pointed.widgets.find(w => w.name === 'box').value = '10, 20, 60, 90'; }")
    canvas.until("document.querySelectorAll('svg[style*=crosshair] rect').length === 1")

    saved = canvas.ask("app.graph.serialize().nodes[0].widgets_values")
    prompt = canvas.ask("app.graphToPrompt().then(both => Object.values(both.output)[0].inputs)")

    assert saved[1] == prompt["box"] == "10, 20, 60, 90"
    assert saved[-1] in ("randomize", "image")  # what the page puts behind the last input
    assert "picture" not in prompt


def test_links_bring_what_widgets_do_not_hold(canvas: Tab) -> None:
    connected = canvas.ask(
        """() => {
          const [photo, found] = [add('LoadImage', 0, 0), add('DetectFromText', 0, 0)];
          const to = (source, slot, type, name) => {
            const node = add(type, 500, 0);
            return !!source.connect(slot, node, node.inputs.findIndex(i => i.name === name));
          };
          return {
            boxes: to(found, 0, 'SegmentBoxes', 'boxes'),
            list: to(found, 2, 'EachText', 'texts'),
            picture: to(photo, 0, 'recipe/outpaint', 'image'),
            wrong: to(photo, 0, 'SegmentBoxes', 'boxes'),
          };
        }"""
    )

    assert connected == {"boxes": True, "list": True, "picture": True, "wrong": False}


def test_the_help_panel_tells_what_a_recipe_does(canvas: Tab) -> None:
    canvas.ask("() => app.canvas.selectNode(add('recipe/outpaint', 300, 200))")
    canvas.page.get_by_test_id("info-button").first.click()

    canvas.page.get_by_text("How far, as a part of the width or height.").wait_for()
    assert canvas.page.get_by_role("heading", name="recipe/outpaint").is_visible()


def test_a_result_says_how_well_it_fits(tab: Tab) -> None:
    tab.ask("app.loadGraphData()")
    tab.until("app.graph._nodes.length > 5")
    tab.ask("app.queuePrompt(0)")
    shown = tab.until(
        "app.graph._nodes.find(node => node.type === 'SaveImage')"
        "?.widgets.find(widget => widget.name === 'result')?.element.value"
    )

    assert shown.startswith("Outside the mask: unchanged\nSeam: ")
    assert "result" not in tab.ask("app.graphToPrompt().then(both => JSON.stringify(both.output))")
    assert tab.faults == []
