"""What rembg, IOPaint and ImageMagick do by one command is one command here, too.

Keys, completion, options from a file and frames of videos have tests of their own; so have servers,
the editor and the container.
"""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples
from paintgraph.tests.tiny_onnx import SIDES, install, middle_network

TELEA = ("--engine", "telea")
SUBJECT = ("--model", "u2netp")
ONE = (WIDTH, HEIGHT)
WIDER = (WIDTH + WIDTH // 2, HEIGHT)
LEFT = ("--sides", "left", "--fraction", "0.5", *TELEA)

TURNED = """
inputs: {image: {type: image}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  turned: {node: ImageRotate, image: "${photo.image}", rotation: 90 degrees}
  levels: {node: AdjustLevels, input: "${turned.image}", gamma: 1.5}
  part: {node: ImageCrop, image: "${levels.adjusted}", width: 6, height: 8, x: 1, y: 2}
  scaled: {node: ImageScale, image: "${part.image}", upscale_method: auto, width: 12, height: 0}
outputs: {image: "${scaled.image}"}
"""

ROWS: dict[str, tuple[tuple[str, ...], dict[str, tuple[int, int]]]] = {
    "one file in, one out": (
        ("remove_background", "a.png", *SUBJECT, "-o", "o.png"),
        {"o.png": ONE},
    ),
    "a folder": (
        ("remove_background", "in", *SUBJECT, "-o", "out"),
        {"out/a.png": ONE, "out/b.png": ONE},
    ),
    "one mask for a folder": (
        ("inpaint", "in", "--mask", "mask.png", *TELEA, "-o", "out"),
        {"out/a.png": ONE, "out/b.png": ONE},
    ),
    "a folder of masks, by name": (
        ("inpaint", "in", "--mask", "masks", *TELEA, "-o", "out"),
        {"out/a.png": ONE, "out/b.png": ONE},
    ),
    "a mask of another size": (
        ("inpaint", "a.png", "--mask", "small.png", "--fit", "stretch", *TELEA, "-o", "o.png"),
        {"o.png": ONE},
    ),
    "a pattern": (("outpaint", "in/*.png", *LEFT, "-o", "out"), {"out/a.png": WIDER}),
    "sub-folders": (("outpaint", ".", "-r", *LEFT, "-o", "../out"), {"../out/in/b.png": WIDER}),
    "a colour behind": (
        ("remove_background", "a.png", *SUBJECT, "--background", "white", "-o", "o.jpg"),
        {"o.jpg": ONE},
    ),
    "the mask only, tidied": (
        ("generate_mask", "a.png", *SUBJECT, "--threshold", "0.5", "--grow", "1", "-o", "o.png"),
        {"o.png": ONE},
    ),
    "alpha matting": (("cut_out", "a.png", *SUBJECT, "--band", "2", "-o", "o.png"), {"o.png": ONE}),
    "before and after": (
        ("outpaint", "a.png", *LEFT, "--concat", "-o", "o.png", "-o", "after=after.png"),
        {"after.png": WIDER},
    ),
    "quality and format": (
        ("outpaint", "a.png", *LEFT, "--quality", "50", "-o", "o.avif"),
        {"o.avif": WIDER},
    ),
    "a frame of an animation": (
        ("outpaint", "moving.gif", "--frame", "2", *LEFT, "-o", "o.webp"),
        {"o.webp": WIDER},
    ),
    "options from a file": (("--options", "job.yaml"), {"o.png": WIDER}),
    "turn, levels, crop, scale": (("turned.yaml", "a.png", "-o", "o.png"), {"o.png": (12, 16)}),
    "a picture that was made, again": (("made.png", "-o", "o.png"), {"o.png": WIDER}),
}


@pytest.fixture(autouse=True)
def files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos, alone and in folders, their masks, and a tiny model."""
    install(folder.parent, {"u2netp": middle_network(SIDES["u2netp"])}, monkeypatch)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[4:8, 4:8] = 255
    for place in ("in", "masks"):
        (folder / place).mkdir()
    for seed, name in enumerate("ab"):
        (folder / "in" / f"{name}.png").write_bytes(png(samples(seed=seed)))
        (folder / "masks" / f"{name}.png").write_bytes(png(mask))
    (folder / "a.png").write_bytes(png(samples()))
    (folder / "mask.png").write_bytes(png(mask))
    (folder / "small.png").write_bytes(png(mask[::2, ::2]))
    (folder / "turned.yaml").write_text(TURNED)
    (folder / "job.yaml").write_text(
        "recipe: outpaint\nimage: a.png\nsides: left\nfraction: 0.5\nengine: telea\noutput: o.png\n"
    )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS)
def test_it_is_one_command(paintgraph: Paintgraph, row: str) -> None:
    command, expected = ROWS[row]
    if "moving.gif" in command:
        frames = [Image.fromarray(samples(seed=seed)).convert("P") for seed in range(3)]
        frames[0].save("moving.gif", save_all=True, append_images=frames[1:])
    if "made.png" in command:
        assert paintgraph("run", "outpaint", "a.png", *LEFT, "-o", "made.png").code == 0

    answer = paintgraph("run", *command)

    assert answer.code == 0, answer.stderr
    assert {name: _size(Path(name)) for name in expected} == expected


def test_progress_of_many_and_what_is_done_is_skipped(paintgraph: Paintgraph) -> None:
    command = ("run", "outpaint", "in", *LEFT, "-o", "out")

    first, second = paintgraph(*command), paintgraph(*command)

    assert [first.code, second.code] == [0, 0], first.stderr
    assert [line[:7] for line in first.stderr.splitlines()[:2]] == ["1 of 2:", "2 of 2:"]
    assert first.stderr.splitlines()[-1] == "succeeded: 2 done"
    assert second.stderr.splitlines()[-1] == "succeeded: 0 done, 2 skipped"


def test_pipes(paintgraph: Paintgraph) -> None:
    answer = paintgraph(
        "run", "outpaint", "--image", "-", *LEFT, "-o", "-", stdin=Path("a.png").read_bytes()
    )

    assert answer.code == 0, answer.stderr
    Path("o.png").write_bytes(answer.stdout)
    assert _size(Path("o.png")) == WIDER


def test_an_address_as_input(paintgraph: Paintgraph, address: str) -> None:
    answer = paintgraph("run", "outpaint", f"{address}/a.png", *LEFT, "-o", "o.png")

    assert answer.code == 0, answer.stderr
    assert _size(Path("o.png")) == WIDER


@pytest.fixture
def address(files: Path) -> Iterator[str]:
    """A web server of the folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=files)) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


def _size(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size
