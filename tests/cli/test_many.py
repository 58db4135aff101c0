"""`paintgraph run` with many pictures: pairs by name, names of results, what is done, failures."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.base.platforms import holding
from paintgraph.cli.many.ledger import NAME
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples, start

FILL = ("--engine", "telea")
TWICE = (
    "inputs: {image: {type: image}}\n"
    "nodes:\n"
    '  photo: {node: LoadImage, image: "${inputs.image}"}\n'
    '  two: {node: RepeatImageBatch, image: "${photo.image}", amount: 2}\n'
    'outputs: {image: "${two.image}", other: "${two.image}"}\n'
)


@pytest.fixture(autouse=True)
def photos(folder: Path) -> Path:
    """Three photos in a folder."""
    place = folder / "photos"
    place.mkdir()
    for seed, name in enumerate(("a", "b", "c")):
        (place / f"{name}.png").write_bytes(png(samples(seed=seed)))
    return place


@pytest.fixture
def masks(folder: Path) -> Path:
    """A folder for their masks: that of `a` selects the left half, that of `c` the right."""
    place = folder / "masks"
    place.mkdir()
    for name, half in (("a", slice(0, WIDTH // 2)), ("c", slice(WIDTH // 2, WIDTH))):
        _mask(place / f"{name}.png", half)
    return place


def _mask(path: Path, columns: slice) -> None:
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    pixels[:, columns] = 255
    path.write_bytes(png(pixels))


def _pixels(file: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with Image.open(file) as picture:
        return np.array(picture)


def _names(folder: Path) -> list[str]:
    """The pictures below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return sorted(str(path.relative_to(folder)) for path in found)


def test_a_folder_with_one_mask_for_all_is_done_once(paintgraph: Paintgraph, mask: Path) -> None:
    command = ("run", "inpaint", "photos", "--mask", str(mask), *FILL, "-o", "new/out")

    first = paintgraph(*command)
    before = {path: path.stat().st_mtime_ns for path in Path("new/out").iterdir()}
    second = paintgraph(*command)

    assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
    assert _names(Path("new/out")) == ["a.png", "b.png", "c.png"]
    assert "3 of 3: c.png -> new/out/c.png" in first.stderr
    assert first.stderr.endswith("succeeded: 3 done\n")
    assert second.stderr.endswith("succeeded: 0 done, 3 skipped\n")
    assert before == {path: path.stat().st_mtime_ns for path in Path("new/out").iterdir()}
    outside = np.s_[:4]
    for seed, name in enumerate("abc"):
        assert np.array_equal(
            _pixels(Path(f"new/out/{name}.png"))[outside], samples(seed=seed)[outside]
        )


