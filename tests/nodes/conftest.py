"""The bench that the tests of nodes share: its helper processes stay warm."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.models.text_models import models_of
from paintgraph.tests.nodes.bench import Bench, bench_in


@pytest.fixture(scope="package")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_in(tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture(scope="module")
def text_bench(text_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A bench with small models that find by words and select by points."""
    with models_of(text_models), bench_in(tmp_path_factory.mktemp("text")) as bench:
        yield bench
