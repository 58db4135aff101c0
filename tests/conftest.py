"""What many tests share."""

import gc
import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

from paintgraph.base.bucket import Bucket, open_bucket
from paintgraph.engine.node.registry import Registry
from paintgraph.tests import buckets, fake_nodes
from paintgraph.tests.jobs.postgresql import PostgresqlServer, postgresql_server

# Machines are loaded now and then: no deadlines. The gate draws the same values on every machine;
# `scripts/test --random` draws new ones, and keeps what it finds.
settings.register_profile("gate", deadline=None, derandomize=True, database=None)
settings.register_profile(
    "random",
    deadline=None,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(Path(__file__).parent / "finds"),
)
settings.load_profile("gate")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: whoever collects garbage need not look at them again.

    Nor need it look as often as Python itself would, which takes a tenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The fake nodes."""
    return fake_nodes.registry()


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server."""
    with buckets.s3_server(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def bucket_url(
    s3_endpoint: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The address of an empty part of a bucket, whose server and keys the environment names."""
    for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": s3_endpoint}).items():
        monkeypatch.setenv(name, value)
    return f"s3://{buckets.NAME}/{hashlib.sha256(request.node.nodeid.encode()).hexdigest()}"


@pytest.fixture
def bucket(bucket_url: str) -> Bucket:
    """An empty part of a bucket."""
    return open_bucket(bucket_url)


@pytest.fixture
def label(request: pytest.FixtureRequest) -> Iterator[str]:
    """A name that no other test uses, for nodes that count, answer or meet."""
    name: str = request.node.nodeid
    yield name
    for register in (fake_nodes.COUNTS, fake_nodes.ANSWERS, fake_nodes.MEETINGS):
        register.pop(name, None)


@pytest.fixture
def no_thread_left() -> Iterator[None]:
    """Fails the test if a thread that it started outlives it."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before]
    for thread in left:
        thread.join(timeout=120)
    assert [thread.name for thread in left if thread.is_alive()] == []


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A server with any number of databases; whoever stops one starts a server of its own."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def text_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small models that find by words or select by points."""
    from paintgraph.tests.models.text_models import save_text_models

    return save_text_models(tmp_path_factory.mktemp("text_models"))
