"""No node gives more pixels than are allowed, whatever its numbers are: it is refused before."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.imaging import arrays
from paintgraph.tests.nodes.bench import Bench
from paintgraph.tests.nodes.test_every_node import (
    BATCH,
    HEIGHT,
    WIDTH,
    _data,
    _inputs,
    every_runnable,
)

MOST = BATCH * HEIGHT * WIDTH
"""As many as the samples have, so that whatever makes more of them is one too many."""


def largest(spec: NodeSpec) -> Iterator[dict[str, Any]]:
    """The defaults, and each number alone as large as it may be."""
    yield {}
    for declared in spec.inputs:
        is_number = declared.type in ("int", "float") and not declared.items
        if is_number and declared.maximum is not None and declared.when is None:
            yield {declared.name: declared.maximum}


@every_runnable
def test_no_node_gives_more_pixels_than_are_allowed(
    bench: Bench, spec: NodeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "MOST_PIXELS", MOST)

    for numbers in largest(spec):
        ran = bench.node(spec.id, **{**_inputs(spec), **numbers})

        refused = [failure for failure in ran.outcome.failures if failure.code == "too_many_pixels"]
        given = [] if ran.outcome.failures else _data(ran, "it")
        sizes = [np.prod(each.shape[:3]) for each in given if isinstance(each, np.ndarray)]
        assert refused or max(sizes, default=0) <= MOST, numbers
