"""Pillow's warnings on odd metadata, kept from the log: what matters is raised as an error."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# `warnings.catch_warnings` changes the whole process, so one thread at a time may be in it.
_LOCK = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings are dropped inside; one thread at a time."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
