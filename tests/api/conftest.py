"""Servers that many tests share; each module has its own, so that none sees another's jobs."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real nodes."""
    with serving(tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with small nodes that count, tick and hang; one job at a time."""
    folder: Path = tmp_path_factory.mktemp("small")
    with serving(folder, SMALL_NODES, grace_seconds=0.5) as served:
        yield served


@pytest.fixture(scope="module")
def alice(server: Served) -> Client:
    """A client of a server with keys."""
    return Client(server, "alice")


@pytest.fixture(scope="module")
def bob(server: Served) -> Client:
    """Another client of it."""
    return Client(server, "bob")


@pytest.fixture(scope="module")
def admin(server: Served) -> Client:
    """Who runs it."""
    return Client(server, "operator", "admin")


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A web server that hears what is sent to it."""
    ear = Ear()
    thread = threading.Thread(target=ear.server.serve_forever)
    thread.start()
    yield ear
    ear.server.shutdown()
    ear.server.server_close()
    thread.join()
