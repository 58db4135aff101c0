"""A page in Debian's chromium, and traces of it: how long its tasks are, how often it draws."""

import json
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WITHIN_SECONDS = 120.0
_CATEGORIES = [
    "toplevel",
    "disabled-by-default-devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
]
_MILLISECONDS = 1e-3  # of the microseconds in a trace

Events = Sequence[dict[str, Any]]


@contextmanager
def browser() -> "Iterator[Browser]":
    """Chromium without a window; it must be installed."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as browser,
    ):
        yield browser


@contextmanager
def traced(browser: "Browser", page: "Page") -> Iterator[list[dict[str, Any]]]:
    """Events of what a page does in the `with` statement; they are there behind it."""
    events: list[dict[str, Any]] = []
    browser.start_tracing(page=page, categories=_CATEGORIES)
    yield events
    events += json.loads(browser.stop_tracing())["traceEvents"]


def longest_task(events: Events) -> float:
    """In ms, of the main threads of pages."""
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = (
        event["dur"]
        for event in events
        if event.get("ph") == "X"
        and (event["pid"], event["tid"]) in main
        and event["name"].endswith("RunTask")
    )
    return max(tasks, default=0) * _MILLISECONDS


def frames(events: Events) -> int:
    """How often the page was drawn."""
    return sum(event["name"] == "DrawFrame" for event in events)


def until(page: "Page", expression: str) -> None:
    """Ask until it is true; policies of pages forbid waiting inside. Raises TimeoutError."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(expression)
        page.wait_for_timeout(20)
