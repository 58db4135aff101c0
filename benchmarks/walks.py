"""How many modules of paintgraph a few everyday walks through the program enter.

A module counts when one of its functions is entered on the way, in any thread. What is done once at
start, such as declaring nodes, is not a part of a walk. Where no mask model lies, the walk of
generate_mask ends with its refusal.
"""

import asyncio
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from paintgraph.benchmarks.measuring import Figure

if TYPE_CHECKING:
    from aiohttp import ClientSession

_PACKAGE = Path(__file__).parents[1]
_PHOTO = _PACKAGE.resolve() / "docs" / "photos" / "rocket.jpg"
_MOST, _MOST_IN_ENGINE = 35, 10
_NO_MODEL = 424


def figures() -> list[Figure]:
    """Modules that each walk enters, and how many of them are the engine's."""
    rows = []
    for name, walk in (
        ("an image through outpaint", _outpaint),
        ("a POSTed graph to its event, in the server", _posted_graph),
        ("generate_mask of FooocusAPI, in the server", _generate_mask),
    ):
        with tempfile.TemporaryDirectory() as folder:
            entered = walk(Path(folder))
        inside = [module for module in entered if module.startswith("engine/")]
        rows.append(Figure(name, (float(len(entered)),), "modules", _MOST))
        rows.append(Figure("of them in engine/", (float(len(inside)),), "modules", _MOST_IN_ENGINE))
        rooms = Counter(module.partition("/")[0] for module in entered)
        print(f"{name}: {dict(rooms)}\n  {' '.join(sorted(entered))}", file=sys.stderr)
    return rows


@contextmanager
def _watching() -> Iterator[set[str]]:
    """The files of paintgraph whose functions are entered meanwhile, from the package on."""
    entered: set[str] = set()
    prefix = f"{_PACKAGE}/"

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_name != "<module>":
            file = code.co_filename
            if file.startswith(prefix) and "/benchmarks/" not in file:
                entered.add(file.removeprefix(prefix))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield entered
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _outpaint(folder: Path) -> set[str]:
    from paintgraph import graphs
    from paintgraph.assembly import assemble
    from paintgraph.engine.execution.run import run
    from paintgraph.engine.recipes.binding import bind
    from paintgraph.engine.recipes.checking import targets_of
    from paintgraph.jobs.sources.folders import Folders

    with assemble(Folders(folder), _PHOTO.parent) as assembly:
        registry, book = assembly.registry, assembly.recipes
        recipe = Path(graphs.FOLDER) / "outpaint.yaml"
        with _watching() as entered:
            graph = book.load(recipe)
            given = {"image": _PHOTO.name, "engine": "telea"}
            bound = bind(graph, registry, given, assembly.binders)
            outcome = run(bound, assembly.worker, targets_of(bound, registry).values())
        if outcome.failures:
            raise RuntimeError(outcome.failures[0].message)
    return entered


def _posted_graph(folder: Path) -> set[str]:
    graph = {"nodes": {"it": {"node": "SolidMask", "width": 8, "height": 8}}}
    graph["outputs"] = {"mask": "${it.mask}"}  # type: ignore[dict-item] # a text
    return asyncio.run(_served(folder, "/v1/jobs?wait=60", {"graph": graph}, follow=True))


def _generate_mask(folder: Path) -> set[str]:
    body = {"image": f"data:image/jpeg;base64,{_encoded()}"}
    return asyncio.run(_served(folder, "/v1/tools/generate_mask", body, follow=False))


def _encoded() -> str:
    import base64

    return base64.b64encode(_PHOTO.read_bytes()).decode()


async def _served(folder: Path, path: str, body: object, *, follow: bool) -> set[str]:
    """Send one request to a server in this process; its worker is a process of its own."""
    import aiohttp
    from aiohttp import web

    from paintgraph.api.settings import Settings
    from paintgraph.server import create_app

    app = create_app(Settings(data_dir=folder, workers=1, light_workers=1))
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session:
            await _until_ready(session, address)
            with _watching() as entered:
                async with session.post(address + path, json=body) as answer:
                    said = await answer.read()
                    if answer.status != _NO_MODEL:
                        answer.raise_for_status()
                if follow:
                    events = f"{address}/v1/jobs/{json.loads(said)['id']}/events"
                    async with session.get(events) as answer:
                        await answer.read()
            return entered
    finally:
        await runner.cleanup()


async def _until_ready(session: "ClientSession", address: str) -> None:
    for _ in range(600):
        async with session.get(f"{address}/readyz") as answer:
            if answer.ok:
                return
        await asyncio.sleep(0.1)
