"""Servers that share a bucket: what one keeps, the other gives; what is purged is gone.

Each has its own queue, so it is known which of them runs what.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from paintgraph.base.bucket import open_bucket
from paintgraph.jobs.store.database import UnreachableStoreError
from paintgraph.jobs.store.retention import Retained
from paintgraph.tests import buckets
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import (
    OUTER_SECONDS,
    Served,
    mask_png,
    png,
    run_recipe,
    serving,
)

FILE = "copy_00001_.png"


@pytest.fixture(scope="module")
def part(s3_endpoint: str) -> Iterator[str]:
    """The address of a part of the bucket, empty at first, whose keys the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": s3_endpoint}).items():
            patch.setenv(name, value)
        yield f"s3://{buckets.NAME}/shared"


@pytest.fixture(scope="module")
def pair(part: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Served]]:
    """Two servers that share it."""
    folder = tmp_path_factory.mktemp("pair")
    (folder / "dear.py").write_text(DEAR, encoding="utf-8")
    shared: dict[str, Any] = {"objects": f"{part}/pair", "nodes": [str(folder / "dear.py")]}
    with serving(folder / "a", **shared) as one, serving(folder / "b", **shared) as other:
        yield one, other


@pytest.fixture(scope="module")
def linking(part: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that gives links into the bucket."""
    folder, objects = tmp_path_factory.mktemp("linking"), f"{part}/linking"
    with serving(folder, objects=objects, link_seconds=600, max_body_bytes=4096) as server:
        yield server


def test_what_one_server_makes_another_gives(part: str, pair: tuple[Served, Served]) -> None:
    one, other = pair
    bucket = open_bucket(f"{part}/pair")
    photo = one.upload(png())
    job = run_recipe(other, "inpaint", {"image": photo, "mask": other.upload(mask_png())})
    made = job["outputs"]["image"]
    picture = one.call("GET", made["url"])
    saved = other.submit(_saving(made["digest"]), wait=300).json
    assert "state" in saved, saved
    assert saved["state"] == "succeeded", saved
    view = one.call("GET", f"/view?filename={FILE}&type=output")

    assert picture.status == view.status == 200
    assert bucket.get(f"outputs/{FILE}") == view.body
    assert other.call("DELETE", f"/v1/jobs/{saved['id']}?purge=true").status in (200, 204)
    assert bucket.get(f"outputs/{FILE}") is None
    assert one.call("GET", f"/view?filename={FILE}&type=output").status == 404


def test_clients_get_results_from_the_bucket_and_send_pictures_there(
    part: str, linking: Served
) -> None:
    server, bucket = linking, open_bucket(f"{part}/linking")
    alice, bob = Client(server, "alice"), Client(server, "bob")
    begun = alice.call("POST", "/v1/images/uploads")
    assert begun.status == 201, begun.body
    take = f"/v1/images/uploads/{begun.json['id']}"
    assert alice.call("POST", take).codes == ["no_such_upload"]
    assert requests.put(begun.json["link"], png(), timeout=60).ok
    assert bob.call("POST", take).codes == ["no_such_upload"]
    taken = alice.call("POST", take)
    assert taken.status == 201, taken.body
    assert alice.call("POST", take).codes == ["no_such_upload"]
    for data, code in ((b"no picture", "not_a_picture"), (bytes(5000), "too_large")):
        begun = alice.call("POST", "/v1/images/uploads")
        assert requests.put(begun.json["link"], data, timeout=60).ok
        assert alice.call("POST", f"/v1/images/uploads/{begun.json['id']}").codes == [code]
    assert [*bucket.below("uploads")] == []
    job = alice.call("POST", "/v1/jobs?wait=300", json=_saving(taken.json["digest"]))
    picture = job.json["outputs"]["saved"]
    direct = requests.get(picture["link"], timeout=60)
    assert direct.headers["Content-Type"] == "image/png"
    assert direct.content == alice.call("GET", picture["url"]).body
    assert "X-Amz-Expires=600" in picture["link"]
    assert bob.call("GET", f"/v1/jobs/{job.json['id']}").status == 404


def test_what_was_sent_is_there_until_it_is_taken(
    part: str, linking: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Retained.note_upload
    away = [UnreachableStoreError("the store is away. Try again soon.")]

    async def noted(retained: Retained, digest: str, client: str) -> None:
        if away:
            raise away.pop()
        await note(retained, digest, client)

    monkeypatch.setattr(Retained, "note_upload", noted)
    alice = Client(linking, "alice")
    begun = alice.call("POST", "/v1/images/uploads")
    take = f"/v1/images/uploads/{begun.json['id']}"
    assert requests.put(begun.json["link"], png(), timeout=60).ok

    assert alice.call("POST", take).status == 503
    assert alice.call("POST", take).status == 201
    assert [*open_bucket(f"{part}/linking").below("uploads")] == []


def test_links_can_be_turned_off(tmp_path: Path, bucket_url: str) -> None:
    with serving(tmp_path, objects=bucket_url, link_seconds=0) as server:
        job = server.submit(_saving(server.upload(png())), wait=300).json
        refused = server.call("POST", "/v1/images/uploads")

    assert "link" not in job["outputs"]["saved"]
    assert (refused.status, refused.codes) == (404, ["no_links"])


DEAR = '''
import time

from paintgraph.engine.node.declaration import node
from paintgraph.nodes.sockets import Image


@node(title="Dear", category="test", heavy=True)
def dear(image: Image, path: str) -> Image:
    """Take a while, and leave a line each time."""
    with open(path, "a") as file:
        file.write("ran\\n")
    time.sleep(0.5)
    return 1 - image
'''


def test_what_a_heavy_node_gave_at_one_is_not_computed_at_the_other(
    part: str, pair: tuple[Served, Served], tmp_path: Path
) -> None:
    one, other = pair
    nodes = {
        "photo": {"node": "LoadImage", "image": one.upload(png())},
        "dear": {"node": "Dear", "image": "${photo.image}", "path": str(tmp_path / "ran")},
    }
    graph = {"nodes": nodes, "outputs": {"image": "${dear.image}"}}
    before = _results(part)
    made = one.until(one.job(graph), "succeeded")
    _wait_for(lambda: _results(part) > before)  # they are written behind the run
    again = other.job(graph)
    same = other.until(again, "succeeded")

    assert made["outputs"]["image"]["digest"] == same["outputs"]["image"]["digest"]
    assert (tmp_path / "ran").read_text(encoding="utf-8") == "ran\n"
    [kept] = [event.data["nodes"] for event in other.followed(again) if event.type == "kept"]
    assert "dear" in kept


def _results(part: str) -> set[str]:
    """Names of what is kept of nodes."""
    return {found.key for found in open_bucket(f"{part}/pair").below("results")}


def _wait_for(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + OUTER_SECONDS
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _saving(digest: str) -> object:
    return {
        "nodes": {
            "photo": {"node": "LoadImage", "image": digest},
            "saved": {
                "node": "SaveImage",
                "images": "${photo.image}",
                "filename_prefix": "copy",
            },
        },
    }
