"""Where clients have keys of their own, none reads or changes files that are another's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.guards.keyring import FILE, add_holder
from paintgraph.tests.api.comfy.asking import inverted
from paintgraph.tests.api.owned import Client
from paintgraph.tests.api.serving import Answer, Served, png, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("files")
    add_holder(folder / FILE, "first", ["admin"])
    with serving(folder, multi_user=True) as served:
        (folder / "inputs").mkdir(exist_ok=True)
        (folder / "inputs" / "for-all.png").write_bytes(png())
        yield served


def _upload(client: Client, name: str, data: bytes, **fields: str) -> Answer:
    import aiohttp

    form = aiohttp.FormData()
    form.add_field("image", data, filename=name, content_type="image/png")
    for field, value in fields.items():
        form.add_field(field, value)
    return client.call("POST", "/upload/image", data=form)


def _names(client: Client) -> list[str]:
    info = client.call("GET", "/object_info/LoadImage").json["LoadImage"]
    first = info["input"]["required"]["image"]
    return list(first[0] if isinstance(first[0], list) else first[1]["options"])


def _saved(client: Client, name: str) -> dict[str, Any]:
    """Where the picture of a prompt was saved."""
    answer = client.call("POST", "/prompt", json={"prompt": inverted(name)})
    assert answer.status == 200, answer.body
    prompt_id = answer.json["prompt_id"]
    while not (found := client.call("GET", f"/history/{prompt_id}").json):
        pass
    (image,) = found[prompt_id]["outputs"]["3"]["images"]
    return dict(image)


def _refusal(client: Client, name: str) -> str:
    """Why a picture of this name cannot be used."""
    answer = client.call("POST", "/prompt", json={"prompt": inverted(name)})
    assert answer.status == 400, answer.body
    (error,) = answer.json["node_errors"]["1"]["errors"]
    return str(error["message"])


def _view(client: Client, **query: str) -> int:
    return client.call("GET", "/view", params=query).status


def test_uploads_of_one_name_are_each_clients_own(alice: Client, bob: Client) -> None:
    ones, others = png(8, 8), png(9, 9)

    assert _upload(alice, "photo.png", ones).json["name"] == "photo.png"
    assert _upload(bob, "photo.png", others).json["name"] == "photo.png"
    assert alice.call("GET", "/view?filename=photo.png&type=input").body == ones
    assert bob.call("GET", "/view?filename=photo.png&type=input").body == others


def test_an_upload_is_listed_used_and_read_by_its_client_alone(alice: Client, bob: Client) -> None:
    _upload(alice, "hers.png", png())

    assert "hers.png" in _names(alice)
    assert "hers.png" not in _names(bob)
    assert _view(bob, filename="hers.png", type="input") == 404
    assert "hers.png" not in bob.call("GET", "/internal/files/input").json
    assert _refusal(bob, "hers.png") == _refusal(bob, "gone.png").replace("gone", "hers")


def test_what_lies_in_the_input_folder_is_for_all(alice: Client, admin: Client) -> None:
    assert "for-all.png" in _names(alice)
    assert _view(alice, filename="for-all.png", type="input") == 200
    assert _saved(alice, "for-all.png")["type"] == "output"
    assert _upload(admin, "new-for-all.png", png()).status == 200
    assert "new-for-all.png" in _names(alice)


def test_results_are_read_by_their_client_and_the_operator(
    alice: Client, bob: Client, admin: Client
) -> None:
    saved = _saved(alice, "for-all.png")
    marked = f"{saved['filename']} [output]"

    assert _view(alice, **saved) == 200
    assert _view(admin, **saved) == 200
    assert _view(bob, **saved) == 404
    assert marked in alice.call("GET", "/internal/files/output").json
    assert bob.call("GET", "/internal/files/output").json == []
    assert alice.call("POST", "/prompt", json={"prompt": inverted(marked)}).status == 200
    for name in (marked, saved["filename"]):  # not even a hint that it is there
        gone = name.replace("made", "gone")
        assert _refusal(bob, name) == _refusal(bob, gone).replace("gone", "made")


def test_only_the_operator_writes_where_results_lie(alice: Client, admin: Client) -> None:
    assert _upload(alice, "a.png", png(), type="output").codes == ["not_yours"]
    assert _upload(admin, "a.png", png(), type="output").status == 200


def test_a_client_without_pictures_of_its_own_escapes_nowhere(server: Served, bob: Client) -> None:
    name = next(Path(server.data, "clients").iterdir()).name

    for path in (f"../{name}/inputs/hers.png", f"../../clients/{name}/inputs/hers.png"):
        assert _view(bob, filename=path, type="input") in (400, 404)
        refused = bob.call("POST", "/prompt", json={"prompt": inverted(path)})
        assert refused.status == 400


def test_settings_and_workflows_are_each_clients_own(alice: Client, bob: Client) -> None:
    """`comfy-user` names somebody within what the client has."""
    header = {"comfy-user": "default"}
    alice.call("POST", "/settings/a", json=1, headers=header)
    alice.call("POST", "/userdata/workflows%2Fw.json", data=b"{}", headers=header)
    made = alice.call("POST", "/users", json={"username": "ann"}).json

    assert alice.call("GET", "/settings", headers=header).json == {"a": 1}
    assert bob.call("GET", "/settings", headers=header).json == {}
    assert bob.call("GET", "/userdata/workflows%2Fw.json", headers=header).status == 404
    assert made in alice.call("GET", "/users").json["users"]
    assert made not in bob.call("GET", "/users").json["users"]
    assert bob.call("GET", "/settings", headers={"comfy-user": made}).status == 401


def _named_by_a_node(name: str) -> dict[str, Any]:
    nodes = {
        "name": {"node": "PrimitiveString", "value": name},
        "photo": {"node": "LoadImage", "image": "${name.text}"},
    }
    return {"graph": {"nodes": nodes, "outputs": {"image": "${photo.image}"}}}


def test_names_that_nodes_give_lead_to_ones_own_files_alone(alice: Client, bob: Client) -> None:
    _upload(alice, "mine.png", png(8, 8))
    saved = f"{_saved(alice, 'for-all.png')['filename']} [output]"

    for name in ("mine.png", "for-all.png", saved):
        assert alice.submit(_named_by_a_node(name), params={"wait": "60"})["state"] == "succeeded"
    for name in ("mine.png", saved):
        job = bob.submit(_named_by_a_node(name), params={"wait": "60"})
        assert [problem["code"] for problem in job["problems"]] == ["no_such_file"]


def test_a_folder_of_a_client_is_read_by_its_jobs(alice: Client) -> None:
    _upload(alice, "a.png", png(7, 7), subfolder="own")
    nodes = {
        "files": {"node": "LoadImagesFromFolder", "folder": "own"},
        "photo": {"node": "LoadImage", "image": "${files.names}"},
    }
    graph = {"nodes": nodes, "outputs": {"image": "${photo.image}"}}

    assert alice.submit({"graph": graph}, params={"wait": "60"})["state"] == "succeeded"


def test_a_purge_leaves_what_another_has_sent_and_not_yet_used(alice: Client, bob: Client) -> None:
    shared, own = png(shade=71), png(shade=72)
    digests = []
    for client, data in ((bob, shared), (alice, shared), (alice, own)):
        sent = client.call("POST", "/v1/images", data=data, headers={"Content-Type": "image/png"})
        digests.append(sent.json["digest"])
    nodes = {
        f"n{number}": {"node": "LoadImage", "image": digest}
        for number, digest in enumerate(digests)
    }
    size = {"s": {"node": "GetImageSize", "image": "${n0.image}"}}
    job = alice.submit({"nodes": nodes | size, "outputs": {"w": "${s.width}"}})
    assert alice.call("GET", f"/v1/jobs/{job['id']}?wait=60").json["state"] == "succeeded"

    assert alice.call("DELETE", f"/v1/jobs/{job['id']}?purge=true").status == 204
    found = [bob.call("GET", f"/v1/images/{digest}").status for digest in digests]
    assert found == [200, 200, 404]
