"""Looks after a worker: whether it is scheduled and goes on, and how much memory it takes.

A worker answers a ping by a thread of its own. One that does not, and computes nothing, is stopped
or stuck inside a library; one that answers, but whose threads all wait for locks that nobody will
let go, is stuck in its nodes. A long call that computes, on a processor or an accelerator, is
neither, though it may keep the thread from answering; nor is one that sleeps, or waits for a
network, a file or a process.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from paintgraph.base import usage
from paintgraph.jobs import faults
from paintgraph.jobs.faults import Fault

_LOOKS = 10
"""How often a worker is looked at in the time after which it counts as stuck."""

_MEMORY_SECONDS = 0.25
_TICK_SECONDS = 0.01  # what the system counts by
_STIR_SECONDS = 0.001  # what an idle interpreter does not reach


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a worker may do.

    Attributes:
        stall_seconds: after how long one that stands still is ended; 0: never.
        bytes: how much memory it may take, without what stands in files; 0: as much as there is.
    """

    stall_seconds: float = 60.0
    bytes: int = 0


@dataclass(slots=True)
class Pulse:
    """What was heard of a worker.

    Attributes:
        heard: how many messages came.
        pongs: how many of them answered pings.
        pings: how many pings were sent.
        computed: seconds that its threads had computed when it answered last, but that one.
        waits: whether they all waited for locks then.
    """

    heard: int = 0
    pongs: int = 0
    pings: int = 0
    computed: float = 0.0
    waits: bool = False


class Watched(Protocol):
    """A worker that is looked after."""

    pulse: Pulse

    @property
    def pid(self) -> int:
        """Process id."""

    def ping(self) -> None:
        """Ask for a sign of life."""


@dataclass(slots=True)
class _Looks:
    """What the looks at a worker showed since it last went on."""

    quiet: int = 0
    heard: int = 0
    pongs: int = 0
    computed: float = 0.0
    own: float = 0.0
    children: float = 0.0
    family: list[int] = field(default_factory=list)


async def watch(worker: Watched, bounds: Bounds, is_at_work: Callable[[], bool]) -> Fault:
    """Look after a worker until it has a fault; gives that."""
    looks = _Looks()
    seconds = bounds.stall_seconds / _LOOKS or _MEMORY_SECONDS
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        if (fault := _memory_fault(worker, bounds, looks.family)) is not None:
            return fault
        if loop.time() >= due:
            due = loop.time() + seconds
            looks.family = await asyncio.to_thread(usage.descendants, worker.pid)
            if bounds.stall_seconds and _is_stuck(worker, looks, is_at_work=is_at_work()):
                return faults.stalled(bounds.stall_seconds)
        await asyncio.sleep(min(seconds, _MEMORY_SECONDS))


def _memory_fault(worker: Watched, bounds: Bounds, family: list[int]) -> Fault | None:
    if not bounds.bytes:
        return None
    taken = sum(usage.own_bytes(pid) or 0 for pid in (worker.pid, *family))
    if taken <= bounds.bytes:
        return None
    return faults.out_of_memory(taken, bounds.bytes)


def _is_stuck(worker: Watched, looks: _Looks, *, is_at_work: bool) -> bool:
    """Look at a worker once more; whether it has been quiet for too many looks in a row.

    Looks are counted, not seconds: where the server itself was stopped, nobody stood still.
    """
    pulse = worker.pulse
    own = usage.cpu_seconds(worker.pid)
    children = sum(usage.cpu_seconds(pid) or 0.0 for pid in looks.family)
    answers = pulse.pongs > looks.pongs
    stirs = pulse.heard - pulse.pongs > looks.heard or children - looks.children >= _TICK_SECONDS
    if answers:
        computes = pulse.computed - looks.computed >= _STIR_SECONDS
        goes_on = stirs or computes or not (is_at_work and pulse.waits)
    else:
        goes_on = stirs or own is None or own - looks.own >= _TICK_SECONDS
    looks.pongs = pulse.pongs
    if goes_on:
        looks.quiet, looks.heard = 0, pulse.heard - pulse.pongs
        looks.computed, looks.own, looks.children = pulse.computed, own or 0.0, children
    else:
        looks.quiet += 1
    if pulse.pings == pulse.pongs:
        pulse.pings += 1
        worker.ping()
    return looks.quiet >= _LOOKS - 2