def test_masks_belong_to_the_photos_of_their_names(paintgraph: Paintgraph, masks: Path) -> None:
    command = ("run", "inpaint", "photos", "--mask", "masks", *FILL, "-o", "out")

    refused = paintgraph(*command)
    assert refused.code == 2
    assert "--mask has no partner for 'b.png' of --image." in refused.stderr
    assert "[unpaired]" in refused.stderr
    assert not Path("out").exists()

    told = paintgraph(*command, "--skip-unpaired")
    assert told.code == 0, told.stderr
    assert _names(Path("out")) == ["a.png", "c.png"]
    right, left = np.s_[:, WIDTH // 2 :], np.s_[:, : WIDTH // 2]
    assert np.array_equal(_pixels(Path("out/a.png"))[right], samples(seed=0)[right])
    assert np.array_equal(_pixels(Path("out/c.png"))[left], samples(seed=2)[left])

    _mask(masks / "spare.png", slice(0, 1))
    _mask(masks / "b.png", slice(0, 1))
    spare = paintgraph(*command)
    assert "--image has no partner for 'spare.png' of --mask." in spare.stderr


def test_masks_may_belong_to_photos_by_number(
    paintgraph: Paintgraph, masks: Path, photos: Path
) -> None:
    for number, name in enumerate("abc", start=1):
        (photos / f"{name}.png").rename(photos / f"shot_{number:03}.png")
        _mask(masks / f"m{number}.png", slice(0, number))
    (masks / "a.png").unlink()
    (masks / "c.png").unlink()

    answer = paintgraph(
        "run", "inpaint", "photos", "--mask", "masks", "--pair", "number", *FILL, "-o", "out"
    )

    assert answer.code == 0, answer.stderr
    changed = [
        (_pixels(Path(f"out/shot_{n:03}.png")) != samples(seed=n - 1)).any(axis=(0, 2)).sum()
        for n in (1, 2, 3)
    ]
    assert changed == [1, 2, 3]


@pytest.mark.parametrize(
    "given", ["photos/a.png photos/c.png", "photos/[ac].png", "--image photos/?.png"]
)
def test_files_and_patterns_are_taken_too(paintgraph: Paintgraph, given: str, photos: Path) -> None:
    template = "out/{stem}_{recipe}{ext}"
    (photos / "b.png").rename(photos / "bb.png")

    answer = paintgraph("run", "outpaint", *given.split(), *FILL, "-o", template)

    assert answer.code == 0, answer.stderr
    assert _names(Path("out")) == ["a_outpaint.png", "c_outpaint.png"]


def test_one_picture_may_stand_without_its_option(paintgraph: Paintgraph, photo: Path) -> None:
    answer = paintgraph("run", "outpaint", *FILL, "--sides", "left", str(photo), "-o", "x/wide.png")

    assert answer.code == 0, answer.stderr
    assert Path("x/wide.png").is_file()


def test_sub_folders_are_taken_on_demand_and_kept(paintgraph: Paintgraph, photos: Path) -> None:
    (photos / "sub").mkdir()
    (photos / "c.png").rename(photos / "sub/a.png")
    command = ("run", "outpaint", "photos", *FILL, "-o")

    plain = paintgraph(*command, "plain")
    deep = paintgraph(*command, "photos/deep", "-r")
    again = paintgraph(*command, "photos/deep", "-r")

    assert (plain.code, deep.code) == (0, 0), deep.stderr
    assert _names(Path("plain")) == ["a.png", "b.png"]
    assert _names(Path("photos/deep")) == ["a.png", "b.png", "sub/a.png"]
    assert again.stderr.endswith("0 done, 3 skipped\n"), "results are no pictures to work on"


def test_a_broken_file_is_named_and_the_rest_is_done(paintgraph: Paintgraph, photos: Path) -> None:
    (photos / "b.png").write_bytes(b"broken")
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")

    answer = paintgraph(*command)
    told = paintgraph(*command, "--json")

    assert answer.code == told.code == 3
    assert "1 of 3 failed:\n  photos/b.png: node 'photo' (LoadImage): picture: " in answer.stderr
    assert answer.stderr.endswith("some failed: 2 done, 1 failed\n")
    counts = {name: told.json[name] for name in ("state", "done", "skipped", "failed")}
    assert counts == {"state": "some failed", "done": 0, "skipped": 2, "failed": 1}
    states = [(each["picture"]["image"], each["state"]) for each in told.json["pictures"]]
    assert ("photos/b.png", "failed") in states


def test_what_was_made_otherwise_is_an_error_that_names_the_other_two(
    paintgraph: Paintgraph,
) -> None:
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")
    paintgraph(*command)
    before = Path("out/a.png").read_bytes()

    other = paintgraph(*command, "--fraction", "0.5")
    assert other.code == 2
    assert "--if-exists overwrite or --if-exists number" in other.stderr
    assert "[made_otherwise]" in other.stderr
    assert Path("out/a.png").read_bytes() == before

    numbered = paintgraph(*command, "--fraction", "0.5", "--if-exists", "number")
    assert numbered.code == 0, numbered.stderr
    assert Path("out/a.png").read_bytes() == before
    assert _pixels(Path("out/a_2.png")).shape[1] == WIDTH * 2

    written = paintgraph(*command, "--fraction", "0.5", "--if-exists", "overwrite")
    assert written.code == 0, written.stderr
    assert _pixels(Path("out/a.png")).shape[1] == WIDTH * 2


def test_another_picture_under_the_same_name_is_not_taken_for_done(
    paintgraph: Paintgraph, photos: Path
) -> None:
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")
    paintgraph(*command)
    (photos / "a.png").write_bytes(png(samples(seed=9)))

    assert "[made_otherwise]" in paintgraph(*command).stderr


@pytest.mark.parametrize("left", [0, 100])
def test_a_file_that_was_cut_off_is_made_again(paintgraph: Paintgraph, left: int) -> None:
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")
    paintgraph(*command)
    whole = Path("out/b.png").read_bytes()
    Path("out/b.png").write_bytes(whole[:left])
    with Path("out", NAME).open("ab") as ledger:
        ledger.write(b'{"file": "c.p')  # as a kill leaves it

    again = paintgraph(*command)

    assert again.stderr.endswith("1 done, 2 skipped\n"), again.stderr
    assert Path("out/b.png").read_bytes() == whole
    assert paintgraph(*command).stderr.endswith("0 done, 3 skipped\n")


def test_a_result_never_takes_the_place_of_what_is_read(
    paintgraph: Paintgraph, photos: Path, photo: Path
) -> None:
    before = photo.read_bytes()

    one = paintgraph("run", "outpaint", str(photo), *FILL, "-o", str(photo))
    many = paintgraph("run", "outpaint", "photos", *FILL, "-o", "photos")

    for answer in (one, many):
        assert answer.code == 2
        assert "[input_overwritten]" in answer.stderr
    assert photo.read_bytes() == before
    assert _names(photos) == ["a.png", "b.png", "c.png"]

    told = paintgraph(
        "run", "outpaint", str(photo), *FILL, "-o", str(photo), "--if-exists", "overwrite"
    )
    assert told.code == 0, told.stderr
    assert photo.read_bytes() != before


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("photos", "no_output", "Write -o FOLDER"),
        ("photos -o one.png", "one_file", "Write -o 'one/', or a name such as '{stem}_one.png'."),
        ("photos -o {stm}.png", "bad_template", "Did you mean 'stem'?"),
        ("photos -o out/{number:d}.png", "bad_template", "Write {number}."),
        ("photos -o -", "one_file", "standard output holds one picture"),
        ("photos -o {stem.png", "bad_template", "the braces do not match"),
        ("photos -o {stem}.gif", "unknown_suffix", "the suffix is '.gif'; allowed are .png"),
        ("photos -o out --pair nam", "not_a_choice", "Did you mean 'name'?"),
        ("photos -o out --if-exists skp", "not_a_choice", "Did you mean 'skip'?"),
        ("empty -o out", "no_pictures", "holds no picture"),
        ("photos/*.jpg -o out", "no_pictures", "no file is named like"),
        ("twins -o out", "same_file", "would both become 'out/a.png'"),
        ("photos -o mask.png/x", "no_such_folder", "It is a file; name another place."),
    ],
)
@pytest.mark.usefixtures("mask")
def test_what_is_wrong_is_said_before_anything_runs(
    paintgraph: Paintgraph, words: str, code: str, message: str
) -> None:
    Path("empty").mkdir()
    Path("twins").mkdir()
    for name in ("a.png", "a.jpg"):
        Image.fromarray(samples()).save(Path("twins", name))

    answer = paintgraph("run", "outpaint", *words.split(), *FILL)

    assert answer.code == 2
    assert message in answer.stderr
    assert f"[{code}]" in answer.stderr
    assert not Path("out").exists()


