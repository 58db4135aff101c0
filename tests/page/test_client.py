"""The page's client follows jobs to their ends, and errors are in the server's words."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from paintgraph.tests.api.hostile.processes import Child, wait_for
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.page.browsing import IN_BROWSER, visited
from paintgraph.tests.page.doing import photo, serving

pytestmark = IN_BROWSER

_CLIENT = """
  const { Client } = await import("/page/client.js");
  const client = new Client((key) => key);
"""
_FOLLOW = f"""async ([digest, steps]) => {{{_CLIENT}
  window.told = [];
  const tell = (kind) => (event) => told.push([kind, event]);
  window.job = await client.run("slow", {{ image: digest, steps }}, {{ tags: ["page"] }});
  const end = client.follow(job.id, {{
    status: tell("status"), preview: tell("preview"), warning: tell("warning"), away: tell("away"),
  }});
  end.then((ended) => {{ window.ended = ended; }});
  return job.id;
}}"""
_FAILED = f"""async ([recipe, inputs]) => {{{_CLIENT}
  try {{
    await client.run(recipe, inputs);
  }} catch ({{ name, message, code, status, retryAfter }}) {{
    return {{ name, message, code, status, retryAfter }};
  }}
}}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    with serving(tmp_path_factory.mktemp("data") / "data", queue_jobs=1) as server:
        yield server


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Child) -> Iterator[Tab]:
    with visited(browser, server) as tab:
        yield tab
        tab.broken = [each for each in tab.broken if "Failed to load resource" not in each]


def kinds(tab: Tab) -> set[str]:
    return {kind for kind, _ in tab.ask("told")}


def test_a_job_is_followed_to_its_end(tab: Tab, server: Child) -> None:
    id_ = tab.ask(_FOLLOW, [server.upload(photo()), 50])
    ended = tab.until("window.ended")

    assert (ended["id"], ended["state"], ended["tags"]) == (id_, "succeeded", ["page"])
    assert kinds(tab) >= {"status", "preview"}
    shown = [event["image"] for kind, event in tab.ask("told") if kind == "preview"]
    assert all(image.startswith("data:image/jpeg;base64,") for image in shown)


def test_every_fault_is_told_in_the_words_of_the_server(tab: Tab, server: Child) -> None:
    digest = server.upload(photo())
    faulty = tab.ask(_FAILED, ["inpaint", {"image": digest, "grow": 5000, "engine": "glue"}])
    lacking = tab.ask(_FAILED, ["remove_background", {"image": digest}])

    assert (faulty["name"], faulty["code"], faulty["status"]) == (
        "ServerError",
        "invalid_graph",
        422,
    )
    lines = faulty["message"].split("\n")
    assert "input grow is 5000; allowed is -1024 to 1024 px." in lines
    assert len(lines) == 3  # and no mask, and no such engine
    assert (lacking["code"], lacking["status"]) == ("model_missing", 424)
    assert "paintgraph models pull u2netp" in lacking["message"]


def test_a_full_queue_says_when_to_come_again(tab: Tab, server: Child) -> None:
    slow = {"image": server.upload(photo()), "steps": 9000}
    jobs = [server.call("POST", "/v1/recipes/slow", slow).json["id"]]
    wait_for(lambda: server.job(jobs[0])["state"] == "running", "the first runs")
    jobs.append(server.call("POST", "/v1/recipes/slow", slow | {"steps": 8999}).json["id"])
    full = tab.ask(_FAILED, ["slow", slow | {"steps": 8998}])
    for job in jobs:
        server.call("DELETE", f"/v1/jobs/{job}")
        server.ended(job)

    assert (full["status"], full["code"]) == (429, "queue_full")
    assert full["retryAfter"] > 0


def test_who_has_no_key_any_more_is_led_to_the_login(browser: Browser, server: Child) -> None:
    with visited(browser, server) as tab:
        tab.page.route("**/v1/jobs/lost", lambda route: route.fulfill(status=401, json={}))
        ask = f"async () => {{{_CLIENT} await client.job('lost'); }}"
        with tab.page.expect_request(re.compile(r"/login\?to=%2F$")):
            tab.ask(f"() => {{ setTimeout({ask}, 0); }}")  # it leaves the page: nobody waits there
        tab.broken.clear()  # the console tells of the 401


def test_who_has_cancelled_waits_for_nothing(tab: Tab) -> None:
    ended = tab.ask(
        """async () => {
          const { pause } = await import("/page/client.js");
          const stop = new AbortController();
          stop.abort(new Error("cancelled"));
          return pause(1000, stop.signal).then(() => "waited", (error) => error.message);
        }"""
    )

    assert ended == "cancelled"
