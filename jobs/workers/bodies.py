"""Signals with bytes, such as previews, between a worker and the server: behind a frame's head."""

from collections.abc import Iterable, Mapping
from typing import Any

Signal = Mapping[str, Any]


MOST_WAITING = 1000
"""Signals that may wait for one listener."""


def keep_newest(waiting: dict[tuple[str, str], Signal], signal: Signal) -> None:
    """Put a signal with those that wait: of a node the newest of each kind is kept.

    What a node sends is never replaced, as each message may be another; there is a bound on it.
    """
    kind = signal["type"]
    if kind == "sent":
        if len(waiting) >= MOST_WAITING:
            return
        kind = f"sent {len(waiting)}"
    waiting[kind, signal.get("node", "")] = signal


def without_bytes(signals: Iterable[Signal]) -> tuple[list[Signal], list[bytes]]:
    """The signals with the length in place of their `data`, and all data in a row."""
    signals = list(signals)
    bodies = [signal["data"] for signal in signals if "data" in signal]
    plain = [{**each, "data": len(each["data"])} if "data" in each else each for each in signals]
    return plain, bodies


def with_bytes(signals: Iterable[Signal], body: bytes) -> list[Signal]:
    """What `without_bytes` took apart."""
    whole = []
    start = 0
    for signal in signals:
        if "data" not in signal:
            whole.append(signal)
            continue
        end = start + signal["data"]
        whole.append({**signal, "data": body[start:end]})
        start = end
    return whole
