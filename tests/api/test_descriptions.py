"""What results of a server tell of the pictures that clients sent: nothing private by default."""

import base64
from typing import Any

import aiohttp
import jsonschema
import pytest
from typer.testing import CliRunner

from paintgraph.cli.app import app as cli
from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.engine.graph.graph import Metadata
from paintgraph.imaging.files.decode import decode
from paintgraph.python.remote import connect
from paintgraph.tests.api.fooocus.asking import finished, inpaint, mask_of, text_of
from paintgraph.tests.api.serving import Served, run_recipe, serving
from paintgraph.tests.private_photo import (
    COPYRIGHT,
    HEIGHT,
    PROFILE,
    SECRETS,
    WIDTH,
    own_texts,
    private_photo,
    told,
)

OF_EXIF = {*SECRETS[:3]}
ERASED: dict[str, Any] = {"box": [6, 6, 18, 14], "grow": 2, "engine": "telea"}
SHOWN: dict[str, Any] = {
    "nodes": {
        "photo": {"node": "LoadImage", "image": ""},
        "shown": {"node": "PreviewImage", "images": "${photo.image}"},
        "png": {"node": "SaveImage", "images": "${photo.image}", "format": "png"},
        "jpeg": {"node": "SaveImage", "images": "${photo.image}", "format": "jpeg"},
        "webp": {"node": "SaveImage", "images": "${photo.image}", "format": "webp"},
        "tiff": {"node": "SaveImage", "images": "${photo.image}", "format": "tiff"},
    },
    "outputs": {"image": "${photo.image}"},
}
COMFY = {
    "1": {"class_type": "LoadImage", "inputs": {"image": ""}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
}


def graph_on(server: Served, **top: Any) -> dict[str, Any]:
    """The graph that shows and saves the photo."""
    photo = {"node": "LoadImage", "image": server.upload(private_photo())}
    return {**SHOWN, **top, "nodes": {**SHOWN["nodes"], "photo": photo}}


def run(server: Served, body: Any, query: str = "") -> Any:
    """A job that has succeeded."""
    answer = server.call("POST", f"/v1/jobs?wait=60{query}", json=body)
    assert answer.status == 200, answer.body
    assert answer.json["state"] == "succeeded", answer.json
    return answer.json


def files(server: Served, job: Any) -> dict[str, bytes]:
    """Every picture of a job, by the name of its output or node."""
    named = {n: v if isinstance(v, dict) else v[0] for n, v in job["outputs"].items()}
    return {name: server.call("GET", each["url"]).body for name, each in named.items()}


def erased(server: Served, query: str = "", **fields: Any) -> bytes:
    """The result of a recipe."""
    inputs = {"image": server.upload(private_photo()), **ERASED, **fields}
    answer = server.call("POST", f"/v1/recipes/erase_object?wait=60{query}", json=inputs)
    assert answer.status == 200, answer.body
    return server.call("GET", answer.json["outputs"]["image"]["url"]).body


def test_results_of_a_recipe_tell_nothing_private(server: Served) -> None:
    assert told(erased(server)) == set()
    assert told(erased(server, metadata="none")) == set()
    assert told(erased(server, metadata="keep")) >= OF_EXIF
    assert told(erased(server, "&metadata=keep")) >= OF_EXIF
    assert told(erased(server, "&metadata=private", metadata="keep")) == set()


def test_own_texts_are_left_out_where_nobody_wants_them(server: Served) -> None:
    assert own_texts(erased(server)) == {GRAPH, "repaint"}
    assert own_texts(erased(server, graph=False)) == set()
    assert own_texts(erased(server, "&graph=false")) == set()


def test_a_save_node_leaves_own_texts_out_where_it_or_the_run_does_not_want_them(
    server: Served,
) -> None:
    def saved(query: str, **own: Any) -> set[str]:
        canvas = {"node": "PadForOutpaint", "image": "${photo.image}", "sides": ["left"]}
        painted = {"node": "InpaintSampler", "image": "${canvas.image}", "mask": "${canvas.mask}"}
        nodes = {
            "photo": {"node": "LoadImage", "image": server.upload(private_photo())},
            "canvas": canvas,
            "painted": {**painted, "engine": "telea"},
            "saved": {"node": "SaveImage", "images": "${painted.image}", **own},
        }
        return own_texts(files(server, run(server, {"nodes": nodes}, query))["saved"])

    assert saved("") == {GRAPH, "repaint"}
    assert saved("&graph=false") == set()
    assert saved("", graph=False) == set()
    assert saved("&graph=true", graph=False) == set()


def test_an_input_of_a_recipe_may_have_the_same_name(server: Served) -> None:
    recipes = server.data / "recipes"
    recipes.mkdir(exist_ok=True)
    (recipes / "named.yaml").write_text(
        "inputs: {image: {type: image}, metadata: {type: text, default: auto}}\n"
        "nodes:\n"
        '  photo: {node: LoadImage, image: "${inputs.image}"}\n'
        '  saved: {node: SaveImage, images: "${photo.image}", metadata: "${inputs.metadata}"}\n'
    )
    inputs = {"image": server.upload(private_photo())}

    for wish, query, is_kept in (("keep", "", True), ("auto", "", False), ("auto", "keep", True)):
        path = f"/v1/recipes/named?wait=60{'&metadata=' if query else ''}{query}"
        job = server.call("POST", path, json={**inputs, "metadata": wish}).json
        assert bool(told(files(server, job)["saved"])) is is_kept


def test_a_folder_of_pictures_follows_the_server_and_the_client(server: Served) -> None:
    (server.data / "inputs").mkdir(exist_ok=True)
    (server.data / "inputs" / "shot.jpg").write_bytes(private_photo())
    inputs = {"sides": ["left"], "fraction": 0.1, "engine": "telea"}
    for fields, is_kept in (({}, False), ({"metadata": "keep"}, True), ({}, False)):
        before = {*(server.data / "outputs").rglob("outpainted*")}
        run_recipe(server, "batch_outpaint", {**inputs, **fields})
        (file,) = {*(server.data / "outputs").rglob("outpainted*")} - before
        assert bool(told(file.read_bytes())) is is_kept


def test_a_form_has_the_same_fields(server: Served) -> None:
    for fields, expected in (({}, set()), ({"metadata": "keep", "graph": "false"}, OF_EXIF)):
        form = aiohttp.FormData({"box": "6,6,18,14", "engine": "telea", **fields})
        form.add_field("image", private_photo(), filename="shot.jpg")
        answer = server.call("POST", "/v1/recipes/erase_object?wait=60", data=form)
        assert answer.status == 200, answer.body
        data = server.call("GET", answer.json["outputs"]["image"]["url"]).body
        assert told(data) & OF_EXIF == expected
        assert own_texts(data) == (set() if fields else {GRAPH, "repaint"})


def test_every_file_of_a_job_tells_nothing_private(server: Served) -> None:
    found = files(server, run(server, graph_on(server)))

    assert found.keys() == {"image", "shown", "png", "jpeg", "webp", "tiff"}
    assert {name: told(data) for name, data in found.items()} == {name: set() for name in found}
    for data in found.values():
        assert COPYRIGHT in data
        assert decode(data).metadata["dpi"] == [300, 300]


@pytest.mark.parametrize("place", ["field", "parameter", "graph", "node"])
def test_a_client_may_want_all_kept(server: Served, place: str) -> None:
    graph = graph_on(server, **({"metadata": "keep"} if place == "graph" else {}))
    if place == "node":
        for name, node in graph["nodes"].items():
            if name != "photo":
                graph["nodes"][name] = {**node, "metadata": "keep"}
    body = {"graph": graph, **({"metadata": "keep"} if place == "field" else {})}

    found = files(server, run(server, body, "&metadata=keep" if place == "parameter" else ""))

    if place == "node":  # the named result is the graph's, no node's
        assert told(found.pop("image")) == set()
    assert all(told(data) >= OF_EXIF for data in found.values())


def test_a_prompt_of_comfyui_tells_nothing_private(server: Served) -> None:
    loader = {"class_type": "LoadImage", "inputs": {"image": server.upload(private_photo())}}
    prompt = {**COMFY, "1": loader}

    plain, kept = run(server, prompt), run(server, {"graph": prompt, "metadata": "keep"})

    assert [told(data) for data in files(server, plain).values()] == [set(), set()]
    assert all(told(data) >= OF_EXIF for data in files(server, kept).values())


def test_a_recipe_says_it_before_the_server_and_the_client_before_the_recipe(
    server: Served,
) -> None:
    recipes = server.data / "recipes"
    recipes.mkdir(exist_ok=True)
    (recipes / "open_copy.yaml").write_text(
        "metadata: keep\ninputs: {image: {type: image}}\n"
        'nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}\n'
        'outputs: {image: "${photo.image}"}\n'
    )
    picture = server.upload(private_photo())

    kept = files(server, run_recipe(server, "open_copy", {"image": picture}))
    asked = {"image": picture, "metadata": "private"}
    private = files(server, run_recipe(server, "open_copy", asked))

    assert (told(kept["image"]) >= OF_EXIF, told(private["image"])) == (True, set())


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/recipes/erase_object", {"metadata": "all"}, 422, "not_a_choice"),
        ("/v1/recipes/erase_object", {"graph": "no"}, 422, "wrong_type"),
        ("/v1/recipes/erase_object?metadata=all", {}, 400, "bad_parameter"),
        ("/v1/recipes/erase_object?graph=no", {}, 400, "bad_parameter"),
        ("/v1/jobs", {"graph": SHOWN, "metadata": "all"}, 422, "not_a_choice"),
        ("/v1/jobs", {**SHOWN, "metadata": "all"}, 422, "not_a_choice"),
        ("/v1/jobs", {**SHOWN, "graph": "no"}, 422, "wrong_type"),
    ],
)
def test_what_cannot_be_is_told(
    server: Served, path: str, body: Any, status: int, code: str
) -> None:
    answer = server.call("POST", path, json=body)

    assert answer.status == status, answer.body
    assert code in answer.codes


