"""Painting with a model of the server, having it fetch one, and photos that it does not take."""

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import painting, photo, pixels, sent
from paintgraph.tests.page.pictures import file_of, gradient
from paintgraph.tests.page.small_models import MISSING, MOST_PIXELS, PAINTER

pytestmark = IN_BROWSER


def test_words_replace_what_is_selected_and_one_of_several_results_is_chosen(
    browser: Browser, server_with_models: Child
) -> None:
    with painting(browser, server_with_models) as painter:
        painter.choose()
        painter.stroke((0.4, 0.5), (0.6, 0.5))
        painter.open("Replace")
        painter.field("prompt").fill("a balloon")
        painter.field("engine").select_option(PAINTER)
        painter.panel.locator(".more > summary").click()
        painter.field("steps").fill("2")
        painter.panel.get_by_label("How many to choose from").fill("2")
        painter.start()
        painter.until_steps(2)
        made = painter.kept()["steps"][1]["made"]
        first = pixels(painter.shown())
        painter.page.locator(".choices").get_by_role("button", name="Result 2").click()
        painter.page.locator(".choices [aria-current]", has_text="Result 2").wait_for()
        second = pixels(painter.shown())
        mask = server_with_models.call("GET", f"/v1/images/{made['mask']}").body

    is_kept = pixels(mask) == 0
    assert (made["inputs"]["prompt"], made["inputs"]["engine"]) == ("a balloon", PAINTER)
    assert len(made["choices"]) == 2
    assert not np.array_equal(first, second)
    for result in (first, second):
        assert np.array_equal(result[is_kept], pixels(photo())[is_kept])
        assert not np.array_equal(result, pixels(photo()))


def test_a_missing_model_is_fetched_and_used(browser: Browser, server_with_models: Child) -> None:
    with painting(browser, server_with_models) as painter:
        painter.choose()
        select = painter.page.locator("#select")
        select.get_by_role("button", name="Subject", exact=True).click()
        choice = select.get_by_role("combobox", name="Model", exact=True)
        expect(choice.locator(f"option[value={MISSING}]")).to_contain_text("not on the server")
        choice.select_option(MISSING)
        fetch, needed = select.get_by_role("button", name="Fetch it"), select.locator(".needed")
        painter.page.route("**/v1/models", lambda route: route.abort(), times=1)
        fetch.click()
        expect(needed.locator("[role=status]")).to_contain_text("does not answer")
        painter.tab.broken.clear()  # the console tells of the request that broke off
        fetch.click()
        painter.page.locator("#select:not(:has(.needed button:disabled))").wait_for()
        assert needed.all_inner_texts() == []  # else they say why
        expect(choice.locator(f"option[value={MISSING}]")).to_have_text(MISSING)
        with painter.page.expect_response("**/v1/recipes/generate_mask?*") as asked:
            select.get_by_role("button", name="Select the subject").click()
        job = server_with_models.ended(asked.value.json()["id"])

    assert job["state"] == "succeeded"


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])  # the browser reads one of them
def test_a_photo_that_is_too_large_for_the_server_is_refused_in_its_words(
    browser: Browser, server_with_models: Child, kind: str
) -> None:
    size = 500
    assert size**2 > MOST_PIXELS
    with painting(browser, server_with_models) as painter:
        painter.page.locator("#pick").set_input_files(
            sent(f"large.{kind.lower()}", file_of(gradient(size, size), kind))
        )
        told = painter.told()
        painter.page.locator("#stage > .choose").wait_for()
        painter.tab.broken.clear()  # the console tells of the server's refusal

        assert told.startswith("large.")
        assert "500" in told
        assert painter.steps.count() == 0
