"""A process in which the names of ComfyUI's modules are the stand-ins, as long as a test runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paintgraph.nodes.packs.host.finder import TOPS, StandinFinder, install
from paintgraph.nodes.packs.host.places import Places


@pytest.fixture
def standins(tmp_path: Path) -> Iterator[Places]:
    """The stand-ins are installed; where they find files is told."""
    with installed(Places.below(tmp_path)) as places:
        yield places


@contextmanager
def installed(places: Places) -> Iterator[Places]:
    """While this lasts the stand-ins are installed."""
    pytest.importorskip("torch")
    install()
    from paintgraph.nodes.packs.standins import folder_paths

    folder_paths.configure(places)
    before = set(sys.modules)
    yield places
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, StandinFinder)]
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in TOPS:
            del sys.modules[name]
