"""How much the program says on standard error: faults alone, what it does, or all that is logged.

What is said for people goes through one logger, `TOLD`. Libraries say nothing unless all is wanted.
"""

import logging
import os
import sys
import warnings

import typer

from paintgraph.cli.faults import TOLD, plain

_OWN = "paintgraph"
_TEXT = "%(relativeCreated)8.0f ms %(levelname)s %(name)s: %(message)s"
_CHATTY = ("numba", "PIL", "asyncio")
"""Libraries whose debug lines are of how they work inside, and thousands."""

_SILENT = {
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "OPENCV_LOG_LEVEL": "ERROR",
}
"""What tells libraries, here and in helper processes, to draw no bars and give no advice."""


class _Terminal(logging.Handler):
    """Writes lines to the standard error that there is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line; what parts of ours log says how serious it is."""
        text = plain(record.getMessage())
        is_told = record.name == TOLD
        typer.echo(text if is_told else f"{record.levelname.lower()}: {text}", err=True)


_FOR_TOLD, _FOR_LOGGED = _Terminal(), _Terminal(logging.WARNING)


def hush_libraries() -> None:
    """Keep libraries off the terminal, unless the environment asks for what they say."""
    for name, value in _SILENT.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.lastResort = logging.NullHandler()  # what nobody took on is said by nobody


def set_loudness(verbose: int, *, quiet: bool) -> None:
    """Say faults only, or what happens; with `verbose` 1 every step, with 2 also what is logged."""
    told, own = logging.getLogger(TOLD), logging.getLogger(_OWN)
    told.setLevel(logging.ERROR if quiet else logging.DEBUG if verbose else logging.INFO)
    told.propagate = False
    told.handlers = [_FOR_TOLD]
    own.handlers = [] if verbose > 1 else [_FOR_LOGGED]
    _FOR_LOGGED.setLevel(logging.ERROR if quiet else logging.WARNING)
    if verbose > 1:
        _say_what_is_logged()


def _say_what_is_logged() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    if not sys.warnoptions:
        warnings.simplefilter("default")
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.INFO)
