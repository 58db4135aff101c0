"""Prompts: taken, refused in ComfyUI's words, and run."""

import json
from typing import Any

import pytest

from paintgraph.api.services.submission import GraphRequest, Submissions
from paintgraph.tests.api.comfy.asking import (
    ended,
    error_types,
    inverted,
    node,
    post,
    posted,
    upload,
)
from paintgraph.tests.api.serving import Served

EMPTY = node("EmptyImage", width=4, height=3)


def shown(**inputs: Any) -> dict[str, Any]:
    """A prompt that shows an empty picture."""
    return {"5": node("EmptyImage", **inputs), "6": node("PreviewImage", images=["5", 0])}


def test_a_prompt_runs_and_its_file_is_served(server: Served) -> None:
    name = upload(server, name="first.png").json["name"]

    entry = ended(server, posted(server, inverted(name, "some/where"), client_id="me"))

    (file,) = entry["outputs"]["3"]["images"]
    assert file == {"filename": "where_00001_.png", "subfolder": "some", "type": "output"}
    assert entry["status"]["status_str"] == "success"
    assert entry["prompt"][2] == inverted(name, "some/where")
    assert entry["prompt"][3]["client_id"] == "me"
    assert entry["prompt"][4] == ["3"]
    query = "filename=where_00001_.png&subfolder=some&type=output"
    assert server.call("GET", f"/view?{query}").body[1:4] == b"PNG"


def test_numbers_count_up_and_front_goes_before_all(server: Served) -> None:
    first, second = (post(server, shown(width=4)).json["number"] for _ in range(2))
    front = post(server, shown(width=4), front=True).json["number"]
    own = post(server, shown(width=4), number=2.5).json["number"]

    assert (second - first, front, own) == (1, -(second + 1), 2.5)


REFUSED: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "an empty prompt": ({}, {"": ["prompt_no_outputs"]}),
    "no output": ({"1": EMPTY}, {"": ["prompt_no_outputs"]}),
    "an unknown node": ({"1": node("Nope"), **shown(width=4)}, {"": ["invalid_prompt"]}),
    "no class": ({"1": {"inputs": {}}, **shown(width=4)}, {"": ["invalid_prompt"]}),
    "a list": ([], {"": ["invalid_prompt"]}),
    "a text": ("prompt", {"": ["invalid_prompt"]}),
    "null": (None, {"": ["invalid_prompt"]}),
    "a missing input": (
        {"6": node("PreviewImage")},
        {"": ["prompt_outputs_failed_validation"], "6": ["required_input_missing"]},
    ),
    "no inputs": (
        {"6": {"class_type": "PreviewImage"}},
        {"": ["prompt_outputs_failed_validation"], "6": ["required_input_missing"]},
    ),
    "a link to nowhere": (
        {"6": node("PreviewImage", images=["9", 0])},
        {"": ["prompt_outputs_failed_validation"], "6": ["bad_linked_input"]},
    ),
    "a slot below": (
        {"5": EMPTY, "6": node("PreviewImage", images=["5", -1])},
        {"": ["prompt_outputs_failed_validation"], "6": ["bad_linked_input"]},
    ),
    "a list that is no link": (
        {"6": node("PreviewImage", images=["5"])},
        {"": ["prompt_outputs_failed_validation"], "6": ["bad_linked_input"]},
    ),
    "another type": (
        {
            "4": EMPTY,
            "5": node("ImageToMask", image=["4", 0]),
            "6": node("PreviewImage", images=["5", 0]),
        },
        {"": ["prompt_outputs_failed_validation"], "6": ["return_type_mismatch"]},
    ),
    "too small": (
        shown(width=0),
        {"": ["prompt_outputs_failed_validation"], "5": ["value_smaller_than_min"]},
    ),
    "too big": (
        shown(width=10**6),
        {"": ["prompt_outputs_failed_validation"], "5": ["value_bigger_than_max"]},
    ),
    "no number": (
        shown(width="wide"),
        {"": ["prompt_outputs_failed_validation"], "5": ["invalid_input_type"]},
    ),
    "no choice": (
        {
            "4": EMPTY,
            "5": node("ImageToMask", image=["4", 0], channel="purple"),
            "6": node("MaskToImage", mask=["5", 0]),
            "7": node("PreviewImage", images=["6", 0]),
        },
        {"": ["prompt_outputs_failed_validation"], "5": ["value_not_in_list"]},
    ),
    "a cycle": (
        {
            "5": node("ImageInvert", image=["6", 0]),
            "6": node("ImageInvert", image=["5", 0]),
            "7": node("PreviewImage", images=["6", 0]),
        },
        {"": ["prompt_outputs_failed_validation"], "5": ["dependency_cycle"]},
    ),
    "a file that is not there": (
        {"5": node("LoadImage", image="none.png"), "6": node("PreviewImage", images=["5", 0])},
        {"": ["prompt_outputs_failed_validation"], "5": ["custom_validation_failed"]},
    ),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_faults_have_comfyuis_names(server: Served, name: str) -> None:
    prompt, types = REFUSED[name]

    answer = post(server, prompt)

    assert answer.status == 400
    assert error_types(answer) == types
    for error in [
        answer.json["error"],
        *(e for n in answer.json["node_errors"].values() for e in n["errors"]),
    ]:
        assert error.keys() == {"type", "message", "details", "extra_info"}
        assert len(error["message"]) > 20


