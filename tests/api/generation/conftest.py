"""One server for the tests that mind no other jobs."""

from collections.abc import Iterator

import pytest

from paintgraph.tests.api.serving import Served, serving


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real nodes."""
    with serving(tmp_path_factory.mktemp("generation")) as served:
        yield served
