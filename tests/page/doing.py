"""What tests of actions share: a small photo, its mask, a slow recipe, and the way to do things."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, Route

from paintgraph.imaging.files.encode import encode
from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.editor.browsing import SECONDS, SLOW_PACK, Tab
from paintgraph.tests.page.browsing import visited
from paintgraph.tests.test_readme import ROOT

PATIENCE = SECONDS * 1000
SIZE = (120, 80)
HOLE = (50, 20, 70, 50)
"""The rocket, more or less: left, top, right, bottom."""

_SLOW = """
paintgraph: 1
about: Invert a picture, slowly.
inputs:
  image: {type: image, about: The picture.}
  steps: {type: int, min: 1, max: 10000, default: 20, about: A tenth of a second each.}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  brushed: {node: SlowBrush, image: "${photo.image}", steps: "${inputs.steps}"}
outputs:
  image: "${brushed.image}"
"""


@contextmanager
def serving(data: Path, port: int = 0, **settings: Any) -> Iterator[Child]:
    """A server with the recipe `slow`, ready."""
    recipes = data / "recipes"
    recipes.mkdir(parents=True, exist_ok=True)
    (recipes / "slow.yaml").write_text(_SLOW)
    with running(data, port=port, node_packs=SLOW_PACK, workers=1, **settings) as server:
        server.until_ready()
        yield server


def photo(kind: str = "PNG") -> bytes:
    """A small photo."""
    with Image.open(ROOT / "docs" / "photos" / "rocket.jpg") as whole:
        return _file(whole.resize(SIZE), kind)


def mask() -> bytes:
    """White where something is to be erased."""
    made = Image.new("L", SIZE)
    made.paste(255, HOLE)
    return _file(made, "PNG")


def _file(image: Image.Image, kind: str) -> bytes:
    if kind == "HEIC":
        return encode(np.asarray(image, np.float32)[None] / np.float32(255), format="HEIC")
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The samples of a picture."""
    with Image.open(BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def outside(data: bytes) -> NDArray[np.uint8]:
    """The samples of a picture, black where it may have changed."""
    kept = pixels(data).copy()
    left, top, right, bottom = HOLE
    kept[top:bottom, left:right] = 0
    return kept


def sent(name: str, data: bytes) -> FilePayload:
    """A file as somebody chooses it."""
    kind = "image/jpeg" if name.endswith("jpg") else "image/png"
    return {"name": name, "mimeType": kind, "buffer": data}


class Painter:
    """Somebody who uses the page."""

    def __init__(self, tab: Tab, server: Child) -> None:
        self.tab = tab
        self.page = tab.page
        self.server = server
        self.page.set_default_timeout(PATIENCE)

    def choose(self, name: str = "rocket.png", data: bytes | None = None) -> None:
        """Choose a photo."""
        file = sent(name, data or photo("JPEG" if name.endswith("jpg") else "PNG"))
        self.page.locator("input[type=file]").first.set_input_files(file)
        self.steps.first.wait_for(state="attached")  # phones show several alone

    def show(self, name: str) -> None:
        """On a phone, open the sheet of this name."""
        sheet = self.page.locator("#sheets").get_by_role("button", name=name, exact=True)
        if sheet.is_visible() and sheet.get_attribute("aria-expanded") != "true":
            sheet.click()

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw on the photo with the tool in hand; places are parts of the canvas."""
        box = self.page.locator("#picture").bounding_box()
        assert box is not None
        mouse = self.page.mouse
        places = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)
        ]
        mouse.move(*places[0])
        mouse.down()
        mouse.move(*places[1], steps=8)
        mouse.up()

    @property
    def steps(self) -> Locator:
        return self.page.locator(".steps button")

    @property
    def photos(self) -> int:
        """How many photos are open."""
        return len(
            json.loads(self.tab.ask("sessionStorage.getItem('paintgraph.photos')"))["photos"]
        )

    @property
    def panel(self) -> Locator:
        """What is open of the things that can be done."""
        return self.page.locator(".doing > details[open]")

    @property
    def numbers(self) -> str:
        """How well the step fits, once it is told."""
        self.page.locator(".numbers:not(:empty)").wait_for()
        return self.page.locator(".numbers").inner_text()

    def open(self, title: str) -> None:
        """Open one of the things that can be done."""
        if not self.panel.locator("summary", has_text=title).count():
            self.page.locator(".doing > details > summary", has_text=title).click()
        self.panel.locator("button.start").wait_for()

    def recipe(self, name: str) -> None:
        """Open the form of a recipe."""
        self.open("More recipes")
        self.recipes.select_option(name)
        self.panel.locator(f"[data-recipe={name}]").wait_for()
        self.panel.locator(".more > summary").click()

    @property
    def recipes(self) -> Locator:
        """Where a recipe is chosen."""
        return self.panel.locator(".field > label > select").first

    def field(self, name: str) -> Locator:
        """What an input of the open form is filled in by."""
        return self.panel.locator(f"[data-input={name}]").locator("input, select, textarea").first

    def start(self) -> None:
        self.panel.locator("button.start").click()

    def held(self, path: str) -> list[Route]:
        """The first request to a path, which is not answered until it is let go."""
        routes: list[Route] = []

        def hold(route: Route) -> None:
            routes.append(route)

        self.page.route(path, hold, times=1)
        return routes

    def begin_slowly(self) -> list[Route]:
        """Begin a job; the page does not hear of its end until that is let go."""
        events = self.held("**/events")
        with self.page.expect_request("**/events"):
            self.start()
        return events

    def until_steps(self, count: int) -> None:
        """Wait until there are so many steps, and nothing is being done."""
        self.steps.nth(count - 1).wait_for()
        self.page.locator(".work").wait_for(state="hidden")

    def erase(self) -> None:
        """Erase what the mask selects, by the recipe's form."""
        before = self.steps.count()
        self.recipe("inpaint")
        self.field("mask").select_option("file")
        files = self.panel.locator("[data-input=mask] input[type=file]")
        files.set_input_files(sent("mask.png", mask()))
        self.start()
        self.until_steps(before + 1)

    def kept(self) -> Any:
        """The photo that the page keeps: steps and which is shown."""
        return json.loads(self.tab.ask("sessionStorage.getItem('paintgraph.photos')"))["photos"][-1]

    def shown(self) -> bytes:
        """The file of the picture that is shown, as the server has it."""
        kept = self.kept()
        digest = kept["steps"][kept["at"]]["picture"]["digest"]
        return self.server.call("GET", f"/v1/images/{digest}").body

    def told(self) -> str:
        """What was said urgently."""
        note = self.page.locator("#urgent .note")
        note.wait_for()
        return note.inner_text()


@contextmanager
def painting(browser: Browser, server: Child, **options: Any) -> Iterator[Painter]:
    """Somebody at the page of a server."""
    with visited(browser, server, **options) as tab:
        yield Painter(tab, server)
