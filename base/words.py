"""Words in messages: the nearest known name to a misspelt one, and texts cut to a length."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """Did you mean: the question, with a space in front; nothing if no name is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(wrong.lower()[:100], by_lower, n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""


def shorten(text: str, most: int = 80) -> str:
    """A text cut for a message, so that a hostile value cannot fill the log.

    >>> shorten("nine", 4), shorten("ninety", 4)
    ('nine', 'nine...')
    """
    return text if len(text) <= most else f"{text[:most]}..."


def first_line(error: BaseException, most: int = 200) -> str:
    """The first line of what an error says, without its full stop; its kind if it says nothing."""
    line = str(error).strip().partition("\n")[0]
    return shorten(line, most).rstrip(" .") or type(error).__name__
