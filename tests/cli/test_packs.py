"""Packs on the command line: what does not work is named, and no pack keeps a command from it."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.cli.conftest import Answer, Paintgraph, samples

pytest.importorskip("torch")
PACKS = Path(__file__).parents[1] / "packs"


def listed(answer: Answer) -> dict[str, str]:
    return {report["name"]: report["state"] for report in answer.json}


def test_packs_are_listed_with_what_does_not_work(process: Paintgraph) -> None:
    answer = process("packs", "--node-packs", str(PACKS / "odd"), "--json")

    assert answer.code == 1
    states = listed(answer)
    assert {name for name, state in states.items() if state == "failed"} == {
        "empty_nodes",
        "leaving_nodes",
        "missing_nodes",
    }
    reports = {report["name"]: report for report in answer.json}
    assert reports["missing_nodes"]["missing"] == ["no_such_module_at_all"]
    assert len(reports["installing_nodes"]["refused"]) == 5
    assert "swallowed" in answer.stderr


@pytest.mark.slow
def test_packs_that_end_the_process_or_hang_are_named_and_left_out(process: Paintgraph) -> None:
    answer = process("packs", "--node-packs", str(PACKS / "deadly"), "--pack-seconds", "1")

    assert answer.code == 1
    assert "it ended the process (exit code 3)" in answer.text
    assert "it ended the process (SIGSEGV)" in answer.text
    assert "it did not return within 1 s" in answer.text
    assert "survivor  loaded" in answer.text


def test_packs_that_load_are_no_failure(process: Paintgraph) -> None:
    answer = process("packs", "--node-packs", str(PACKS / "sound"))

    assert answer.code == 0
    assert "mask_tools" in answer.text
    assert "routes: GET /served_nodes/value" in answer.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--node-packs", "nowhere"), "is no folder with node packs"),
        (("--node-packs", PACKS / "sound", "--allow-packs", "all"), "--allow-packs: is 'all'"),
        ((), "Name the folder they lie in with --node-packs"),
    ],
)
def test_wrong_options_are_told(
    options: tuple[str | Path, ...], message: str, process: Paintgraph
) -> None:
    answer = process("packs", *map(str, options))

    assert answer.code in (1, 2)
    assert message in answer.stderr
    assert "fault of paintgraph" not in answer.stderr


LOUD = """
import os, subprocess, sys

def noise(where):
    print("printed", where)
    os.write(1, b"written by a library\\n")

noise("at import")

class Loud:
    @classmethod
    def INPUT_TYPES(cls):
        noise("when asked for inputs")
        return {"required": {"image": ("IMAGE",)}}
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"
    @classmethod
    def VALIDATE_INPUTS(cls):
        noise("when checked")
        return True
    def go(self, image):
        noise("when run")
        subprocess.run(["echo", "said by a program"])
        return (image,)

NODE_CLASS_MAPPINGS = {"Loud": Loud}
"""


@pytest.mark.usefixtures("photo")
def test_what_packs_print_does_not_spoil_a_result_on_the_standard_output(
    folder: Path, process: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # what is printed waits, as for users
    (folder / "loud.py").write_text(LOUD)
    (folder / "loud.yaml").write_text(
        "nodes:\n  photo: {node: LoadImage, image: photo.png}\n"
        "  loud: {node: Loud, image: '${photo.image}'}\noutputs: {image: '${loud.image}'}\n"
    )

    answer = process("run", "loud.yaml", "--node-packs", "loud.py", "-o", "-")

    assert answer.code == 0, answer.stderr
    assert np.array_equal(np.asarray(Image.open(BytesIO(answer.stdout))), samples())
    assert answer.stdout.endswith(b"IEND\xaeB`\x82")  # and nothing comes after it
    for where in ("at import", "when asked for inputs", "when checked", "when run"):
        assert f"printed {where}" in answer.stderr
    assert "written by a library" in answer.stderr
    assert "said by a program" in answer.stderr


LEVEL = """
import time
import torch

class Level:
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "go"
    def go(self):
        print("computed")
        time.sleep(0.5)  # so that it is worth to be kept
        return (torch.full((1, 2, 3, 3), 0.2),)

NODE_CLASS_MAPPINGS = {"Level": Level}
"""


@pytest.mark.slow
def test_a_pack_that_was_edited_computes_anew(folder: Path, process: Paintgraph) -> None:
    pack = folder / "my pack-1.0"
    pack.mkdir()
    (pack / "__init__.py").write_text("from .levels import NODE_CLASS_MAPPINGS\n")
    levels = pack / "levels.py"
    levels.write_text(LEVEL)
    (folder / "level.yaml").write_text(
        "nodes:\n  level: {node: Level}\noutputs: {image: '${level.image}'}\n"
    )

    def run() -> tuple[int, bool]:
        answer = process("run", "level.yaml", "--node-packs", str(pack), "-o", "-")
        assert answer.code == 0, answer.stderr
        pixels = np.asarray(Image.open(BytesIO(answer.stdout)))
        return int(pixels[0, 0, 0]), "computed" in answer.stderr

    first, again = run(), run()
    levels.write_text(LEVEL.replace("0.2", "0.4"))

    assert (first, again, run()) == ((51, True), (51, False), (102, True))


@pytest.mark.parametrize("seconds", ["-1", "0", "3601", "nan", "inf"])
def test_a_time_that_no_pack_can_have_is_refused_before_any_is_loaded(
    paintgraph: Paintgraph, seconds: str
) -> None:
    answer = paintgraph("packs", "--node-packs", str(PACKS / "sound"), f"--pack-seconds={seconds}")

    assert answer.code == 2
    assert f"--pack-seconds is {seconds}; allowed are more than 0 to 3600 s." in answer.stderr
    assert "ended" not in answer.stderr
