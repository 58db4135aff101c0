"""A submitted graph becomes a job whose pictures are blobs, and whose request holds none."""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from paintgraph.api.native.submitting import read_request
from paintgraph.api.services.catalogue import Catalogue
from paintgraph.api.services.client_files import NamedFiles
from paintgraph.api.services.pictures import Pictures
from paintgraph.api.services.submission import SubmissionRules, Submissions
from paintgraph.base.text.document import Document
from paintgraph.engine.errors import GraphError
from paintgraph.jobs.storage import in_folders
from paintgraph.jobs.store.job import Job
from paintgraph.jobs.workers.handle import Ready
from paintgraph.nodes import build_registry
from paintgraph.tests.api.serving import png
from paintgraph.tests.jobs.test_dispatcher import rig

SPECS = [declaration.spec.to_json() for declaration in build_registry()]
INLINE = base64.b64encode(png()).decode()


class Told:
    """The node types, as workers tell them."""

    ready = Ready(SPECS)


def graph_of(image: Any, inputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A request that loads a picture, once by itself and once in a declared input."""
    nodes = {
        "photo": {"node": "LoadImage", "image": image},
        "other": {"node": "LoadImage", "image": "${inputs.image}"},
    }
    outputs = {"photo": "${photo.image}", "other": "${other.image}"}
    graph = {"inputs": {"image": {"type": "image"}}, "nodes": nodes, "outputs": outputs}
    return {"graph": graph, "inputs": inputs or {"image": image}}


async def submitted(folder: Path, request: dict[str, Any]) -> tuple[Job, Any, Any]:
    """The job, its bound graph and its request as they are kept."""
    async with rig(folder, {}) as r:
        submissions = Submissions(
            Catalogue(Told(), ()),
            r.dispatcher,
            Pictures(r.blobs),
            NamedFiles(in_folders(r.folders), r.store),
            SubmissionRules(1 << 20),
        )
        job = (await submissions.submit(read_request(Document(request)))).job
        graph, kept = r.store.document(job.id), r.store.document(job.id, "request")
        return job, orjson.loads(graph or b""), orjson.loads(kept or b"")


@pytest.mark.parametrize("image", [INLINE, f"data:image/png;base64,{INLINE}"], ids=["plain", "url"])
def test_a_picture_inside_a_request_is_not_kept_in_it(tmp_path: Path, image: str) -> None:
    long = image if image.startswith("data:") else image + "\n" * 4096  # as long as no name is

    _, graph, request = asyncio.run(submitted(tmp_path, graph_of(long)))

    digest = graph["nodes"]["photo"]["image"]
    assert digest.startswith("sha256:")
    assert request == graph_of(digest)


def test_a_request_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "photo.png").write_bytes(png())

    job, graph, request = asyncio.run(submitted(tmp_path, graph_of("photo.png")))

    assert request == graph_of("photo.png")
    assert graph["nodes"]["other"]["image"].startswith("sha256:")
    assert job.state == "queued"


def test_problems_point_into_the_request(tmp_path: Path) -> None:
    with pytest.raises(GraphError) as caught:
        asyncio.run(submitted(tmp_path, graph_of("none.png", {"image": "neither.png"})))

    assert {problem.path for problem in caught.value.problems} == {
        ("graph", "nodes", "photo", "image"),
        ("inputs", "image"),
    }