def test_other_wishes_are_another_request(server: Served) -> None:
    graph, key = graph_on(server), {"Idempotency-Key": "told"}
    first = server.call("POST", "/v1/jobs?metadata=none", json=graph, headers=key)

    again = server.call("POST", "/v1/jobs?metadata=none", json=graph, headers=key)
    other = server.call("POST", "/v1/jobs?metadata=keep", json=graph, headers=key)

    assert again.json["id"] == first.json["id"]
    assert other.status == 422


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_api_of_fooocus_tells_nothing_private(server: Served, kind: str) -> None:
    sent = {
        "inpaint_input_image": text_of(private_photo(), "jpeg"),
        "inpaint_mask_image_upload": text_of(mask_of(size=(WIDTH, HEIGHT))),
        "output_format": kind,
        "require_base64": True,
    }
    task = finished(inpaint(server, **sent))
    shown = inpaint(server, **sent, headers={"Accept": f"image/{kind}"})
    address = task["result"][0].removeprefix(server.url)
    data = [server.call("GET", address).body, base64.b64decode(task["base64"][0]), shown.body]
    data += [
        server.call("GET", address, headers={"Accept": f"image/{other}"}).body
        for other in ("png", "jpeg", "webp")
    ]

    assert [told(each) for each in data] == [set()] * 6
    for each in data:
        picture = decode(each)
        assert COPYRIGHT in each
        assert (picture.metadata["icc"], picture.metadata["dpi"]) == (PROFILE, [300, 300])
    if kind == "png":
        assert own_texts(data[0]) == {GRAPH, "repaint"}
        bare = finished(inpaint(server, **sent, save_metadata_to_images=False))
        assert own_texts(base64.b64decode(bare["base64"][0])) == set()