def test_a_long_value_is_not_sent_back_whole(server: Served) -> None:
    answer = post(server, shown(width="9" * 10**6))

    (error,) = answer.json["node_errors"]["5"]["errors"]
    assert error["extra_info"]["received_value"].startswith("9999")
    assert len(answer.body) < 10_000


def test_a_mismatch_tells_both_types(server: Served) -> None:
    prompt, _ = REFUSED["another type"]

    entry = post(server, prompt).json["node_errors"]["6"]

    (error,) = entry["errors"]
    assert error["details"] == "images, received_type(MASK) mismatch input_type(IMAGE)"
    assert error["extra_info"]["linked_node"] == ["5", 0]
    assert entry["dependent_outputs"] == ["6"]
    assert entry["class_type"] == "PreviewImage"


@pytest.mark.parametrize(
    ("name", "faulty", "extra"),
    [
        ("a link to nowhere", "6", {"received_value": ["9", 0]}),
        ("a cycle", "5", {"node_id": "5", "cycle_nodes": ["5"]}),
    ],
)
def test_a_fault_of_a_link_tells_what_it_leads_to(
    server: Served, name: str, faulty: str, extra: dict[str, Any]
) -> None:
    prompt, _ = REFUSED[name]

    (error,) = post(server, prompt).json["node_errors"][faulty]["errors"]

    assert extra.items() <= error["extra_info"].items()


def test_outputs_without_fault_run_though_others_have_one(server: Served) -> None:
    prompt = {
        **shown(width=4),
        "7": node("PreviewImage", images=["8", 0]),
        "8": node("EmptyImage", width=0),
    }

    answer = post(server, prompt)

    assert answer.status == 200
    assert error_types(answer) == {"8": ["value_smaller_than_min"]}
    assert list(ended(server, answer.json["prompt_id"])["outputs"]) == ["6"]


