"""Which models' jobs a worker takes next, so that what it loads pays for itself.

A model may take as long to load as many jobs do. Whoever takes the first job of all loads a model
for most of them, and with several workers that goes on for as long as jobs of several models wait.
So a worker stays with what it holds while there is work for that and its last load has not paid for
itself; it loads what nobody holds, or what has so much work that another holder is worth a load.

No job waits for ever: once the first of all has waited for a few times of its load, the next worker
takes it whose own load has paid for itself, or who would wait otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PAID_LOADS = 4.0
"""For how many times of a load a worker stays with what it has loaded."""

PATIENCE_LOADS = 3.0
"""For how many times of its load the first job of all waits, if nobody holds its models."""

PATIENCE_WITH_HOLDERS = 6.0
"""The same where somebody holds them, who is most likely on his way to it."""


@dataclass(frozen=True, slots=True)
class Line:
    """The queued jobs that name the same models.

    Attributes:
        models: the number of this set of models.
        is_held: whether the worker that asks holds them; no model is held by everybody.
        waited: how many seconds its first job has waited.
        work: how many seconds its jobs will take together.
        holders: how many other workers hold its models.
        load: how many seconds they take to load; 0 if that is not known, or is nothing.
    """

    models: int
    is_held: bool
    waited: float = 0.0
    work: float = 0.0
    holders: int = 0
    load: float = 0.0


def choose(lines: Sequence[Line], *, is_paid: bool) -> list[Line]:
    """The lines from which a worker may take the next job, the first of these jobs.

    `lines` are in the order of their first jobs. `is_paid` says whether the worker's last load has
    paid for itself. None: the worker waits, for others will have done that work sooner.
    """
    first = lines[0]
    patience = PATIENCE_WITH_HOLDERS if first.holders else PATIENCE_LOADS
    is_late = first.waited >= patience * first.load
    held = [line for line in lines if line.is_held]
    if held:
        return [first] if is_late and is_paid else held
    for line in lines:
        if not line.holders:
            return [line]
    longest = max(lines, key=lambda line: line.work / line.holders)
    if longest.work / longest.holders > longest.load:
        return [longest]
    return [first] if is_late else []
