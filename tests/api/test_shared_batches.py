"""A batch whose pictures several workers share gives what one worker gives, whatever dies."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.samples import pixel_digest
from paintgraph.tests.api.serving import OUTER_SECONDS, Served, encoded, serving

COUNT = 100
BAD = 50
"""The number of a picture that is damaged."""

FREE = 2
"""Pictures after so many wait for a file: few enough that most are not given away before it."""

NODES = '''
import os
import time

from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import node
from paintgraph.nodes.sockets import Image


@node(title="Noted", category="test", heavy=True)
def noted(image: Image, path: str) -> Image:
    """Write down which picture came, and change it; all but the first ones wait for a file."""
    while round(float(image[0, 0, 0, :2] @ (256, 1)) * 255) >= FREE and not os.path.exists(GO):
        time.sleep(0.01)
    line = f"{image[0, 0, 0, 0]:.6f} {image[0, 0, 0, 1]:.6f}\\n"
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line.encode())
    os.close(file)
    return 1 - image
'''


def _recipe(path: Path) -> str:
    return f"""
about: Note the picture.
inputs: {{image: {{type: image, about: The picture.}}}}
nodes:
  photo: {{node: LoadImage, image: "${{inputs.image}}"}}
  done: {{node: Noted, image: "${{photo.image}}", path: {path}}}
outputs: {{image: "${{done.image}}"}}
"""


GRAPH = {
    "graph": {
        "paintgraph": 1,
        "nodes": {
            "files": {"node": "LoadImagesFromFolder", "folder": "album"},
            "it": {
                "node": "MapImages",
                "names": "${files.names}",
                "recipe_name": "note",
                "filename_prefix": "made",
            },
        },
    }
}


def _prepare(folder: Path) -> tuple[str, ...]:
    """Pictures and the recipe in a data folder; gives the nodes."""
    album, recipes = folder / "data" / "inputs" / "album", folder / "data" / "recipes"
    album.mkdir(parents=True)
    recipes.mkdir()
    for number in range(COUNT):
        samples = np.zeros((8, 8, 3), np.uint8)
        samples[..., 0], samples[..., 1] = number // 256, number % 256
        data = encoded(samples)
        (album / f"p{number}.png").write_bytes(data[:-30] if number == BAD else data)
    (recipes / "note.yaml").write_text(_recipe(folder / "noted"), encoding="utf-8")
    own = f"{NODES}\n\nFREE, GO = {FREE}, {str(folder / 'go')!r}\n"
    (folder / "noting.py").write_text(own, encoding="utf-8")
    return (str(folder / "noting.py"),)


def _made(server: Served) -> dict[str, str]:
    """The pixels of all files that were made, by name."""
    found = {}
    for file in sorted((server.data / "outputs").iterdir()):
        read = decode(file.read_bytes())
        found[file.name] = pixel_digest(read.image, read.depth, read.icc)
    return found


def _ended(server: Served, job_id: str) -> Any:
    for _ in range(8):  # a busy machine may take its time
        job = server.call("GET", f"/v1/jobs/{job_id}?wait=30").json
        if job["ended"]:
            break
    assert job["state"] == "failed"  # one picture is damaged
    return sorted(job["outputs"]), [(one["code"], one["detail"]) for one in job["problems"]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    """What one worker gives."""
    folder = tmp_path_factory.mktemp("alone")
    nodes = _prepare(folder)
    (folder / "go").touch()
    with serving(folder / "data", nodes=nodes) as server:
        yield _ended(server, server.job(GRAPH)), _made(server)


def _parts(server: Served, job_id: str) -> list[Any]:
    """What was given away, as rows."""
    store = server.app[PARTS].store
    sql = "SELECT * FROM jobs WHERE parent = (SELECT number FROM jobs WHERE id = ?) ORDER BY number"
    return store._database.read(lambda c: c.execute(sql, (job_id,)).fetchall())


def _until_ended(server: Served, job_id: str, count: int) -> list[Any]:
    """The parts that have ended, once they are so many."""
    deadline = time.monotonic() + 4 * OUTER_SECONDS  # with whatever else the machine does
    while time.monotonic() < deadline:
        ended = [part for part in _parts(server, job_id) if part["ended"]]
        if len(ended) >= count:
            return ended
        time.sleep(0.01)
    raise TimeoutError(f"job {job_id} has too few parts that ended")


def _kill_one(server: Served) -> None:
    """Kill a worker that is at work, as soon as there is one."""
    dispatcher = server.app[PARTS].dispatcher
    deadline = time.monotonic() + 4 * OUTER_SECONDS
    while not (running := [*dispatcher.pool.running.values()]):
        assert time.monotonic() < deadline, "no worker is at work"
        time.sleep(0.01)
    os.kill(running[0].handle.pid, signal.SIGKILL)


def test_several_workers_give_what_one_gives(
    alone: tuple[Any, dict[str, str]], tmp_path: Path
) -> None:
    """A worker is killed meanwhile, then the server ends and starts anew."""
    nodes = _prepare(tmp_path)
    with serving(tmp_path / "data", nodes=nodes, workers=2) as server:
        job = server.job(GRAPH)
        _until_ended(server, job, FREE)
        assert len(server.call("GET", "/v1/jobs").json["jobs"]) == 1
        _kill_one(server)
        (tmp_path / "go").touch()
        _until_ended(server, job, 6)
    with serving(tmp_path / "data", nodes=nodes, workers=2) as server:
        ended = {part["id"] for part in _until_ended(server, job, 6)}
        found = _ended(server, job), _made(server)
        parts = _parts(server, job)
        server.call("DELETE", f"/v1/jobs/{job}?purge=true")
        left = _made(server), _parts(server, job)

    assert found == alone
    assert sum(part["pictures"] for part in parts) == COUNT
    assert len(parts) < COUNT
    assert len(ended) >= 6
    assert left == ({}, [])
    noted = Counter((tmp_path / "noted").read_text(encoding="utf-8").splitlines())
    assert len(noted) == COUNT - 1
    again = sum(part["pictures"] for part in parts if part["fence"] > 1)
    assert sum(noted.values()) - len(noted) <= again


def test_a_batch_that_is_cancelled_ends_with_its_parts(tmp_path: Path) -> None:
    nodes = _prepare(tmp_path)
    with serving(tmp_path / "data", nodes=nodes, workers=2) as server:
        job = server.job(GRAPH)
        _until_ended(server, job, FREE)
        server.call("DELETE", f"/v1/jobs/{job}")
        (tmp_path / "go").touch()
        server.until(job, "cancelled")

        assert all(part["ended"] for part in _parts(server, job))
        assert sum(part["pictures"] for part in _parts(server, job)) < COUNT
