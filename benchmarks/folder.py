"""A folder of small photos by one command, beside `rembg p`, and what one that is done costs.

Not measured where the model is not on this machine, or the command `rembg` (of `rembg[cpu,cli]`)
neither in PATH nor where the variable REMBG says.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from paintgraph.benchmarks.measuring import Figure, seconds_of
from paintgraph.cli.models import open_model_index

_MODELS = ("isnet-general-use", "u2netp")
_PHOTOS = 200
_ROUNDS = 4
_SIZE = (320, 240)  # px
_MOST_RATIO = 1.05
_DOCS = Path(__file__).resolve().parents[1] / "docs" / "photos"


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one command took, in seconds: on the clock, and of the processors."""

    wall: float
    cpu: float


def figures() -> list[Figure]:
    """Masks beside `rembg p`, a folder a round; then erasing, then both again."""
    rembg = os.environ.get("REMBG") or shutil.which("rembg")
    index = open_model_index()
    there = [n for n in _MODELS if index.look(index.catalogue.get(n)).state == "present"]
    if not rembg or not there:
        return [Figure("masks of a folder: no command rembg, or none of its models", (), "s")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = _make_photos(folder)
        return [*_masks(folder, photos, rembg, there[0]), *_erased(folder)]


def _masks(folder: Path, photos: Sequence[Path], rembg: str, model: str) -> list[Figure]:
    ours, theirs, again = [], [], []
    for place in photos:
        masks, others = folder / f"ours_{place.name}", folder / f"theirs_{place.name}"
        command = ("generate_mask", str(place), "--model", model, "-o", str(masks))
        theirs.append(_taken(rembg, "p", "-m", model, "-om", str(place), str(others)))
        ours.append(_taken(*_PAINTGRAPH, *command))
        again.append(_taken(*_PAINTGRAPH, *command))
        _compare(masks, others)
    each = _PHOTOS // _ROUNDS
    return [
        Figure(f"{model}, a photo, paintgraph", tuple(t.wall / each for t in ours), "s"),
        Figure(f"{model}, a photo, rembg p", tuple(t.wall / each for t in theirs), "s"),
        Figure(
            "paintgraph to rembg p, on the clock",
            tuple(o.wall / t.wall for o, t in zip(ours, theirs, strict=True)),
            "x",
            _MOST_RATIO,
            undisturbed=min(t.wall for t in ours) / min(t.wall for t in theirs),
        ),
        Figure(
            "paintgraph to rembg p, of the processors",
            tuple(o.cpu / t.cpu for o, t in zip(ours, theirs, strict=True)),
            "x",
            _MOST_RATIO,
        ),
        Figure(f"the same again, {each} photos that are done", tuple(t.wall for t in again), "s"),
    ]


def _erased(folder: Path) -> list[Figure]:
    """All photos in one command, one of them broken, then again."""
    photos = folder / "photos"
    photos.mkdir()
    for photo in folder.glob("round_*/*.jpg"):
        shutil.copyfile(photo, photos / photo.name)
    (photos / "broken.jpg").write_bytes(b"no photo")
    box = ("--box", "120,90,200,150")
    command = (*_PAINTGRAPH, "erase_object", str(photos), *box, "-o", str(folder / "erased"))
    first, again = (_taken(*command, code=code) for code in (3, 3))
    return [
        Figure("erase_object, a photo, one of them broken", (first.wall / _PHOTOS,), "s"),
        Figure(f"the same again, {_PHOTOS} photos that are done", (again.wall,), "s"),
    ]


_PAINTGRAPH = (sys.executable, "-m", "paintgraph.cli", "run")


def _taken(*command: str, code: int = 0) -> _Taken:
    """Run a command, which must end with this code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    def run() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != code:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")

    wall = seconds_of(run)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _Taken(wall, cpu)


def _compare(ours: Path, theirs: Path) -> None:
    """Both must have made the same masks, or the times say nothing."""
    for mask in ours.glob("*.png"):
        with Image.open(mask) as one, Image.open(theirs / mask.name) as other:
            if one.convert("L").tobytes() != other.convert("L").tobytes():
                raise RuntimeError(f"{mask.name} differs from what rembg made.")


def _make_photos(folder: Path) -> list[Path]:
    """Parts of the photos of the docs, in a folder for each round."""
    sources = [Image.open(_DOCS / f"{name}.jpg").convert("RGB") for name in ("coffee", "rocket")]
    width, height = _SIZE
    places = [folder / f"round_{number}" for number in range(_ROUNDS)]
    for place in places:
        place.mkdir()
    for number in range(_PHOTOS):
        source = sources[number % len(sources)]
        left = number * 37 % (source.width - width)
        top = number * 23 % (source.height - height)
        photo = source.crop((left, top, left + width, top + height))
        photo.save(places[number % _ROUNDS] / f"photo_{number:03}.jpg", quality=92)
    return places
