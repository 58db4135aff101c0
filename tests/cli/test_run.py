"""`paintgraph run`: where graphs and pictures come from, and where results go."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph, png, samples

WIDER = ("--sides", "left,right", "--fraction", "0.5", "--engine", "telea")
SAVING = """\
nodes:
  photo: {node: LoadImage, image: %s}
  saved: {node: SaveImage, images: "${photo.image}", filename_prefix: "%s"}
"""
COPY = """\
inputs:
  image: {type: image}
  words: {type: list, default: [a, b]}
  is_new: {type: bool, default: false}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
outputs:
  image: "${photo.image}"
  words: "${inputs.words}"
  is_new: "${inputs.is_new}"
"""
COMFY = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}, "_meta": {"title": "In"}},
    "2": {"class_type": "InvertMask", "inputs": {"mask": ["1", 1]}},
    "3": {"class_type": "MaskToImage", "inputs": {"mask": ["2", 0]}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "white"}},
}


def _pixels(file: Path | bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with Image.open(BytesIO(file) if isinstance(file, bytes) else file) as picture:
        return np.array(picture)


def test_a_recipe_by_name_writes_a_new_file_and_keeps_every_pixel(
    paintgraph: Paintgraph, photo: Path
) -> None:
    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER)

    assert answer.code == 0
    assert "image: outpaint.png (32x12 px)" in answer.stderr
    assert answer.text == ""
    kept = _pixels(Path("outpaint.png"))[:, 8:24]
    assert np.array_equal(samples(), kept)


def test_the_default_name_never_overwrites(paintgraph: Paintgraph, photo: Path) -> None:
    Path("outpaint.png").write_bytes(b"precious")
    Path("outpaint_2.png").symlink_to("nowhere")

    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER)

    assert "image: outpaint_3.png" in answer.stderr
    assert Path("outpaint.png").read_bytes() == b"precious"


def test_a_recipe_by_path_and_from_standard_input_gives_the_same(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "copy.yaml").write_text(COPY)

    by_path = paintgraph("run", "./copy.yaml", "--image", str(photo), "-o", "a.png")
    by_stdin = paintgraph(
        "run", "-", "--image", str(photo), "-o", "b.png", stdin=COPY.encode("utf-8")
    )

    assert (by_path.code, by_stdin.code) == (0, 0)
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


def test_a_name_means_the_recipe_even_beside_a_file_of_that_name(
    paintgraph: Paintgraph, photo: Path
) -> None:
    Path("outpaint").write_text("garbage")

    assert paintgraph("run", "outpaint", "--image", str(photo), *WIDER).code == 0


def test_a_picture_from_standard_input(paintgraph: Paintgraph) -> None:
    answer = paintgraph(
        "run", "outpaint", "--image", "-", *WIDER, "-o", "wide.png", stdin=png(samples())
    )

    assert answer.code == 0
    assert _pixels(Path("wide.png")).shape == (HEIGHT, 2 * WIDTH, 3)


def test_a_picture_on_standard_output_stands_there_alone(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "copy.yaml").write_text(COPY)

    answer = paintgraph("run", "copy.yaml", "--image", str(photo), "-o", "-")

    assert answer.code == 0
    assert np.array_equal(_pixels(answer.stdout), samples())
    assert answer.stdout.endswith(b"IEND\xaeB`\x82")
    assert 'words: ["a","b"]\nis_new: false\n' in answer.stderr


def test_results_that_are_no_pictures_are_printed(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "copy.yaml").write_text(COPY)

    answer = paintgraph("run", "copy.yaml", "--image", str(photo), "--words", "c", "--is-new")

    assert answer.text == 'words: ["c"]\nis_new: true\n'


@pytest.mark.parametrize(
    ("suffix", "format_"),
    [
        (".png", "PNG"),
        (".PNG", "PNG"),
        (".jpg", "JPEG"),
        (".jpeg", "JPEG"),
        (".jfif", "JPEG"),
        (".jpe", "JPEG"),
        (".webp", "WEBP"),
        (".tif", "TIFF"),
        (".tiff", "TIFF"),
    ],
)
def test_the_suffix_says_the_format(
    paintgraph: Paintgraph, photo: Path, suffix: str, format_: str
) -> None:
    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "-o", f"out{suffix}")

    assert answer.code == 0
    assert ("JPEG changes pixels" in answer.stderr) == (format_ == "JPEG")
    with Image.open(f"out{suffix}") as picture:
        assert picture.format == format_


def test_each_result_goes_to_the_file_that_names_it(
    paintgraph: Paintgraph, photo: Path, mask: Path
) -> None:
    answer = paintgraph(
        *("run", "inpaint", "--image", str(photo), "--mask", str(mask), "--grow", "-1"),
        *("--engine", "telea", "-o", "out.png", "-o", "mask=m.png"),
    )

    assert answer.code == 0
    assert np.count_nonzero(_pixels(Path("m.png"))[..., 0]) == 4
    changed = np.any(_pixels(Path("out.png")) != samples(), axis=2)
    assert set(zip(*np.nonzero(changed), strict=True)) <= {(y, x) for y in (5, 6) for x in (5, 6)}


@pytest.mark.parametrize("file", ["a=b.png", "./maks=m.png", "=.png", "x=1/image=2.png"])
def test_a_file_may_have_an_equals_sign_in_its_name(
    paintgraph: Paintgraph, photo: Path, folder: Path, file: str
) -> None:
    (folder / "x=1").mkdir()

    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "-o", file)

    assert answer.code == 0, answer.stderr
    assert f"image: {Path(file)} (32x12 px)" in answer.stderr
    assert _pixels(folder / file).shape == (HEIGHT, 2 * WIDTH, 3)


def test_only_what_is_wanted_is_written(paintgraph: Paintgraph, photo: Path, mask: Path) -> None:
    paintgraph("run", "inpaint", "--image", str(photo), "--mask", str(mask), "-o", "mask=m.png")

    assert sorted(path.name for path in Path().iterdir()) == ["m.png", "mask.png", "photo.png"]


def test_a_file_is_overwritten_when_it_is_named_and_the_input_itself_when_that_is_told(
    paintgraph: Paintgraph, photo: Path
) -> None:
    Path("old.png").write_bytes(b"old")
    command = ("run", "outpaint", "--image", str(photo), *WIDER, "-o")

    assert paintgraph(*command, "old.png").code == 0
    assert _pixels(Path("old.png")).shape == (HEIGHT, 2 * WIDTH, 3)
    assert paintgraph(*command, str(photo)).code == 2
    answer = paintgraph(*command, str(photo), "--if-exists", "overwrite")

    assert answer.code == 0
    assert _pixels(photo).shape == (HEIGHT, 2 * WIDTH, 3)


def test_json_is_all_that_is_on_standard_output(paintgraph: Paintgraph, photo: Path) -> None:
    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "--json", "-o", "o.png")

    told = answer.json
    assert told["state"] == "succeeded"
    assert told["outputs"]["image"].items() >= {"file": "o.png", "width": 32, "height": 12}.items()
    assert len(told["outputs"]["image"]["digest"]) == 64
    assert (told["saved"], told["warnings"], told["failures"]) == ([], [], [])


def test_the_same_graph_gives_the_same_pixel_digest_in_every_lossless_format(
    paintgraph: Paintgraph, photo: Path
) -> None:
    digests = {
        paintgraph(
            "run", "outpaint", "--image", str(photo), *WIDER, "--json", "-o", f"o{suffix}"
        ).json["outputs"]["image"]["digest"]
        for suffix in (".png", ".webp", ".tif")
    }

    assert len(digests) == 1


def test_json_tells_failures_too(paintgraph: Paintgraph, photo: Path, folder: Path) -> None:
    (folder / "small.png").write_bytes(png(samples(4, 4)))

    answer = paintgraph(
        "run", "inpaint", "--image", str(photo), "--mask", "small.png", "--json", "-o", "o.png"
    )

    [failure] = answer.json["failures"]
    assert (answer.code, answer.json["state"], answer.json["outputs"]) == (1, "failed", {})
    assert (failure["code"], failure["node"]) == ("size_mismatch", "filled")
    assert failure["inputs"]["mask"] == "float32[1, 4, 4]"


def test_json_tells_refusals_too(paintgraph: Paintgraph) -> None:
    answer = paintgraph("run", "outpaint", "--json", "--fraction", "x")

    assert answer.code == 2
    assert answer.json["state"] == "refused"
    assert [p["code"] for p in answer.json["problems"]] == ["wrong_type", "missing_input"]


def test_profile_says_where_time_went(paintgraph: Paintgraph, photo: Path) -> None:
    answer = paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "--profile", "--json")

    assert answer.json["state"] == "succeeded"
    assert [name in answer.stderr for name in ("photo", "canvas", "filled")] == [True] * 3
    assert "computed" in answer.stderr


def test_a_png_carries_its_graph_which_gives_the_same_picture_again(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "--seed", "-1", "-o", "a.png")
    with Image.open("a.png") as picture:
        carried = picture.info[GRAPH]
    (folder / "again.json").write_text(carried.replace(str(photo), photo.name))
    bound = json.loads(carried)

    answer = paintgraph("validate", "again.json")

    assert answer.code == 0
    assert bound["inputs"]["engine"]["default"] == "telea"
    assert bound["inputs"]["seed"]["default"] >= 0
    assert bound["inputs"]["image"]["default"].startswith("sha256:")
    assert str(folder) not in carried


def test_no_metadata_leaves_the_graph_out(paintgraph: Paintgraph, photo: Path) -> None:
    paintgraph("run", "outpaint", "--image", str(photo), *WIDER, "--no-metadata", "-o", "a.png")

    with Image.open("a.png") as picture:
        assert GRAPH not in picture.info


def test_save_nodes_write_into_the_output_folder_and_count(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "save.yaml").write_text(SAVING % (photo.name, "deep/er/copy"))

    answers = [paintgraph("run", "save.yaml", "--output-dir", "out", "--json") for _ in range(3)]

    saved = [answer.json["saved"] for answer in answers]
    assert saved == [[str(folder / f"out/deep/er/copy_0000{n}_.png")] for n in (1, 2, 3)]
    assert np.array_equal(_pixels(Path(saved[2][0])), samples())


def test_names_of_files_in_a_graph_are_looked_up_in_the_input_folder(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "in").mkdir()
    (folder / "in/x.png").write_bytes(png(samples(3, 5)))
    (folder / "save.yaml").write_text(SAVING % ("x.png", "copy"))

    assert paintgraph("run", "save.yaml", "--input-dir", "in").code == 0
    assert _pixels(Path("copy_00001_.png")).shape == (3, 5, 3)


def test_a_file_that_an_earlier_run_saved_is_read_where_that_saved_it(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "save.yaml").write_text(SAVING % (photo.name, "made"))
    (folder / "again.yaml").write_text(SAVING % ("'made_00001_.png [output]'", "again"))

    answers = [
        paintgraph("run", name, "--output-dir", "out") for name in ("save.yaml", "again.yaml")
    ]

    assert [answer.code for answer in answers] == [0, 0]
    assert np.array_equal(_pixels(Path("out/again_00001_.png")), samples())


def test_a_comfyui_prompt_runs(paintgraph: Paintgraph, photo: Path, folder: Path) -> None:
    (folder / "prompt.json").write_text(json.dumps(COMFY))

    answer = paintgraph("run", "prompt.json", "--output-dir", "out")

    assert answer.code == 0, photo
    assert _pixels(Path("out/white_00001_.png")).min() == 255


def test_a_second_run_computes_nothing_that_is_kept(paintgraph: Paintgraph, photo: Path) -> None:
    # What is painted in a moment is not kept; PatchMatch starts a process.
    engine = ("--engine", "patchmatch")
    words = ("run", "outpaint", "--image", str(photo), *engine, "--profile", "--json", "-o")

    first = paintgraph(*words, "a.png")
    second = paintgraph(*words, "b.png")
    fresh = paintgraph(*words, "c.png", "--fresh")

    nodes = ("photo", "avoided", "canvas", "filled")
    assert [_how(each.stderr) for each in (first, second, fresh)] == [
        dict.fromkeys(nodes, "computed"),
        {"filled": "cached"},
        dict.fromkeys(nodes, "computed"),
    ]
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes() == Path("c.png").read_bytes()


def _how(profile: str) -> dict[str, str]:
    rows = [line.split("│") for line in profile.splitlines() if line.startswith("│")]
    return {row[1].strip(): row[3].strip() for row in rows}


def test_a_failure_in_one_branch_leaves_the_other_unless_stop_is_asked_for(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "bad.png").write_text("no picture")
    (folder / "two.yaml").write_text(
        "nodes:\n"
        "  bad: {node: LoadImage, image: bad.png}\n"
        f"  good: {{node: LoadImage, image: {photo.name}}}\n"
        'outputs: {image: "${good.image}", bad: "${bad.image}"}\n'
    )

    answer = paintgraph("run", "two.yaml", "-o", "good.png", "-o", "bad=b.png", "--json")
    stopped = paintgraph("run", "two.yaml", "-o", "bad=b.png", "--stop")

    assert (answer.code, stopped.code) == (1, 1)
    assert answer.json["outputs"].keys() == {"image"}
    assert Path("good.png").exists()
    assert not Path("b.png").exists()


def test_a_failed_node_names_the_file_that_the_user_gave(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "page.png").write_text("<!doctype html>")

    answer = paintgraph("run", "outpaint", "--image", "page.png")

    assert "given: image: 'page.png'" in answer.stderr
    assert "sha256" not in answer.stderr


def test_what_a_failed_node_was_given_is_shown_only_when_asked_for(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "mask.png").write_bytes(png(np.zeros((6, WIDTH), np.uint8)))
    command = ("run", "inpaint", "--image", str(photo), "--mask", "mask.png")

    told, debugged, for_programs = (
        paintgraph(*command),
        paintgraph(*command, "--debug"),
        paintgraph(*command, "--json"),
    )

    assert "given:" not in told.stderr
    assert "given: image: float32[1, 12, 16, 3], mask: float32[1, 6, 16]" in debugged.stderr
    (failure,) = for_programs.json["failures"]
    assert failure["inputs"]["mask"] == "float32[1, 6, 16]"


def test_an_empty_mask_gives_the_picture_unchanged_with_a_warning(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "none.png").write_bytes(png(np.zeros((HEIGHT, WIDTH), np.uint8)))

    answer = paintgraph(
        "run", "inpaint", "--image", str(photo), "--mask", "none.png", "--json", "-o", "o.png"
    )

    assert answer.code == 0
    assert "The mask selects nothing" in answer.json["warnings"][0]
    assert np.array_equal(_pixels(Path("o.png")), samples())


def test_help_of_a_recipe_lists_its_options(paintgraph: Paintgraph) -> None:
    answer = paintgraph("run", "outpaint", "--help")

    assert answer.code == 0
    assert "--image FILE" in answer.text
    assert "[required]" in answer.text
    assert "Results: image, mask." in answer.text


@pytest.mark.parametrize("command", ["run", "explain"])
def test_help_of_the_commands_themselves(paintgraph: Paintgraph, command: str) -> None:
    answer = paintgraph(command, "--help")

    assert answer.code == 0
    assert "--input-dir" in answer.text


def test_what_follows_two_dashes_belongs_to_the_recipe(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    text = COPY.replace("words: {", "profile: {type: text, default: x}\n  words: {")
    (folder / "copy.yaml").write_text(text.replace("${inputs.words}", "${inputs.profile}"))

    answer = paintgraph("run", "copy.yaml", "--image", str(photo), "--", "--profile", "mine")

    assert "words: mine\n" in answer.text


def test_names_that_could_command_a_terminal_are_shown_as_text(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "evil.yaml").write_text('nodes: {"\\e[31mred": {node: Nope}}\n')

    answer = paintgraph("run", "evil.yaml")

    assert "\\x1b[31mred" in answer.stderr
    assert "\x1b" not in answer.stderr


def test_what_save_nodes_saved_stays_when_a_later_one_fails(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "bad.png").write_text("no picture")
    (folder / "two.yaml").write_text(
        (SAVING % (photo.name, "first"))
        + "  bad: {node: LoadImage, image: bad.png}\n"
        + '  other: {node: SaveImage, images: "${bad.image}", filename_prefix: second}\n'
    )

    answer = paintgraph("run", "two.yaml", "--json")

    assert (answer.code, answer.json["state"]) == (1, "failed")
    assert answer.json["saved"] == [str(folder / "first_00001_.png")]


def test_a_result_of_several_pictures_gets_numbers_and_overwrites_nothing(
    paintgraph: Paintgraph, photo: Path, folder: Path
) -> None:
    (folder / "both.yaml").write_text(
        f"nodes:\n  p: {{node: LoadImage, image: {photo.name}}}\n"
        '  b: {node: ImageBatch, image1: "${p.image}", image2: "${p.image}"}\n'
        'outputs: {image: "${b.image}"}\n'
    )
    (folder / "both_2.png").write_bytes(b"precious")

    new = paintgraph("run", "both.yaml", "--json")
    named = paintgraph("run", "both.yaml", "--json", "-o", "x.png")
    piped = paintgraph("run", "both.yaml", "-o", "-")

    assert new.code == 0, new.stderr
    assert [entry["file"] for entry in new.json["outputs"]["image"]] == ["both.png", "both_3.png"]
    assert [entry["file"] for entry in named.json["outputs"]["image"]] == ["x.png", "x_2.png"]
    assert (folder / "both_2.png").read_bytes() == b"precious"
    assert (piped.code, piped.stdout) == (1, b"")
    assert "'image' has 2 pictures; standard output holds one." in piped.stderr


def test_a_node_that_saves_runs_whatever_it_is_called(paintgraph: Paintgraph, folder: Path) -> None:
    (folder / "both.yaml").write_text(
        "nodes:\n"
        "  white: {node: SolidMask, width: 8, height: 8}\n"
        "  shown: {node: MaskToImage, mask: '${white.mask}'}\n"
        "  image: {node: SaveImage, images: '${shown.image}'}\n"
        "outputs: {image: '${shown.image}'}\n"
    )

    assert paintgraph("run", "both.yaml", "-o", "named.png").code == 0
    assert Path("named.png").exists()
    assert Path("paintgraph_00001_.png").exists()
