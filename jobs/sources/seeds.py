"""Random seeds become numbers before a run, so that it can be repeated."""

import secrets

RANDOM = -1
_BITS = 32


def draw_seed(seed: int) -> int:
    """The seed itself, or a number drawn for -1."""
    return secrets.randbits(_BITS) if seed == RANDOM else seed
