"""Did you mean: the nearest known name to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """The question, with a space in front; nothing if no name is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(wrong.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""
