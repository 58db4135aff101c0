"""1,000 nodes in the editor's page: how soon they are there, run, and what the browser is told."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from paintgraph.api.editor.page import installed_page
from paintgraph.assembly import catalogue
from paintgraph.base.text.document import Document
from paintgraph.benchmarks.browsing import (
    CHROMIUM,
    WITHIN_SECONDS,
    browser,
    longest_task,
    traced,
    until,
)
from paintgraph.benchmarks.client import ready_server
from paintgraph.benchmarks.measuring import Figure, rounds
from paintgraph.engine.graph.formats.comfy.prompt import read_comfy
from paintgraph.engine.graph.formats.comfy.to_ui import write_editor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NODES = 1000
_ROUNDS = 3
_READY = "!!window.app?.vueAppReady && !document.querySelector('#splash-loader')"
_VALUE = "0.987654321"
"""Another one in each round, so that nothing is found that was kept."""


class Round(NamedTuple):
    """One graph, opened and run once: seconds, bytes over the socket, longest tasks in ms."""

    opening: float
    running: float
    told: int
    longest_opening: float
    longest_running: float


def figures() -> list[Figure]:
    """A wide and a deep graph; the aim of the longest task is one second."""
    graphs = {"wide": _workflow(_wide()), "deep": _workflow(_deep())}
    measured: dict[str, list[Round]] = {name: [] for name in graphs}
    if CHROMIUM is not None and installed_page() is not None:
        with ready_server() as server, browser() as chromium:
            for name, graph in graphs.items():
                measured[name] = rounds(
                    lambda graph=graph: _round(chromium, server.url, graph),  # type: ignore[misc] # mypy knows no such lambdas
                    _ROUNDS,
                    WITHIN_SECONDS,
                )
    return [figure for name, found in measured.items() for figure in _figures(name, found)]


def _figures(name: str, found: list[Round]) -> Iterator[Figure]:
    what = f"{NODES} nodes {name} in the page"
    yield Figure(f"{what}: open", tuple(each.opening for each in found), "s")
    yield Figure(f"{what}: run", tuple(each.running for each in found), "s")
    yield Figure(f"{what}: messages", tuple(each.told / 1000 for each in found), "kB", 1000)
    yield Figure(
        f"{what}: longest task, opening", tuple(each.longest_opening for each in found), "ms", 1000
    )
    yield Figure(
        f"{what}: longest task, running", tuple(each.longest_running for each in found), "ms", 1000
    )


def _wide() -> dict[str, Any]:
    """One mask that all others show."""
    shown = {str(number): _node("PreviewAny", source=["1", 0]) for number in range(2, NODES + 1)}
    return {"1": _node("SolidMask", value=float(_VALUE), width=8, height=8), **shown}


def _deep() -> dict[str, Any]:
    """A mask that is inverted again and again."""
    inverted = {
        str(number): _node("InvertMask", mask=[str(number - 1), 0]) for number in range(2, NODES)
    }
    first = {"1": _node("SolidMask", value=float(_VALUE), width=8, height=8)}
    return {**first, **inverted, str(NODES): _node("MaskPreview", mask=[str(NODES - 1), 0])}


def _workflow(prompt: Mapping[str, Any]) -> dict[str, Any]:
    """A prompt as a file of the editor, laid out."""
    registry = catalogue().registry
    return write_editor(read_comfy(Document(prompt), "many")[0], registry)


def _node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def _round(chromium: "Browser", url: str, graph: Mapping[str, Any]) -> Round:
    """Open a graph on a fresh page and run it."""
    told: list[int] = []
    with chromium.new_page(viewport={"width": 1500, "height": 900}) as page:
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda data: told.append(len(data))),
        )
        page.goto(f"{url}/editor/")
        until(page, _READY)
        page.wait_for_timeout(1000)
        fresh = json.dumps(graph).replace(_VALUE, str(time.time() % 1))
        opening, longest_opening = _traced(
            chromium,
            page,
            f"void app.loadGraphData({fresh}, true, true, 'many')",
            f"app.graph._nodes.length === {NODES}",
        )
        told.clear()
        running, longest_running = _traced(
            chromium,
            page,
            "window.ended = 0;"
            "app.api.addEventListener('execution_success', () => { window.ended = 1 });"
            "void app.queuePrompt(0)",
            "window.ended === 1",
        )
    return Round(opening, running, sum(told), longest_opening, longest_running)


def _traced(chromium: "Browser", page: "Page", action: str, end: str) -> tuple[float, float]:
    """Seconds until an action has its effect, and the longest task of the page in ms."""
    with traced(chromium, page) as events:
        began = time.perf_counter()
        page.evaluate(f"() => {{ {action} }}")
        until(page, end)
        seconds = time.perf_counter() - began
        page.wait_for_timeout(500)
    return seconds, longest_task(events)
