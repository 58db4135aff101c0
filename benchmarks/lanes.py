"""Nodes side by side: waiting ones, and heavy ones against what two processes reach."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from paintgraph.benchmarks.measuring import Figure, rounds, seconds_of
from paintgraph.benchmarks.small_graphs import run_text, side_by_side
from paintgraph.benchmarks.small_nodes import registry, work
from paintgraph.engine.execution.run import Worker

_WAITING = 8
_ROUNDS = 5


class _Times(NamedTuple):
    """Seconds of one round: both branches one after the other, and at once."""

    serial: float
    lanes: float
    serial_processes: float
    processes: float

    @property
    def gain(self) -> float:
        """Speed-up by lanes."""
        return self.serial / self.lanes

    @property
    def processes_gain(self) -> float:
        """Speed-up by processes."""
        return self.serial_processes / self.processes


def figures() -> list[Figure]:
    """Eight waiting nodes of each kind, and two heavy branches."""
    return [
        _waiting("eight nodes that sleep 0.5 s on the io lane", "Sleep"),
        _waiting("eight async nodes that wait 0.5 s", "Wait"),
        *_heavy(),
    ]


def _waiting(name: str, kind: str) -> Figure:
    text, worker = side_by_side(kind, _WAITING), Worker(registry())
    run_text(text, worker)
    taken = rounds(lambda: seconds_of(lambda: run_text(text, worker)), _ROUNDS)
    return Figure(name, tuple(taken), "s", 0.6)


def _heavy() -> list[Figure]:
    text, known = side_by_side("Work", 2), registry()
    alone, together = Worker(known, lanes={"cpu": 1}), Worker(known, lanes={"cpu": 2})
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as pool:
        # Both processes are started by a first round, which does not count.
        list(pool.map(work, range(2)))

        def measure() -> _Times:
            return _Times(
                seconds_of(lambda: run_text(text, alone)),
                seconds_of(lambda: run_text(text, together)),
                seconds_of(lambda: [pool.submit(work, i).result() for i in range(2)]),
                seconds_of(lambda: list(pool.map(work, range(2)))),
            )

        measured = rounds(measure, _ROUNDS)
    best = _Times(*map(min, zip(*measured, strict=True)))
    names = "two heavy branches: speed-up", "two processes: speed-up", "the first as a part of it"
    rows = [
        (names[0], [m.gain for m in measured], best.gain, None),
        (names[1], [m.processes_gain for m in measured], best.processes_gain, None),
        (
            names[2],
            [m.gain / m.processes_gain for m in measured],
            best.gain / best.processes_gain,
            0.85,
        ),
    ]
    return [
        Figure(name, tuple(values), "x", target, more_is_better=True, undisturbed=undisturbed)
        for name, values, undisturbed, target in rows
    ]
