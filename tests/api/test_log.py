"""The log tells of each request and of each job's end, with ids, and of nothing that was sent."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.base.logs import JsonFormatter
from paintgraph.tests.api.hostile.processes import Child, running, wait_for
from paintgraph.tests.api.serving import png

PROMPT = "nothing-but-a-prompt"
GRAPH = {
    "nodes": {
        "text": {"node": "PrimitiveString", "value": PROMPT},
        "see": {"node": "PreviewAny", "source": "${text.text}"},
    }
}


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Child, Path]]:
    folder = tmp_path_factory.mktemp("log")
    with running(folder / "data", log=folder / "log", LOG="json") as server:
        server.until_ready()
        yield server, folder / "log"


def _lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def test_a_request_and_its_job_are_found_by_ids(child: tuple[Child, Path]) -> None:
    server, log = child
    answer = server.call("POST", "/v1/jobs?wait=60&signature=x", GRAPH, X_Request_Id="mine-1")
    assert answer.status == 200, answer.text
    job = answer.json["id"]

    assert answer.headers["X-Request-Id"] == "mine-1"
    wait_for(
        lambda: [line for line in _lines(log) if line.get("request") == "mine-1"], "it is told"
    )
    (told,) = [line for line in _lines(log) if line.get("request") == "mine-1"]
    assert (told["method"], told["path"], told["status"], told["job"]) == (
        "POST", "/v1/jobs", 200, job,
    )  # fmt: skip
    (end,) = [line for line in _lines(log) if line.get("job") == job and "state" in line]
    assert (end["state"], end["problems"], end["client"]) == ("succeeded", [], told["client"])
    assert end["seconds"] >= 0 <= end["waited_seconds"]


def test_nothing_that_was_sent_is_told(child: tuple[Child, Path]) -> None:
    server, log = child
    server.upload(png())
    server.call("GET", f"/v1/jobs?state={PROMPT}")
    server.call("POST", "/v1/jobs?wait=60", GRAPH)
    server.call("GET", "/last", X_Request_Id="last")
    wait_for(lambda: "last" in log.read_text(), "it is told")

    assert PROMPT not in log.read_text()
    assert re.search(r"\?", log.read_text()) is None


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "\xe9"])
def test_an_id_that_is_none_is_made(child: tuple[Child, Path], given: str) -> None:
    answer = child[0].call("GET", "/livez", X_Request_Id=given)

    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_a_path_breaks_no_line(child: tuple[Child, Path]) -> None:
    server, log = child
    server.call("GET", "/x%0A%7B%22forged%22%3A1%7D", X_Request_Id="forging")
    wait_for(lambda: "forging" in log.read_text(), "it is told")

    assert not any("forged" in line for line in log.read_text().splitlines() if line[0] != "{")
    assert not any("forged" in line for line in _lines(log))


def test_a_fault_is_told_with_its_traceback() -> None:
    error = ValueError("odd")
    seen = ValueError, error, None
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s failed", ("it",), seen)
    line = json.loads(JsonFormatter().format(record))

    assert (line["level"], line["message"]) == ("error", "it failed")
    assert line["traceback"].endswith("ValueError: odd")
