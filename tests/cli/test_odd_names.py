"""Files whose names are no UTF-8: read, written, told of."""

import json
import os
from pathlib import Path

from paintgraph.tests.cli.conftest import Paintgraph, png, samples

ODD = os.fsdecode(b"caf\xe9")
FILL = ("--engine", "telea")


def test_pictures_are_read_and_written(
    paintgraph: Paintgraph, process: Paintgraph, folder: Path, photo: Path, mask: Path
) -> None:
    command = ("run", "inpaint", "--image", f"{ODD}.png", "--mask", f"{ODD}_mask.png", *FILL)
    photo.rename(folder / f"{ODD}.png")
    mask.rename(folder / f"{ODD}_mask.png")

    told = paintgraph(*command, "-o", f"{ODD}_out.png")
    for_programs = process(*command, "-o", f"{ODD}_out.png", "--json")

    assert told.code == 0, told.stderr
    assert "image: caf\\xe9_out.png (16x12 px)" in told.stderr
    assert for_programs.json["outputs"]["image"]["file"] == "caf\\xe9_out.png"
    assert (folder / f"{ODD}_out.png").is_file()


def test_faults_tell_the_name(paintgraph: Paintgraph, folder: Path, photo: Path) -> None:
    missing = paintgraph("run", "cut_out", "--image", f"{ODD}.png", "--json")
    (folder / f"{ODD}.png").write_text("no picture")
    damaged = paintgraph("run", "outpaint", "--image", f"{ODD}.png")
    (folder / f"{ODD}_file").write_text("no folder")
    no_folder = paintgraph("run", "outpaint", "--image", str(photo), "-o", f"{ODD}_file/x.png")
    no_recipe = paintgraph("run", f"{ODD}.yaml")
    text = paintgraph("run", "batch_outpaint", "--folder", ODD)

    assert "there is no file 'caf\\xe9.png'." in missing.json["problems"][0]["message"]
    assert "given: image: 'caf\\xe9.png'" in damaged.stderr
    assert "there is no folder 'caf\\xe9_file'." in no_folder.stderr
    assert "there is no file 'caf\\xe9.yaml'." in no_recipe.stderr
    assert "--folder is 'caf\\xe9'; allowed is UTF-8." in text.stderr


def test_a_recipe_may_be_called_so(process: Paintgraph, folder: Path, photo: Path) -> None:
    text = (
        "inputs: {image: {type: image}}\n"
        'nodes: {it: {node: LoadImage, image: "${inputs.image}"}}\n'
        'outputs: {image: "${it.image}"}\n'
    )
    (folder / f"{ODD}.yaml").write_text(text)

    ran = process("run", f"{ODD}.yaml", "--image", str(photo))
    checked = process("validate", f"{ODD}.yaml")
    explained = process("explain", f"{ODD}.yaml", "--image", str(photo), "--json")

    assert ran.code == 0, ran.stderr
    assert "image: caf\\xe9.png (16x12 px)" in ran.stderr
    assert (folder / f"{ODD}.png").is_file()
    assert checked.text == "caf\\xe9.yaml: valid\n"
    assert json.loads(explained.stdout)


def test_folders_of_such_files_are_read(process: Paintgraph, folder: Path) -> None:
    photos = folder / f"{ODD}s"
    photos.mkdir()
    (photos / f"{ODD}.png").write_bytes(png(samples()))

    answer = process(
        "run", "batch_outpaint", "--folder", "caf\\xe9s", "--output-dir", ODD, "--json", *FILL
    )

    assert answer.code == 0, answer.stderr
    [saved] = answer.json["saved"]
    assert saved.endswith("caf\\xe9/outpainted_caf_xe9_00001_.png")
    assert [path.name for path in (folder / ODD).iterdir()] == [Path(saved).name]
