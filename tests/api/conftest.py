"""Servers that many tests share; each module gets them empty, so that none sees another's jobs."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import SMALL_NODES, Served, emptied, serving


@pytest.fixture(scope="session")
def real_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real nodes."""
    with serving(tmp_path_factory.mktemp("data")) as served:
        yield served


@pytest.fixture(scope="session")
def small_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with small nodes that count, tick and hang; one job at a time."""
    folder: Path = tmp_path_factory.mktemp("small")
    with serving(folder, SMALL_NODES, grace_seconds=0.5) as served:
        yield served


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real nodes and the key `k3y`, for tests that mind no other jobs."""
    with serving(tmp_path_factory.mktemp("locked"), api_keys=("k3y",)) as served:
        yield served


@pytest.fixture(scope="session")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real nodes that may send to this machine, whatever other jobs it has."""
    with serving(tmp_path_factory.mktemp("telling"), allow_private_urls=True) as served:
        yield served


@pytest.fixture(scope="module")
def server(real_nodes: Served) -> Served:
    """A server with the real nodes and no jobs."""
    return emptied(real_nodes)


@pytest.fixture(scope="module")
def small(small_nodes: Served) -> Served:
    """A server with small nodes and no jobs."""
    return emptied(small_nodes)


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
