"""ComfyUI's page in a real browser: what its tests share.

Tests take the fixtures `browser` and `server` of the folder and open tabs in them:

    def test_it(browser: Browser, server: Child) -> None:
        with opened(browser, server) as tab:
            tab.run()

Nodes are named by their types, sockets and widgets by their names.
"""

import json
import shutil
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    ViewportSize,
    sync_playwright,
)

from paintgraph.api.editor.page import PACKAGE, installed_page
from paintgraph.tests.api.hostile.processes import Child

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 45
NEEDS_PAGE = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(installed_page() is None, reason=f"{PACKAGE} is not installed"),
]
"""For `pytestmark` of each file."""

SAVED = (
    "Object.values(app.nodeOutputs ?? {}).flatMap(output => output?.images ?? [])"
    ".find(image => image.type === 'output')"
)
"""The first picture that a node of the graph has saved."""

OLDEST_PAGE = Path(sys.prefix) / "oldest-page" / PACKAGE.replace("-", "_") / "static"
"""Where scripts/test puts the first version of the range that is tried."""

SLOW_PACK = Path(__file__).resolve().parents[1] / "packs" / "slow" / "slow_brush.py"
"""Brings the node SlowBrush."""

FREE = (700.0, 800.0)
"""Where the canvas is empty below the graphs of these tests."""

_SIZE = ViewportSize(width=1500, height=900)
_READY = (
    "!!window.app?.vueAppReady && app.graph?._nodes?.length > 0"
    " && !document.querySelector('#splash-loader, .p-blockui-mask')"
)
_NODE = "const node = app.graph._nodes.find(node => node.type === kind);"
_ON_SCREEN = """([x, y]) => {
  const { offset, scale } = app.canvas.ds;
  return [(x + offset[0]) * scale, (y + offset[1]) * scale];
}"""
_SOCKET = f"""([kind, side, name]) => {{
  {_NODE}
  const slot = node[side].findIndex(socket => socket.name === name);
  return Array.from(node.getConnectionPos(side === "inputs", slot));
}}"""
_PLACE = f"""([kind, widget]) => {{
  {_NODE}
  const found = node.widgets?.find(each => each.name === widget);
  return [node.pos[0] + node.size[0] / 2, node.pos[1] + (found ? found.last_y + 10 : -12)];
}}"""
_FILE = """
  const bytes = Uint8Array.from(atob(data), one => one.charCodeAt(0));
  const moved = new DataTransfer();
  moved.items.add(new File([bytes], name, { type }));
"""
_DROP = f"""async ([data, name, type, clientX, clientY]) => {{
  {_FILE}
  const target = document.elementFromPoint(clientX, clientY);
  for (const kind of ["dragenter", "dragover", "dragover", "drop"]) {{
    target.dispatchEvent(new DragEvent(kind,
      {{ dataTransfer: moved, bubbles: true, cancelable: true, clientX, clientY }}));
    await new Promise(requestAnimationFrame);
  }}
}}"""
_PASTE = f"""([data, name, type]) => {{
  {_FILE}
  document.dispatchEvent(
    new ClipboardEvent("paste", {{ clipboardData: moved, bubbles: true, cancelable: true }}));
}}"""
_FORGET = """async () => {
  localStorage.clear();
  sessionStorage.clear();
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name);
  for (const name of await caches.keys()) await caches.delete(name);
}"""
Spot = tuple[float, float]


