"""What is selected with each tool, by mouse, finger and pen; real server, small models."""

import io
import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Route, expect

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.models.text_models import FINDERS, PICKERS
from paintgraph.tests.page.browsing import IN_BROWSER, PHONE, visited

pytestmark = IN_BROWSER

Bytes = NDArray[np.uint8]
Place = tuple[float, float]

WIDTH, HEIGHT = 400, 300
RED = (slice(60, 180), slice(80, 240))
"""The only red of the picture."""

_MASK = """async () => {
  const { mask } = (await import("/page/main.js")).state;
  let text = "";
  for (let at = 0; at < mask.data.length; at += 4096)
    text += String.fromCharCode(...mask.data.subarray(at, at + 4096));
  return { data: btoa(text), width: mask.width, height: mask.height };
}"""
_ON_SCREEN = """async places => {
  const { view } = await import("/page/main.js");
  const { left, top } = view.canvas.getBoundingClientRect();
  return places.map(([x, y]) => {
    const place = view.toScreen({ x, y });
    return [left + place.x, top + place.y];
  });
}"""


@pytest.fixture
def server(server_with_models: Child) -> Child:
    return server_with_models


@pytest.fixture
def tab(browser: Browser, server: Child) -> Iterator[Tab]:
    """The page with a photo, on a desktop."""
    with visited(browser, server) as tab:
        _open(tab)
        yield tab


@pytest.fixture
def phone(browser: Browser, server: Child) -> Iterator[Tab]:
    """The page with a photo, on a phone."""
    with visited(browser, server, PHONE) as tab:
        _open(tab)
        yield tab


def _photo() -> Bytes:
    """Green with a red thing; noise that the eye does not see."""
    noise = np.random.default_rng(0).integers(0, 4, (HEIGHT, WIDTH, 3))
    picture = np.full((HEIGHT, WIDTH, 3), (30, 140, 60), np.uint8) + noise.astype(np.uint8)
    picture[RED] = (205, 30, 25)
    return picture


def _file(picture: Bytes, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind)
    return file.getvalue()


