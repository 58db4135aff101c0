"""Pages of both ends of the range find what they ask for; their requests are replayed."""

import json
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.editor.page import TESTED
from paintgraph.tests.api.comfy.asking import ended, upload
from paintgraph.tests.api.editor.replaying import JOB, fits, recorded, shape
from paintgraph.tests.api.serving import Answer, Served, png, serving

STORIES = recorded()


def _sent(served: Served, request: dict[str, Any], job: str) -> Answer:
    path = request["path"].replace(JOB, job)
    if "form" in request:
        return upload(served, png(2), "dropped.png", path)
    options = {"data": json.dumps(request["body"]).replace(JOB, job)} if "body" in request else {}
    return served.call(request["method"], path, **options)


@pytest.mark.parametrize("version", sorted(STORIES))
def test_each_request_of_a_page_is_answered_as_it_was_recorded(
    tmp_path: Path, version: str
) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("<!doctype html>")
    job = ""
    with serving(tmp_path / "data", front_end_root=tmp_path / "page") as served:
        for request in STORIES[version]:
            answer = _sent(served, request, job)
            told = (request["method"], request["path"], answer.body[:300])
            assert answer.status == request["status"], told
            if "answer" in request:
                assert fits(shape(answer.json), request["answer"]), told
            if request["path"].endswith("/api/prompt"):
                job = answer.json["prompt_id"]
                ended(served, job)
    assert job


def test_both_ends_of_the_range_were_recorded() -> None:
    (first, end), versions = TESTED, [tuple(map(int, v.split(".")))[:2] for v in sorted(STORIES)]

    assert versions == [first, (end[0], end[1] - 1)]


def test_an_answer_may_have_more_than_was_recorded_and_not_less() -> None:
    wanted = shape({"a": [{"b": 1}], "c": None})

    assert fits(shape({"a": [{"b": 2.5, "d": ""}], "c": None, "e": 1}), wanted)
    assert fits(shape({"a": [], "c": None}), wanted)
    assert not fits(shape({"a": [{"d": 1}], "c": None}), wanted)
    assert not fits(shape({"a": []}), wanted)
