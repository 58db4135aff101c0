"""How long things are kept, and how much of them."""

from dataclasses import dataclass, fields

_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """Bounds of age in days and of size in bytes; 0 is none. The oldest go first.

    Attributes:
        every_minutes: how often a server looks; 0: never.
        jobs_days, jobs_bytes: jobs that have ended, and the file of the store that holds them.
        events_days: events of jobs that have ended, but for the last of each.
        keys_days: idempotency keys of jobs that have ended.
        blobs_days, blobs_bytes: pictures that were sent or made, by their last use.
        results_days, results_bytes: results of nodes, by their last use.
        outputs_days, outputs_bytes: what jobs saved. By default it stays: it is the users' own.
        temp_days, temp_bytes: what jobs showed.
    """

    every_minutes: float = 10.0
    jobs_days: float = 30.0
    jobs_bytes: int = 4 * 2**30
    events_days: float = 30.0
    keys_days: float = 7.0
    blobs_days: float = 30.0
    blobs_bytes: int = 20 * 2**30
    results_days: float = 30.0
    results_bytes: int = 4 * 2**30
    outputs_days: float = 0.0
    outputs_bytes: int = 0
    temp_days: float = 1.0
    temp_bytes: int = 2**30

    def before(self, kind: str, now: float) -> float | None:
        """Up to when things of a kind are too old; None if they never are."""
        days: float = getattr(self, f"{kind}_days")
        return now - days * _DAY if days else None

    def most_bytes(self, kind: str) -> int | None:
        """How much there may be of a kind; None if that has no bound."""
        return getattr(self, f"{kind}_bytes") or None

    def negative(self) -> str | None:
        """The name of a bound that is below 0, or None."""
        return next((each.name for each in fields(self) if not getattr(self, each.name) >= 0), None)