class Tab:
    """A tab with the page, and what went wrong in it.

    Attributes:
        page: playwright's.
        outside: addresses of other servers that it reached for.
        failed: what the server failed at.
        broken: errors of scripts, and what the console was told as errors.
        early: addresses of pictures that were not there when it asked for them.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.outside: list[str] = []
        self.failed: list[str] = []
        self.broken: list[str] = []
        self.early: list[str] = []
        self._own = (url, url.replace("http", "ws", 1), "data:", "blob:")
        self._heard: dict[Any, Callable[[Any], None]] = {
            "requestfinished": self._watch,
            "requestfailed": self._watch,
            "response": lambda r: self.failed.append(r.url) if r.status >= 500 else None,
            "pageerror": lambda error: self.broken.append(str(error)),
            "console": self._note,
        }
        for event, listen in self._heard.items():
            page.on(event, listen)

    def end(self) -> None:
        """Listen no more: the page is another visitor's."""
        for event, listen in self._heard.items():
            self.page.remove_listener(event, listen)

    def _watch(self, request: Request) -> None:
        # What the policy of the page forbids ("csp") never leaves the browser.
        if not request.url.startswith(self._own) and request.failure != "csp":
            self.outside.append(request.url)

    def _note(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        if "404" in message.text and "/view?" in url:
            self.early.append(url)
        elif message.type == "error":
            self.broken.append(f"{message.text} ({url})")

    @property
    def faults(self) -> list[str]:
        """Everything that went wrong so far.

        The page may ask for a picture that it is still uploading: that one must be there by now.
        """
        lost = [url for url in self.early if self.page.request.get(url).status != 200]
        return [*self.outside, *self.failed, *self.broken, *lost]

    def ask(self, expression: str, given: Any = None) -> Any:
        """What an expression of the page's scripts gives; a function gets `given`."""
        return self.page.evaluate(expression, given)

    def until(self, expression: str, given: Any = None) -> Any:
        """What an expression gives once it is true; the page's policy forbids waiting inside."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if found := self.ask(expression, given):
                return found
            self.page.wait_for_timeout(50)
        raise TimeoutError(f"{expression} with {given}")

    def until_ready(self) -> None:
        """Wait until the page shows a graph."""
        self.until(_READY)

    def dialogs(self) -> list[str]:
        """The texts of what is open before the page."""
        behind = self.page.locator(".p-dialog:visible, [data-testid=dialog-overlay]:visible")
        if not behind.count():
            return []  # what is left are small windows beside what the mouse is on
        texts: list[str] = self.page.locator("[role=dialog]:visible").all_inner_texts()
        return texts

    def until_told(self, words: str) -> None:
        """Wait until the page shows these words."""
        self.page.get_by_text(words).first.wait_for(timeout=SECONDS * 1000)

    def kinds(self) -> list[str]:
        """The types of the nodes of the graph."""
        found: list[str] = self.ask("app.graph._nodes.map(node => node.type)")
        return found

    def value(self, kind: str, widget: str) -> Any:
        """What a widget of a node says."""
        found = f"([kind, name]) => {{ {_NODE} return node.widgets.find(w => w.name === name) }}"
        return self.ask(f"given => ({found})(given)?.value", [kind, widget])

    def until_uploaded(self, kind: str, name: str) -> None:
        """Wait until a node has a picture of this name, and takes others."""
        self.until(
            f"([kind, name]) => {{ {_NODE} return !node.isUploading"
            " && node.widgets.find(w => w.name === 'image').value === name }",
            [kind, name],
        )

    def set(self, kind: str, widget: str, value: Any) -> None:
        """Write into a widget of a node."""
        self.ask(
            f"([kind, name, value]) => {{ {_NODE} "
            "node.widgets.find(w => w.name === name).value = value }",
            [kind, widget, value],
        )

    def spot(self, kind: str, widget: str = "") -> Spot:
        """Where a widget of a node is on the screen; without one, the node's title."""
        return self._on_screen(self.ask(_PLACE, [kind, widget]))

    def socket(self, kind: str, side: str, name: str) -> Spot:
        """Where a socket is on the screen; `side` is "inputs" or "outputs"."""
        return self._on_screen(self.ask(_SOCKET, [kind, side, name]))

    def _on_screen(self, place: list[float]) -> Spot:
        x, y = self.ask(_ON_SCREEN, place)
        return x, y

    def click(self, kind: str, widget: str = "", **options: Any) -> None:
        """Click on a node, or a widget of it."""
        self.page.mouse.click(*self.spot(kind, widget), **options)

    def select(self, kind: str) -> None:
        """Click on the title of a node."""
        self.click(kind)
        self.until(f"kind => {{ {_NODE} return node.id in app.canvas.selected_nodes }}", kind)

    def drag(self, start: Spot, *through: Spot) -> None:
        """Move the mouse with its button pressed."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        for spot in through:
            mouse.move(*spot, steps=5)
        mouse.up()

    def add(self, words: str, spot: Spot = FREE) -> None:
        """Add the first node that the page's search finds."""
        before, mouse = len(self.kinds()), self.page.mouse
        mouse.move(*spot)
        self.page.wait_for_timeout(200)  # else the page takes it for a click somewhere else
        mouse.dblclick(*spot)
        self.until("document.activeElement?.matches('input')")
        self.page.keyboard.type(words)
        self.page.wait_for_timeout(400)  # it searches once typing has stopped
        self.page.keyboard.press("Enter")
        self.until("before => app.graph._nodes.length > before", before)
        self.until("([x, y]) => document.elementFromPoint(x, y).matches('canvas')", spot)
        mouse.move(spot[0] - 9, spot[1] - 9)
        mouse.click(*spot)  # until then the node hangs on the mouse
        self.until("!app.graph._nodes.some(node => node.flags?.ghost)")

    def connect(self, source: str, output: str, target: str, input_: str) -> None:
        """Draw a wire."""
        start = self.socket(source, "outputs", output)
        self.drag(start, self.socket(target, "inputs", input_))

    def wired(self, target: str, input_: str) -> str:
        """The type of the node that an input reads, or ""."""
        found: str = self.ask(
            f"([kind, name]) => {{ {_NODE}"
            " const { link } = node.inputs.find(each => each.name === name);"
            " return link == null ? '' :"
            " app.graph.getNodeById(app.graph.getLink(link).origin_id).type }",
            [target, input_],
        )
        return found

    def drop(self, data: bytes, name: str, media_type: str, spot: Spot = FREE) -> None:
        """Drop a file."""
        self.page.mouse.move(*spot)
        self.ask(_DROP, [b64encode(data).decode(), name, media_type, *spot])

    def paste(self, data: bytes, name: str, media_type: str) -> None:
        """Paste a file."""
        self.ask(_PASTE, [b64encode(data).decode(), name, media_type])

    def open(self, graph: Mapping[str, Any], name: str = "graph") -> None:
        """Drop the file of a prompt, and wait for its nodes."""
        self.drop(json.dumps(graph).encode(), f"{name}.json", "application/json")
        kinds = sorted(node["class_type"] for node in graph.values())
        self.until(
            "wanted => JSON.stringify(app.graph._nodes.map(n => n.type).sort()) === wanted",
            json.dumps(kinds, separators=(",", ":")),
        )

    def save(self, name: str, *, is_kept: bool = True) -> None:
        """Save the graph under a name."""
        self.page.keyboard.press("Control+s")
        self.until("document.activeElement?.matches('[role=dialog] input, .p-dialog input')")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(name)
        if not is_kept:
            self.page.keyboard.press("Enter")
            return
        # The page names its tab before the server has answered.
        with self.page.expect_response(_keeps_workflow, timeout=SECONDS * 1000):
            self.page.keyboard.press("Enter")
        tab = self.page.get_by_test_id("workflow-tab").get_by_text(name, exact=True)
        tab.wait_for(timeout=SECONDS * 1000)

    def run(self) -> None:
        """Press the button that runs the graph."""
        self.page.get_by_test_id("queue-button").click()

    def show_jobs(self) -> None:
        """Open the list of jobs."""
        self.page.get_by_test_id("queue-overlay-toggle").click()

    def job(self, id_: str) -> Locator:
        """A job in the list."""
        return self.page.locator(f"[data-job-id='{id_}']")


def _keeps_workflow(response: Response) -> bool:
    """Whether it answers a page that sent a workflow to be kept."""
    return response.request.method == "POST" and "/userdata/workflows" in response.url


def prompt(*nodes: tuple[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A prompt of nodes that are counted from 1."""
    return {
        str(number): {"class_type": kind, "inputs": dict(inputs)}
        for number, (kind, inputs) in enumerate(nodes, 1)
    }


def brushed(steps: int) -> dict[str, Any]:
    """A prompt that takes a tenth of a second for each step."""
    return prompt(
        ("LoadImage", {"image": "paintgraph/rocket.jpg"}),
        ("SlowBrush", {"image": ["1", 0], "steps": steps}),
        ("SaveImage", {"images": ["2", 0], "filename_prefix": "brushed"}),
    )


def jobs_of(server: Child) -> dict[str, str]:
    """How each job stands, by its id, the oldest first."""
    found = server.call("GET", "/jobs?sort_order=asc").json["jobs"]
    return {job["id"]: job["status"] for job in found}


@contextmanager
def launched() -> Iterator[Browser]:
    """Debian's chromium. While it runs, nothing else in this thread may run an event loop."""
    # Chromium's own walls need rights that containers lack; only our pages are opened.
    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        yield browser


@contextmanager
def visiting(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of a new visitor, who has nothing of `url` but what the browser caches.

    `options` are those of playwright's `new_context`. The page is left for the next visitor with
    the same options, as another one would take seconds; after a failure it is not.
    """
    idle = f"about:blank#{quote(json.dumps(options, sort_keys=True))}"
    kept = [page for context in browser.contexts for page in context.pages if page.url == idle]
    context = kept[0].context if kept else browser.new_context(**options)
    try:
        if kept:
            context.clear_cookies()
            kept[0].goto(f"{url}/readyz")  # of the same origin, and without scripts
            kept[0].evaluate(_FORGET)
            kept[0].set_viewport_size(options["viewport"])
            kept[0].mouse.move(0, 0)
        page = kept[0] if kept else context.new_page()
        yield page
        for other in context.pages[1:]:
            other.close()
        page.unroute_all()
        page.goto(idle)
    except BaseException:
        context.close()
        raise


@contextmanager
def opened(
    browser: Browser, server: Child, path: str = "/editor/", *, is_ready: bool = True
) -> Iterator[Tab]:
    """A tab of a new visitor with the page, ready unless told otherwise."""
    url = f"http://127.0.0.1:{server.port}"
    with visiting(browser, url, viewport=_SIZE) as page:
        tab = Tab(page, url)
        page.goto(url + path)
        if is_ready:
            tab.until_ready()
        yield tab
        tab.end()
