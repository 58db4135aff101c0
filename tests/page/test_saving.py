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
from playwright.sync_api import Browser, Locator, Route

from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.graph.formats.native import parse_text
from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.page.browsing import IN_BROWSER
from paintgraph.tests.page.doing import (
    SIZE,
    Painter,
    mask,
    outside,
    painting,
    photo,
    pixels,
    serving,
)

pytestmark = IN_BROWSER


_RECIPE_OF = """async (prompts) => {
  const { asRecipe, toldOf } = await import("/page/telling.js");
  const picture = { digest: "", width: 1, height: 1, name: "photo.png" };
  const inputs = { image: "", prompt: prompts[0], prompts };
  const made = { recipe: "repaint", label: "", job: "", inputs };
  const steps = [{ picture, made: null }, { picture, made }];
  return asRecipe(toldOf(steps, "http://127.0.0.1/", false), "");
}"""


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
        yield painter


def opened(painter: Painter) -> Locator:
    """The box of what can be saved."""
    box = painter.page.locator("#saving")
    if not box.is_visible():
        painter.page.get_by_role("button", name="Save", exact=True).click()
    return box


def saved(painter: Painter, name: str) -> tuple[str, bytes]:
    """The file that a button gives."""
    with painter.page.expect_download() as told:
        opened(painter).get_by_role("button", name=name, exact=True).click()
    return told.value.suggested_filename, told.value.path().read_bytes()


def text(painter: Painter, name: str) -> str:
    """What a button tells."""
    opened(painter).get_by_role("button", name=name, exact=True).click()
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


def ran(told: str, name: str, folder: Path, **environment: str) -> tuple[Path, str]:
    """The folder in which somebody runs a text, and what that person is told."""
    command = folder / "bin" / "paintgraph"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m paintgraph.cli "$@"\n')
    command.chmod(0o755)
    environment["PATH"] = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-"] if name == "As Python" else ["sh", "-e"],
        input=told,
        cwd=folder,
        env=os.environ | environment,
        text=True,
        capture_output=True,
        check=False,
    )
    return folder, done.stderr


@pytest.mark.parametrize("name", ["As commands", "As HTTP", "As Python"])
def test_commands_requests_and_programs_make_the_same_picture(
    painter: Painter, tmp_path: Path, name: str
) -> None:
    told = text(painter, name)
    folder, stderr = ran(told, name, tmp_path / "run")
    made = folder / "step_2.png"

    assert made.exists(), (told, stderr)
    assert np.array_equal(pixels(made.read_bytes()), pixels(painter.shown())), told


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
    link = painter.page.locator("#saving a", has_text="As a graph").get_attribute("href")
    job = painter.kept()["steps"][2]["made"]["job"]

    assert link == f"editor/?graph={job}"


def test_the_photo_as_it_came_has_nothing_to_tell(painter: Painter) -> None:
    painter.steps.first.click()
    opened(painter).get_by_role("button", name="As HTTP").click()
    told = painter.told()
    _, data = saved(painter, "PNG")
    painter.steps.nth(2).click()

    assert told.startswith("The photo is as it came.")
    assert data == photo()


def test_the_box_of_what_can_be_saved_closes_as_menus_do(painter: Painter) -> None:
    page, box = painter.page, opened(painter)
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    opened(painter)
    page.mouse.click(640, 400)
    box.wait_for(state="hidden")
    text(painter, "As HTTP")

    assert box.is_hidden()
    assert page.evaluate("document.activeElement.innerText") == "Save"


def test_earlier_jobs_are_opened_again_and_removed(browser: Browser, server: Child) -> None:
    with painting(browser, server) as painter:
        painter.choose()
        painter.erase()
        shown = painter.shown()
        job = painter.kept()["steps"][1]["made"]["job"]

    with painting(browser, server) as painter:
        page = painter.page
        entries = page.locator(".jobs > li")
        for _ in range(2):
            page.get_by_role("button", name="Earlier jobs").click()
            entries.first.get_by_role("button", name=re.compile("Open: inpaint, done")).click()
            painter.until_steps(2)
            assert (painter.kept()["at"], painter.shown()) == (1, shown)
        assert painter.photos == 1  # what is open already is shown

        page.get_by_role("button", name="Earlier jobs").click()
        page.once("dialog", lambda dialog: dialog.accept())
        entries.first.wait_for()
        count = entries.count()
        entries.first.get_by_role("button", name=re.compile("Remove: ")).click()
        entries.nth(count - 1).wait_for(state="detached")
        assert server.call("GET", f"/v1/jobs/{job}").status == 404


