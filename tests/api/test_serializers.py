"""No path of the machine leaves the server: not in a job, an event, nor a refusal."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from paintgraph.api.http.refusals import hiding, problems_to_json, refusal
from paintgraph.api.services.pictures import Addresses, Pictures
from paintgraph.api.services.serializers import Serializer
from paintgraph.base.bucket import BucketError, open_bucket
from paintgraph.base.errors import Problem
from paintgraph.engine.errors import BindError, GraphError
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.jobs.dispatching.dispatcher import Dispatcher
from paintgraph.jobs.dispatching.outcomes import JobEffects
from paintgraph.jobs.dispatching.subscriptions import Subscriptions
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.workers.handle import WorkerSpec
from paintgraph.tests import buckets
from paintgraph.tests.api.serving import png

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder by the name that the server was given: a link to where it really is."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    return tmp_path / "link"


@pytest.fixture
def serializer(data: Path) -> Iterator[Serializer]:
    store, blobs = JobStore(data / "jobs.sqlite"), FolderBlobs(data / "blobs")
    effects = JobEffects(store, blobs, {})
    dispatcher = Dispatcher(store, Subscriptions(), effects, WorkerSpec("", {}), {})
    hide = hiding((data, Path("/opt/recipes")))
    yield Serializer(dispatcher, Pictures(blobs), Addresses(), hide)
    store.close()


def said(folder: Path) -> str:
    return f"'{folder}/outputs/a.png' cannot be written; '{folder}' is full, see /opt/recipes/x."


def assert_hidden(answer: Any, folder: Path) -> None:
    text = orjson.dumps(answer).decode()
    assert "outputs/a.png" in text
    assert str(folder) not in text
    assert str(folder.resolve()) not in text
    assert "/opt/recipes" not in text


@pytest.mark.parametrize("resolved", [False, True], ids=["as named", "as resolved"])
def test_a_job_names_no_folder_of_the_server(
    serializer: Serializer, data: Path, *, resolved: bool
) -> None:
    folder = data.resolve() if resolved else data
    problem = {"code": "x", "message": said(folder), "node": "save", "inputs": {"a": said(folder)}}
    job = Job("a", 1, "failed", "", "light", 0, 0.0, warnings=[said(folder)], problems=[problem])

    told = serializer.job(job)

    assert_hidden(told["warnings"], data)
    assert_hidden(told["problems"][0]["detail"], data)
    assert_hidden(told["problems"][0]["given"], data)
    assert_hidden(told, data)


def test_an_event_names_no_folder_of_the_server(serializer: Serializer, data: Path) -> None:
    file = {"file": f"{data}/a.png", "folder": str(data), "digest": DIGEST, "ui": {"x": str(data)}}
    fact = {
        "type": "executed",
        "node": "save",
        "message": said(data),
        "inputs": {"path": said(data)},
        "effects": [{"blob": DIGEST, "prefix": str(data)}],
        "files": [{**file, "media_type": "image/png"}],
    }

    (told,) = serializer.events([fact])

    assert_hidden(told, data)
    assert told["type"] == "executed"
    assert told["files"] == [
        {"url": f"/v1/images/{DIGEST}", "digest": DIGEST, "media_type": "image/png"}
    ]
    assert "effects" not in told


def test_a_refusal_names_no_folder_of_the_server(serializer: Serializer, data: Path) -> None:
    one = GraphError([Problem("x", said(data))])
    many = GraphError([Problem("x", said(data)), Problem("y", said(data.resolve()))])

    for error in (one, many, BindError(said(data))):
        refused = refusal(error, serializer.hide)
        assert refused is not None
        assert_hidden([refused.message, refused.problems], data)
    assert_hidden(problems_to_json(many.problems, serializer.hide), data)


def test_a_hidden_folder_leaves_what_lies_inside_it(serializer: Serializer, data: Path) -> None:
    message = f"'{data}/inputs/a.png' in '{data}', not in '/home/user'."

    assert serializer.hide(message) == "'inputs/a.png' in 'data', not in '/home/user'."


def test_a_picture_that_no_worker_measured_is_measured(serializer: Serializer, data: Path) -> None:
    digest = Pictures(FolderBlobs(data / "blobs")).put(png()).digest
    job = Job("a", 1, "succeeded", "", "light", 0, 0.0, outputs={"image": {"digest": digest}})

    told = serializer.job(job)["outputs"]["image"]

    assert serializer.looks_up(job)
    assert (told["width"], told["height"], told["media_type"]) == (32, 24, "image/png")


def test_no_client_is_told_where_the_bucket_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with buckets.faulty_server(507, "XMinioStorageFull") as endpoint:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BucketError) as told:
            open_bucket("s3://paint", patience_seconds=0).put("a", b"")
    refused = refusal(told.value, hiding(()))

    assert refused is not None
    assert str(refused) == "the bucket is full. Free space, or raise its quota."
