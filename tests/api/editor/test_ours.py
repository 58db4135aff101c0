"""What the page finds beside its own files: templates, a script, pictures to try, the protocol."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from paintgraph.api.editor.opening import MASK, PHOTO, PICTURES
from paintgraph.tests.api.serving import Served, serving

FIRST = ["erase_object", "inpaint", "outpaint", "remove_background", "replace_background"]


def test_recipes_are_the_templates_those_first_that_people_come_for(page: Served) -> None:
    (names,) = page.call("GET", "/editor/api/workflow_templates").json.values()

    assert names[: len(FIRST)] == FIRST
    assert names[len(FIRST) :] == sorted(set(names) - set(FIRST))
    assert len(names) > 20


def test_a_template_runs_as_it_is_opened(page: Served) -> None:
    path = "/editor/api/workflow_templates/paintgraph/grow_mask.json"
    workflow = page.call("GET", path).json

    job = page.call("POST", "/v1/jobs?wait=30", json=workflow).json

    assert job["state"] == "succeeded", job


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fsecret", "%2e%2e", "a" * 2000, "%00"])
def test_there_are_no_other_templates(page: Served, name: str) -> None:
    path = f"/editor/api/workflow_templates/paintgraph/{name}.json"

    assert page.call("GET", path).status == 404


def test_the_scripts_are_named_and_served(page: Served) -> None:
    paths = page.call("GET", "/editor/api/extensions").json
    scripts = [page.call("GET", f"/editor{path}") for path in paths]

    assert len(paths) == 3
    for script in scripts:
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert b"registerExtension" in script.body
    assert page.call("GET", "/editor/extensions/paintgraph/other.js").status == 404


def test_the_pictures_of_templates_are_there_and_a_users_own_stay(
    built: Path, tmp_path: Path
) -> None:
    inputs = tmp_path / "inputs"
    (inputs / PHOTO).parent.mkdir(parents=True)
    (inputs / PHOTO).write_bytes(b"mine")

    with serving(tmp_path, front_end_root=built) as served:
        node = served.call("GET", "/object_info/LoadImage").json["LoadImage"]
        assert node["input"]["required"]["image"][0] == sorted(PICTURES)
        assert (inputs / PHOTO).read_bytes() == b"mine"
        assert (inputs / MASK).is_file()


@pytest.mark.parametrize("path", ["/assets/favicon.ico", "/assets/images/a.png"])
def test_the_signs_of_its_tab_are_where_the_page_looks(page: Served, path: str) -> None:
    assert page.call("GET", path).body == page.call("GET", f"/editor{path}").body
    assert page.call("GET", "/assets/index.js").status == 404


@pytest.mark.parametrize("path", ["/api/prompt", "/prompt", "/api/object_info", "/api/queue"])
def test_the_protocol_is_spoken_where_the_page_lies(page: Served, path: str) -> None:
    answers = [page.call("GET", prefix + path) for prefix in ("", "/editor")]

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_what_the_page_asks_for_in_vain_is_empty_and_no_error(page: Served) -> None:
    style = page.call("GET", "/editor/user.css")

    assert (style.status, style.body) == (200, b"")
    assert style.headers["Content-Type"].startswith("text/css")
    assert page.call("GET", "/editor/templates/index.json").json == []


@pytest.mark.parametrize(
    ("path", "nothing"),
    [
        ("/userdata?dir=workflows&recurse=true&split=false&full_info=true", b"[]"),
        ("/userdata/comfy.templates.json", b"[]"),
        ("/userdata/user.css", b""),
    ],
)
def test_what_a_user_never_kept_is_empty_for_the_page_alone(
    page: Served, path: str, nothing: bytes
) -> None:
    answer = page.call("GET", f"/editor/api{path}")

    assert (answer.status, answer.body) == (200, nothing)
    assert page.call("GET", path).status == 404


def test_what_a_user_kept_is_shown(page: Served) -> None:
    path = "/editor/api/userdata/comfy.templates.json"
    page.call("POST", path, data=b'[{"name": "mine"}]')

    assert page.call("GET", path).json == [{"name": "mine"}]
    page.call("DELETE", path)


def test_each_template_has_a_picture(page: Served) -> None:
    (names,) = page.call("GET", "/editor/api/workflow_templates").json.values()
    pictures = {
        name: page.call("GET", f"/editor/api/workflow_templates/paintgraph/{name}.jpg")
        for name in names
    }

    assert {answer.headers["Content-Type"] for answer in pictures.values()} == {"image/jpeg"}
    assert {Image.open(BytesIO(a.body)).size for a in pictures.values()} == {(480, 300)}
    assert len({answer.body for answer in pictures.values()}) >= len(names) - 5
    assert page.call("GET", "/editor/api/workflow_templates/paintgraph/no.jpg").status == 404


def test_settings_that_a_user_never_made_are_ours(page: Served) -> None:
    first = page.call("GET", "/editor/api/settings").json
    page.call("POST", "/editor/api/settings/Comfy.TutorialCompleted", json=False)

    assert first["Comfy.TutorialCompleted"] is True
    assert page.call("GET", "/editor/api/settings").json["Comfy.TutorialCompleted"] is False
    assert page.call("GET", "/settings").json == {"Comfy.TutorialCompleted": False}


def test_help_of_nodes_and_recipes_is_what_they_declare(page: Served) -> None:
    node = page.call("GET", "/editor/docs/SegmentPoints/en.md")
    recipe = page.call("GET", "/editor/docs/recipe/outpaint/de.md")

    assert node.headers["Content-Type"].startswith("text/markdown")
    assert node.body.startswith(b"## SegmentPoints\n\nSelect the object")
    assert b"- `points`: a list of x, y for each" in node.body
    assert recipe.body.startswith(b"## recipe/outpaint\n\nContinue a picture past its edges.")


@pytest.mark.parametrize("path", ["Nope/en.md", "..%2F..%2Fx/en.md", "%00/en.md", "a/b/c/d.md"])
def test_there_is_no_help_of_anything_else(page: Served, path: str) -> None:
    assert page.call("GET", f"/editor/docs/{path}").status == 404


def test_names_that_older_pages_translate_are_ours(page: Served) -> None:
    texts = page.call("GET", "/editor/api/i18n").json["en"]["nodeDefs"]

    assert texts["ImageCrop"]["display_name"] == "Crop Image"
    assert "tooltip" in texts["EmptyImage"]["inputs"]["color"]
    assert "SegmentPoints" not in texts