def test_the_cure_for_two_pictures_of_one_name_keeps_them_apart(paintgraph: Paintgraph) -> None:
    Path("twins").mkdir()
    for name in ("a.png", "a.jpg"):
        Image.fromarray(samples()).save(Path("twins", name))

    answer = paintgraph("run", "outpaint", "twins", *FILL, "-o", "out/{name}.png")

    assert answer.code == 0, answer.stderr
    assert _names(Path("out")) == ["a.jpg.png", "a.png.png"]


def test_a_mask_of_another_size_is_stretched_on_demand(paintgraph: Paintgraph) -> None:
    half = np.zeros((HEIGHT * 2, WIDTH * 2), np.uint8)
    half[:, :WIDTH] = 255
    Path("half.png").write_bytes(png(half))
    command = ("run", "inpaint", "photos", "--mask", "half.png", *FILL, "-o", "out")

    assert paintgraph(*command).code == 1, "all of them failed"
    answer = paintgraph(*command, "--scale-masks")

    assert answer.code == 0, answer.stderr
    kept = np.s_[:, WIDTH // 2 + 1 :]
    assert np.array_equal(_pixels(Path("out/b.png"))[kept], samples(seed=1)[kept])


def test_masks_are_stretched_as_the_recipe_does_it(paintgraph: Paintgraph) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(samples()).save("turned.png", exif=turned)
    half = np.zeros((HEIGHT, WIDTH), np.uint8)
    half[:, : WIDTH // 2] = 255
    Path("half.png").write_bytes(png(half))
    command = ("run", "inpaint", "turned.png", "--mask", "half.png", *FILL)

    for name, more in (("a.png", ["--fit", "stretch"]), ("b.png", ["--scale-masks"])):
        assert paintgraph(*command, *more, "-o", name).code == 0

    assert np.array_equal(_pixels(Path("a.png")), _pixels(Path("b.png")))


def test_a_recipe_that_stretches_no_masks_says_so(paintgraph: Paintgraph) -> None:
    answer = paintgraph("run", "outpaint", "photos", *FILL, "--scale-masks", "-o", "out")

    assert answer.code == 2
    assert "--scale-masks: this recipe does not stretch masks" in answer.stderr


def test_a_recipes_own_input_stands_before_an_option_of_its_name(
    paintgraph: Paintgraph, photo: Path
) -> None:
    Path("copy.yaml").write_text(
        "inputs:\n  image: {type: image}\n  pair: {type: text}\n"
        'nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}\n'
        'outputs: {image: "${photo.image}", pair: "${inputs.pair}"}\n'
    )

    answer = paintgraph("run", "copy.yaml", str(photo), "--pair", "mine", "-o", "x.png", "--json")

    assert answer.json["outputs"]["pair"] == "mine"


def test_a_watched_folder_is_gone_on_with_until_an_interrupt(folder: Path, photos: Path) -> None:
    command = ("run", "outpaint", "photos", *FILL, "-o", "out", "--watch")
    with ending(start(*command)) as program:
        _wait_for(folder / "out/c.png", program)
        (photos / "late.png").write_bytes(png(samples(seed=7)))
        _wait_for(folder / "out/late.png", program)
        program.send_signal(signal.SIGINT)
        _, stderr = program.communicate(timeout=60)

    assert program.returncode == 0, stderr.decode()
    assert stderr.decode().endswith("succeeded: 4 done\n")


@contextmanager
def ending(program: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """Kills the program in the end, whatever became of the test."""
    with program:
        try:
            yield program
        finally:
            program.kill()


def _wait_for(path: Path, program: "subprocess.Popen[bytes]") -> None:
    while True:
        has_ended = program.poll() is not None  # first: it may end right after the file is there
        if path.exists():
            return
        assert not has_ended
        time.sleep(0.05)


def test_a_killed_run_goes_on_where_it_stopped(
    paintgraph: Paintgraph, folder: Path, photos: Path
) -> None:
    for number in range(20):
        (photos / f"n{number:02}.png").write_bytes(png(samples(seed=number + 10)))
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")
    with ending(start(*command)) as program:
        _wait_for(folder / "out/a.png", program)
    done = len(list((folder / "out").glob("*.png")))

    answer = paintgraph(*command, "--json")

    assert answer.json["state"] == "succeeded"
    assert answer.json["done"] + answer.json["skipped"] == 23
    assert answer.json["skipped"] == done


def test_an_entry_without_its_file_counts_for_nothing(paintgraph: Paintgraph) -> None:
    command = ("run", "outpaint", "photos", *FILL, "-o", "out")
    paintgraph(*command)
    Path("out/a.png").unlink()
    entries = [json.loads(line) for line in Path("out", NAME).read_bytes().split(b"\n") if line]

    assert paintgraph(*command).stderr.endswith("1 done, 2 skipped\n")
    assert [entry["file"] for entry in entries] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize("output", ["photos/{stem}.*", "photos/a.*"])
def test_an_open_suffix_does_not_replace_what_is_read(
    paintgraph: Paintgraph, photos: Path, output: str
) -> None:
    given = "photos" if "{" in output else "photos/a.png"
    before = (photos / "a.png").read_bytes()

    answer = paintgraph("run", "outpaint", given, *FILL, "-o", output)

    assert answer.code == 2
    assert "[input_overwritten]" in answer.stderr
    assert (photos / "a.png").read_bytes() == before


def test_a_second_picture_of_a_result_replaces_no_foreign_file(paintgraph: Paintgraph) -> None:
    Path("twice.yaml").write_text(TWICE)
    Path("out").mkdir()
    Path("out/a_2.png").write_bytes(b"mine")
    command = ("run", "twice.yaml", "photos", "-o", "out")

    answer = paintgraph(*command)
    assert answer.code == 3, answer.stderr
    assert Path("out/a_2.png").read_bytes() == b"mine"

    Path("out/b.png").unlink()
    Path("out/b_2.png").write_bytes(png(samples(seed=8)))
    assert "[made_otherwise]" in paintgraph(*command).stderr
    assert Path("out/b_2.png").read_bytes() == png(samples(seed=8))


def test_what_a_run_reads_is_not_overwritten_and_the_cure_is_another_one(
    paintgraph: Paintgraph, photos: Path
) -> None:
    Path("twice.yaml").write_text(TWICE)
    (photos / "b.png").rename(photos / "a_2.png")

    answer = paintgraph("run", "twice.yaml", "photos", "-o", "photos", "--if-exists", "overwrite")

    assert answer.code == 3
    assert "would go to 'photos/a_2.png', which this run reads" in answer.stderr
    assert "Write --if-exists overwrite" not in answer.stderr


def test_no_picture_of_a_result_replaces_an_input_or_another_result(
    paintgraph: Paintgraph, photos: Path
) -> None:
    Path("twice.yaml").write_text(TWICE)
    given = (photos / "a.png").rename("z_2.png")
    before = given.read_bytes()

    over = paintgraph("run", "twice.yaml", str(given), "-o", "z.png")
    both = paintgraph("run", "twice.yaml", str(given), "-o", "y.png", "-o", "other=y_2.png")

    assert (over.code, both.code) == (1, 1)
    assert "would go to 'z_2.png', the file of --image;" in over.stderr
    assert "would go to 'y_2.png', the file of the result 'image';" in both.stderr
    assert given.read_bytes() == before
    assert not Path("z.png").exists()


def test_results_of_one_command_are_taken_by_the_next(paintgraph: Paintgraph) -> None:
    paintgraph("run", "outpaint", "photos", *FILL, "-o", "wide")

    answer = paintgraph("run", "outpaint", "wide", *FILL, "-o", ".")

    assert answer.code == 0, answer.stderr
    assert answer.stderr.endswith("succeeded: 3 done\n")


def test_numbered_results_are_no_pictures_to_work_on(paintgraph: Paintgraph) -> None:
    output = "photos/{stem}_wide.png"
    command = ("run", "outpaint", "photos", *FILL, "-o", output, "--if-exists", "number")
    paintgraph(*command)

    answer = paintgraph(*command)

    assert "left out: 3" in answer.stderr
    assert answer.stderr.endswith("succeeded: 3 done\n")


@pytest.mark.usefixtures("masks")
def test_a_name_without_a_number_has_no_partner(paintgraph: Paintgraph) -> None:
    answer = paintgraph(
        "run", "inpaint", "photos", "--mask", "masks", "--pair", "number", "-o", "x"
    )

    assert "--mask has no partner for 'a.png', 'b.png', 'c.png' of --image." in answer.stderr


@pytest.mark.usefixtures("masks")
def test_two_pictures_do_not_share_a_partner_unsaid(paintgraph: Paintgraph) -> None:
    Path("photos/a.jpg").write_bytes(Path("photos/b.png").read_bytes())
    Path("photos/b.png").unlink()

    answer = paintgraph("run", "inpaint", "photos", "--mask", "masks", "-o", "{name}.png")

    assert "'a.jpg' and 'a.png' are both 'a'" in answer.stderr


def test_braces_in_a_sub_folders_name_are_no_placeholders(paintgraph: Paintgraph) -> None:
    Path("photos/{2024} trip").mkdir()
    Path("photos/c.png").rename("photos/{2024} trip/c.png")

    answer = paintgraph("run", "outpaint", "photos", "-r", *FILL, "-o", "out")

    assert answer.code == 0, answer.stderr
    assert "{2024} trip/c.png" in _names(Path("out"))


def test_standard_input_is_read_once_for_a_folder_of_results(folder: Path, photos: Path) -> None:
    command = ("run", "outpaint", "-", *FILL, "-o", "out/")
    with ending(start(*command, stdin=subprocess.PIPE)) as program:
        _, stderr = program.communicate((photos / "a.png").read_bytes(), timeout=60)

    assert program.returncode == 0, stderr.decode()
    assert _names(folder / "out") == ["picture.png"]


def test_json_has_the_warnings_of_each_picture(paintgraph: Paintgraph, masks: Path) -> None:
    command = ("run", "inpaint", "photos", "--mask", "masks", *FILL, "-o", "out/{stem}.jpg")

    answer = paintgraph(*command, "--skip-unpaired", "--json")

    assert answer.code == 0, answer.stderr
    assert answer.json["warnings"] == ["--mask has no partner for 'b.png' of --image."]
    changed = "JPEG changes pixels a little when it is written. PNG does not."
    assert [each["warnings"] for each in answer.json["pictures"]] == [
        [f"out/{name}.jpg: {changed}"] for name in ("a", "c")
    ]
    assert masks.is_dir()


def test_what_a_killed_run_left_half_written_goes_and_no_live_part_does(
    paintgraph: Paintgraph, mask: Path
) -> None:
    Path("out").mkdir()
    dead, live, own = (Path("out", f".{name}.part") for name in ("a" * 16, "b" * 16, "x"))
    for part in (dead, live, own):
        part.write_bytes(b"half")
    with live.open("rb") as file, holding(file.fileno()):
        answer = paintgraph("run", "inpaint", "photos", "--mask", str(mask), *FILL, "-o", "out")

    assert answer.code == 0, answer.stderr
    assert sorted(path.name for path in Path("out").glob(".*.part")) == [live.name, own.name]


def test_texts_that_look_like_patterns_or_folders_are_no_pictures(
    paintgraph: Paintgraph, photos: Path
) -> None:
    prompt = ("--prompt", "is it [red]?")

    one = paintgraph("run", "outpaint", "photos/a.png", *FILL, *prompt)
    batch = paintgraph("run", "batch_outpaint", "--folder", photos.name, *FILL)

    assert one.code == 0, one.stderr
    assert "image: outpaint.png" in one.stderr
    assert batch.code == 0, batch.stderr
    assert "saved " in batch.stderr
    assert "1 of 1" not in batch.stderr
