"""Requests that are wrong in every way get an answer that says how, never a fault of the server."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest

from paintgraph.tests.api.serving import Served

JSON = {"Content-Type": "application/json"}
YAML = {"Content-Type": "application/yaml"}
PNG = {"Content-Type": "image/png"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
ADD: dict[str, Any] = {"nodes": {"sum": {"node": "Add"}}, "outputs": {"sum": "${sum.sum}"}}


@dataclass(frozen=True)
class Wrong:
    """A request, and how it is refused."""

    method: str
    path: str
    status: int
    code: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def jobs(body: Any, status: int, code: str, headers: dict[str, str] | None = None) -> Wrong:
    return Wrong("POST", "/v1/jobs", status, code, body, headers or JSON)


WRONG = [
    # bodies that cannot be read
    jobs(b"", 400, "empty"),
    jobs(b"   ", 400, "empty"),
    jobs(b"{", 400, "bad_json"),
    jobs(b"{]", 400, "bad_json"),
    jobs(b"\xff\xfe", 400, "not_utf8"),
    jobs(b'{"a": NaN}', 400, "not_finite"),
    jobs(b'{"a": 1e999}', 400, "not_finite"),
    jobs(b'{"a": ' + b"9" * 5000 + b"}", 400, "not_finite"),
    jobs(b'{"a": 1, "a": 2}', 400, "duplicate_key"),
    jobs(b'{"a": "\\ud800"}', 400, "lone_surrogate"),
    jobs(b"[" * 100_000, 400, "too_deep"),
    jobs(b"[" * 70 + b"]" * 70, 400, "too_deep"),
    jobs(b"[" + b"1," * 1_100_000 + b"1]", 413, "too_large"),
    jobs(b"a: [1", 400, "bad_yaml", YAML),
    jobs(b"a: !!python/object:os.system x", 400, "tag_refused", YAML),
    jobs(b"a: 1\na: 2\n", 400, "duplicate_key", YAML),
    jobs(b"a: &a [1,1]\nb: &b [*a,*a]\n" * 2, 400, "duplicate_key", YAML),
    jobs(b"#" * (2 << 20), 413, "too_large", YAML),
    jobs(b"a: 1\n---\nb: 2\n", 400, "many_documents", YAML),
    # bodies that are no request
    jobs(b"[]", 422, "no_graph"),
    jobs(b"null", 422, "no_graph"),
    jobs(b"3", 422, "no_graph"),
    jobs(b'"text"', 422, "no_graph"),
    jobs(b"{}", 422, "missing_graph"),
    jobs(b'{"inputs": {}}', 422, "missing_graph"),
    jobs(b'{"graph": null}', 422, "no_graph"),
    jobs(b'{"graph": []}', 422, "no_graph"),
    jobs(b'{"graph": {}}', 422, "no_graph"),
    jobs({"graph": ADD, "input": {}}, 422, "unknown_field"),
    jobs({"graph": ADD, "inputs": []}, 422, "wrong_type"),
    jobs({"graph": ADD, "priority": "high"}, 422, "out_of_range"),
    jobs({"graph": ADD, "priority": 101}, 422, "out_of_range"),
    jobs({"graph": ADD, "priority": True}, 422, "out_of_range"),
    # graphs that cannot run
    jobs({"nodes": []}, 422, "wrong_shape"),
    jobs({"nodes": {}}, 422, "no_outputs"),
    jobs({"nodes": {"a": 1}, "outputs": {}}, 422, "wrong_shape"),
    jobs({"nodes": {"a": {"node": "Ad"}}, "outputs": {}}, 422, "unknown_node"),
    jobs({"nodes": {"a": {"recipe": "none"}}}, 422, "unknown_recipe"),
    jobs({"nodes": {"a": {"node": 3}}}, 422, "wrong_shape"),
    jobs({"paintgraph": 99, "nodes": ADD["nodes"]}, 422, "unknown_version"),
    jobs({"1": {"class_type": "Nope", "inputs": {}}}, 422, "unknown_node"),
    jobs({"1": {"class_type": "Add", "inputs": 5}}, 422, "wrong_shape"),
    jobs(
        {
            "nodes": {
                "a": {"node": "Add", "a": "${b.sum}"},
                "b": {"node": "Add", "a": "${a.sum}"},
            },
            "outputs": {"x": "${a.sum}"},
        },
        422,
        "cycle",
    ),
    # types, headers, parameters
    jobs(b"{}", 415, "wrong_content_type", {"Content-Type": "text/plain"}),
    jobs(b"a=1", 415, "wrong_content_type", {"Content-Type": "application/x-www-form-urlencoded"}),
    jobs(b"{}", 415, "unsupported_media_type", FORM),
    jobs(b"{}", 415, "packed_body", {**JSON, "Content-Encoding": "gzip"}),
    jobs(ADD, 400, "bad_idempotency_key", {**JSON, "Idempotency-Key": "a b"}),
    jobs(ADD, 400, "bad_idempotency_key", {**JSON, "Idempotency-Key": "x" * 256}),
    Wrong("POST", "/v1/jobs?wait=-1", 400, "bad_parameter", ADD, JSON),
    Wrong("POST", "/v1/jobs?wait=601", 400, "bad_parameter", ADD, JSON),
    Wrong("POST", "/v1/jobs?wait=nan", 400, "bad_parameter", ADD, JSON),
    Wrong("POST", "/v1/jobs?wait=1_0", 400, "bad_parameter", ADD, JSON),
    Wrong("GET", "/v1/jobs?limit=0", 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?limit=201", 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?limit=x", 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?limit=" + "9" * 5000, 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?cursor=-1", 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?cursor=%00", 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?cursor=" + "9" * 18, 400, "bad_parameter"),
    Wrong("GET", "/v1/jobs?state=done", 400, "bad_parameter"),
    # what is not there
    Wrong("GET", "/v1/jobs/nope", 404, "unknown_job"),
    Wrong("GET", "/v1/jobs/%00", 404, "unknown_job"),
    Wrong("GET", "/v1/jobs/" + "x" * 5000, 404, "unknown_job"),
    Wrong("DELETE", "/v1/jobs/nope", 404, "unknown_job"),
    Wrong("GET", "/v1/jobs/nope/graph", 404, "unknown_job"),
    Wrong("GET", "/v1/jobs/nope/events", 404, "unknown_job"),
    Wrong("GET", "/v1/nodes/nope", 404, "unknown_node"),
    Wrong("GET", "/v1/recipes/..%2f..%2fetc%2fpasswd", 404, "unknown_recipe"),
    Wrong("POST", "/v1/recipes/nope", 404, "unknown_recipe", {}, JSON),
    Wrong("GET", "/v1/nothing", 404, "not_found"),
    Wrong("PUT", "/v1/jobs", 405, "method_not_allowed", {}, JSON),
    Wrong("POST", "/livez", 405, "method_not_allowed"),
    # forms and pictures
    Wrong("POST", "/v1/images", 400, "bad_form", b"nothing like a form", FORM),
    Wrong("POST", "/v1/images", 400, "bad_form", b"--x\r\n\r\nnameless\r\n--x--\r\n", FORM),
    Wrong("POST", "/v1/images", 400, "bad_form", b"", {"Content-Type": "multipart/form-data"}),
    Wrong("POST", "/v1/images", 415, "wrong_content_type", b"x", {"Content-Type": "text/html"}),
    Wrong("POST", "/v1/images", 422, "not_a_picture", b"x", PNG),
    Wrong("POST", "/v1/recipes/add", 422, "wrong_type", [], JSON),
    Wrong("POST", "/v1/recipes/add", 400, "bad_form", b"--x", FORM),
    Wrong("POST", "/v1/recipes/add", 422, "missing_input", {}, JSON),
    Wrong("POST", "/v1/graphs/validate", 400, "bad_json", b"{", JSON),
    Wrong("POST", "/v1/graphs/validate", 422, "missing_graph", b"{}", JSON),
]


@pytest.fixture(scope="module", autouse=True)
def recipe(small: Served) -> None:
    """The recipe `add`."""
    folder = small.data / "recipes"
    folder.mkdir(exist_ok=True)
    (folder / "add.yaml").write_text(
        "inputs: {a: {type: int}}\n"
        "nodes: {sum: {node: Add, a: '${inputs.a}'}}\n"
        "outputs: {sum: '${sum.sum}'}\n"
    )


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.method} {w.path[:30]} {w.code}")
def test_a_wrong_request_is_refused_in_words(small: Served, wrong: Wrong) -> None:
    options: dict[str, Any] = {"headers": wrong.headers}
    if isinstance(wrong.body, bytes):
        options["data"] = BytesIO(wrong.body)
    elif wrong.body is not None:
        options = {"headers": wrong.headers, "json": wrong.body}

    answer = small.call(wrong.method, wrong.path, **options)

    assert (answer.status, wrong.code in answer.codes) == (wrong.status, True), answer.body
    assert str(small.data) not in answer.body.decode()
    assert "Traceback" not in answer.body.decode()


def test_a_last_event_id_that_is_no_number_is_refused(small: Served) -> None:
    job = small.submit(ADD, wait=60).json

    for last in ("x", "-1", "1.5", "9" * 30):
        answer = small.call("GET", job["links"]["events"], headers={"Last-Event-ID": last})
        assert (answer.status, answer.codes) == (400, ["bad_event_id"])
