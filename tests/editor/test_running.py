"""Jobs on the page: how far they are, what they show, how they are cancelled, and after a crash."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.editor.browsing import (
    NEEDS_PAGE,
    SAVED,
    SLOW_PACK,
    brushed,
    jobs_of,
    opened,
)

pytestmark = NEEDS_PAGE
PROGRESS = "app.graph._nodes.find(node => node.type === 'SlowBrush').progress"
PREVIEWS = "Object.values(app.nodePreviewImages ?? {}).flat().length"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with a slow node of a pack."""
    folder = tmp_path_factory.mktemp("data") / "data"
    with running(folder, node_packs=SLOW_PACK, workers=1) as server:
        server.until_ready()
        yield server


def test_steps_and_previews_are_shown_and_jobs_are_cancelled(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        tab.open(brushed(20))
        for steps in (8999, 9000, 1):
            tab.set("SlowBrush", "steps", steps)
            tab.run()
        wait_for(lambda: len(jobs_of(server)) == 3, "three jobs are there")
        first, second, third = jobs_of(server)

        assert 0 < tab.until(PROGRESS) < 1
        assert tab.until(PREVIEWS)
        assert "SlowBrush" in tab.page.title()
        tab.show_jobs()
        for job in (second, first):  # one that waits, and the one at work
            tab.job(job).hover()
            tab.job(job).get_by_role("button", name="Cancel").click()

        wait_for(lambda: jobs_of(server)[third] == "completed", "the last job is done")
        assert jobs_of(server) == {first: "cancelled", third: "completed"}  # as ComfyUI tells it
        assert tab.until(SAVED)
        tab.job(third).get_by_text("brushed_").wait_for()
        assert (tab.dialogs(), tab.faults) == ([], [])


def test_a_job_that_fails_is_told_on_its_node(browser: Browser, server: Child) -> None:
    with opened(browser, server) as tab:
        tab.open(
            {
                **brushed(1),
                "4": {"class_type": "SolidMask", "inputs": {"width": 10, "height": 10}},
                "5": {
                    "class_type": "InpaintSampler",
                    "inputs": {"image": ["1", 0], "mask": ["4", 0], "engine": "patchmatch"},
                },
                "6": {"class_type": "PreviewImage", "inputs": {"images": ["5", 0]}},
            }
        )
        tab.run()
        error = tab.until("app.lastExecutionError")

    assert error["node_type"] == "InpaintSampler"
    assert "image is 427x640 but mask is 10x10" in error["exception_message"]


def test_a_page_finds_its_jobs_done_after_the_server_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with running(data, node_packs=SLOW_PACK, workers=1) as server, opened(browser, server) as tab:
        tab.open(brushed(15))
        tab.run()
        tab.until(PROGRESS)
        tab.set("SlowBrush", "steps", 2)
        tab.run()
        wait_for(lambda: len(jobs_of(server)) == 2, "two jobs are there")
        jobs = list(jobs_of(server))
        server.kill()
        tab.until_told("Reconnecting")

        with running(data, port=server.port, node_packs=SLOW_PACK, workers=1) as again:
            assert tab.until(SAVED)
            wait_for(lambda: set(jobs_of(again).values()) == {"completed"}, "all jobs are done")
            tab.show_jobs()
            for job in jobs:
                tab.job(job).get_by_text("brushed_").wait_for()
            assert tab.value("SlowBrush", "steps") == 2
            tab.page.reload()
            tab.until_ready()
            assert tab.kinds() == ["LoadImage", "SlowBrush", "SaveImage"]
