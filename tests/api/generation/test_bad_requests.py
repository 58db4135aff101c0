"""Fields as the documentation has them, and what becomes of those that are not."""

import json
import re
from typing import Any

import pytest
import requests

from paintgraph.api.fooocus.field_errors import FieldsError
from paintgraph.api.generation.fields import (
    GenerationAdvanced,
    PaintFields,
    paint_fields,
)
from paintgraph.tests.api.fooocus.asking import DAMAGED, PHOTO, mask_of, text_of
from paintgraph.tests.api.generation.asking import (
    FILES,
    INPAINT,
    SECONDS,
    V1,
    V2,
    faults,
    form,
    get,
    post,
)
from paintgraph.tests.api.serving import Served
from paintgraph.tests.test_readme import ROOT

_PAGE = (ROOT / "docs" / "from-fooocus-api.md").read_text(encoding="utf-8")
_NAME, _VALUE = re.compile(r"`([a-z_0-9]+)`"), re.compile(r"^(-?[\d.]+|true|false)$")
_RANGE = re.compile(r"(-?[\d.]+),? to (-?[\d.]+)")


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after some words."""
    _, _, rest = _PAGE.partition(heading)
    table = rest[rest.index("\n|") :].lstrip("\n").split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]
    ]


TOP = {name: row for row in rows("## Fields") for name in _NAME.findall(row[0])}
ADVANCED = {name: row for row in rows("have an effect") for name in _NAME.findall(row[0])}


def test_the_tables_name_each_field() -> None:
    sides = {f"outpaint_distance{side}" for side in ("_left", "_right", "_top", "_bottom")}
    told = (set(TOP) - {"_right", "_top", "_bottom"}) | sides

    assert PaintFields.model_fields.keys() <= told
    assert {name for name in told if not name.startswith(("image_prompts", "cn_"))} == (
        PaintFields.model_fields.keys()
    )
    assert ADVANCED.keys() <= GenerationAdvanced.model_fields.keys()


@pytest.mark.parametrize(
    ("model", "name", "text"),
    [
        *((PaintFields, name, row[2]) for name, row in TOP.items() if len(row) > 4),
        *((GenerationAdvanced, name, row[1]) for name, row in ADVANCED.items()),
    ],
)
def test_defaults_are_those_of_the_tables(model: Any, name: str, text: str) -> None:
    told = [text] if _VALUE.match(text) else re.findall("`([^`]*)`", text)
    if name not in model.model_fields or not told:
        return
    default = model.model_fields[name].default

    assert str(getattr(default, "value", default)).lower().removesuffix(".0") in map(
        str.lower, told
    )


RANGES = [
    *(((name,), row[3]) for name, row in TOP.items() if len(row) > 4),
    *((("advanced_params", name), row[2]) for name, row in ADVANCED.items()),
]


@pytest.mark.parametrize(("path", "text"), [each for each in RANGES if _RANGE.search(each[1])])
def test_what_is_out_of_range_is_refused(path: tuple[Any, ...], text: str) -> None:
    found = _RANGE.search(text)
    assert found
    least, most = (float(part) for part in found.groups())
    for value in (least - 1, most + 1):
        body: Any = value
        inside = (*path, 0, "weight") if path == ("loras",) else path
        for step in reversed(inside):
            body = [body] if isinstance(step, int) else {step: body}

        with pytest.raises(FieldsError) as refused:
            paint_fields(body)

        assert [tuple(each["loc"][1:]) for each in refused.value.faults] == [inside]


WRONG: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"image_number": "many"}, ("body", "image_number")),
    ({"image_number": 33}, ("body", "image_number")),
    ({"image_seed": 1.5}, ("body", "image_seed")),
    ({"prompt": 5}, ("body", "prompt")),
    ({"async_process": "perhaps"}, ("body", "async_process")),
    ({"outpaint_selections": ["Up"]}, ("body", "outpaint_selections", "0")),
    ({"outpaint_selections": 4}, ("body", "outpaint_selections")),
    ({"outpaint_distance_top": 10**6}, ("body", "outpaint_distance_top")),
    ({"advanced_params": []}, ("body", "advanced_params")),
    ({"advanced_params": "{"}, ("body", "advanced_params")),
    ({"advanced_params": {"inpaint_strength": 0}}, ("body", "advanced_params", "inpaint_strength")),
    ({"advanced_params": {"inpaint_engine": "v9"}}, ("body", "advanced_params", "inpaint_engine")),
    ({"loras": [{"weight": "NaN"}]}, ("body", "loras", "0", "weight")),
    ({"save_extension": "gif"}, ("body", "save_extension")),
    ({"save_name": "../../x"}, ("body", "save_name")),
    ({"webhook_url": "ftp://x"}, ("body", "webhook_url")),
    ({"input_image": "no base64!"}, ("body", "input_image")),
    ({"input_image": text_of(PHOTO)[:-40]}, ("body", "input_image")),
    ({"input_image": text_of(DAMAGED)}, ("body", "input_image")),
    ({"input_image": "http://127.0.0.1:1/a.png"}, ("body", "input_image")),
    ({"input_image": None}, ("body", "input_image")),
    ({"input_mask": "QUJD"}, ("body", "input_mask")),
    ({"input_mask": ""}, ("body", "input_mask")),
]


@pytest.mark.parametrize(("fields", "place"), WRONG)
def test_each_fault_is_told_where_it_is(
    server: Served, fields: dict[str, Any], place: tuple[str, ...]
) -> None:
    found = faults(post(server, **{**INPAINT, **fields}))

    assert [tuple(map(str, loc)) for loc in found] == [place]


@pytest.mark.parametrize("name", ["input_image", "input_mask"])
@pytest.mark.parametrize("data", [b"nothing", DAMAGED, PHOTO[:100]])
def test_files_that_are_no_pictures_are_told(server: Served, name: str, data: bytes) -> None:
    assert list(faults(form(server, files={**FILES, name: data}))) == [("body", name)]


def test_a_text_that_is_sent_as_a_file_is_told(server: Served) -> None:
    sent = {**FILES, "prompt": b"a cat", "cn_img1": PHOTO}

    assert faults(form(server, files=sent)) == {("body", "prompt"): "string_type"}


@pytest.mark.parametrize("nothing", ["", " ", "None", None])
def test_what_clients_send_for_nothing_is_nothing(nothing: str | None) -> None:
    fields = paint_fields(
        {"advanced_params": nothing, "loras": nothing, "outpaint_selections": None}
    )

    assert (fields.advanced_params, fields.loras, fields.outpaint_selections) == (None, None, [])


@pytest.mark.parametrize(
    "path", [V1, V2, "/v1/generation/image-prompt", "/v2/generation/image-prompt"]
)
def test_without_a_picture_nothing_is_painted(server: Served, path: str) -> None:
    expected = {
        ("body", "input_image"): "missing_picture",
        ("body", "input_mask"): "nothing_to_paint",
    }

    assert faults(post(server, path, prompt="a cat")) == expected
    assert (
        faults(form(server, path, data={"prompt": "a cat"}, files={"input_mask": None})) == expected
    )


def test_a_mask_of_another_size_is_brought_to_the_picture(server: Served) -> None:
    answer = form(server, files={"input_image": PHOTO, "input_mask": mask_of(size=(32, 24))})

    assert answer.json()[0]["finish_reason"] == "SUCCESS"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 422),
        (b"[]", {}, 422),
        (b"\xff\xfe", {}, 422),
        (b"[" * 100_000, {}, 422),
        (b"a=b", {"Content-Type": "text/plain"}, 415),
        (b"a=%ff&input_image=%00", {"Content-Type": "application/x-www-form-urlencoded"}, 422),
        (b"&".join([b"a=b"] * 2000), {"Content-Type": "application/x-www-form-urlencoded"}, 422),
        (b"--x", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (b"{}", {"Content-Type": "multipart/form-data"}, 400),
    ],
)
def test_no_body_is_too_odd(
    server: Served, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = requests.post(server.url + V1, data=body, headers=headers, timeout=SECONDS)

    assert answer.status_code == status, answer.text


REFUSED = {
    "/v1/generation/text-to-image": "prompts alone",
    "/v2/generation/text-to-image-with-ip": "prompts alone",
    "/v1/generation/image-upscale-vary": "/v1/recipes/upscale",
    "/v2/generation/image-upscale-vary": "/v1/recipes/upscale",
    "/v1/generation/image-enhance": "/v1/tools/generate_mask",
    "/v2/generation/image-enhance": "/v1/tools/generate_mask",
    "/v1/tools/describe-image": "not described",
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_not_done_is_refused_with_what_is(server: Served, path: str) -> None:
    answers = (
        requests.post(server.url + path, data=json.dumps({"prompt": "a cat"}), timeout=SECONDS),
        form(server, path, files={"image": PHOTO, "input_image": PHOTO}),
        requests.post(f"{server.url}{path}/", json={}, timeout=SECONDS),
    )

    for answer in answers:
        assert list(faults(answer).values()) == ["not_supported"]
        (fault,) = answer.json()["detail"]
        assert REFUSED[path] in fault["msg"]
        assert "/v1/generation/image-inpaint-outpaint" in fault["msg"]


@pytest.mark.parametrize(
    ("query", "place"),
    [({"page": "x"}, "page"), ({"page_size": "0"}, "page_size"), ({"page": "9" * 40}, "page")],
)
def test_bad_pages_are_told(server: Served, query: dict[str, str], place: str) -> None:
    answer = requests.get(f"{server.url}/v1/generation/job-history", params=query, timeout=SECONDS)

    assert list(faults(answer)) == [("query", place)]


def test_query_job_needs_an_id(server: Served) -> None:
    answer = requests.get(f"{server.url}/v1/generation/query-job", timeout=SECONDS)

    assert faults(answer) == {("query", "job_id"): "missing"}
    assert get(server, "/v1/engines/all-models").keys() == {"model_filenames", "lora_filenames"}
