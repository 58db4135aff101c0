"""Steps are taken back and done again, and survive reloads, crashes and a server that cleans up."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Route

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import mask, outside, painting, photo, pixels, serving
from paintgraph.tests.page.pictures import file_of, gradient

pytestmark = IN_BROWSER
_FULL = {"code": "queue_full", "detail": "the queue is full.", "errors": []}


def test_steps_are_undone_done_again_and_kept_over_a_reload(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        painter.choose("rocket.jpg")
        painter.erase()
        erased, numbers = painter.shown(), painter.numbers
        painter.page.get_by_role("button", name="Undo").click()
        assert painter.kept()["at"] == 0
        painter.page.keyboard.press("Control+Shift+z")
        assert painter.kept()["at"] == 1

        painter.page.reload()
        painter.until_steps(2)
        assert (painter.shown(), painter.numbers) == (erased, numbers)
        assert "Outside the selection 0 of 9,000 pixels changed." in numbers
        assert np.array_equal(outside(erased), outside(photo("JPEG")))
        painter.steps.first.click()
        assert pixels(painter.shown()).tolist() == pixels(photo("JPEG")).tolist()

        painter.recipe("slow")  # what was there to redo gives way
        painter.field("steps").fill("1")
        painter.start()
        painter.page.locator(".steps button", has_text="slow").wait_for()
        assert [each["made"] and each["made"]["recipe"] for each in painter.kept()["steps"]] == [
            None,
            "slow",
        ]


def test_a_job_goes_on_after_a_reload_and_a_crash(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as first, painting(browser, first) as painter:
        painter.choose()
        painter.recipe("slow")
        painter.field("steps").fill("100")
        painter.start()
        preview = painter.page.locator(".work img[src^='data:image/jpeg']")
        preview.wait_for()
        painter.page.reload()
        preview.wait_for()
        heard: list[str | None] = []
        painter.page.on("request", lambda sent: heard.append(sent.headers.get("last-event-id")))
        first.kill()
        painter.page.locator(".work", has_text="The server does not answer.").wait_for()
        with serving(data, first.port) as again:
            painter.until_steps(2)
            painter.server = again

            assert np.array_equal(pixels(painter.shown()), 255 - pixels(photo()))
            assert any(heard)  # it went on after what it had heard
            jobs = again.call("GET", "/v1/jobs?tag=page").json["jobs"]
            assert [job["state"] for job in jobs] == ["succeeded"]
        painter.tab.broken.clear()  # the console tells of each request that nobody answered


def test_what_the_server_has_cleaned_up_is_told(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        # A photo of its own: what jobs of other tests made too stays in the server.
        painter.choose(data=file_of(gradient(90, 100)))
        painter.recipe("slow")
        painter.field("steps").fill("2")
        painter.start()
        painter.until_steps(2)
        job = painter.kept()["steps"][1]["made"]["job"]
        assert server.call("DELETE", f"/v1/jobs/{job}?purge=true").status == 204
        painter.page.reload()
        painter.page.get_by_text(
            "1 step is gone: the server has cleaned up its picture."
        ).wait_for()

        assert painter.steps.count() == 1
        painter.tab.broken.clear()  # the console tells of the 404


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (None, "The server does not answer."),
        ({"status": 429, "json": _FULL, "headers": {"Retry-After": "1"}}, "Asking again in 1 s."),
    ],
    ids=["away", "full"],
)
def test_a_server_that_does_not_answer_or_is_full_is_asked_again_for_the_same_job(
    browser: Browser, server: Child, lost: dict[str, Any] | None, told: str
) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.recipe("slow")
        painter.field("steps").fill("1")
        keys: list[str | None] = []

        def lose_first(route: Route) -> None:
            """The server has it, but nobody hears of that."""
            keys.append(route.request.headers.get("idempotency-key"))
            if len(keys) > 1:
                route.continue_()
            elif lost:
                route.fulfill(**lost)
            else:
                route.fetch()
                route.abort("connectionreset")

        painter.page.route("**/v1/recipes/slow?*", lose_first)
        before = len(server.call("GET", "/v1/jobs?recipe=slow").json["jobs"])
        painter.start()
        painter.page.locator(".work", has_text=told).wait_for()
        painter.until_steps(2)

        assert keys == [keys[0]] * 2
        assert len(server.call("GET", "/v1/jobs?recipe=slow").json["jobs"]) == before + 1
        painter.tab.broken.clear()  # the console tells of the request that nobody answered


def test_a_full_disk_is_told_and_what_is_selected_stays(browser: Browser, server: Child) -> None:
    detail = "the server's disk is full, so nothing can be kept. Try again once there is space."
    with painting(browser, server) as painter:
        painter.choose()
        painter.stroke((0.4, 0.5), (0.6, 0.5))
        answer = {"code": "storage_full", "detail": detail, "errors": []}
        painter.page.route(
            "**/v1/recipes/*?*", lambda route: route.fulfill(status=507, json=answer)
        )
        painter.panel.locator("button.start").wait_for()
        painter.start()

        assert painter.told().startswith(detail)
        assert painter.steps.count() == 1
        assert not painter.tab.ask("async () => (await import('/page/main.js')).state.mask.isEmpty")
        painter.tab.failed.clear()  # that answer
        painter.tab.broken.clear()  # the console tells of it


def test_the_area_of_a_step_is_selected_again(browser: Browser, server: Child) -> None:
    def as_tiff(route: Route) -> None:
        """The mask as the browser cannot read it, unless it asks for another kind."""
        if route.request.headers["accept"] == "*/*":
            with Image.open(BytesIO(mask())) as picture:
                route.fulfill(body=file_of(picture, "TIFF"), content_type="image/tiff")
        else:
            route.continue_()

    with painting(browser, server) as painter:
        painter.choose()
        painter.erase()
        painter.page.route(f"**/{painter.kept()['steps'][1]['made']['mask']}", as_tiff)
        painter.page.get_by_role("button", name="Select its area again").click()
        painter.tab.until(
            "async () => !(await import('/page/main.js')).state.mask.isEmpty",
        )
        painter.open("Erase")
        painter.start()
        painter.until_steps(3)

        assert np.array_equal(outside(painter.shown()), outside(photo()))
