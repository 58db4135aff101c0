"""What watches over a server is told."""

import os
import signal
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.serving import SMALL_NODES, Served, serving
from paintgraph.tests.jobs.disks import fill, small_disk

ADD = {"nodes": {"sum": {"node": "Add"}}, "outputs": {"sum": "${sum.sum}"}}


def numbers(server: Served) -> dict[tuple[str, str], float]:
    text = server.call("GET", "/metrics").body.decode()
    return {
        (sample.name, sample.labels.get("state", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_server_with_its_workers_is_alive_and_ready(small: Served) -> None:
    assert small.call("GET", "/livez").json == {"status": "alive"}
    assert small.call("GET", "/readyz").json == {"status": "ready"}
    assert small.call("GET", "/healthz").json["status"] == "ready"


def test_numbers_count_jobs_and_their_times(small: Served) -> None:
    before = numbers(small)

    small.submit(ADD, wait=60)
    failing = {"nodes": {"bad": {"node": "Fail"}}, "outputs": {"sum": "${bad.sum}"}}
    small.submit(failing, wait=60)

    after = numbers(small)
    for state in ("succeeded", "failed"):
        key = ("paintgraph_jobs_total", state)
        assert after[key] - before[key] == 1
    assert after["paintgraph_queue_depth", ""] == after["paintgraph_jobs_running", ""] == 0
    for name in ("queue_wait", "job_duration"):
        key = (f"paintgraph_{name}_seconds_count", "")
        assert after[key] - before[key] == 2
    assert after["paintgraph_job_duration_seconds_sum", ""] > 0
    asked = ("paintgraph_claim_seconds_count", "")
    assert after[asked] - before[asked] >= 2


def test_lost_workers_are_counted(small: Served) -> None:
    before = numbers(small)["paintgraph_worker_restarts_total", ""]
    stuck = {"nodes": {"n": {"node": "Hang"}}, "outputs": {"n": "${n.sum}"}}
    job_id = small.job(stuck)
    small.until(job_id, "running")

    small.call("DELETE", f"/v1/jobs/{job_id}")
    small.until(job_id, "cancelled")
    small.submit(ADD, wait=60)

    assert numbers(small)["paintgraph_worker_restarts_total", ""] == before + 1


def test_the_documentation_loads_nothing_from_outside(small: Served) -> None:
    page = small.call("GET", "/docs")
    start = small.call("GET", "/docs/start.js")

    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b"://" not in page.body + start.body
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert len(small.call("GET", f"/docs/{name}").body) > 10_000
    assert small.call("GET", "/docs/other.js").status == 404
    assert small.call("GET", "/docs/..%2f__init__.py").status == 404


def test_a_full_disk_and_missing_workers_are_told_with_the_reason(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    with (
        small_disk(outputs, "2m"),
        serving(tmp_path / "data", SMALL_NODES, output_dir=outputs) as server,
    ):
        assert server.call("GET", "/readyz").json == {"status": "ready"}

        fillers = fill(outputs)
        full = server.call("GET", "/readyz")
        for filler in fillers:
            filler.unlink()
        for handle in list(server.app[PARTS].dispatcher.pool.handles):
            os.kill(handle.pid, signal.SIGKILL)
        for _ in range(1000):
            missing = server.call("GET", "/readyz")
            if missing.status == 503:
                break

        assert (full.status, missing.status) == (503, 503)
        assert full.json["reasons"] == ["the disk with the folder 'outputs' is full"]
        assert missing.json["reasons"][0].endswith(" of 2 workers are missing")
