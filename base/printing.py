"""Keeps the standard output for results while code of others runs."""

import contextlib
import os
import sys
from collections.abc import Iterator

_OUT, _ERR = 1, 2


@contextlib.contextmanager
def printed_aside() -> Iterator[None]:
    """While this lasts, what is printed goes to the standard error, also by libraries and programs.

    It is the whole process that prints there, all of its threads.
    """
    if sys.stdout is not None:  # as it is in a program without a console
        sys.stdout.flush()
    try:
        kept = os.dup(_OUT)
        os.dup2(_ERR, _OUT)
    except OSError:  # one of the two is closed: nobody reads what libraries print
        kept = -1
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if kept >= 0:
            os.dup2(kept, _OUT)
            os.close(kept)
