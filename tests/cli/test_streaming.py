"""`--frames`: raw frames from standard input to standard output, by the real command."""

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from paintgraph.jobs.sources.folders import VARIABLE
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples, start

SIZE = f"{WIDTH}x{HEIGHT}"
FRAME_BYTES = WIDTH * HEIGHT * 3
FILL = ("--engine", "telea")
LEFT, RIGHT = np.s_[:, : WIDTH // 2], np.s_[:, WIDTH // 2 :]


@pytest.fixture(autouse=True)
def masks(folder: Path) -> None:
    """One mask of the left half; and a folder in which that of the second frame is the right."""
    (folder / "masks").mkdir()
    for name, part in (("left.png", LEFT), ("masks/m_001.png", LEFT), ("masks/m_002.png", RIGHT)):
        pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
        pixels[part] = 255
        (folder / name).write_bytes(png(pixels))


def _frames(count: int) -> list[NDArray[np.uint8]]:
    return [samples(seed=seed) for seed in range(count)]


def _run(*arguments: str, frames: bytes) -> "subprocess.CompletedProcess[bytes]":
    process = start("run", *arguments, stdin=subprocess.PIPE)
    out, told = process.communicate(frames)
    return subprocess.CompletedProcess(arguments, process.returncode, out, told)


def _read(data: bytes, width: int = WIDTH) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(-1, HEIGHT, width, 3)


def test_each_frame_is_repainted_as_a_picture_is(paintgraph: Paintgraph) -> None:
    frames = _frames(3)
    Path("one.png").write_bytes(png(frames[1]))

    ran = _run(
        *("inpaint", "--frames", SIZE, "-", "--mask", "left.png", *FILL),
        frames=b"".join(frame.tobytes() for frame in frames),
    )
    alone = paintgraph("run", "inpaint", "one.png", "--mask", "left.png", *FILL, "-o", "x.png")

    assert ran.returncode == 0, ran.stderr
    seen = _read(ran.stdout)
    assert alone.code == 0
    with Image.open("x.png") as picture:
        assert np.array_equal(seen[1], np.asarray(picture))
    for frame, made in zip(frames, seen, strict=True):
        assert np.array_equal(made[RIGHT], frame[RIGHT])
        assert not np.array_equal(made[LEFT], frame[LEFT])
    told = ran.stderr.decode().splitlines()
    assert told[0] == f"frames: {SIZE} px in, {SIZE} px out, rgb24"
    assert told[-1].startswith("succeeded: 3 frames in ")
    # A video would fill the disk.
    assert not [*Path(os.environ[VARIABLE]).glob("blobs/*/*")]


def test_masks_of_a_folder_belong_to_frames_by_number() -> None:
    frames = _frames(3)

    ran = _run(
        *("inpaint", "--frames", SIZE, "-", "--mask", "masks", *FILL),
        frames=b"".join(frame.tobytes() for frame in frames),
    )

    first, second = _read(ran.stdout)
    assert np.array_equal(first[RIGHT], frames[0][RIGHT])
    assert np.array_equal(second[LEFT], frames[1][LEFT])
    assert ran.returncode == 1
    assert ran.stderr.decode().splitlines()[-1] == (
        "inpaint: frame 3: --mask has no picture of this number; allowed is one for each frame, "
        "counted from 1. Add it, or name one picture for all. [bad_frame]"
    )


def test_a_stream_that_ends_within_a_frame_is_an_error_after_the_whole_ones() -> None:
    data = b"".join(frame.tobytes() for frame in _frames(3))[:-10]

    ran = _run("inpaint", "--frames", SIZE, "-", "--mask", "left.png", *FILL, frames=data)

    assert (ran.returncode, len(ran.stdout)) == (1, 2 * FRAME_BYTES)
    assert ran.stderr.decode().splitlines()[-1] == (
        "inpaint: frame 3: the stream ends after 566 of its 576 bytes; allowed are whole frames of "
        "16x12 px in rgb24. Check the size, and that ffmpeg has -f rawvideo -pix_fmt rgb24. "
        "[bad_frame]"
    )


def test_a_reader_that_has_had_enough_ends_it_quietly() -> None:
    frame = samples().tobytes()
    command = ("run", "inpaint", "--frames", SIZE, "-", "--mask", "left.png", *FILL)
    with start(*command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(frame)
        process.stdin.flush()
        assert len(process.stdout.read(FRAME_BYTES)) == FRAME_BYTES
        process.stdout.close()
        process.stdin.write(frame)
        process.stdin.flush()
        told = process.stderr.read().decode()

    assert process.returncode == 1
    assert told == f"frames: {SIZE} px in, {SIZE} px out, rgb24\n"


def test_transparency_needs_a_background() -> None:
    command = ("remove_background_by_mask", "--frames", SIZE, "-", "--mask", "left.png")

    clear = _run(*command, frames=samples().tobytes())
    green = _run(*command, "--background", "lime", frames=samples().tobytes())

    assert (clear.returncode, clear.stdout) == (1, b"")
    assert "Write --background COLOUR, such as lime for a green screen." in clear.stderr.decode()
    assert (_read(green.stdout)[0][RIGHT] == (0, 255, 0)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--frames", "640", "-"),
            "--frames is '640'; allowed is WIDTHxHEIGHT in px, of at most",
        ),
        (("--frames", "0x9", "-"), "--frames is '0x9'; allowed is WIDTHxHEIGHT"),
        (("--frames", "99999x99999", "-"), "--frames is '99999x99999'; allowed is WIDTHxHEIGHT"),
        (("--frames", SIZE, "left.png"), "the frames come from standard input. Write - for"),
        (("--frames", SIZE, "-", "-o", "x.png"), "the frames go to standard output. Leave -o out"),
        (("--frames", SIZE, "-", "--json"), "--json, --quality and --watch do not fit."),
        (("--frames", SIZE, "-", "--mask", "twice"), "has the number of another one"),
        (("--frames", SIZE, "-", "--mask", "unnumbered"), "has no number in its name"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_read(
    paintgraph: Paintgraph, arguments: tuple[str, ...], message: str
) -> None:
    for name in ("twice/a_1.png", "twice/b_01.png", "unnumbered/a.png"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(Path("left.png").read_bytes())
    mask = () if "--mask" in arguments else ("--mask", "left.png")

    answer = paintgraph("run", "inpaint", *arguments, *mask)

    assert answer.code == 2
    assert message in answer.stderr


def test_a_seed_is_drawn_once_for_all_frames() -> None:
    Path("drawn.yaml").write_text(
        "paintgraph: 1\n"
        "inputs: {image: {type: image}, seed: {type: seed, default: -1}}\n"
        "nodes:\n"
        "  photo: {node: LoadImage, image: '${inputs.image}'}\n"
        "  canvas: {node: PadForOutpaint, image: '${photo.image}', left: 6}\n"
        "  filled: {node: InpaintSampler, image: '${canvas.image}', mask: '${canvas.mask}',\n"
        "    engine: patchmatch, seed: '${inputs.seed}'}\n"
        "outputs: {image: '${filled.image}'}\n"
    )

    ran = _run("drawn.yaml", "--frames", SIZE, "-", frames=2 * samples().tobytes())

    assert ran.returncode == 0, ran.stderr
    assert f"frames: {SIZE} px in, {WIDTH + 6}x{HEIGHT} px out" in ran.stderr.decode()
    first, second = _read(ran.stdout, WIDTH + 6)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("option", ["--frame=2", "--recursive", "--if-exists=skip", "--profile"])
def test_what_means_nothing_for_frames_is_refused_before_they_are_read(
    paintgraph: Paintgraph, option: str
) -> None:
    command = ("run", "inpaint", "--frames", SIZE, "-", "--mask", "left.png", *FILL, option)

    answer = paintgraph(*command)

    assert answer.code == 2
    assert f"--frames: {option.partition('=')[0]} means nothing for raw frames" in answer.stderr


def test_a_stream_that_stands_still_is_ended_by_a_signal() -> None:
    process = start(
        *("run", "inpaint", "--frames", SIZE, "-", "--mask", "left.png", *FILL),
        stdin=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(_frames(1)[0].tobytes())
    process.stdin.flush()
    assert len(process.stdout.read(FRAME_BYTES)) == FRAME_BYTES  # now it waits for the second
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=120) == 1
    _, told = process.communicate()
    assert b"cancelled at frame 1" in told
