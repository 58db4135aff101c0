"""How far PatchMatch is, by what the library prints while it works."""

import re

STEPS = 100
"""How many steps a whole fill counts."""

PRINTED = (b"Inpainting level", b"Initialization", b"EM Iteration", b"  ", b"Energy")
"""How the lines begin that are printed of a fill."""

_LEVEL = re.compile(rb"Inpainting level: (\d+)")
_ROUND = re.compile(rb"EM Iteration: (\d+)")
_FINE = 2  # levels below it are done once and in one direction, the others twice and in both


class Steps:
    """Follows the lines of one fill.

    It works from small copies of the picture, of high level, to the picture itself, level 0. Each
    is half as wide as the next, and takes two rounds more. Halfway it goes back to a higher level
    and comes down again, with larger patches; how high is not known before.
    """

    def __init__(self) -> None:
        self.done = 0
        self._highest = 0
        self._level = 0
        self._is_second = False

    def take(self, line: bytes) -> bool:
        """Take note of a line; says whether the fill is further than before."""
        before = self.done
        if found := _LEVEL.match(line):
            level = int(found[1])
            self._highest = max(self._highest, level)
            self._is_second |= level > self._level > 0
            self._level = level
            self._advance(0)
        elif found := _ROUND.match(line):
            self._advance(int(found[1]))
        return self.done > before

    def _advance(self, rounds: int) -> None:
        costs = {level: _cost(level) for level in range(self._highest + 1)}
        coarse = sum(cost for level, cost in costs.items() if level >= _FINE)
        done = sum(cost for level, cost in costs.items() if level > self._level)
        done += costs[self._level] * min(1.0, rounds / _rounds(self._level))
        if self._level >= _FINE:
            done = done / 2 + self._is_second * coarse / 2
        self.done = max(self.done, round(STEPS * done / sum(costs.values())))


def _rounds(level: int) -> int:
    return 2 * level + 1


def _cost(level: int) -> float:
    """What a level costs, in rounds of the whole picture in one direction."""
    return _rounds(level) / 4.0**level * (4 if level >= _FINE else 1)
