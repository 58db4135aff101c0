"""How soon the server says that it lives while its workers are as busy as they can be."""

import json
import time
from statistics import median
from threading import Event, Thread
from typing import Any, NamedTuple

from paintgraph.benchmarks.client import Server, ready_server
from paintgraph.benchmarks.measuring import Figure, percentile, rounds

_ROUNDS = 3
_EACH = 4
_PAUSE_SECONDS = 0.002
_SIDE = 4096


class Latencies(NamedTuple):
    """Milliseconds of one round, and how many answers there were."""

    middle: float
    slow: float
    slowest: float


def figures() -> list[Figure]:
    """Eight heavy jobs at once: half paint, half move the outline of a large soft mask."""
    with ready_server() as running:
        answers_during(running, Event(), seconds=0.2)
        idle = [latencies(answers_during(running, Event(), seconds=2)) for _ in range(_ROUNDS)]
        busy = rounds(lambda: latencies(_during_jobs(running)), _ROUNDS, 60)
    return [
        Figure("/livez, idle: p50", tuple(each.middle for each in idle), "ms"),
        Figure("/livez, idle: p99", tuple(each.slow for each in idle), "ms"),
        Figure("/livez during heavy jobs: p50", tuple(each.middle for each in busy), "ms"),
        Figure("/livez during heavy jobs: p99", tuple(each.slow for each in busy), "ms", 30),
        Figure("/livez during heavy jobs: slowest", tuple(each.slowest for each in busy), "ms"),
    ]


def _during_jobs(running: Server) -> list[float]:
    """Times of answers until eight jobs, whose results are not known yet, have ended."""
    ended = Event()
    start = time.time_ns() % 10_000_000

    def wait(jobs: list[str]) -> None:
        with running.client() as client:
            for job in jobs:
                client.await_end(job)
        ended.set()

    with running.client() as client:
        graphs = [make(start + place) for place in range(_EACH) for make in (_paint, _outline)]
        jobs = [client.begin(json.dumps(graph).encode()) for graph in graphs]
    waiting = Thread(target=wait, args=(jobs,), daemon=True)
    waiting.start()
    taken = answers_during(running, ended)
    waiting.join()
    return taken


def answers_during(running: Server, ended: Event, seconds: float = 120) -> list[float]:
    """Milliseconds of each answer, one request after the other, until the event or the time."""
    taken = []
    deadline = time.perf_counter() + seconds
    with running.client() as client:
        while not ended.is_set() and time.perf_counter() < deadline:
            began = time.perf_counter()
            client.call("GET", "/livez")
            taken.append((time.perf_counter() - began) * 1000)
            time.sleep(_PAUSE_SECONDS)
    return taken


def latencies(taken: list[float]) -> Latencies:
    """The middle, the 99th percentile and the slowest of some answers."""
    return Latencies(median(taken), percentile(taken, 0.99), max(taken))


def _paint(number: int) -> dict[str, Any]:
    image = {"width": 1024, "height": 768, "color": number % 2**24}
    sides = {"left": 0, "top": 0, "right": 256, "bottom": 0, "feathering": 0}
    return {
        "0": {"class_type": "EmptyImage", "inputs": image},
        "1": {"class_type": "ImagePadForOutpaint", "inputs": {"image": ["0", 0], **sides}},
        "2": {"class_type": "InpaintSampler", "inputs": {"image": ["1", 0], "mask": ["1", 1]}},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
    }


def _outline(number: int) -> dict[str, Any]:
    solid = {"value": (number % 10_000) / 10_000, "width": _SIDE, "height": _SIDE}
    sides = dict.fromkeys(("left", "top", "right", "bottom"), 500)
    moved = {"mask": ["1", 0], "amount": 64, "footprint": "disk"}
    return {
        "0": {"class_type": "SolidMask", "inputs": solid},
        "1": {"class_type": "FeatherMask", "inputs": {"mask": ["0", 0], **sides}},
        "2": {"class_type": "ErodeDilateMask", "inputs": moved},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
    }