@pytest.mark.usefixtures("painter")  # so that there are jobs
def test_a_list_of_jobs_that_is_opened_again_has_nothing_of_the_one_before(
    browser: Browser, server: Child
) -> None:
    jobs = server.call("GET", "/v1/jobs?tag=page").json
    assert jobs["jobs"]
    with painting(browser, server) as other:
        page, held = other.page, list[Route]()
        page.route("**/v1/jobs?*", lambda route: held.append(route))  # noqa: PLW0108 - it gets a mark
        for is_last in (False, True):
            with page.expect_request("**/v1/jobs?*"):
                page.get_by_role("button", name="Earlier jobs").click()
            if not is_last:
                page.keyboard.press("Escape")
        for route, answer in zip(held, (jobs, {"jobs": [], "next": None}), strict=True):
            route.fulfill(json=answer)
        page.get_by_text("There are none yet.").wait_for()

        assert page.locator(".jobs > li").count() == 0


def test_a_photo_that_the_browser_cannot_read_goes_all_the_way(
    browser: Browser, server: Child
) -> None:
    with painting(browser, server) as painter:
        painter.choose("IMG_0001.heic", photo("HEIC"))
        painter.erase()
        assert "Outside the selection 0 of 9,000 pixels changed." in painter.numbers
        painter.tab.until(
            "() => document.querySelectorAll(`.steps img[src^='blob:']`).length === 2"
        )
        erased = painter.shown()
        painter.steps.first.click()
        path = f"/v1/images/{painter.kept()['steps'][0]['picture']['digest']}"
        original = server.call("GET", path, Accept="image/png").body
        files = [saved(painter, name) for name in ("PNG", "JPEG")]

    assert [name for name, _ in files] == ["IMG_0001.png", "IMG_0001.jpg"]
    assert np.array_equal(outside(erased), outside(original))
    assert np.array_equal(pixels(files[0][1]), pixels(original))
    assert np.abs(pixels(files[1][1]).astype(int) - pixels(original)).mean() < 3

    with painting(browser, server) as painter:  # somebody comes back
        painter.page.get_by_role("button", name="Earlier jobs").click()
        painter.page.locator(".jobs > li button").first.click()
        painter.until_steps(2)
        assert [step["picture"]["width"] for step in painter.kept()["steps"]] == [SIZE[0]] * 2


def test_where_a_key_is_needed_people_log_in_and_texts_take_it_from_the_environment(
    browser: Browser, tmp_path: Path
) -> None:
    key = "a-key-that-is-long-enough"
    with (
        serving(tmp_path / "data", api_keys=key) as server,
        painting(browser, server, key=key) as painter,
    ):
        painter.choose()
        painter.erase()
        digest = painter.kept()["steps"][1]["picture"]["digest"]
        wanted = pixels(server.call("GET", f"/v1/images/{digest}", X_API_KEY=key).body)
        told = {name: text(painter, name) for name in ("As commands", "As HTTP", "As Python")}
        for name in ("As HTTP", "As Python"):
            folder, stderr = ran(told[name], name, tmp_path / name, PAINTGRAPH_KEY=key)
            made = folder / "step_1.png"
            assert made.exists(), (told[name], stderr)
            assert np.array_equal(pixels(made.read_bytes()), wanted)
        folder, stderr = ran(told["As commands"], "As commands", tmp_path / "without")

    assert "PAINTGRAPH_KEY" in stderr
    assert [each.name for each in folder.iterdir()] == ["bin"]
    assert key not in "".join(told.values())