def test_only_wanted_outputs_run(server: Served) -> None:
    prompt = {**shown(width=4), "7": node("PreviewImage", images=["5", 0])}

    entry = ended(server, posted(server, prompt, partial_execution_targets=["7"]))

    assert list(entry["outputs"]) == ["7"]
    none = post(server, prompt, partial_execution_targets=["5"])
    assert error_types(none) == {"": ["prompt_no_outputs"]}
    assert "none of the wanted nodes ('5') saves" in none.json["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "first"},
        {"number": float("inf")},
        {"number": True},
        {"extra_data": []},
        {"client_id": {"a": 1}},
        {"client_id": "x" * 5000},
        {"prompt_id": "my id/../x"},
        {"prompt_id": ["a"]},
        {"prompt_id": ""},
        {"partial_execution_targets": "6"},
        {"node_failure_policy": "never"},
        {"node_failure_policy": {}},
    ],
    ids=str,
)
def test_odd_fields_are_refused(server: Served, fields: dict[str, Any]) -> None:
    body = json.dumps({"prompt": shown(width=4), **fields})
    if fields.get("number") == float("inf"):
        body = body.replace("Infinity", "1e999")

    answer = server.call("POST", "/prompt", data=body)

    assert answer.status == 400
    assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 5000, b'{"prompt": {"a": NaN}}']
)
def test_a_body_that_is_no_prompt_is_refused(server: Served, body: bytes) -> None:
    answer = server.call("POST", "/prompt", data=body)

    assert answer.status == 400
    assert answer.json["error"]["type"]
    assert answer.json["node_errors"] == {}


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", None]
)
def test_the_type_of_the_body_does_not_matter(server: Served, kind: str | None) -> None:
    body = json.dumps({"prompt": shown(width=4)}).encode()
    headers = {"Content-Type": kind} if kind else {}

    answer = server.call(
        "POST", "/prompt?clientId=x", data=body, headers=headers, skip_auto_headers=["Content-Type"]
    )

    assert answer.status == 200, answer.body


def test_tokens_are_kept_nowhere(server: Served) -> None:
    secret = {"auth_token_comfy_org": "secret-1", "api_key_comfy_org": "secret-2", "mine": 1}
    prompt_id = posted(server, shown(width=4), extra_data=secret)

    entry = ended(server, prompt_id)

    assert entry["prompt"][3]["mine"] == 1
    assert b"secret-" not in json.dumps(entry).encode()
    for path in server.data.rglob("*"):
        assert not path.is_file() or b"secret-" not in path.read_bytes()


def test_an_id_may_come_again_once_its_prompt_has_ended(server: Served) -> None:
    ended(server, posted(server, shown(width=4), prompt_id="again"))

    ended(server, posted(server, shown(width=5), prompt_id="again"))

    history = server.call("GET", "/history").json
    assert history["again"]["prompt"][2]["5"]["inputs"]["width"] == 5


def test_a_failing_node_ends_the_prompt(server: Served) -> None:
    prompt = {
        "1": node("EmptyImage", width=4, height=4),
        "2": node("ImageCrop", image=["1", 0], width=4, height=4, x=0, y=0),
        "3": node("MaskFromBox", image=["2", 0], box={"__value__": [90, 90, 95, 95]}),
        "4": node("MaskToImage", mask=["3", 0]),
        "5": node("PreviewImage", images=["4", 0]),
    }

    entry = ended(server, posted(server, prompt))

    assert entry["status"]["status_str"] == "error"
    assert entry["status"]["completed"] is False
    kind, data = entry["status"]["messages"][-1]
    assert kind == "execution_error"
    assert (data["node_id"], data["node_type"]) == ("3", "MaskFromBox")
    assert set(data["executed"]) == {"1", "2"}
    assert data["exception_message"]


def test_a_fault_that_many_outputs_share_is_looked_for_once(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, calls = Submissions.submit, []

    async def counted(self: Submissions, wanted: GraphRequest) -> Any:
        calls.append(wanted)
        return await submit(self, wanted)

    monkeypatch.setattr(Submissions, "submit", counted)
    lost = {f"lost{n}": node("PreviewImage", images=["nope", 0]) for n in range(30)}

    answer = server.call("POST", "/prompt", json={"prompt": {**lost, **shown(width=4)}})

    assert answer.status == 200
    assert answer.json["node_errors"].keys() == {"lost0"}
    assert len(calls) == 2
