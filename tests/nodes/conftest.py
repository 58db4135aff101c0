"""The bench that the tests of nodes share: its helper processes stay warm."""

from collections.abc import Iterator

import pytest

from tests.nodes.bench import Bench, bench_in


@pytest.fixture(scope="package")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_in(tmp_path_factory.mktemp("bench")) as bench:
        yield bench
