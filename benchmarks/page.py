"""The page to paint on: how often it draws while a brush moves, and how long it stands still."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from paintgraph.benchmarks.browsing import CHROMIUM, browser, frames, longest_task, traced, until
from paintgraph.benchmarks.client import ready_server
from paintgraph.benchmarks.measuring import Figure, rounds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SIZES = {"12": (4000, 3000), "48": (8000, 6000)}
"""Of photos, by their megapixels."""

_BRUSHES = {"brush": 60, "wide brush": 85}
"""What the slider of the brush's size says: as it comes, and a fifth of the photo wide."""

_ROUNDS = 3
_FRAMES_PER_SECOND = 30.0
_STILL_MILLISECONDS = 300.0
_STROKES = 6
_PLACES = 40
"""Of the mouse in a stroke."""

_READY = """async () => {
  const { view, state } = await import("/page/main.js");
  return view.isReady && state.step.picture.digest && !(await view.picture.ready);
}"""


class Round(NamedTuple):
    """Frames a second of strokes by brush, and the longest tasks in ms."""

    rates: tuple[float, ...]
    drawing: float
    opening: float
    zooming: float


def figures() -> list[Figure]:
    """Strokes, opening and zooming at 12 and 48 megapixels; the aim is 30 frames a second."""
    measured: dict[str, list[Round]] = {name: [] for name in _SIZES}
    if CHROMIUM is not None:
        with (
            ready_server() as server,
            browser() as chromium,
            tempfile.TemporaryDirectory() as folder,
        ):
            for name, size in _SIZES.items():
                photo = Path(folder) / f"{name}.jpg"
                _write_photo(photo, *size)
                measured[name] = rounds(
                    lambda photo=photo: _round(chromium, server.url, photo),  # type: ignore[misc] # mypy knows no such lambdas
                    _ROUNDS,
                )
    return [figure for name, found in measured.items() for figure in _figures(name, found)]


def _figures(name: str, found: list[Round]) -> Iterator[Figure]:
    what = f"page, {name} megapixels"
    for number, brush in enumerate(_BRUSHES):
        rates = tuple(each.rates[number] for each in found)
        yield Figure(f"{what}: {brush}", rates, "/s", _FRAMES_PER_SECOND, more_is_better=True)
    for title in ("drawing", "opening", "zooming"):
        longest = tuple(getattr(each, title) for each in found)
        yield Figure(f"{what}: longest task, {title}", longest, "ms", _STILL_MILLISECONDS)


def _write_photo(file: Path, width: int, height: int) -> None:
    """A JPEG with something to see everywhere."""
    small = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).save(file)


def _round(chromium: "Browser", url: str, photo: Path) -> Round:
    with chromium.new_page(viewport={"width": 1280, "height": 800}) as page:
        page.goto(url)
        page.locator("#stage > .choose").wait_for(state="attached")
        with traced(chromium, page) as opening:
            page.locator("#pick").set_input_files(photo)
            until(page, _READY)
        page.keyboard.press("b")
        rates, longest = [], []
        for size in _BRUSHES.values():
            page.get_by_label("Size").first.fill(str(size))
            with traced(chromium, page) as strokes:
                began = time.perf_counter()
                _paint(page)
                seconds = time.perf_counter() - began
            rates.append(frames(strokes) / seconds)
            longest.append(longest_task(strokes))
            page.keyboard.press("Delete")
        with traced(chromium, page) as zooming:
            _zoom(page)
    return Round(tuple(rates), max(longest), longest_task(opening), longest_task(zooming))


def _paint(page: "Page") -> None:
    """Strokes across the photo. The browser takes a move of the mouse when it draws next."""
    box = page.locator("#picture").evaluate("each => each.getBoundingClientRect().toJSON()")
    for stroke in range(_STROKES):
        y = box["y"] + box["height"] * (0.25 + 0.5 * stroke / _STROKES)
        page.mouse.move(box["x"] + 0.3 * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.7 * box["width"], y + 30, steps=_PLACES)
        page.mouse.up()


def _zoom(page: "Page") -> None:
    """In to the pixels and out again."""
    for by in (*[-120] * 12, *[120] * 12):
        page.mouse.wheel(0, by)
    page.wait_for_timeout(400)  # until what moved is drawn in full detail
