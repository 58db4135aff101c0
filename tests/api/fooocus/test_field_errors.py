"""Every row of errors: where the original failed silently or with 500, the reason is told."""

from typing import Any

import pytest

from paintgraph.tests.api.fooocus.asking import GENERATE, MASK, PHOTO, ask, mask_of, text_of
from paintgraph.tests.api.serving import Answer, Served

IMAGE = text_of(PHOTO)


def faults(answer: Answer) -> list[tuple[list[Any], str]]:
    """Place and type of each fault, of an answer in FastAPI's shape that is ours, too."""
    assert answer.status == 422, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    told = answer.json
    assert isinstance(told["detail"], list)
    for fault in told["detail"]:
        assert {"type", "loc", "msg", "input"} <= fault.keys()
        assert len(str(fault["input"])) < 5000
    assert told["code"] == "invalid_fields"
    ours = [(error["code"], error["pointer"]) for error in told["errors"]]
    assert ours == [(f["type"], "".join(f"/{s}" for s in f["loc"][1:])) for f in told["detail"]]
    return [(fault["loc"], fault["type"]) for fault in told["detail"]]


@pytest.mark.parametrize(
    ("fields", "loc", "type_"),
    [
        ({}, ["image"], "missing"),
        ({"image": None}, ["image"], "string_type"),
        ({"image": 3}, ["image"], "string_type"),
        ({"image": ["a"]}, ["image"], "string_type"),
        ({"image": IMAGE, "mask_model": "u3net"}, ["mask_model"], "enum"),
        ({"image": IMAGE, "mask_model": None}, ["mask_model"], "enum"),
        ({"image": IMAGE, "cloth_category": 1}, ["cloth_category"], "string_type"),
        ({"image": IMAGE, "box_threshold": 1.1}, ["box_threshold"], "less_than_equal"),
        ({"image": IMAGE, "box_threshold": -0.1}, ["box_threshold"], "greater_than_equal"),
        ({"image": IMAGE, "box_threshold": "nan"}, ["box_threshold"], "finite_number"),
        ({"image": IMAGE, "text_threshold": 2}, ["text_threshold"], "less_than_equal"),
        ({"image": IMAGE, "sam_max_detections": 11}, ["sam_max_detections"], "less_than_equal"),
        ({"image": IMAGE, "sam_max_detections": -1}, ["sam_max_detections"], "greater_than_equal"),
        ({"image": IMAGE, "sam_max_detections": 1.5}, ["sam_max_detections"], "int_from_float"),
        ({"image": IMAGE, "dino_erode_or_dilate": 65}, ["dino_erode_or_dilate"], "less_than_equal"),
        ({"image": IMAGE, "dino_debug": "maybe"}, ["dino_debug"], "bool_parsing"),
        ({"image": "None"}, ["image"], "missing_picture"),
        ({"image": ""}, ["image"], "missing_picture"),
        ({"image": "string"}, ["image"], "missing_picture"),
        ({"image": "!!!"}, ["image"], "not_a_picture"),
        ({"image": "aGVsbG8="}, ["image"], "not_a_picture"),
        ({"image": "data:image/png;base64,aGVsbG8="}, ["image"], "not_a_picture"),
        ({"image": "/etc/passwd"}, ["image"], "not_a_picture"),
        ({"image": "file:///etc/passwd"}, ["image"], "not_a_picture"),
        ({"image": text_of(PHOTO[:-40])}, ["image"], "truncated_picture"),
        ({"image": "http://localhost:1/a.png"}, ["image"], "address_refused"),
        ({"image": "http://"}, ["image"], "bad_url"),
        ({"image": "http://nowhere.invalid/a.png"}, ["image"], "fetch_failed"),
        (
            {"image": IMAGE, "mask_model": "u2net_cloth_seg", "cloth_category": "shoes"},
            ["cloth_category"],
            "enum",
        ),
        ({"image": IMAGE, "mask_model": "sam", "sam_model": "vit_x"}, ["sam_model"], "enum"),
    ],
)
def test_a_mask_that_cannot_be_made(
    server: Served, fields: dict[str, Any], loc: list[str], type_: str
) -> None:
    answer = ask(server, MASK, **fields)

    assert (["body", *loc], type_) in faults(answer)


NEEDED = {"inpaint_input_image": IMAGE, "inpaint_mask_image_upload": text_of(mask_of())}


