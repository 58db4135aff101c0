"""Folders of pictures over HTTP: listed when the job is accepted, whatever comes later."""

from typing import Any

import pytest

from paintgraph.tests.api.serving import Served, png, run_recipe


@pytest.fixture(autouse=True)
def _pictures(server: Served) -> None:
    for name in ("b/p10.png", "b/p2.png", "b/notes.txt"):
        path = server.data / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())


def naming(**inputs: Any) -> dict[str, Any]:
    nodes = {"files": {"node": "LoadImagesFromFolder", **inputs}}
    return {"nodes": nodes, "outputs": {"names": "${files.names}"}}


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"folder": "../.."}, "outside_input_folder"),
        ({"folder": "/etc"}, "outside_input_folder"),
        ({"folder": "nowhere"}, "no_such_file"),
        ({"folder": "b", "pattern": "x*"}, "no_pictures"),
        ({"folder": "b", "pattern": "*" * 2000}, "bad_pattern"),
    ],
)
def test_a_folder_that_cannot_be_listed_is_refused(
    server: Served, inputs: dict[str, str], code: str
) -> None:
    answer = server.submit({"graph": naming(**inputs)})

    assert (answer.status, answer.codes) == (422, [code])
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/graph/nodes/files/folder"
    assert error["detail"].startswith("node 'files' (LoadImagesFromFolder): folder: ")
    assert str(server.data) not in answer.json["detail"]


def test_an_input_that_leads_outside_is_named(server: Served) -> None:
    answer = server.call("POST", "/v1/recipes/batch_outpaint", json={"folder": "../.."})

    assert (answer.status, answer.codes) == (422, ["outside_input_folder"])
    assert answer.json["errors"][0]["pointer"] == "/folder"


def test_the_listing_is_a_part_of_the_accepted_job(server: Served) -> None:
    job = server.submit({"graph": naming(folder="b")}, wait=60).json
    graph = server.call("GET", f"/v1/jobs/{job['id']}/graph").json["graph"]
    (server.data / "inputs" / "b" / "p3.png").write_bytes(png())
    again = server.submit({"graph": graph}, wait=60).json
    new = server.submit({"graph": naming(folder="b")}, wait=60).json
    (server.data / "inputs" / "b" / "p3.png").unlink()

    assert graph["nodes"]["files"] == {
        "node": "LoadImagesFromFolder",
        "folder": "b",
        "pattern": "*",
        "names": ["b/p2.png", "b/p10.png"],
    }
    assert job["outputs"] == again["outputs"] == {"names": ["b/p2.png", "b/p10.png"]}
    assert new["outputs"] == {"names": ["b/p2.png", "b/p3.png", "b/p10.png"]}


def test_a_folder_that_arrives_by_a_link_is_listed_late(server: Served) -> None:
    graph = naming(folder="${each.text}")
    graph["nodes"]["each"] = {"node": "EachText", "texts": ["b"]}

    job = server.submit({"graph": graph}, wait=60).json

    assert job["outputs"] == {"names": ["b/p2.png", "b/p10.png"]}


def test_a_recipe_over_a_folder_has_its_listing_too(server: Served) -> None:
    job = run_recipe(server, "batch_outpaint", {"folder": "b", "pattern": "p*"})
    graph = server.call("GET", f"/v1/jobs/{job['id']}/graph").json["graph"]

    assert graph["nodes"]["files"]["names"] == ["b/p2.png", "b/p10.png"]
    written = sorted(path.name for path in (server.data / "outputs").glob("outpainted*"))
    assert written == ["outpainted_p10_00001_.png", "outpainted_p2_00001_.png"]


def test_pictures_that_are_not_read_are_told(server: Served) -> None:
    for name in ("c/a.png", "c/b.JXL", "c/c.psd", "c/notes.txt", "c/d.gif"):
        path = server.data / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png())

    job = server.submit({"graph": naming(folder="c")}, wait=60).json
    none = server.submit({"graph": naming(folder="c", pattern="*.psd")})

    assert job["outputs"] == {"names": ["c/a.png", "c/d.gif"]}
    (warning,) = job["warnings"]
    assert warning == (
        "the folder 'c' holds 2 pictures ('c/b.JXL', 'c/c.psd') of kinds that are not read, which "
        "are left out. Convert them to PNG first."
    )
    assert (none.status, none.codes) == (422, ["no_pictures"])
    assert "1 picture ('c/c.psd') to be converted to PNG first" in none.json["detail"]
