"""Recipes over HTTP: the same pixels as on the command line, whatever form the inputs have."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import numpy as np
import pytest

from paintgraph.imaging.files.decode import decode
from paintgraph.tests.api.serving import (
    HEIGHT,
    OUTER_SECONDS,
    WIDTH,
    Served,
    mask_png,
    pixels,
    png,
    run_recipe,
)

OUTPAINT = {"sides": ["left", "right"], "fraction": 0.25, "seed": 7}
ERASE = {"box": [6, 6, 18, 14], "grow": 2, "seed": 7}


def on_the_command_line(folder: Path, name: str, inputs: dict[str, Any]) -> str:
    """The pixel digest of `paintgraph run` with the same inputs."""
    (folder / "photo.png").write_bytes(png())
    options = []
    for option, value in inputs.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        options += [f"--{option}", text]
    command = (
        sys.executable,
        "-m",
        "paintgraph.cli",
        "run",
        name,
        "-o",
        f"image={folder / 'out.png'}",
    )
    done = subprocess.run(
        [*command, "--image", str(folder / "photo.png"), *options, "--json"],
        capture_output=True,
        check=True,
        env={"PAINTGRAPH_DATA_DIR": str(folder / "data"), "PATH": ""},
    )
    digest: str = json.loads(done.stdout)["outputs"]["image"]["digest"]
    return digest


@pytest.mark.parametrize(("name", "inputs"), [("outpaint", OUTPAINT), ("erase_object", ERASE)])
def test_a_recipe_gives_the_pixels_of_the_command_line(
    server: Served, tmp_path: Path, name: str, inputs: dict[str, Any]
) -> None:
    job = run_recipe(server, name, {"image": server.upload(png()), **inputs})

    expected = on_the_command_line(tmp_path, name, inputs)

    assert pixels(server, job["outputs"]["image"]) == expected


def test_a_repainted_picture_tells_how_well_it_fits(server: Served) -> None:
    job = run_recipe(server, "outpaint", {"image": server.upload(png()), **OUTPAINT})
    numbers = job["outputs"]["image"]["repaint"]

    assert numbers.keys() == {"max_abs_diff_outside", "seam_ratio", "ring_delta_e", "repeat"}
    assert numbers["max_abs_diff_outside"] == 0
    assert "repaint" not in job["outputs"]["mask"]


def test_outpainting_keeps_every_pixel_and_tells_the_size(server: Served) -> None:
    job = run_recipe(server, "outpaint", {"image": server.upload(png()), **OUTPAINT})

    told = job["outputs"]["image"]
    assert (told["width"], told["height"]) == (WIDTH * 3 // 2, HEIGHT)
    wide = decode(server.call("GET", told["url"]).body).image[0]
    assert np.array_equal(wide[:, 8:40], decode(png()).image[0])


@pytest.fixture(scope="module")
def expected(server: Served) -> str:
    job = run_recipe(server, "erase_object", {"image": server.upload(png()), **ERASE})
    digest: str = job["outputs"]["image"]["digest"]
    return digest


def test_the_parts_of_a_form_are_inputs(server: Served, expected: str) -> None:
    form = aiohttp.FormData()
    form.add_field("image", png(), filename="photo.png", content_type="image/png")
    form.add_field("box", "[6, 6, 18, 14]")
    form.add_field("grow", "2")
    form.add_field("seed", "7")

    answer = server.call("POST", "/v1/recipes/erase_object?wait=60", data=form)

    assert (answer.status, answer.json["outputs"]["image"]["digest"]) == (200, expected)


def test_a_list_in_a_form_may_be_written_with_commas(server: Served, expected: str) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("image", server.upload(png()))
    form.add_field("box", "6, 6, 18,14")
    form.add_field("grow", "2")
    form.add_field("seed", "7")

    answer = server.call("POST", "/v1/recipes/erase_object?wait=60", data=form)

    assert answer.json["outputs"]["image"]["digest"] == expected


def test_two_pictures_in_one_form(server: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("image", png(), filename="photo.png", content_type="image/png")
    form.add_field("mask", mask_png(), filename="mask.png", content_type="image/png")
    form.add_field("engine", "telea")

    answer = server.call("POST", "/v1/recipes/inpaint?wait=60", data=form)

    assert answer.json["state"] == "succeeded"


def test_a_part_that_is_sent_twice_is_refused(server: Served) -> None:
    form = aiohttp.FormData()
    for _ in range(2):
        form.add_field("image", png(), filename="photo.png", content_type="image/png")
    form.add_field("box", "[6, 6, 18, 14]")

    answer = server.call("POST", "/v1/recipes/erase_object", data=form)

    assert (answer.status, answer.codes) == (422, ["given_twice"])


def test_a_part_of_a_form_that_is_no_picture_is_named(server: Served) -> None:
    form = aiohttp.FormData()
    form.add_field("image", png(), filename="photo.png", content_type="image/png")
    form.add_field("mask", b"text", filename="mask.png", content_type="image/png")

    answer = server.call("POST", "/v1/recipes/inpaint", data=form)

    [problem] = answer.json["errors"]
    assert (answer.status, problem["code"]) == (422, "not_a_picture")
    assert (problem["input"], problem["pointer"]) == ("mask", "/mask")
    assert problem["detail"].startswith("input 'mask': picture: ")


def test_problems_point_at_the_inputs(server: Served) -> None:
    body = {"box": [1, 2], "grow": 5000, "colour": "red"}

    answer = server.call("POST", "/v1/recipes/erase_object", json=body)

    assert {(e["code"], e["pointer"]) for e in answer.json["errors"]} == {
        ("missing_input", "/image"),
        ("wrong_length", "/box"),
        ("out_of_range", "/grow"),
        ("unknown_input", "/colour"),
    }


def test_an_unknown_recipe_is_named_with_the_nearest(server: Served) -> None:
    for method in ("GET", "POST"):
        answer = server.call(method, "/v1/recipes/outpiant", json={} if method == "POST" else None)

        assert (answer.status, answer.codes) == (404, ["unknown_recipe"])
        assert "'outpaint'" in answer.json["detail"]


def test_recipes_are_listed_with_their_inputs(server: Served) -> None:
    recipes = {r["name"]: r for r in server.call("GET", "/v1/recipes").json["recipes"]}

    assert {"outpaint", "erase_object", "inpaint"} <= recipes.keys()
    assert recipes["outpaint"]["inputs"]["image"] == {
        "type": "image",
        "required": True,
        "about": "The picture to extend.",
    }
    assert "image" in recipes["outpaint"]["outputs"]


def test_a_recipe_is_described_by_the_schema_of_its_inputs(server: Served) -> None:
    schema = server.call("GET", "/v1/recipes/erase_object").json

    jsonschema.validate({"image": "a", **ERASE}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"image": "a", **ERASE, "grow": 5000}, schema)


def test_a_recipe_of_the_user_is_there_without_a_restart(server: Served) -> None:
    folder = server.data / "recipes"
    folder.mkdir(exist_ok=True)
    (folder / "own.yaml").write_text(
        "inputs: {words: {type: list, default: [a]}}\n"
        'nodes: {each: {node: EachText, texts: "${inputs.words}"}}\n'
        'outputs: {text: "${each.text}"}\n'
    )

    job = run_recipe(server, "own", {"words": ["x", "y"]})

    assert job["outputs"] == {"text": ["x", "y"]}
    as_node = {"nodes": {"own": {"recipe": "own"}}, "outputs": {"text": "${own.text}"}}
    assert server.submit({"graph": as_node}, wait=60).json["outputs"] == {"text": "a"}
    changed = (folder / "own.yaml").read_text().replace("default: [a]", "default: [b, c]")
    (folder / "own.yaml").write_text(changed)  # in place, which the folder does not show
    deadline = time.monotonic() + OUTER_SECONDS
    while server.submit({"graph": as_node}, wait=60).json["outputs"] != {"text": ["b", "c"]}:
        assert time.monotonic() < deadline
    (folder / "new").write_text("nodes: {a: {node: Nothing}}\n")
    (folder / "new").replace(folder / "own.yaml")
    answer = server.call("POST", "/v1/recipes/own", json={})
    assert (answer.status, answer.codes) == (409, ["recipe_faulty"])
    answer = server.submit({"graph": as_node})
    assert answer.status == 422
    assert "It has faults. 'paintgraph validate' names them." in answer.json["detail"]
    names = {r["name"] for r in server.call("GET", "/v1/recipes").json["recipes"]}
    assert "own" not in names
    (folder / "own.yaml").unlink()
    assert server.submit({"graph": as_node}).codes == ["unknown_recipe"]


def test_a_new_recipe_is_there_for_the_pictures_of_a_folder(server: Served) -> None:
    folder = server.data / "recipes"
    folder.mkdir(exist_ok=True)
    (folder / "turned.yaml").write_text(
        "inputs: {image: {type: image}}\n"
        'nodes: {photo: {node: LoadImage, image: "${inputs.image}"},'
        ' inverted: {node: ImageInvert, image: "${photo.image}"}}\n'
        'outputs: {image: "${inverted.image}"}\n'
    )
    use = {"node": "ApplyRecipe", "recipe_name": "turned", "save": False}
    nodes = {"a": {**use, "image": server.upload(png())}}

    job = server.submit({"nodes": nodes, "outputs": {"image": "${a.image}"}}, wait=60).json

    assert job["state"] == "succeeded", job
    inverted = decode(server.call("GET", job["outputs"]["image"]["url"]).body).image[0]
    assert np.allclose(inverted, 1 - decode(png()).image[0], atol=1.001 / 255)


def test_a_recipe_runs_as_a_node_of_a_graph(server: Served, expected: str) -> None:
    graph = {
        "nodes": {"gone": {"recipe": "erase_object", "image": server.upload(png()), **ERASE}},
        "outputs": {"image": "${gone.image}"},
    }

    job = server.submit({"graph": graph}, wait=60).json

    before = {"url": f"/v1/images/{expected}"}
    assert pixels(server, job["outputs"]["image"]) == pixels(server, before)
