"""`/docs` in a real browser: a recipe runs there with a picture of one's own."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.api.serving import png
from paintgraph.tests.editor.browsing import CHROMIUM, SECONDS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


def test_a_recipe_runs_with_an_uploaded_picture(
    browser: Browser, server: Child, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").write_bytes(png())
    page = browser.new_page()
    page.set_default_timeout(SECONDS * 1000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.port}/docs")

    recipe = page.locator("#operations-recipes-post_v1_recipes_outpaint")
    recipe.locator(".opblock-summary-control").click()
    recipe.get_by_role("button", name="Try it out").click()
    recipe.locator("tr[data-param-name=wait] input").fill("60")
    recipe.locator("input[type=file]").first.set_input_files(tmp_path / "photo.png")
    recipe.locator("tr[data-property-name=engine] select").select_option("telea")
    recipe.get_by_role("button", name="Execute").click()

    answer = recipe.locator(".live-responses-table .response")
    status = answer.locator(".response-col_status")
    expect(status).to_contain_text(re.compile(r"\d"), timeout=SECONDS * 1000)
    assert "200" in status.inner_text(), recipe.locator(".live-responses-table").inner_text()
    job = json.loads(answer.locator("pre.microlight, .highlight-code pre").first.inner_text())
    assert (job["state"], job["recipe"]) == ("succeeded", "outpaint")
    picture = server.call("GET", job["outputs"]["image"]["url"])
    assert Image.open(BytesIO(picture.body)).width > Image.open(BytesIO(png())).width
    sent = recipe.locator(".curl-command, .curl").first.inner_text()
    assert "metadata='" in sent, sent  # not the first of the choices
    assert errors == []
    page.close()
