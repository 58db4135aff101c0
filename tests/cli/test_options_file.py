"""Options from a file: what the command line does not say, with the file's lines in errors."""

import json
from pathlib import Path

import pytest
from PIL import Image

from paintgraph.tests.cli.conftest import HEIGHT, WIDTH, Paintgraph

JOB = """\
recipe: outpaint
image: photo.png
sides: [left, right]
fraction: 0.5
engine: telea
output: out.png
if-exists: overwrite
"""


@pytest.mark.usefixtures("photo")
def test_a_file_gives_the_recipe_its_inputs_and_options_of_the_command(
    paintgraph: Paintgraph,
) -> None:
    Path("job.yaml").write_text(JOB)

    answer = paintgraph("run", "--options", "job.yaml")

    assert answer.code == 0, answer.stderr
    with Image.open("out.png") as made:
        assert made.size == (2 * WIDTH, HEIGHT)


@pytest.mark.usefixtures("photo")
def test_the_same_file_is_explained(paintgraph: Paintgraph) -> None:
    Path("job.yaml").write_text(JOB)

    answer = paintgraph("explain", "--options", "job.yaml")

    assert answer.code == 0, answer.stderr
    assert "filled (InpaintSampler): runs for the first time" in answer.text


@pytest.mark.usefixtures("photo")
def test_the_command_line_wins_over_the_file(paintgraph: Paintgraph) -> None:
    Path("job.yaml").write_text(JOB)

    answer = paintgraph("run", "--options", "job.yaml", "--sides", "top", "-o", "own.png")

    assert answer.code == 0, answer.stderr
    assert not Path("out.png").exists()
    with Image.open("own.png") as made:
        assert made.size == (WIDTH, HEIGHT * 3 // 2)


def test_json_and_texts_as_on_the_command_line_are_options_too(
    paintgraph: Paintgraph, photo: Path
) -> None:
    values = {"image": [str(photo), str(photo)], "sides": "left,right", "output": "{stem}/a.png"}
    Path("job.json").write_text(json.dumps({**values, "sides": "left,up", "--fraction": "2"}))

    answer = paintgraph("run", "outpaint", "--options", "job.json")

    assert answer.code == 2
    assert "job.json:1:" in answer.stderr
    assert "sides has 'up'; allowed are left, top, right, bottom. [not_a_choice]" in answer.stderr


@pytest.mark.usefixtures("photo")
def test_faults_have_the_line_and_unknown_names_the_nearest(paintgraph: Paintgraph) -> None:
    Path("job.yaml").write_text("image: photo.png\nsidez: [left]\nfraction: many\noutptu: a.png\n")

    answer = paintgraph("run", "outpaint", "--options", "job.yaml")

    lines = answer.stderr.splitlines()
    assert answer.code == 2
    assert lines[0].startswith("job.yaml:2:8: there is no option 'sidez'; allowed are those of ")
    assert lines[0].endswith("Did you mean 'sides'? [unknown_option]")
    assert lines[1].startswith("job.yaml:4:9: there is no option 'outptu'")
    assert lines[1].endswith("Did you mean 'output'? [unknown_option]")
    assert lines[2] == "job.yaml:3:11: fraction is 'many'; allowed is a number. [wrong_type]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fresh: maybe", "job.yaml:1:8: fresh takes true or false. Change it, or leave it out."),
        ("device: [cpu]", "job.yaml:1:9: device takes one text or number."),
        ("output: {a: b}", "job.yaml:1:9: output takes a text, or a list of texts."),
        ("- seed: 7", "job.yaml:1:1: the file holds no options; allowed is NAME: VALUE"),
        ("seed: 7\nseed: 8", "job.yaml:2:1: "),
        ("if-exists: skip\nif_exists: skip", "job.yaml:2:1: if_exists is given twice"),
        ("a: [", "this is not YAML"),
        ("options: job.yaml", "job.yaml:1:10: there is no option 'options'"),
        ("a: \x07", "job.yaml:1:4: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    paintgraph: Paintgraph, photo: Path, text: str, message: str
) -> None:
    Path("job.yaml").write_text(text)

    answer = paintgraph("run", "outpaint", str(photo), "--options", "job.yaml")

    assert answer.code == 2
    assert message in answer.stderr
    assert "internal_error" not in answer.stderr


def test_a_file_that_is_not_there_is_named(paintgraph: Paintgraph) -> None:
    answer = paintgraph("explain", "outpaint", "--options", "none.yaml")

    assert answer.code == 2
    assert answer.stderr.startswith("--options: 'none.yaml': No such file")


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("quality: 5.0", "job.yaml:3:10: --quality is '5.0'; allowed is a whole number"),
        ("background: blurple", "job.yaml:3:13: --background is 'blurple'; allowed are"),
        ("verbose: loud", "job.yaml:3:10: verbose takes a whole number from 0 on."),
        ("verbose: -1", "job.yaml:3:10: verbose takes a whole number from 0 on."),
        ("pack-seconds: soon", "'--pack-seconds': job.yaml:3:15: "),
        ("output: a.foo", "job.yaml:3:9: -o a.foo: the suffix is '.foo'"),
    ],
)
def test_values_of_the_commands_options_are_told_with_their_line(
    paintgraph: Paintgraph, line: str, told: str
) -> None:
    Path("job.yaml").write_text(f"image: photo.png\nengine: telea\n{line}\n")

    answer = paintgraph("run", "outpaint", "--options", "job.yaml")

    assert answer.code == 2
    assert told in answer.stderr


@pytest.mark.usefixtures("photo")
def test_what_the_command_line_says_is_no_fault_of_the_file(paintgraph: Paintgraph) -> None:
    Path("job.yaml").write_text("image: photo.png\nquality: 50\n")

    answer = paintgraph("run", "outpaint", "--options", "job.yaml", "--quality", "0")

    assert answer.stderr.startswith("--quality is '0'; ")
