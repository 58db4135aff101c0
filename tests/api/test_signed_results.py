"""With keys set, only the address of a result opens it for a plain GET."""

from collections.abc import Iterator

import pytest

from paintgraph.tests.api.serving import Served, png, serving

KEY = {"X-API-KEY": "a-key-of-the-tests-long-enough"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    with serving(folder, api_keys=(KEY["X-API-KEY"],)) as served:
        yield served


def upload(served: Served) -> str:
    headers = {**KEY, "Content-Type": "image/png"}
    answer = served.call("POST", "/v1/images", data=png(), headers=headers)
    assert answer.status == 201
    url: str = answer.json["url"]
    return url


def test_the_address_of_a_picture_needs_no_key(guarded: Served) -> None:
    answer = guarded.call("GET", upload(guarded))

    assert (answer.status, answer.body) == (200, png())


def test_any_other_address_needs_one(guarded: Served) -> None:
    url = upload(guarded)
    plain, _, query = url.partition("?")

    for other in (plain, f"{plain}?{query}x", f"/v1/jobs?{query}", "/v1/jobs"):
        assert guarded.call("GET", other).codes == ["key_missing"]
    assert guarded.call("DELETE", url).codes == ["key_missing"]


def test_results_of_jobs_have_such_addresses_and_may_be_inputs_again(guarded: Served) -> None:
    graph = {
        "nodes": {"p": {"node": "LoadImage", "image": upload(guarded)}},
        "outputs": {"image": "${p.image}"},
    }
    job = guarded.call("POST", "/v1/jobs?wait=60", json={"graph": graph}, headers=KEY).json

    assert job["state"] == "succeeded"
    assert guarded.call("GET", job["outputs"]["image"]["url"]).status == 200


def test_the_secret_is_for_its_owner_only(guarded: Served) -> None:
    assert (guarded.data / "secret").stat().st_mode & 0o777 == 0o600
