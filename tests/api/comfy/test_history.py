"""The history: pages, single entries, leaving out."""

from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import ended, node, posted
from paintgraph.tests.api.serving import Served

PROMPT = {"1": node("EmptyImage", width=4, height=4), "2": node("PreviewImage", images=["1", 0])}


@pytest.fixture(scope="module")
def five(server: Served) -> list[str]:
    """Five prompts that ended one after the other."""
    ids = []
    for number in range(5):
        ids.append(posted(server, PROMPT, prompt_id=f"prompt-{number}"))
        ended(server, ids[-1])
    return ids


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", slice(None)),
        ("?max_items=2", slice(3, None)),
        ("?max_items=-1", slice(None)),
        ("?max_items=0", slice(0, 0)),
        ("?offset=1&max_items=2", slice(1, 3)),
        ("?offset=3", slice(3, None)),
        ("?offset=-1", slice(None)),
        ("?offset=99", slice(0, 0)),
    ],
)
def test_pages_count_as_comfyuis_do(
    server: Served, five: list[str], query: str, wanted: slice
) -> None:
    for prefix in ("", "/api"):
        answer = server.call("GET", f"{prefix}/history{query}")

        assert list(answer.json) == five[wanted]


@pytest.mark.parametrize(
    "query", ["max_items=x", "offset=1.5", "max_items=" + "9" * 50, "max_items="]
)
def test_a_page_that_is_no_number_is_refused(server: Served, query: str) -> None:
    assert server.call("GET", f"/history?{query}").status == 400


@pytest.mark.parametrize("name", ["unknown", "x%2f..", "x" * 3000, "%00", "%ff"], ids=range(5))
def test_what_is_not_there_is_nothing(server: Served, name: str) -> None:
    answer = server.call("GET", f"/history/{name}")

    assert (answer.status, answer.json) == (200, {})


def test_entries_are_left_out_by_name_and_altogether(server: Served) -> None:
    for name in ("keep", "drop"):
        ended(server, posted(server, PROMPT, prompt_id=name))

    assert server.call("POST", "/history", json={"delete": ["drop", "none", 7]}).status == 200
    left = server.call("GET", "/history").json
    assert "keep" in left
    assert "drop" not in left
    assert server.call("GET", "/history/drop").json == {}
    assert server.call("POST", "/history", json={"clear": True}).status == 200
    assert server.call("GET", "/history").json == {}
    assert server.call("GET", "/v1/jobs").json["jobs"]  # they are kept all the same


@pytest.mark.parametrize("unread", [[[1], [2]], [{}, {}]])
def test_a_list_in_an_input_that_nobody_reads_is_no_link(server: Served, unread: list[Any]) -> None:
    prompt = {**PROMPT, "1": node("EmptyImage", width=5, height=4, unread=unread)}
    for _ in range(2):  # the second time its results are found
        entry = ended(server, posted(server, prompt))

    (cached,) = (data for kind, data in entry["status"]["messages"] if kind == "execution_cached")
    assert cached["nodes"] == ["1", "2"]
    assert server.call("GET", "/history").status == 200
