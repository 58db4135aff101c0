"""`paintgraph explain`: what is kept, what is not needed, what changed."""

from pathlib import Path
from typing import Any

import pytest

from paintgraph.engine.execution.store import ResultStore
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.tests.cli.conftest import Paintgraph, png, samples

ENGINE = ("--engine", "patchmatch")


def _explained(paintgraph: Paintgraph, *words: str) -> list[str]:
    answer = paintgraph("explain", "outpaint", *words, *ENGINE)
    assert answer.code == 0, answer.stderr
    return answer.text.splitlines()


def test_before_the_first_run_all_is_new(paintgraph: Paintgraph, photo: Path) -> None:
    assert _explained(paintgraph, "--image", str(photo)) == [
        "photo (LoadImage): runs for the first time",
        "avoided (MaskToAvoid): runs for the first time",
        "canvas (PadForOutpaint): runs for the first time",
        "filled (InpaintSampler): runs for the first time",
    ]


def test_after_a_run_what_was_dear_is_kept_and_what_led_to_it_not_needed(
    paintgraph: Paintgraph, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = ResultStore.offer

    def offer_dear(store: ResultStore, key: str, entry: Any, spec: NodeSpec, registry: Any) -> None:
        if spec.id == "InpaintSampler":  # on a slow machine all may be dear
            offer(store, key, entry, spec, registry)

    monkeypatch.setattr(ResultStore, "offer", offer_dear)
    paintgraph("run", "outpaint", "--image", str(photo), *ENGINE)

    assert _explained(paintgraph, "--image", str(photo)) == [
        "photo (LoadImage): not needed for the results",
        "avoided (MaskToAvoid): not needed for the results",
        "canvas (PadForOutpaint): not needed for the results",
        "filled (InpaintSampler): kept",
    ]


def test_asking_for_another_result_changes_the_plan(paintgraph: Paintgraph, photo: Path) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *ENGINE)

    photo_line, _, canvas_line, filled_line = _explained(
        paintgraph, "--image", str(photo), "-o", "mask=m.png"
    )

    # A slow machine may have kept these two as well.
    assert "not needed" not in photo_line + canvas_line or canvas_line.endswith(": kept")
    assert filled_line == "filled (InpaintSampler): kept"


def test_it_names_the_input_that_changed(paintgraph: Paintgraph, photo: Path) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *ENGINE)

    told = _explained(paintgraph, "--image", str(photo), "--sides", "left", "--seed", "3")

    assert told[2:] == [
        "canvas (PadForOutpaint): runs; changed: sides",
        "filled (InpaintSampler): runs; changed: image, mask, seed, avoid",
    ]


def test_another_picture_under_the_same_name_is_a_change(
    paintgraph: Paintgraph, photo: Path
) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *ENGINE)
    photo.write_bytes(png(samples(seed=1)))

    assert "changed: image" in _explained(paintgraph, "--image", str(photo))[0]


def test_a_failed_run_is_not_taken_for_one_that_ran(paintgraph: Paintgraph, folder: Path) -> None:
    (folder / "bad.png").write_text("no picture")
    assert paintgraph("run", "outpaint", "--image", "bad.png", *ENGINE).code == 1

    assert _explained(paintgraph, "--image", "bad.png")[0].endswith("runs for the first time")


def test_programs_get_the_same_as_json(paintgraph: Paintgraph, photo: Path) -> None:
    answer = paintgraph("explain", "outpaint", "--image", str(photo), "--json")

    first = {"node": "photo", "kind": "LoadImage", "state": "runs", "changed": [], "new": True}
    assert answer.json[0] == first


def test_nothing_is_written(paintgraph: Paintgraph, photo: Path) -> None:
    _explained(paintgraph, "--image", str(photo), "-o", "x.png")

    assert [path.name for path in Path().iterdir()] == [photo.name]


def test_a_damaged_record_counts_as_none(
    paintgraph: Paintgraph, photo: Path, tmp_path: Path
) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *ENGINE)
    [record] = (tmp_path / "data/records").iterdir()
    record.write_text("{")

    assert _explained(paintgraph, "--image", str(photo))[3] == "filled (InpaintSampler): kept"


def test_what_is_kept_of_one_device_is_not_given_for_another(
    paintgraph: Paintgraph, photo: Path
) -> None:
    given = ("--image", str(photo))
    paintgraph("run", "outpaint", *given, *ENGINE, "--device", "cpu")

    assert _explained(paintgraph, *given, "--device", "cpu")[-1].endswith("): kept")
    told = _explained(paintgraph, *given, "--device", "cuda")
    assert "runs; changed: the program or the device" in told[-1]
