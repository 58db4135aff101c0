"""`paintgraph.connect`: the calls of `paintgraph.run`, on a real server."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import paintgraph as front
from paintgraph.jobs.store.job import NewJob
from paintgraph.jobs.store.jobs import Accepted, JobStore
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, samples

KEY = "a-key-of-a-test-that-is-long"
WIDER: Mapping[str, Any] = {"sides": ["left", "right"], "fraction": 0.5, "engine": "telea"}
SLOW: dict[str, Any] = {
    "nodes": {"slow": {"node": "Tick", "seconds": 60}},
    "outputs": {"count": "${slow.sum}"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("server"), api_keys=(KEY,)) as served:
        yield served


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("small"), SMALL_NODES, grace_seconds=0.5) as served:
        yield served


@pytest.fixture
def remote(server: Served) -> front.Connection:
    return front.connect(server.url, key=KEY)


@pytest.fixture
def slow(small: Served) -> front.Connection:
    return front.connect(small.url)


def test_a_run_gives_what_a_run_here_gives(remote: front.Connection, photo: Path) -> None:
    here = front.run("outpaint", image=photo, **WIDER)
    there = remote.run("outpaint", image=photo, **WIDER)

    assert there.names == here.names
    assert np.array_equal(np.asarray(there.image), np.asarray(here.image))
    assert np.array_equal(there.pictures("mask")[0].array, here.pictures("mask")[0].array)
    assert there["mask"].mode == "L"
    assert there.measures == here.measures
    assert there.save("there.png")[0].read_bytes() == here.save("here.png")[0].read_bytes()


@pytest.mark.parametrize("form", ["array", "PIL", "bytes", "result"])
def test_pictures_are_sent_in_any_form(
    remote: front.Connection, photo: Path, recipe: Path, form: str
) -> None:
    given: Any = {
        "array": samples(),
        "PIL": Image.fromarray(samples()),
        "bytes": photo.read_bytes(),
        "result": front.run(recipe, image=photo),
    }[form]

    result = remote.run(recipe, image=given, words=["c"])

    assert np.array_equal(np.asarray(result.image), samples())
    assert result.pictures("mask")[0].array.shape == (HEIGHT, WIDTH)


def test_a_batch_is_run_picture_by_picture(remote: front.Connection, recipe: Path) -> None:
    both = np.stack((samples(), samples(seed=1)))

    result = remote.run(recipe, image=both)

    assert np.array_equal([np.asarray(image) for image in result.images], both)
    mapped = remote.map(recipe, both)
    assert [np.asarray(each.image).sum() for each in mapped] == [each.sum() for each in both]


def test_progress_comes_by_a_callback(remote: front.Connection, photo: Path) -> None:
    events: list[front.Progress] = []

    remote.run("outpaint", image=photo, progress=events.append, **WIDER)

    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert "filled" in {event.node for event in events}


def test_it_can_be_awaited(remote: front.Connection, photo: Path, recipe: Path) -> None:
    async def both() -> tuple[front.Result, front.Result]:
        return await asyncio.gather(
            remote.arun(recipe, image=photo), remote.arun("outpaint", image=photo, **WIDER)
        )

    copied, wide = asyncio.run(both())

    assert copied.array.shape == (HEIGHT, WIDTH, 3)
    assert wide.array.shape == (HEIGHT, 2 * WIDTH, 3)


def test_it_works_where_a_loop_runs_already(remote: front.Connection, photo: Path) -> None:
    async def in_a_notebook() -> front.Result:
        return remote.run("outpaint", image=photo, **WIDER)

    assert asyncio.run(in_a_notebook()).image.size == (2 * WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("recipe_name", "inputs", "code", "message"),
    [
        ("outpant", {}, "unknown_recipe", "there is no recipe 'outpant'. Did you mean 'outpaint'?"),
        ("outpaint", {"imag": 1}, "unknown_input", "Did you mean 'image'?"),
        ("outpaint", {}, "missing_input", "input 'image' is missing"),
        ("outpaint", {"image": "no.png"}, "unreadable_file", "the file 'no.png' cannot be read"),
        ("none.yaml", {}, "unreadable_file", "the file 'none.yaml' cannot be read"),
        ("outpaint", {"image": b"text"}, "not_a_picture", ""),
    ],
)
def test_what_is_wrong_is_an_error_with_code_and_problems(
    remote: front.Connection, recipe_name: str, inputs: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(front.Error) as error:
        remote.run(recipe_name, inputs)

    codes = [error.value.code, *(problem.code for problem in error.value.problems)]
    assert code in codes
    assert message in str(error.value)


def test_a_picture_that_the_server_refuses_is_named(remote: front.Connection, photo: Path) -> None:
    with pytest.raises(front.Error, match="input 'mask': picture: ") as error:
        remote.run("inpaint", image=photo, mask=b"text")

    [problem] = error.value.problems
    assert (problem.code, problem.input) == ("not_a_picture", "mask")
    assert problem.message == str(error.value)


def test_a_node_that_fails_is_named(remote: front.Connection, photo: Path) -> None:
    mask = np.zeros((5, 5), np.uint8)

    with pytest.raises(front.Error) as error:
        remote.run("inpaint", image=photo, mask=mask)

    [problem] = error.value.problems
    assert problem.node is not None
    assert error.value.code == problem.code


def test_a_wrong_key_and_a_wrong_address_are_named(server: Served) -> None:
    with pytest.raises(front.Error, match="key"):
        front.connect(server.url, key="another").run("outpaint")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(front.Error, match="cannot be reached") as error:
        front.connect(f"http://127.0.0.1:{port}").run("outpaint")
    assert error.value.code == "no_connection"
    assert str(error.value) == (
        f"the server 'http://127.0.0.1:{port}' cannot be reached: Connection refused. "
        "Start it with 'paintgraph serve', or check the address."
    )
    with pytest.raises(front.Error, match="the address is 'localhost:1'"):
        front.connect("localhost:1")


def states(small: Served) -> list[str]:
    jobs = small.call("GET", "/v1/jobs").json["jobs"]
    return [job["state"] for job in jobs[:1]]


def test_a_call_that_takes_too_long_is_cancelled(small: Served) -> None:
    with pytest.raises(front.Error, match=r"took more than 1 s") as error:
        front.connect(small.url, timeout=1).run(SLOW)

    assert error.value.code == "timeout"
    assert soon(lambda: states(small) == ["cancelled"])


def test_a_job_that_is_accepted_when_nobody_waits_any_more_is_cancelled(
    small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = JobStore.accept

    async def late(store: JobStore, new: NewJob) -> Accepted:
        accepted = await accept(store, new)
        await asyncio.sleep(1)
        return accepted

    monkeypatch.setattr(JobStore, "accept", late)
    with pytest.raises(front.Error, match=r"took more than 0\.5 s"):
        front.connect(small.url, timeout=0.5).run(SLOW)

    assert soon(lambda: states(small) == ["cancelled"])


def test_a_cancelled_task_cancels_its_job(small: Served, slow: front.Connection) -> None:
    async def give_up() -> None:
        task = asyncio.create_task(slow.arun(SLOW))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())

    assert soon(lambda: states(small) == ["cancelled"])


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_cancels_the_job(small: Served, slow: front.Connection) -> None:
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(1.5, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()

    with pytest.raises(KeyboardInterrupt):
        slow.run(SLOW)

    assert soon(lambda: states(small) == ["cancelled"])


def test_what_a_callback_raises_cancels_the_job(small: Served, slow: front.Connection) -> None:
    def fail(_: front.Progress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        slow.run(SLOW, progress=fail)

    assert soon(lambda: states(small) == ["cancelled"])


def soon(is_so: Any) -> bool:
    """Whether something becomes true within seconds."""
    deadline = time.monotonic() + 20
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
