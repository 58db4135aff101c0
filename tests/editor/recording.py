"""`python -m paintgraph.tests.editor.recording`: what pages ask a server for, as facts.

Goes through a short story in both ends of the range of pages that are tried, and writes
`tests/api/editor/requests.json`, which a test without a browser replays.
"""

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from playwright.sync_api import Browser, Response

from paintgraph.api.editor.files import PREFIX
from paintgraph.api.editor.page import Page, installed_page, page_in
from paintgraph.tests.api.editor.replaying import JOB, RECORDED, shape
from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.api.serving import png
from paintgraph.tests.editor.browsing import OLDEST_PAGE, Tab, jobs_of, launched, opened, prompt

_CHANGING = ("rand", "t")
_GRAPH = prompt(("SolidMask", {"width": 8, "height": 8}), ("MaskPreview", {"mask": ["1", 0]}))
_ASK = """([path, body]) => app.api.fetchApi(path, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
}).then(answer => answer.status)"""


class Recorder:
    """Notes what a page asks for, its files and ours left out; what it repeats, the last time."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._found: dict[str, dict[str, Any]] = {}

    def note(self, response: Response) -> None:
        """A request that is answered."""
        request = response.request
        address = urlsplit(request.url)
        path = address.path.removeprefix(PREFIX)
        query = [(n, v) for n, v in parse_qsl(address.query) if n not in _CHANGING]
        is_own_file = not path or path in self._page.files or path.startswith(("/", "assets/"))
        is_ours = "/paintgraph/" in path
        if address.scheme == "blob" or is_own_file or is_ours or ("type", "temp") in query:
            return
        whole = address.path + (f"?{urlencode(query, safe=',')}" if query else "")
        entry: dict[str, Any] = {"method": request.method, "path": whole}
        if request.headers.get("content-type", "").startswith("multipart/"):
            entry["form"] = "image"
        elif request.post_data:
            entry["body"] = json.loads(request.post_data)
        key = json.dumps(entry)
        self._found.pop(key, None)
        entry["status"] = response.status
        if response.headers.get("content-type", "").startswith("application/json"):
            entry["answer"] = shape(response.json())
        self._found[key] = entry

    def found(self, job: str) -> list[dict[str, Any]]:
        """All requests, with {job} for the id of the job."""
        text = json.dumps(list(self._found.values())).replace(job, JOB)
        entries: list[dict[str, Any]] = json.loads(text)
        return entries


def story(browser: Browser, server: Child, page: Page) -> list[dict[str, Any]]:
    """Load, upload, run, stop, keep; gives what the page asked for."""
    recorder = Recorder(page)
    with opened(browser, server) as tab:
        tab.page.on("response", recorder.note)
        tab.page.reload()
        tab.until_ready()
        tab.drop(png(2), "dropped.png", "image/png", tab.spot("LoadImage", "image"))
        tab.until_uploaded("LoadImage", "dropped.png")
        tab.open(_GRAPH)
        tab.run()
        wait_for(lambda: "completed" in jobs_of(server).values(), "the job is done")
        (job,) = jobs_of(server)
        tab.show_jobs()
        _ask_by_hand(tab, job)
        tab.save("mine", is_kept=False)
        tab.page.wait_for_timeout(2000)
    return recorder.found(job)


def _ask_by_hand(tab: Tab, job: str) -> None:
    """What the page asks for while a job runs; this one is over by now."""
    for path, body in (
        ("/interrupt", {"prompt_id": job}),
        ("/queue", {"delete": [job]}),
        (f"/jobs/{job}/cancel", {}),
        ("/jobs/cancel", {"job_ids": [job]}),
    ):
        tab.ask(_ASK, [path, body])


def main() -> None:
    """Record both pages."""
    newest = installed_page()
    assert newest is not None, "install the extra editor"
    oldest = page_in(OLDEST_PAGE)
    (metadata,) = OLDEST_PAGE.parents[1].glob("*.dist-info")
    version = metadata.name.removesuffix(".dist-info").rpartition("-")[2]
    stories: dict[str, list[dict[str, Any]]] = {}
    with launched() as browser:
        ends: list[tuple[str, Page, dict[str, Any]]] = [
            (version, oldest, {"front_end_root": OLDEST_PAGE}),
            (newest.version, newest, {}),
        ]
        for name, page, settings in ends:
            with (
                tempfile.TemporaryDirectory() as folder,
                running(Path(folder) / "data", **settings) as server,
            ):
                server.until_ready()
                stories[name] = story(browser, server, page)
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(each) for each in entries) + "\n]"
        for name, entries in stories.items()
    ]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
