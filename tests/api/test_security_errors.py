"""Every error is a problem document that tells no more than it should."""

import json
import logging

import pytest

from paintgraph.tests.api.guarded import ask, request


def test_problems_are_documents_after_rfc_9457() -> None:
    answer = ask(request("GET", "/several"))

    assert answer.problem == {
        "type": "urn:paintgraph:problem:invalid_graph",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "invalid_graph",
        "detail": "two problems",
        "errors": [{"code": "a", "detail": "half \ud800"}, {"code": "b"}],
    }
    assert answer.headers["x-note"] == "1"


def test_an_unexpected_error_tells_nothing_to_the_client(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(request("GET", "/broken?key=word"))

    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"secret" not in answer.body
    assert "KeyError: '/secret/path'" in caplog.text
    assert "word" not in caplog.text


def test_an_answer_that_has_begun_is_cut_off_not_mixed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = ask(request("GET", "/half"))

    assert answer.status == 200
    assert [record.getMessage() for record in caplog.records] == ["GET /half failed"]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (request("GET", "/nothing"), 404, "not_found"),
        (request("GET", "/../../etc/passwd"), 404, "not_found"),
        (request("PUT", "/v1/jobs"), 405, "method_not_allowed"),
        (request("GET", "/v1/jobs", "Expect: miracles"), 417, "expectation_failed"),
        (request("GET", "/x" * 5000), 400, "bad_request"),
        (request("GET", "/", "X: " + "y" * 10_000), 400, "bad_request"),
        (request("GET", "/", *(f"X-{n}: y" for n in range(1000))), 400, "bad_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400, "bad_request"),
        (b"GET\r\n\r\n", 400, "bad_request"),
        (request("GET", "/", "Content-Length: -1"), 400, "bad_request"),
        (request("POST", "/v1/jobs", "Content-Length: 1", "Content-Length: 2"), 400, "bad_request"),
        (request("GET", "/", "X : y"), 400, "bad_request"),
        (request("GET", "/", "X: \0"), 400, "bad_request"),
    ],
)
def test_what_aiohttp_refuses_itself_is_a_problem_too(text: bytes, status: int, code: str) -> None:
    answer = ask(text)

    assert (answer.status, answer.code) == (status, code)
    assert b"Traceback" not in answer.body


def test_405_names_the_methods() -> None:
    answer = ask(request("PUT", "/v1/jobs"))

    assert answer.headers["allow"] == "DELETE,GET,HEAD,POST"
    assert answer.problem["detail"] == (
        "'/v1/jobs' does not take PUT; allowed is DELETE,GET,HEAD,POST. Use one of these methods."
    )


def test_redirects_are_no_errors() -> None:
    answer = ask(request("GET", "/away"))

    assert (answer.status, answer.headers["location"]) == (302, "/v1/jobs")


def test_paths_in_messages_are_short_and_carry_no_query() -> None:
    answer = ask(request("GET", "/" + "x" * 500 + "?key=word"))

    assert len(json.dumps(answer.problem)) < 400
    assert b"word" not in answer.body
