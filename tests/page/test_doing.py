"""What can be done with a picture, done by somebody who never opens a graph."""

import numpy as np
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import SIZE, outside, painting, photo, pixels

pytestmark = IN_BROWSER
_CHOICES = """async (digest) => {
  const load = (name) => import(`/page/${name}.js`);
  const [{ State }, { Client }, { Runner }, { Performer }] =
    await Promise.all([load("state"), load("client"), load("running"), load("doing/performing")]);
  const [state, client] = [new State((key) => key), new Client((key) => key)];
  const picture = { digest, width: 120, height: 80, name: "photo" };
  state.open({ id: "1", name: "photo", at: 0, steps: [{ picture, made: null }] });
  const read = async () => ({ image: digest, left: 9, seed: 5 });
  await new Performer(state, new Runner(state, client, (key) => key), (key) => key)
    .perform({ recipe: "outpaint", label: "wide", count: 3, read });
  return state.step.made;
}"""


def test_what_a_mask_selects_is_erased_and_nothing_else(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.erase()
        numbers = painter.numbers

        assert np.array_equal(outside(painter.shown()), outside(photo()))
        assert not np.array_equal(pixels(painter.shown()), pixels(photo()))
        assert numbers.startswith(
            "Outside the selection 0 of 9,000 pixels changed. Along its edge "
        )


def test_a_picture_is_extended_to_a_proportion(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.open("Extend")
        painter.page.get_by_role("button", name="4:5").click()
        painter.start()
        painter.until_steps(2)
        made = pixels(painter.shown())

        assert made.shape == (150, 120, 3)
        assert np.array_equal(made[35:115], pixels(photo()))
        assert "0 of 9,600 pixels changed" in painter.numbers

        painter.open("Extend")
        painter.panel.get_by_role("spinbutton", name="Left").fill("30")
        painter.start()
        painter.until_steps(3)
        assert np.array_equal(pixels(painter.shown())[:, 30:], made)


def test_nothing_to_extend_and_nothing_selected_are_told(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.start()
        assert "Nothing is selected." in painter.told()

        painter.open("Extend")
        painter.start()
        painter.page.get_by_text("Nothing is to be added.").wait_for()
        assert painter.steps.count() == 1


def test_every_recipe_has_a_form_with_a_field_for_each_input(
    browser: Browser, server: Child
) -> None:
    recipes = {each["name"]: each for each in server.call("GET", "/v1/recipes").json["recipes"]}
    with painting(browser, server) as painter:
        painter.choose()
        painter.recipe("slow")
        offered = painter.recipes.locator("option")
        names = [each.get_attribute("value") or "" for each in offered.all()]
        for name in names:
            painter.recipes.select_option(name)
            painter.panel.locator(f"[data-recipe={name}]").wait_for()
            fields = painter.panel.locator("[data-input]")
            shown = {each.get_attribute("data-input") for each in fields.all()}

            assert shown == set(recipes[name]["inputs"]), name
            assert painter.panel.locator("[data-input] :is(input, select, textarea)").count()

    assert set(names) == {name for name, each in recipes.items() if each["outputs"]}


def test_a_form_keeps_the_bounds_of_its_recipe(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.recipe("slow")
        steps = painter.field("steps")
        bounds = [steps.get_attribute(name) for name in ("min", "max")]
        value, help_ = steps.input_value(), steps.get_attribute("title")
        steps.fill("0")
        painter.start()

        assert (bounds, value, help_) == (["1", "10000"], "20", "A tenth of a second each.")
        assert painter.told().startswith("Steps: ")
        assert painter.steps.count() == 1


def test_work_shows_what_it_has_and_is_cancelled(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.recipe("slow")
        painter.field("steps").fill("9000")
        painter.start()
        work = painter.page.locator(".work")
        work.locator("img[src^='data:image/jpeg']").wait_for()
        assert painter.panel.locator("button.start").is_disabled()
        part = painter.tab.until("document.querySelector('.work progress').value")
        assert 0 < part < 1
        work.get_by_role("button", name="Cancel").click()
        work.wait_for(state="hidden")

        assert painter.page.locator("#said").inner_text().startswith("Cancelled.")
        job = server.call("GET", "/v1/jobs?tag=page&recipe=slow").json["jobs"][0]
        assert (server.ended(job["id"])["state"], painter.steps.count()) == ("cancelled", 1)


def test_a_missing_model_says_what_it_needs_and_the_server_why_it_will_not(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.open("Background")
        needed = painter.panel.locator(".needed [role=group], .needed[role=group]").first
        needed.wait_for()
        assert "u2netp is not on the server (5 MB)" in needed.inner_text()
        assert "paintgraph models pull u2netp" in needed.inner_text()
        painter.start()
        assert "'u2netp' (4.6 MB) is not on this machine" in painter.told()
        painter.tab.broken.clear()  # the console tells of the 424

        painter.open("Replace")
        assert "No model that paints from words is on the server" in painter.panel.inner_text()
        engines = painter.field("engine").locator("option").all_inner_texts()
        assert engines
        assert all("not on the server" in each for each in engines)


def test_several_results_of_one_wish_are_there_to_choose(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        made = painter.tab.ask(_CHOICES, server.upload(photo()))
        wide = SIZE[0] + 9

        assert [each["made"]["inputs"]["seed"] for each in made["choices"]] == [5, 6, 7]
        assert {each["picture"]["width"] for each in made["choices"]} == {wide}
        assert made["inputs"]["seed"] == 5


def test_a_stroke_of_the_brush_is_erased_and_a_dragged_side_is_added(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.stroke((0.4, 0.5), (0.6, 0.5))
        painter.start()
        painter.until_steps(2)
        made = painter.kept()["steps"][1]["made"]
        selected = pixels(server.call("GET", f"/v1/images/{made['mask']}").body) > 0
        kept, now = pixels(photo()), pixels(painter.shown())

        assert 0 < selected.mean() < 0.5
        assert np.array_equal(now[~selected], kept[~selected])
        assert not np.array_equal(now[selected], kept[selected])

        painter.open("Extend")
        painter.panel.get_by_role("button", name="1:1").click()
        top = int(painter.panel.get_by_role("spinbutton", name="Top").input_value())
        painter.stroke((0.5, 0.14), (0.5, 0.05))
        assert int(painter.panel.get_by_role("spinbutton", name="Top").input_value()) > top
