"""Pictures are taken home as files, and as texts that make them again; earlier jobs are found."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.graph.formats.native import parse_text
from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import Painter, mask, painting, photo, pixels, serving

pytestmark = IN_BROWSER


_RECIPE_OF = """async (prompts) => {
  const { asRecipe, toldOf } = await import("/page/telling.js");
  const picture = { digest: "", width: 1, height: 1, name: "photo.png" };
  const inputs = { image: "", prompt: prompts[0], prompts };
  const made = { recipe: "repaint", label: "", job: "", inputs };
  return asRecipe(toldOf([{ picture, made: null }, { picture, made }], "http://127.0.0.1/"), "");
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    with serving(tmp_path_factory.mktemp("data") / "data") as server:
        yield server


@pytest.fixture(scope="module")
def painter(browser: Browser, server: Child) -> Iterator[Painter]:
    """Somebody who has erased something, and made the picture wider."""
    with painting(browser, server) as painter:
        painter.choose("it's a rocket.png")
        painter.erase()
        painter.open("Extend")
        painter.panel.get_by_role("spinbutton", name="Left").fill("20")
        painter.start()
        painter.until_steps(3)
        painter.page.locator(".saving > summary").click()
        yield painter


def saved(painter: Painter, name: str) -> tuple[str, bytes]:
    """The file that a button gives."""
    with painter.page.expect_download() as told:
        painter.page.locator(".saving").get_by_role("button", name=name, exact=True).click()
    return told.value.suggested_filename, told.value.path().read_bytes()


def text(painter: Painter, name: str) -> str:
    """What a button tells."""
    painter.page.locator(".saving").get_by_role("button", name=name, exact=True).click()
    shown = painter.page.locator("dialog.told[open] pre").inner_text()
    painter.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    return shown


@pytest.mark.parametrize(
    ("name", "file", "start"),
    [
        ("PNG", "it's a rocket.png", b"\x89PNG"),
        ("JPEG", "it's a rocket.jpg", b"\xff\xd8\xff"),
        ("WebP", "it's a rocket.webp", b"RIFF"),
    ],
)
def test_a_picture_is_saved_in_a_format(
    painter: Painter, name: str, file: str, start: bytes
) -> None:
    given, data = saved(painter, name)

    assert (given, data[:4][: len(start)]) == (file, start)
    off = pixels(data).astype(int) - pixels(painter.shown())
    assert np.abs(off).mean() <= (0 if name == "PNG" else 3)


def test_the_mask_of_a_step_is_saved(painter: Painter) -> None:
    painter.steps.nth(1).click()
    name, data = saved(painter, "Mask")
    painter.steps.nth(2).click()

    assert name == "it's a rocket_mask.png"
    assert np.array_equal(pixels(data), pixels(mask()))


def test_commands_requests_and_programs_make_the_same_picture(
    painter: Painter, tmp_path: Path
) -> None:
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    command = bin_ / "paintgraph"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    command.chmod(0o755)
    path = {"PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}
    wanted = pixels(painter.shown())
    for name, shell in (
        ("As commands", ["sh", "-e"]),
        ("As HTTP", ["sh", "-e"]),
        ("As Python", [sys.executable, "-"]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        told = text(painter, name)
        done = subprocess.run(
            shell,
            input=told,
            cwd=folder,
            env=os.environ | path,
            text=True,
            capture_output=True,
            check=False,
        )

        assert done.returncode == 0, (told, done.stderr)
        assert np.array_equal(pixels((folder / "step_2.png").read_bytes()), wanted), told


def test_a_recipe_of_all_steps_makes_the_picture(
    painter: Painter, server: Child, tmp_path: Path
) -> None:
    recipe = text(painter, "As a recipe")
    (tmp_path / "photo.png").write_bytes(photo())
    (tmp_path / "mask.png").write_bytes(mask())
    (tmp_path / "edit.yaml").write_text(recipe)
    command = [sys.executable, "-m", "paintgraph.cli", "run", "edit.yaml"]
    options = ["--image", "photo.png", "--mask-1", "mask.png", "-o", "made.png"]
    subprocess.run([*command, *options], cwd=tmp_path, check=True, capture_output=True)

    off = pixels((tmp_path / "made.png").read_bytes()).astype(int) - pixels(painter.shown())
    assert np.abs(off)[:, 20:].max() <= 1  # between the steps nothing is rounded to 8 bits
    named = server.call(
        "POST", "/v1/graphs/validate", recipe.encode(), Content_Type="application/yaml"
    )
    assert named.status == 200


def test_a_recipe_keeps_texts_that_look_like_references(painter: Painter) -> None:
    prompt = ["${inputs.seed}", "$${a.b}", "${seed}", "a ${a.b}", "${a {b}}", "$5", "plain"]
    recipe: Any = read_yaml(painter.tab.ask(_RECIPE_OF, prompt)).value
    node = recipe["nodes"]["step_1"]

    assert node["prompts"][2] == "$${seed}"
    assert [parse_text(each) for each in node["prompts"]] == prompt
    assert parse_text(node["prompt"]) == prompt[0]


def test_the_graph_opens_in_the_editor(painter: Painter) -> None:
    link = painter.page.locator(".saving a", has_text="As a graph").get_attribute("href")
    job = painter.kept()["steps"][2]["made"]["job"]

    assert link == f"editor/?graph={job}"


def test_the_photo_as_it_came_has_nothing_to_tell(painter: Painter) -> None:
    painter.steps.first.click()
    painter.page.locator(".saving").get_by_role("button", name="As HTTP").click()
    told = painter.told()
    _, data = saved(painter, "PNG")
    painter.steps.nth(2).click()

    assert told.startswith("The photo is as it came.")
    assert data == photo()


def test_earlier_jobs_are_opened_again_and_removed(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.erase()
        shown = painter.shown()
        jobs = server.call("GET", "/v1/jobs?tag=page").json["jobs"]

    with painting(browser, server) as painter:
        painter.page.get_by_role("button", name="Earlier jobs").click()
        entries = painter.page.locator(".jobs > li")
        entries.nth(len(jobs) - 1).wait_for()
        entries.first.get_by_role("button", name=re.compile("Open: inpaint, done")).click()
        painter.until_steps(2)
        assert (painter.kept()["at"], painter.shown()) == (1, shown)

        painter.page.get_by_role("button", name="Earlier jobs").click()
        entries.nth(len(jobs) - 1).wait_for()
        painter.page.on("dialog", lambda dialog: dialog.accept())
        entries.first.get_by_role("button", name=re.compile("Remove: ")).click()
        entries.nth(len(jobs) - 1).wait_for(state="detached")
        assert server.call("GET", f"/v1/jobs/{jobs[0]['id']}").status == 404
