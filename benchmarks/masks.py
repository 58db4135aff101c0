"""Masks by the real ISNet: what MaskFromModel costs beside rembg itself, alone and in the server.

Not measured where `paintgraph models pull isnet-general-use` was not run.
"""

import base64
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest import mock

import numpy as np
import skimage.data
from PIL import Image

from paintgraph.assembly import Assembly, assemble
from paintgraph.base.text.document import Document
from paintgraph.benchmarks.client import Server, ready_server
from paintgraph.benchmarks.liveness import answers_during, latencies
from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.engine.execution.run import run
from paintgraph.engine.graph.formats.native import read_native
from paintgraph.engine.graph.graph import Graph
from paintgraph.engine.recipes.binding import bind
from paintgraph.engine.recipes.checking import check, targets_of
from paintgraph.jobs.sources.folders import Folders
from paintgraph.models.families.rembg import sessions as rembg_sessions

_MODEL = "isnet-general-use"
_PHOTOS = ("astronaut", "coffee", "rocket", "chelsea")
_ROUNDS = 8
_IN_FLIGHT = 8
_LARGE = (3000, 2000)


def figures() -> list[Figure]:
    """Side by side in one process, then eight jobs at once in a server."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with assemble(Folders(folder / "data"), folder, with_store=False) as parts:
            if parts.names.models.fault(_MODEL) is not None:
                return [Figure(f"masks by {_MODEL}, which is not on this machine", (), "s")]
            alone = _alone(parts)
    return [*alone, *_in_flight()]


@dataclass(frozen=True, slots=True)
class _Round:
    """Seconds for one photo, new to all: ours, rembg's, and rembg's with a new session."""

    ours: float
    outside: float
    rembg: float
    new_session: float


def _alone(parts: Assembly) -> list[Figure]:
    from rembg import new_session, remove

    options = {"providers": ["CPUExecutionProvider"]}
    session = new_session(_MODEL, **options)
    photos = _photos()

    def one_round() -> _Round:
        photo = next(photos)
        with _timed_library() as library:
            ours = seconds_of(lambda: _mask(parts, photo))
        warm = seconds_of(lambda: remove(photo, session=session, only_mask=True))
        cold = seconds_of(
            lambda: remove(photo, session=new_session(_MODEL, **options), only_mask=True)
        )
        return _Round(ours, ours - sum(library), warm, cold)

    one_round()
    taken = rounds(one_round, _ROUNDS, 120)
    large = next(photos).resize(_LARGE)
    with _timed_library() as library:
        much = seconds_of(lambda: _mask(parts, large))
    megapixels = _LARGE[0] * _LARGE[1] / 1e6
    ours, warm, cold = (
        [getattr(each, name) for each in taken] for name in ("ours", "rembg", "new_session")
    )
    return [
        Figure("a mask by MaskFromModel, warm", tuple(ours), "s"),
        Figure("by rembg called directly, warm", tuple(warm), "s"),
        Figure(
            "MaskFromModel : rembg",
            tuple(each.ours / each.rembg for each in taken),
            "x",
            1.03,
            undisturbed=min(ours) / min(warm),
        ),
        Figure(
            "rembg with a new session each time : MaskFromModel",
            tuple(each.new_session / each.ours for each in taken),
            "x",
            3,
            more_is_better=True,
            undisturbed=min(cold) / min(ours),
        ),
        Figure("outside the library call, 0.2 Mpx", tuple(r.outside for r in taken), "s", 0.3),
        Figure(
            "outside the library call, 6 Mpx", (much - sum(library),), "s", 0.2 + 0.5 * megapixels
        ),
    ]


def _photos() -> Iterator[Image.Image]:
    """Photos without end, each of other samples, so that no result is known yet."""
    number = 0
    while True:
        samples = getattr(skimage.data, _PHOTOS[number % len(_PHOTOS)])().copy()
        samples[0, 0] = number % 256
        number += 1
        yield Image.fromarray(samples)


@contextmanager
def _timed_library() -> Iterator[list[float]]:
    """Collects how long rembg itself takes meanwhile."""
    taken: list[float] = []
    predict = rembg_sessions.predict

    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        result = predict(*arguments, **options)
        taken.append(time.perf_counter() - began)
        return result

    with mock.patch.object(rembg_sessions, "predict", timed):
        yield taken


def _mask(parts: Assembly, photo: Image.Image) -> None:
    graph = bind(_graph(parts, photo), parts.registry, {}, parts.binders)
    outcome = run(graph, parts.worker, targets_of(graph, parts.registry).values())
    if outcome.state != "succeeded":
        raise RuntimeError(f"no mask: {outcome.failures}")


def _graph(parts: Assembly, photo: Image.Image) -> Graph:
    picture = parts.blobs.put(_file(photo, "BMP"))
    graph, problems = read_native(Document(_nodes(picture)), "masks")
    return check(graph, parts.registry, problems).sound()


def _nodes(picture: str) -> dict[str, Any]:
    return {
        "paintgraph": 1,
        "nodes": {
            "photo": {"node": "LoadImage", "image": picture},
            "found": {"node": "MaskFromModel", "image": "${photo.image}", "model": _MODEL},
        },
        "outputs": {"mask": "${found.mask}"},
    }


def _file(photo: Image.Image, kind: str) -> bytes:
    stream = BytesIO()
    photo.save(stream, kind)
    return stream.getvalue()


def _in_flight() -> list[Figure]:
    photos = _photos()
    with ready_server() as running:
        _during_masks(running, photos, 1)  # the model is loaded
        began = time.perf_counter()
        busy = latencies(_during_masks(running, photos, _IN_FLIGHT))
        seconds = time.perf_counter() - began
    return [
        Figure("eight masks in flight, each", (seconds / _IN_FLIGHT,), "s"),
        Figure("/livez during eight masks: p50", (busy.middle,), "ms"),
        Figure("/livez during eight masks: p99", (busy.slow,), "ms", 30),
    ]


def _during_masks(running: Server, photos: Iterator[Image.Image], count: int) -> list[float]:
    """Times of answers until so many jobs have ended."""
    ended = Event()
    rng = np.random.default_rng(time.time_ns())
    with running.client() as client:
        jobs = []
        for _ in range(count):
            samples = np.asarray(next(photos)).copy()
            samples[0, 1] = rng.integers(0, 256, 3)
            data = base64.b64encode(_file(Image.fromarray(samples), "PNG")).decode()
            graph = _nodes(f"data:image/png;base64,{data}")
            jobs.append(client.begin(json.dumps({"graph": graph}).encode()))

    def wait() -> None:
        with running.client() as client:
            for job in jobs:
                client.await_end(job)
        ended.set()

    waiting = Thread(target=wait, daemon=True)
    waiting.start()
    taken = answers_during(running, ended)
    waiting.join()
    return taken