def _open(tab: Tab) -> None:
    file = {"name": "photo.png", "mimeType": "image/png", "buffer": _file(_photo())}
    tab.page.locator("#stage input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]
    tab.until("async () => (await import('/page/main.js')).view.isReady")


def _mask(tab: Tab) -> Bytes:
    found = tab.ask(_MASK)
    data: Bytes = np.frombuffer(b64decode(found["data"]), np.uint8)
    return data.reshape(found["height"], found["width"])


def _until_selected(tab: Tab) -> Bytes:
    tab.until("async () => !(await import('/page/main.js')).state.mask.isEmpty")
    return _mask(tab)


def _take(tab: Tab, name: str) -> None:
    tab.page.locator("#select .tools").get_by_role("button", name=name, exact=True).click()


def _screen(tab: Tab, *places: Place) -> list[Place]:
    found: list[Place] = tab.ask(_ON_SCREEN, [list(place) for place in places])
    return found


def _drag(tab: Tab, *places: Place) -> None:
    start, *rest = _screen(tab, *places)
    tab.drag(start, *rest)


def _click(tab: Tab, place: Place, **options: Any) -> None:
    ((x, y),) = _screen(tab, place)
    tab.page.mouse.click(x, y, **options)


def _slide(tab: Tab, name: str, value: int) -> None:
    tab.page.locator("#select").get_by_label(name).fill(str(value))


def _box(mask: Bytes) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is selected at least by half."""
    rows, columns = np.nonzero(mask >= 128)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def _steps(tab: Tab, *, is_undone: bool) -> None:
    tab.page.keyboard.press("Control+z" if is_undone else "Control+Shift+z")


def test_a_brush_selects_an_eraser_takes_away_and_undo_goes_back(tab: Tab) -> None:
    tab.page.keyboard.press("b")
    _drag(tab, (100, 150), (300, 150))
    painted = _mask(tab)
    tab.page.keyboard.press("e")
    _drag(tab, (200, 100), (200, 200))
    erased = _mask(tab)

    left, top, right, bottom = _box(painted)
    width = bottom - top
    assert painted[150, 100] == painted[150, 200] == 255
    assert abs((right - left) - (200 + width)) <= 2
    assert abs((top + bottom) / 2 - 150) <= 1
    assert erased[150, 200] == 0
    assert erased[150, 110] == erased[150, 290] == 255
    tab.page.get_by_role("button", name="Undo").click()
    assert _mask(tab).tolist() == painted.tolist()
    _steps(tab, is_undone=True)
    assert not _mask(tab).any()
    _steps(tab, is_undone=False)
    assert _mask(tab).tolist() == painted.tolist()


def test_keys_and_sliders_change_the_brush(tab: Tab) -> None:
    def width() -> int:
        _click(tab, (200, 150))
        _, top, _, bottom = _box(_mask(tab))
        tab.page.keyboard.press("Delete")
        return bottom - top

    usual = width()
    tab.page.keyboard.press("]")
    assert width() > usual
    tab.page.keyboard.press("[")
    assert width() == usual
    _slide(tab, "Softness", 0)
    _click(tab, (200, 150))
    hard = _mask(tab)
    _slide(tab, "Softness", 100)
    tab.page.keyboard.press("Delete")
    _click(tab, (200, 150))
    soft = _mask(tab)

    assert np.mean((hard > 0) & (hard < 255)) < np.mean((soft > 0) & (soft < 255)) / 2


def test_undo_waits_for_the_end_of_a_stroke(tab: Tab) -> None:
    start, middle, end = _screen(tab, (100, 150), (200, 150), (300, 150))
    tab.page.mouse.move(*start)
    tab.page.mouse.down()
    tab.page.mouse.move(*middle)
    _steps(tab, is_undone=True)
    tab.page.mouse.move(*end)
    tab.page.mouse.up()
    drawn = _mask(tab)
    _steps(tab, is_undone=True)

    assert drawn[150, 110] == drawn[150, 290] == 255
    assert not _mask(tab).any()


def test_shift_draws_straight_on_and_alt_takes_away(tab: Tab) -> None:
    _click(tab, (60, 60))
    tab.page.keyboard.down("Shift")
    _click(tab, (340, 240))
    tab.page.keyboard.up("Shift")
    line = _mask(tab)
    tab.page.keyboard.down("Alt")
    _click(tab, (200, 150))
    tab.page.keyboard.up("Alt")

    assert line[60, 60] == line[150, 200] == line[239, 339] == 255
    assert _mask(tab)[150, 200] == 0


def test_boxes_and_lassos_meet_what_is_selected(tab: Tab) -> None:
    tab.page.keyboard.press("m")
    _drag(tab, (50, 40), (250, 200))
    whole = _mask(tab)
    tab.page.keyboard.down("Alt")
    _drag(tab, (150, 20), (300, 120))
    tab.page.keyboard.up("Alt")
    less = _mask(tab)
    tab.page.keyboard.press("l")
    tab.page.get_by_label("what both have").check(force=True)
    _drag(tab, (0, 0), (400, 0), (400, 300), (0, 300), (0, 0))
    same = _mask(tab)
    tab.page.get_by_label("on its own").check(force=True)
    _drag(tab, (300, 50), (380, 50), (340, 130))

    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[40:200, 50:250] = True
    assert np.mean((whole == 255) != expected) < 0.01
    expected[20:120, 150:300] = False
    assert np.mean((less == 255) != expected) < 0.01
    assert same.tolist() == less.tolist()
    only = _mask(tab)
    assert abs(only.sum() / 255 - 80 * 80 / 2) < 150
    assert not only[:, :290].any()


def test_the_wand_selects_a_colour_and_its_sliders_go_on_working_at_it(tab: Tab) -> None:
    tab.page.keyboard.press("w")
    _click(tab, (150, 100))
    thing = _until_selected(tab)
    _slide(tab, "Tolerance", 60)
    tab.until("async () => (await import('/page/main.js')).state.mask.data.every(v => v === 255)")
    _slide(tab, "Tolerance", 8)
    tab.until("async () => !(await import('/page/main.js')).state.mask.data[0]")

    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[RED] = 255
    assert thing.tolist() == expected.tolist()
    assert _mask(tab).tolist() == expected.tolist()
    _steps(tab, is_undone=True)  # all that the sliders did is one stroke
    assert not _mask(tab).any()


def test_clicks_of_the_wand_that_come_fast_each_select_their_own_colour(tab: Tab) -> None:
    tab.page.keyboard.press("w")
    tab.ask("""async () => {
      const { view } = await import("/page/main.js");
      view.tool.up({ x: 150, y: 100, shift: true });
      view.tool.up({ x: 20, y: 20, shift: true });
    }""")
    tab.until("async () => (await import('/page/main.js')).state.mask.data.every(v => v === 255)")
    _steps(tab, is_undone=True)

    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    expected[RED] = 255
    assert _mask(tab).tolist() == expected.tolist()


def test_the_edge_moves_while_the_slider_moves_and_is_one_stroke(tab: Tab) -> None:
    tab.page.keyboard.press("m")
    _drag(tab, (100, 100), (200, 200))
    box = _mask(tab)
    for value in (3, 9, 6):
        _slide(tab, "Grow or shrink", value)
    wider = "async width => { const { mask } = (await import('/page/main.js')).state;"
    wider += " return mask.bounds().width === width }"
    tab.until(wider, 112)
    grown = _mask(tab)
    _slide(tab, "Soften", 4)
    tab.until(wider, 120)
    soft = _mask(tab)
    _steps(tab, is_undone=True)

    assert _box(box) == (100, 100, 200, 200)
    assert _box(grown) == (94, 94, 206, 206)
    assert grown[100, 94] == 255
    assert 0 < soft[150, 91] < soft[150, 96] < soft[150, 99] == 255
    assert _mask(tab).tolist() == box.tolist()
    assert tab.page.get_by_label("Grow or shrink").input_value() == "0"


def test_inverting_and_clearing(tab: Tab) -> None:
    tab.page.keyboard.press("i")
    all_of_it = _mask(tab)
    tab.page.locator("#select").get_by_role("button", name="Clear").click()

    assert (all_of_it == 255).all()
    assert not _mask(tab).any()


def test_a_file_is_a_selection_and_is_stretched_aloud(tab: Tab) -> None:
    half = np.zeros((30, 40), np.uint8)
    half[:, 20:] = 255
    _take(tab, "File")
    chooser = tab.page.get_by_label("Picture of the selection")
    files = [
        {"name": name, "mimeType": "image/png", "buffer": data}
        for name, data in (("mask.png", _file(half)), ("broken.png", b"no picture"))
    ]
    chooser.set_input_files(files[0])  # type: ignore[arg-type]
    mask = _until_selected(tab)
    expect(tab.page.get_by_role("status").filter(has_text="was stretched")).to_be_visible()
    chooser.set_input_files(files[1])  # type: ignore[arg-type]
    expect(tab.page.get_by_role("alert")).to_contain_text("broken.png")
    tab.broken.clear()  # the console tells of the server's refusal

    assert not mask[:, :190].any()
    assert (mask[:, 210:] == 255).all()
    assert _mask(tab).tolist() == mask.tolist()


def test_a_file_that_the_browser_cannot_read_is_a_selection_too(tab: Tab) -> None:
    white = np.zeros((HEIGHT, WIDTH), np.uint8)
    white[RED] = 255
    file = {"name": "mask.tif", "mimeType": "image/tiff", "buffer": _file(white, "TIFF")}
    _take(tab, "File")
    tab.page.get_by_label("Picture of the selection").set_input_files(file)  # type: ignore[arg-type]

    assert _until_selected(tab).tolist() == white.tolist()


def test_the_subject_is_found_by_a_durable_job(tab: Tab, server: Child) -> None:
    _take(tab, "Subject")
    tab.page.get_by_role("button", name="Select the subject").click()
    mask = _until_selected(tab)

    job = _jobs(server, "generate_mask")[0]
    assert mask.tolist() == _made(server, job).tolist()
    assert np.mean((mask >= 128)[RED]) > 0.9
    assert (mask >= 128).sum() < 1.2 * 120 * 160


def test_clicks_that_say_this_and_not_this_go_to_the_model(tab: Tab, server: Child) -> None:
    _take(tab, "Click")
    _choose_model(tab, "Model that selects", PICKERS[1])
    ended = "async () => document.querySelector('#select .asking').hidden"
    _click(tab, (160, 120))
    tab.until(ended)
    tab.page.get_by_label("Not this").check(force=True)
    _click(tab, (20, 20))
    tab.until(ended)

    (newest, first) = _jobs(server, "mask_by_points")
    inputs = server.call("GET", newest["links"]["graph"]).json["request"]["inputs"]
    # The mouse is on whole pixels of the screen, which are smaller than those of the photo.
    assert np.allclose(inputs["points"] + inputs["avoid"], [160, 120, 20, 20], atol=1)
    assert server.call("GET", first["links"]["graph"]).json["request"]["inputs"]["avoid"] == []
    # The second answer stands in the place of the first.
    assert _mask(tab).tolist() == _made(server, newest).tolist()


def test_words_go_to_the_models_and_what_is_not_found_is_said(tab: Tab, server: Child) -> None:
    _take(tab, "Words")
    _choose_model(tab, "Model that finds", FINDERS[1])
    _choose_model(tab, "Model that selects", PICKERS[1])
    tab.page.get_by_label("What to select").fill("a red thing")
    tab.page.keyboard.press("Enter")
    tab.until("async () => document.querySelector('#select .asking').hidden")

    (job,) = _jobs(server, "mask_by_text")
    inputs = server.call("GET", job["links"]["graph"]).json["request"]["inputs"]
    assert (inputs["prompt"], inputs["segment_model"]) == ("a red thing", PICKERS[1])
    expected = _made(server, job)
    assert _mask(tab).tolist() == expected.tolist()
    if not expected.any():
        expect(tab.page.locator("#said")).to_contain_text("Nothing was found")


def test_a_model_that_is_missing_says_what_it_is_and_that_it_can_be_fetched(tab: Tab) -> None:
    _take(tab, "Subject")
    _choose_model(tab, "Model", "bria-rmbg")

    told = tab.page.locator("#select .needed")
    expect(told).to_contain_text(re.compile("licence", re.IGNORECASE))
    expect(told).to_contain_text("1,020 MB")
    expect(told.get_by_role("button", name="Fetch it")).to_be_enabled()


def test_a_selection_that_is_given_up_changes_nothing_and_its_job_is_cancelled(
    tab: Tab, server: Child
) -> None:
    before = {job["id"] for job in _jobs(server, "generate_mask")}
    tab.page.route("**/events", lambda _: None)  # never answered: it goes on and on
    _take(tab, "Subject")
    with tab.page.expect_request("**/events"):
        tab.page.get_by_role("button", name="Select the subject").click()
    with tab.page.expect_request(lambda request: request.method == "DELETE") as cancelled:
        tab.page.locator("#select .asking").get_by_role("button", name="Cancel").click()
    expect(tab.page.locator("#select .asking")).to_be_hidden()

    (job,) = [job for job in _jobs(server, "generate_mask") if job["id"] not in before]
    assert job["id"] in cancelled.value.url
    assert not _mask(tab).any()


def test_a_selection_given_up_while_it_is_asked_for_leaves_no_job_running(tab: Tab) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route("**/v1/recipes/generate_mask?*", hold)
    _take(tab, "Subject")
    with tab.page.expect_request("**/v1/recipes/generate_mask?*"):
        tab.page.get_by_role("button", name="Select the subject").click()
    tab.page.locator("#select .asking").get_by_role("button", name="Cancel").click()
    with tab.page.expect_request(lambda request: request.method == "DELETE"):
        held[0].continue_()

    expect(tab.page.locator("#select .asking")).to_be_hidden()
    assert not _mask(tab).any()


def test_a_finger_draws_and_two_fingers_zoom_and_leave_the_selection_alone(phone: Tab) -> None:
    cdp = phone.page.context.new_cdp_session(phone.page)
    scale = "async () => (await import('/page/main.js')).view.scale"
    start, end = _screen(phone, (100, 150), (300, 150))
    _touch(cdp, "touchStart", [start])
    _touch(cdp, "touchMove", [((start[0] + end[0]) / 2, start[1])])
    _touch(cdp, "touchMove", [end])
    _touch(cdp, "touchEnd", [])
    drawn = _mask(phone)
    first, second = _screen(phone, (150, 200), (250, 200))
    before, apart = phone.ask(scale), second[0] - first[0]
    _touch(cdp, "touchStart", [first])
    _touch(cdp, "touchMove", [(first[0] + 2, first[1])])
    _touch(cdp, "touchStart", [first, second])
    wide = [(first[0] - apart / 2, first[1]), (second[0] + apart / 2, second[1])]
    _touch(cdp, "touchMove", wide)
    _touch(cdp, "touchEnd", [])

    assert phone.ask(scale) == pytest.approx(2 * before, rel=0.05)
    assert np.allclose(_screen(phone, (150, 200), (250, 200)), wide, atol=4)  # what they hold
    assert drawn[150, 110] == drawn[150, 200] == drawn[150, 290] == 255
    assert _mask(phone).tolist() == drawn.tolist()


def test_a_pen_draws_as_wide_as_it_is_pressed(tab: Tab) -> None:
    widths = []
    for force in (0.1, 0.9):
        ((x, y),) = _screen(tab, (200, 150))
        cdp = tab.page.context.new_cdp_session(tab.page)
        pen = {"x": x, "y": y, "button": "left", "clickCount": 1, "pointerType": "pen"}
        cdp.send("Input.dispatchMouseEvent", {"type": "mousePressed", "force": force, **pen})
        cdp.send("Input.dispatchMouseEvent", {"type": "mouseReleased", "force": 0, **pen})
        _, top, _, bottom = _box(_mask(tab))
        widths.append(bottom - top)
        tab.page.keyboard.press("Delete")

    assert 1.5 * widths[0] < widths[1]


@pytest.mark.parametrize("is_hand_first", [False, True])
def test_a_hand_on_the_screen_leaves_the_stroke_of_a_pen_alone(
    tab: Tab, *, is_hand_first: bool
) -> None:
    cdp = tab.page.context.new_cdp_session(tab.page)
    start, end, hand = _screen(tab, (100, 150), (300, 150), (200, 280))
    pen = {"button": "left", "clickCount": 1, "pointerType": "pen", "force": 0.5}
    places = [{"x": x, "y": y} for x, y in (start, end)]
    if is_hand_first:
        _touch(cdp, "touchStart", [hand])
    cdp.send("Input.dispatchMouseEvent", {"type": "mousePressed", **pen, **places[0]})
    if not is_hand_first:
        _touch(cdp, "touchStart", [hand])
    cdp.send("Input.dispatchMouseEvent", {"type": "mouseMoved", "buttons": 1, **pen, **places[1]})
    _touch(cdp, "touchMove", [(hand[0] + 30, hand[1])])
    _touch(cdp, "touchEnd", [])
    cdp.send("Input.dispatchMouseEvent", {"type": "mouseReleased", **pen, **places[1]})

    drawn = _mask(tab)
    assert drawn[150, 110] == drawn[150, 290] == 255
    assert not drawn[280, 200]


def _touch(cdp: CDPSession, kind: str, places: Sequence[Place]) -> None:
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
    cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def _choose_model(tab: Tab, label: str, name: str) -> None:
    choice = tab.page.locator("#select").get_by_role("combobox", name=label, exact=True)
    expect(choice.locator(f"option[value='{name}']")).to_be_attached()
    choice.select_option(name)


def _jobs(server: Child, recipe: str) -> list[dict[str, Any]]:
    """Jobs of selections, the newest first."""
    path = f"/v1/jobs?tag=page-selection&recipe={recipe}"
    jobs: list[dict[str, Any]] = server.call("GET", path).json["jobs"]
    return jobs


def _made(server: Child, job: dict[str, Any]) -> Bytes:
    """The mask that a job made."""
    url = server.ended(job["id"])["outputs"]["mask"]["url"]
    with Image.open(io.BytesIO(server.call("GET", url).body)) as picture:
        return np.asarray(picture.convert("L"))
