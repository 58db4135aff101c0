"""Jobs that have ended are removed when that is asked for, and never by who only cancels."""

from paintgraph.tests.api.serving import Served, png, run_recipe

NUMBER = {"nodes": {"n": {"node": "Number"}}, "outputs": {"n": "${n.sum}"}}
TICK = {"nodes": {"t": {"node": "Tick"}}, "outputs": {"t": "${t.sum}"}}


def test_a_job_is_removed_with_its_pictures(server: Served) -> None:
    digest = server.upload(png(shade=3))
    job = run_recipe(server, "erase_object", {"image": digest, "box": [8, 8, 20, 20]})
    picture = job["outputs"]["image"]["url"]
    assert server.call("DELETE", f"/v1/jobs/{job['id']}").json == job
    assert server.call("GET", picture).status == 200

    removed = server.call("DELETE", f"/v1/jobs/{job['id']}?purge=true")

    assert (removed.status, removed.body) == (204, b"")
    paths = (f"/v1/jobs/{job['id']}", picture, f"/v1/images/{digest}", job["links"]["events"])
    assert [server.call("GET", path).status for path in paths] == [404] * 4
    again = server.call("DELETE", f"/v1/jobs/{job['id']}?purge=true")
    assert (again.status, again.codes) == (404, ["unknown_job"])


def test_what_has_not_ended_is_not_removed(small: Served) -> None:
    job = small.job(TICK)
    refused = small.call("DELETE", f"/v1/jobs/{job}?purge=true")

    assert (refused.status, refused.codes) == (409, ["not_ended"])
    wrong = small.call("DELETE", f"/v1/jobs/{job}?purge=yes")
    assert (wrong.status, wrong.codes) == (400, ["bad_parameter"])
    assert small.call("DELETE", f"/v1/jobs/{job}").status == 202