def test_results_fetched_from_python_follow_the_server_and_the_caller(
    server: Served, tmp_path: Any
) -> None:
    (tmp_path / "shot.jpg").write_bytes(private_photo())
    wishes: tuple[tuple[Metadata | None, set[bytes]], ...] = ((None, set()), ("keep", OF_EXIF))
    for metadata, expected in wishes:
        remote = connect(server.url, metadata=metadata, graph=False)
        result = remote.run("erase_object", image=tmp_path / "shot.jpg", **ERASED)
        data = result.save(tmp_path / "a.png")[0].read_bytes()
        assert (told(data) & OF_EXIF, own_texts(data)) == (expected, set())


def test_a_server_may_be_set_to_keep_all(tmp_path: Any) -> None:
    with serving(tmp_path, metadata="keep") as server:
        assert told(erased(server)) >= OF_EXIF
        assert told(erased(server, metadata="none")) == set()


def test_results_that_are_kept_do_not_carry_wishes_over(
    server: Served, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One data folder, and between the runs of a server one in which all is kept."""
    monkeypatch.setenv("PAINTGRAPH_DATA_DIR", str(server.data))
    (tmp_path / "shot.jpg").write_bytes(private_photo())
    graph = graph_on(server)
    before = files(server, run(server, graph))

    out, shot = tmp_path / "out.png", str(tmp_path / "shot.jpg")
    options = ("--box", "6,6,18,14", "--grow", "2", "--engine", "telea", "-o", str(out))
    done = CliRunner().invoke(cli, ["run", "erase_object", "--image", shot, *options])
    kept = files(server, run(server, {"graph": graph, "metadata": "keep"}))
    after = files(server, run(server, graph))

    assert done.exit_code == 0, done.stderr
    assert told(out.read_bytes()) >= OF_EXIF
    assert all(told(data) >= OF_EXIF for data in kept.values())
    assert told(erased(server)) == set()
    assert after == before
    assert not any(told(data) for data in after.values())


def test_schemas_have_the_fields(server: Served) -> None:
    schema = server.call("GET", "/v1/recipes/erase_object").json
    inputs = {"image": "sha256:", "box": [1, 2, 3, 4]}
    document = server.call("GET", "/openapi.json").json

    for wishes in ({}, {"metadata": "none", "graph": False}, {"metadata": None}):
        jsonschema.validate({**inputs, **wishes}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**inputs, "metadata": "all"}, schema)
    assert "metadata" in document["components"]["schemas"]["Envelope"]["properties"]
    for path in ("/v1/jobs", "/v1/recipes/{name}"):
        parameters = {each["name"] for each in document["paths"][path]["post"]["parameters"]}
        assert parameters >= {"metadata", "graph"}
