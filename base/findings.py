"""What a look at the installation, or at what servers share, has found."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `is_fault` if paintgraph cannot work as it is, `is_warning` if badly."""

    what: str
    found: str
    is_fault: bool = False
    is_warning: bool = False

    def to_text(self) -> str:
        """For people: one line."""
        mark = "!!" if self.is_fault else " !" if self.is_warning else "ok"
        return f"{mark}  {self.what}: {self.found}"

    def to_json(self) -> dict[str, Any]:
        """Plain data for programs."""
        return {
            "what": self.what,
            "found": self.found,
            "fault": self.is_fault,
            "warning": self.is_warning,
        }


MOST_SECONDS_APART = 5.0


def clock_finding(what: str, there: float, before: float, after: float) -> Finding:
    """Compare a clock elsewhere with this machine's, which said `before` and `after` around it.

    Times are in seconds since 1970. What lies within the two is no difference.
    """
    off = max(there - after, 0.0) or min(there - before, 0.0)
    if abs(off) <= MOST_SECONDS_APART:
        return Finding(what, "as this machine's")
    side = "ahead of" if off > 0 else "behind"
    text = (
        f"{abs(off):.0f} s {side} this machine's; allowed are {MOST_SECONDS_APART:.0f} s. Let all "
        "machines set their clocks by NTP."
    )
    return Finding(what, text, is_fault=True)
