"""`GET /v1/jobs` finds jobs by state, recipe, tag and time."""

from typing import Any
from urllib.parse import quote

import pytest

from paintgraph.tests.api.serving import Served

ADD = {"nodes": {"sum": {"node": "Add", "a": 1}}, "outputs": {"sum": "${sum.sum}"}}
RECIPE = """
about: Add one.
inputs: {a: {type: int}}
nodes: {sum: {node: Add, a: "${inputs.a}"}}
outputs: {sum: "${sum.sum}"}
"""


@pytest.fixture(scope="module")
def jobs(small: Served) -> dict[str, Any]:
    """Jobs by what they are."""
    (small.data / "recipes").mkdir(exist_ok=True)
    (small.data / "recipes" / "plus_one.yaml").write_text(RECIPE)
    run = "/v1/recipes/plus_one?wait=60"
    return {
        "plain": small.submit(ADD, wait=60).json,
        "tagged": small.call("POST", "/v1/jobs?wait=60&tag=shop&tag=order%3D5", json=ADD).json,
        "recipe": small.call("POST", run, json={"a": 1}).json,
        "both": small.call("POST", f"{run}&tag=shop", json={"a": 2}).json,
    }


def listed(small: Served, query: str) -> list[str]:
    answer = small.call("GET", f"/v1/jobs?{query}")
    assert answer.status == 200, answer.body
    return [job["id"] for job in answer.json["jobs"]]


def test_a_job_tells_its_recipe_and_its_tags(jobs: dict[str, Any]) -> None:
    told = {name: (job.get("recipe"), job["tags"]) for name, job in jobs.items()}

    assert told == {
        "plain": (None, []),
        "tagged": (None, ["shop", "order=5"]),
        "recipe": ("plus_one", []),
        "both": ("plus_one", ["shop"]),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["both", "recipe", "tagged", "plain"]),
        ("state=succeeded", ["both", "recipe", "tagged", "plain"]),
        ("state=failed", []),
        ("recipe=plus_one", ["both", "recipe"]),
        ("recipe=minus_one", []),
        ("tag=shop", ["both", "tagged"]),
        ("tag=order%3D5", ["tagged"]),
        ("tag=shop&recipe=plus_one&state=succeeded", ["both"]),
        ("created_after=2020-01-01T00:00:00Z", ["both", "recipe", "tagged", "plain"]),
        ("ended_before=2020-01-01T00:00:00%2B02:00", []),
    ],
)
def test_jobs_are_found(small: Served, jobs: dict[str, Any], query: str, names: list[str]) -> None:
    assert listed(small, query) == [jobs[name]["id"] for name in names]


@pytest.mark.parametrize("what", ["created", "ended"])
@pytest.mark.parametrize("encoded", [quote, str], ids=["encoded", "plain"])
def test_times_are_those_that_jobs_tell(
    small: Served, jobs: dict[str, Any], what: str, encoded: Any
) -> None:
    time = encoded(jobs["recipe"][what])  # told in milliseconds, rounded down

    later = listed(small, f"{what}_after={time}")
    earlier = listed(small, f"{what}_before={time}")

    assert later == [jobs[name]["id"] for name in ("both", "recipe")]
    assert earlier == [jobs[name]["id"] for name in ("tagged", "plain")]


def test_pages_go_through_what_is_found(small: Served, jobs: dict[str, Any]) -> None:
    first = small.call("GET", "/v1/jobs?tag=shop&limit=1").json
    second = small.call("GET", f"/v1/jobs?tag=shop&limit=1&cursor={first['next']}").json

    assert [job["id"] for page in (first, second) for job in page["jobs"]] == [
        jobs["both"]["id"],
        jobs["tagged"]["id"],
    ]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("state=done", "queued, running, succeeded"),
        ("recipe=", "names"),
        ("tag=", "1 to 64 characters"),
        ("tag=a%20b", "without blanks"),
        ("tag=" + "x" * 65, "1 to 64 characters"),
        ("created_after=yesterday", "2026-11-28T12:00:00Z"),
        ("created_before=2026-11-28", "offset"),
        ("ended_after=2026-11-28T12:00:00", "offset"),
        ("ended_before=2026-13-28T12:00:00Z", "offset"),
        ("ended_before=%00", "offset"),
        ("tag=shop&tag=order-5", "one value"),
        ("state=failed&state=queued", "one value"),
    ],
)
def test_a_filter_that_cannot_be_read_is_named(small: Served, query: str, allowed: str) -> None:
    answer = small.call("GET", f"/v1/jobs?{query}")

    assert (answer.status, answer.codes) == (400, ["bad_parameter"])
    detail = answer.json["detail"]
    assert query.partition("=")[0] in detail
    assert allowed in detail


def test_a_tag_that_is_given_twice_counts_once(small: Served) -> None:
    answer = small.call("POST", "/v1/jobs?tag=b&tag=a&tag=b", json=ADD)

    assert answer.json["tags"] == ["b", "a"]


def test_too_many_tags_are_refused(small: Served) -> None:
    many = "&".join(f"tag=t{number}" for number in range(17))

    answer = small.call("POST", f"/v1/jobs?{many}", json=ADD)

    assert (answer.status, answer.codes) == (400, ["bad_parameter"])
    assert "at most 16" in answer.json["detail"]
