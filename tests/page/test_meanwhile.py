"""What is done while a photo is sent or a job runs is neither lost nor taken for the job's."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import SIZE, Painter, painting, pixels

pytestmark = IN_BROWSER
_SELECTED = """async () => {
  const { mask } = (await import("/page/main.js")).state;
  return { data: [...mask.data], width: mask.width, height: mask.height };
}"""
_CHOICES = """async () => {
  const load = (name) => import(`/page/${name}.js`);
  const [{ state }, { Client }, { Runner }, { Performer }] =
    await Promise.all([load("main"), load("client"), load("running"), load("doing/performing")]);
  const t = (key) => key;
  const runner = new Runner(state, new Client(t), t);
  const { digest } = await state.kept(state.step);
  const read = async () => ({ image: digest, left: 9 });
  const wish = { recipe: "outpaint", label: "wide", count: 2, read };
  await new Performer(state, runner, t).perform(wish);
}"""


@pytest.fixture
def painter(browser: Browser, server: Child) -> Iterator[Painter]:
    with painting(browser, server) as painter:
        yield painter


def selected(painter: Painter) -> NDArray[np.uint8]:
    found = painter.tab.ask(_SELECTED)
    data: NDArray[np.uint8] = np.array(found["data"], np.uint8)
    return data.reshape(found["height"], found["width"])


def test_strokes_and_settings_after_the_click_do_not_go_in(painter: Painter, server: Child) -> None:
    photo = painter.held("**/v1/images")
    painter.choose()
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    painter.panel.locator(".more > summary").click()
    before = selected(painter)
    painter.start()
    painter.stroke((0.4, 0.7), (0.6, 0.7))
    painter.field("grow").fill("40")
    photo[0].continue_()
    painter.until_steps(2)

    made = painter.kept()["steps"][1]["made"]
    with Image.open(
        BytesIO(server.call("GET", f"/v1/images/{made['inputs']['mask']}").body)
    ) as sent:
        assert np.asarray(sent).tolist() == before.tolist()
    assert "grow" not in made["inputs"]
    assert (selected(painter) > before).any()


def test_a_stroke_goes_on_when_a_result_comes(painter: Painter) -> None:
    painter.choose()
    painter.recipe("slow")
    painter.field("steps").fill("1")
    events = painter.begin_slowly()
    box = painter.page.locator("#picture").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + box["height"] / 2) for x in (0.3, 0.5, 0.7)]
    mouse = painter.page.mouse
    mouse.move(*places[0])
    mouse.down()
    mouse.move(*places[1], steps=4)
    half = selected(painter)
    events[0].continue_()
    painter.until_steps(2)
    mouse.move(*places[2], steps=4)
    mouse.up()

    assert painter.kept()["at"] == 1
    drawn = selected(painter)
    assert half.any()
    assert (drawn >= half).all()
    assert drawn.sum() > 1.5 * half.sum()
    painter.page.get_by_role("button", name="Undo").click()
    assert not selected(painter).any()
    assert painter.kept()["at"] == 1


def test_what_was_erased_is_selected_no_more_and_what_was_drawn_meanwhile_is(
    painter: Painter,
) -> None:
    painter.choose()
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    erased = selected(painter)
    events = painter.begin_slowly()
    painter.stroke((0.4, 0.8), (0.6, 0.8))
    both = selected(painter)
    events[0].continue_()
    painter.until_steps(2)

    assert erased.any()
    assert (both > erased).any()
    assert selected(painter).tolist() == np.where(both > erased, both, 0).tolist()


def test_what_was_drawn_lies_at_the_same_place_in_a_picture_that_was_extended(
    painter: Painter,
) -> None:
    painter.choose()
    painter.open("Extend")
    painter.panel.get_by_role("spinbutton", name="Left").fill("30")
    events = painter.begin_slowly()
    painter.panel.locator("summary").first.click()  # the brush draws where no frame is dragged
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    drawn = selected(painter)
    events[0].continue_()
    painter.until_steps(2)

    assert drawn.any()
    assert selected(painter)[:, 30:].tolist() == drawn.tolist()
    assert not selected(painter)[:, :30].any()


def test_a_frame_stays_when_a_result_of_the_same_size_comes(painter: Painter) -> None:
    painter.choose()
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    events = painter.begin_slowly()
    painter.open("Extend")
    left = painter.panel.get_by_role("spinbutton", name="Left")
    left.fill("30")
    left.press("Tab")
    events[0].continue_()
    painter.until_steps(2)

    assert left.input_value() == "30"
    assert painter.tab.ask("import('/page/main.js').then(({ view }) => view.frame.left)") == 30


def test_the_language_changes_once_the_photo_is_sent(painter: Painter) -> None:
    photo = painter.held("**/v1/images")
    painter.choose()
    painter.page.get_by_label("Menu").click()
    painter.page.get_by_label("Language").select_option("de")
    painter.page.get_by_text("The language changes as soon as the photo is sent.").wait_for()
    with painter.page.expect_navigation():
        photo[0].continue_()
    painter.page.get_by_label("Menü").wait_for()
    painter.steps.first.wait_for()

    assert painter.photos == 1


def test_a_result_in_which_the_selection_has_no_place_waits_in_the_strip(painter: Painter) -> None:
    painter.choose()
    painter.recipe("extend_to_ratio")
    painter.stroke((0.4, 0.5), (0.6, 0.5))
    events = painter.begin_slowly()
    painter.stroke((0.4, 0.7), (0.6, 0.7))
    drawn = selected(painter)
    events[0].continue_()
    painter.until_steps(2)

    assert (painter.kept()["at"], selected(painter).tolist()) == (0, drawn.tolist())
    painter.page.get_by_text("is done. It is the next step in the strip").wait_for()
    painter.steps.nth(1).click()
    assert painter.numbers.startswith("Outside the selection nothing changed.")


def test_each_of_several_results_keeps_the_steps_that_were_made_of_it(painter: Painter) -> None:
    painter.choose()
    painter.tab.ask(_CHOICES)
    painter.until_steps(2)
    painter.recipe("slow")
    painter.field("steps").fill("1")
    painter.start()
    painter.until_steps(3)
    painter.steps.nth(1).click()
    second = painter.page.locator(".choices").get_by_role("button", name="Result 2")
    second.click()
    painter.page.locator(".choices [aria-current]", has_text="Result 2").wait_for()
    assert painter.steps.count() == 2

    painter.page.reload()
    painter.until_steps(2)
    painter.page.locator(".choices").get_by_role("button", name="Result 1").click()
    painter.until_steps(3)
    assert [each["made"]["recipe"] for each in painter.kept()["steps"][1:]] == ["outpaint", "slow"]
    painter.steps.nth(2).click()
    assert pixels(painter.shown()).shape == (SIZE[1], SIZE[0] + 9, 3)


def test_another_tab_leaves_a_job_to_the_one_that_follows_it(painter: Painter) -> None:
    painter.choose()
    painter.recipe("slow")
    painter.field("steps").fill("1")
    events = painter.begin_slowly()
    heard: list[str] = []
    other = painter.page.context.new_page()
    other.on("request", lambda sent: heard.append(sent.url))
    other.goto(painter.page.url)
    other.locator(".steps button").first.wait_for()
    events[0].continue_()
    painter.until_steps(2)

    assert not [url for url in heard if url.endswith("/events")]
    assert other.locator(".steps button").count() == 1
    assert other.locator(".work").is_hidden()


def test_the_keyboard_stays_in_the_strip_when_a_photo_has_been_sent(painter: Painter) -> None:
    photo = painter.held("**/v1/images")
    painter.choose()
    painter.steps.first.focus()
    with painter.page.expect_response("**/v1/images"):
        photo[0].continue_()
    painter.tab.until("!!sessionStorage.getItem('paintgraph.photos')?.includes('digest')")

    assert painter.tab.ask("document.activeElement.closest('.steps') !== null")
