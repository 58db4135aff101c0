"""Ways to fill a hole, side by side: ours, ours of another checkout, and other programs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, Self, TypeAlias

import cv2
import numpy as np
from PIL import Image as Pillow

from paintgraph.benchmarks.pictures.cases import Case, Hole, Pixels

CHECKOUT = Path(__file__).resolve().parents[2]
OURS = "ours"
# Runs in the other checkout, so it uses nothing but the front door.
_CHILD = """
import json, os, sys
from pathlib import Path
import paintgraph

def helpers():
    for thread in Path("/proc/self/task").glob("*"):
        yield from (thread / "children").read_text().split()

def spent():
    ticks = 0
    for child in helpers():
        stat = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        ticks += int(stat[11]) + int(stat[12])
    return sum(os.times()[:4]) + ticks / os.sysconf("SC_CLK_TCK")

folder = sys.argv[1]
with paintgraph.session(data_dir=folder, models_dir=folder + "/models", fresh=True) as session:
    for line in sys.stdin:
        job = json.loads(line)
        inputs = job["inputs"]
        before = spent()
        result = session.run("inpaint", image=job["image"], mask=job["mask"], **inputs)
        answer = {"cpu": spent() - before, "measures": result.measures}
        result.save(job["to"], graph=False)
        print(json.dumps(answer), flush=True)
"""


class Painted(NamedTuple):
    """A result `[H, W, 3]`, processor seconds, and what the program says of it."""

    picture: Pixels
    cpu: float
    measures: Mapping[str, object]


Way: TypeAlias = Callable[[Case, int], Painted]


class Kept:
    """A way whose results stay in a folder, and are read from there the next time."""

    def __init__(self, paint: Way, folder: Path) -> None:
        self._paint = paint
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, case: Case, seed: int) -> Painted:
        """What was painted before, or now."""
        name = f"{case.split}-{case.name.replace(' ', '-')}-{seed}"
        file, beside = (self._folder / f"{name}.{suffix}" for suffix in ("png", "json"))
        if beside.is_file():
            with Pillow.open(file) as picture:
                return Painted(np.asarray(picture), **json.loads(beside.read_text()))
        painted = self._paint(case, seed)
        Pillow.fromarray(painted.picture).save(file)
        beside.write_text(json.dumps({"cpu": painted.cpu, "measures": dict(painted.measures)}))
        return painted


class Ours:
    """`paintgraph` of a checkout, in a process of its own that stays; close it.

    `text` is `ours`, then, where wanted, `@` with another checkout, and `:` with inputs of the
    recipe `inpaint`: `ours@../before:crop=percent,crop_amount=100`.
    """

    def __init__(self, text: str) -> None:
        name, _, inputs = text.partition(":")
        place = name.partition("@")[2]
        checkout = Path(place).resolve() if place else CHECKOUT
        self._inputs = dict(pair.split("=") for pair in inputs.split(",") if pair)
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        (self._folder / "paintgraph").symlink_to(checkout)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(self._folder / "data")],
            env={**os.environ, "PYTHONPATH": str(self._folder)},
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, case: Case, seed: int) -> Painted:
        """Paint a case with a seed."""
        files = {name: self._folder / f"{name}.png" for name in ("image", "mask", "to")}
        Pillow.fromarray(case.picture).save(files["image"])
        Pillow.fromarray(case.hole).save(files["mask"])
        inputs = {**{name: _value(text) for name, text in self._inputs.items()}, "seed": seed}
        job = {**{name: str(file) for name, file in files.items()}, "inputs": inputs}
        to, answers = _both(self._process)
        to.write(json.dumps(job) + "\n")
        to.flush()
        answer = json.loads(answers.readline() or '{"failed": true}')
        if "failed" in answer:
            raise RuntimeError(f"painting {case.name} failed; its process says above why")
        with Pillow.open(files["to"]) as picture:
            painted = np.asarray(picture.convert("RGB"))
        return Painted(painted, answer["cpu"], answer["measures"] or {})

    def close(self) -> None:
        """End the process."""
        _both(self._process)[0].close()
        self._process.wait()
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _both(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None  # noqa: S101 - they are pipes
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _patchmatch(picture: Pixels, hole: Hole, seed: int) -> Pixels:
    """PyPatchMatch on the whole picture, all of it a source."""
    import patchmatch

    patchmatch.set_random_seed(seed)
    painted = patchmatch.inpaint(np.ascontiguousarray(picture), hole.astype(np.uint8), patch_size=3)
    return np.asarray(painted)


def _telea(picture: Pixels, hole: Hole, seed: int) -> Pixels:  # noqa: ARG001 - one result
    return np.asarray(cv2.inpaint(picture, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA), np.uint8)


def _biharmonic(picture: Pixels, hole: Hole, seed: int) -> Pixels:  # noqa: ARG001 - one result
    from skimage.restoration import inpaint_biharmonic

    shares = inpaint_biharmonic(picture, hole, channel_axis=-1, split_into_regions=True)
    return np.asarray(np.rint(np.clip(shares, 0, 1) * 255), np.uint8)


def _gmic(picture: Pixels, hole: Hole, seed: int) -> Pixels:
    """G'MIC's `inpaint_matchpatch`, as it is by itself."""
    program = shutil.which("gmic")
    assert program is not None  # noqa: S101 - asked before
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{each}.png" for each in ("picture", "mask", "painted")]
        Pillow.fromarray(picture).save(files[0])
        Pillow.fromarray(hole.astype(np.uint8) * 255).save(files[1])
        steps = ["-srand", str(seed), str(files[0]), str(files[1]), "-inpaint_matchpatch[0]", "[1]"]
        ending = ["-keep[0]", "-cut", "0,255", "-output", str(files[2])]
        subprocess.run([program, *steps, *ending], check=True, capture_output=True)
        with Pillow.open(files[2]) as painted:
            return np.asarray(painted.convert("RGB"))


_OTHERS: Mapping[str, Callable[[Pixels, Hole, int], Pixels]] = {
    "patchmatch": _patchmatch,
    "telea": _telea,
    "biharmonic": _biharmonic,
    "gmic": _gmic,
}
WAYS = (OURS, *_OTHERS)
_OF_ONE_RESULT = ("telea", "biharmonic")


class Plain:
    """Another program or library; only what it makes of the hole counts."""

    def __init__(self, name: str) -> None:
        self._paint = _OTHERS[name]

    def __call__(self, case: Case, seed: int) -> Painted:
        """Paint a case with a seed."""
        before = _spent()
        painted = self._paint(case.picture, case.hole, seed)
        spent = _spent() - before
        return Painted(np.where(case.hole[..., np.newaxis], painted, case.picture), spent, {})


def _spent() -> float:
    """Processor seconds of this process and of those that it waited for."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def is_here(name: str) -> bool:
    """Whether a way can be taken here."""
    return name != "gmic" or shutil.which("gmic") is not None


def seeds_of(name: str, seeds: int) -> range:
    """The seeds that make a difference."""
    return range(1 if name in _OF_ONE_RESULT else seeds)
