"""The same mask in every form that people make, through every door: what it selects is one box."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import paintgraph
from paintgraph.cli.app import app
from paintgraph.imaging.files.decode import decode
from paintgraph.imaging.samples import turned
from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests.api.serving import Served, run_recipe
from paintgraph.tests.masks import BOX, FORMS, PHOTO, TOLD, oriented, saved

Door = Callable[..., tuple[NDArray[np.bool_], list[str]]]
"""From a photo's file, a mask's and inputs: which px changed of the photo as seen; the warnings."""

GIVEN = {"engine": "telea"}


def _changed(photo: bytes, result: bytes) -> NDArray[np.bool_]:
    different: NDArray[np.bool_] = (decode(photo).image != decode(result).image)[0].any(axis=2)
    return different


@pytest.fixture(params=["command line", "python", "http"])
def door(
    request: pytest.FixtureRequest,
    server: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Door:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))

    def by_command(photo: bytes, mask: bytes, **inputs: Any) -> tuple[NDArray[np.bool_], list[str]]:
        for name, data in (("photo", photo), ("mask", mask)):
            (tmp_path / name).write_bytes(data)
        given = {"image": tmp_path / "photo", "mask": tmp_path / "mask", **GIVEN, **inputs}
        words = [text for name, value in given.items() for text in (f"--{name}", str(value))]
        out = tmp_path / "out.png"
        answer = CliRunner().invoke(app, ["run", "inpaint", *words, "-o", str(out)])
        assert answer.exit_code == 0, answer.stderr
        told = [line for line in answer.stderr.splitlines() if line.startswith("warning:")]
        return _changed(photo, out.read_bytes()), told

    def by_python(photo: bytes, mask: bytes, **inputs: Any) -> tuple[NDArray[np.bool_], list[str]]:
        given: dict[str, Any] = {**GIVEN, **inputs}
        result = paintgraph.run("inpaint", image=photo, mask=mask, **given)
        return _changed(photo, result.pictures()[0].encode()), list(result.warnings)

    def by_http(photo: bytes, mask: bytes, **inputs: Any) -> tuple[NDArray[np.bool_], list[str]]:
        given = {"image": _text(photo), "mask": _text(mask), **GIVEN, **inputs}
        job = run_recipe(server, "inpaint", given)
        result = server.call("GET", job["outputs"]["image"]["url"]).body
        return _changed(photo, result), job["warnings"]

    doors = {"command line": by_command, "python": by_python, "http": by_http}
    return doors[request.param]


def _text(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("form", FORMS)
def test_no_px_changes_outside_the_box(door: Door, form: str) -> None:
    mask, inputs = FORMS[form]

    changed, warnings = door(saved(PHOTO), mask, **inputs)

    assert not changed[~BOX].any()
    assert changed[BOX].mean() > 0.9
    assert len(warnings) == (form in TOLD), warnings
    assert TOLD.get(form, "") in "".join(warnings)


def test_what_is_transparent_in_the_picture_is_repainted(door: Door) -> None:
    photo = saved(np.dstack([PHOTO, np.where(BOX, 0, 255).astype(np.uint8)]))

    changed, _ = door(photo, photo, channel="alpha")

    assert not changed[~BOX].any()
    assert changed[BOX].mean() > 0.9


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_a_mask_for_the_picture_as_stored_is_turned_with_it(door: Door, kind: str) -> None:
    changed, warnings = door(oriented(PHOTO, 6, kind), saved(BOX.astype(np.uint8) * 255))

    seen = turned(BOX, 6)
    assert not changed[~seen].any()
    assert changed[seen].mean() > 0.9
    assert len(warnings) == 1
    assert "EXIF orientation 6" in warnings[0]


def test_a_mask_for_the_picture_as_seen_and_one_that_turns_itself_need_no_word(door: Door) -> None:
    seen = turned(BOX, 6)
    photo = oriented(PHOTO, 6)
    for mask in (
        saved(np.ascontiguousarray(seen).astype(np.uint8) * 255),
        oriented(BOX.astype(np.uint8) * 255, 6),
    ):
        changed, warnings = door(photo, mask)

        assert not changed[~seen].any()
        assert changed[seen].mean() > 0.9
        assert warnings == []


FOOOCUS = [form for form, (_, inputs) in FORMS.items() if not inputs and "strokes" not in form]


@pytest.mark.parametrize("form", [*FOOOCUS, "white strokes on a clear white layer"])
def test_clients_of_fooocus_get_the_box_of_every_form(server: Served, form: str) -> None:
    changed, _ = _by_fooocus(server, saved(PHOTO), FORMS[form][0])

    assert not changed[~BOX].any()
    assert changed[BOX].mean() > 0.9


@pytest.mark.parametrize("scale", [1, 2])
def test_clients_of_fooocus_may_make_masks_for_the_picture_as_stored(
    server: Served, scale: int
) -> None:
    mask = np.kron(BOX.astype(np.uint8) * 255, np.ones((scale, scale), np.uint8))

    changed, warnings = _by_fooocus(server, oriented(PHOTO, 6), saved(mask))

    seen = turned(BOX, 6)
    assert not changed[~seen].any()
    assert changed[seen].mean() > 0.9
    assert any("EXIF orientation 6" in warning for warning in warnings)


def _by_fooocus(server: Served, photo: bytes, mask: bytes) -> tuple[NDArray[np.bool_], list[str]]:
    fields = {"inpaint_input_image": _text(photo), "inpaint_mask_image_upload": _text(mask)}
    answer = server.call("POST", "/v1/engine/generate", json=fields)
    task = answer.json
    assert task["task_status"] == "finished", task
    result = server.call("GET", task["result"][0].removeprefix(server.url)).body
    return _changed(photo, result), task["warnings"]