@pytest.mark.parametrize(
    ("fields", "loc", "type_"),
    [
        ({}, ["inpaint_input_image"], "missing_picture"),
        ({"prompt": "a cat"}, ["inpaint_input_image"], "missing_picture"),
        ({"inpaint_input_image": IMAGE}, ["inpaint_mask_image_upload"], "nothing_to_paint"),
        (
            {"inpaint_input_image": IMAGE, "inpaint_mask_image_upload": "string"},
            ["inpaint_mask_image_upload"],
            "nothing_to_paint",
        ),
        ({**NEEDED, "prompt": None}, ["prompt"], "string_type"),
        ({**NEEDED, "inpaint_input_image": 5}, ["inpaint_input_image"], "string_type"),
        ({**NEEDED, "inpaint_input_image": "aGk="}, ["inpaint_input_image"], "not_a_picture"),
        (
            {**NEEDED, "inpaint_mask_image_upload": "aGk="},
            ["inpaint_mask_image_upload"],
            "not_a_picture",
        ),
        ({**NEEDED, "outpaint_selections": ["left"]}, ["outpaint_selections", 0], "enum"),
        ({**NEEDED, "outpaint_selections": "Left"}, ["outpaint_selections"], "list_type"),
        ({**NEEDED, "outpaint_distance": ["a"]}, ["outpaint_distance", 0], "int_parsing"),
        (
            {
                **NEEDED,
                "outpaint_selections": ["Left"],
                "outpaint_distance": [99999, 0, 0, 0],
            },
            ["outpaint_distance"],
            "out_of_range",
        ),
        ({**NEEDED, "inpaint_strength": 1.5}, ["inpaint_strength"], "less_than_equal"),
        ({**NEEDED, "inpaint_strength": 0}, ["inpaint_strength"], "greater_than"),
        (
            {**NEEDED, "inpaint_respective_field": -1},
            ["inpaint_respective_field"],
            "greater_than_equal",
        ),
        (
            {**NEEDED, "inpaint_erode_or_dilate": 65},
            ["inpaint_erode_or_dilate"],
            "less_than_equal",
        ),
        ({**NEEDED, "inpaint_engine": "v3"}, ["inpaint_engine"], "enum"),
        ({**NEEDED, "image_number": 0}, ["image_number"], "greater_than_equal"),
        ({**NEEDED, "image_number": 33}, ["image_number"], "less_than_equal"),
        ({**NEEDED, "guidance_scale": 0.5}, ["guidance_scale"], "greater_than_equal"),
        ({**NEEDED, "performance_selection": "Slow"}, ["performance_selection"], "enum"),
        ({**NEEDED, "clip_skip": 13}, ["clip_skip"], "less_than_equal"),
        ({**NEEDED, "loras": [{"weight": 3}]}, ["loras", 0, "weight"], "less_than_equal"),
        ({**NEEDED, "output_format": "gif"}, ["output_format"], "enum"),
        ({**NEEDED, "save_name": "../up"}, ["save_name"], "bad_save_name"),
        ({**NEEDED, "save_name": "a/b"}, ["save_name"], "bad_save_name"),
        ({**NEEDED, "save_name": "%year%"}, ["save_name"], "bad_save_name"),
        ({**NEEDED, "save_name": "x" * 101}, ["save_name"], "bad_save_name"),
        ({**NEEDED, "webhook_url": "ftp://a"}, ["webhook_url"], "bad_url"),
        ({**NEEDED, "webhook_url": "http://a:22/"}, ["webhook_url"], "address_refused"),
        ({**NEEDED, "async_process": "perhaps"}, ["async_process"], "bool_parsing"),
    ],
)
def test_a_task_that_is_not_taken(
    server: Served, fields: dict[str, Any], loc: list[Any], type_: str
) -> None:
    answer = ask(server, GENERATE, **fields)

    assert (["body", *loc], type_) in faults(answer)


def test_every_fault_is_told_at_once(server: Served) -> None:
    answer = ask(server, GENERATE, image_number=0, guidance_scale=99, prompt=1)
    pictures = ask(server, GENERATE, inpaint_input_image="aGk=", inpaint_mask_image_upload="aGk=")

    assert len(faults(answer)) == 3
    assert [loc[1] for loc, _ in faults(pictures)] == [
        "inpaint_input_image",
        "inpaint_mask_image_upload",
    ]


@pytest.mark.parametrize("path", [GENERATE, MASK, f"{GENERATE}/", f"{MASK}/"])
@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"", "missing"),
        (b"{", "json_invalid"),
        (b"[]", "model_attributes_type"),
        (b"null", "model_attributes_type"),
        (b'"text"', "model_attributes_type"),
        (b'{"image": NaN}', "json_invalid"),
        (b"[" * 100_000, "json_invalid"),
    ],
)
def test_bodies_that_are_no_object(server: Served, path: str, body: bytes, type_: str) -> None:
    answer = server.call("POST", path, data=body, headers={"Content-Type": "application/json"})

    assert [fault[1] for fault in faults(answer)] == [type_]


@pytest.mark.parametrize(("path", "method"), [(GENERATE, "GET"), (MASK, "GET"), ("/tasks", "POST")])
def test_other_methods_are_told(server: Served, path: str, method: str) -> None:
    answer = server.call(method, path)

    assert answer.status == 405
    assert isinstance(answer.json["detail"], str)


def test_a_model_that_is_not_there_is_named_with_the_cure(server: Served) -> None:
    answer = ask(server, MASK, image=IMAGE, mask_model="sam", dino_prompt_text="cat")

    assert answer.status == 424
    assert "paintgraph models pull" in answer.json["detail"]


def test_private_networks_are_not_asked(real_nodes: Served) -> None:
    for address in (
        "http://169.254.169.254/latest/a.png",
        "http://localhost:9/outputs/a/b.png",
    ):
        answer = ask(
            real_nodes, GENERATE, inpaint_input_image=address, outpaint_selections=["Left"]
        )
        assert faults(answer) == [(["body", "inpaint_input_image"], "address_refused")]
    here = f"{real_nodes.url}/jobs.sqlite"
    answer = ask(real_nodes, GENERATE, inpaint_input_image=here, outpaint_selections=["Left"])
    assert faults(answer) == [(["body", "inpaint_input_image"], "no_such_picture")]
