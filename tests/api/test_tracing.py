"""Traces go from requests to nodes, to the collector that the environment names."""

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.services.tracing import wished_tracing
from paintgraph.tests.api.ear import Ear
from paintgraph.tests.api.hostile.processes import Child, running
from paintgraph.tests.api.serving import OUTER_SECONDS

pytest.importorskip("opentelemetry.sdk", reason="the extra 'tracing' is not installed")

GRAPH = {
    "nodes": {
        "made": {"node": "EmptyImage", "width": 8, "height": 8},
        "turned": {"node": "ImageInvert", "image": "${made.image}"},
        "text": {"node": "PrimitiveString", "value": "nothing-but-a-prompt"},
        "saved": {"node": "SaveImage", "images": "${turned.image}"},
        "told": {"node": "PreviewAny", "source": "${text.text}"},
    }
}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch, ear: Ear, tmp_path: Path) -> Iterator[Child]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", ear.url)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with running(tmp_path / "data") as server:
        server.until_ready()
        yield server


def _spans(ear: Ear, last: str) -> list[Any]:
    """All spans up to one of a name."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    found: list[Any] = []
    while not any(span.name == last for span in found):
        headers, body = ear.heard.get(timeout=OUTER_SECONDS)
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert b"nothing-but-a-prompt" not in body
        sent = ExportTraceServiceRequest.FromString(body)
        for resource in sent.resource_spans:
            assert any(a.value.string_value == "paintgraph" for a in resource.resource.attributes)
            found += [span for scope in resource.scope_spans for span in scope.spans]
    return found


def test_a_job_has_a_trace_of_its_own_id_that_its_request_is_linked_with(
    child: Child, ear: Ear
) -> None:
    job = child.call("POST", "/v1/jobs?wait=60", GRAPH, traceparent=f"00-{TRACE}-{SPAN}-01").json
    assert job["state"] == "succeeded", job

    spans = _spans(ear, "POST /v1/jobs")
    (request,) = [span for span in spans if span.name == "POST /v1/jobs"]
    own = {span.name: span for span in spans if span.trace_id.hex() == job["id"]}

    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, SPAN)
    assert [link.trace_id.hex() for link in request.links] == [job["id"]]
    kinds = {"EmptyImage", "ImageInvert", "PrimitiveString", "SaveImage", "PreviewAny"}
    assert own.keys() == {"job", "queued", *kinds}
    root = own.pop("job")
    assert root.parent_span_id == b""
    assert {span.parent_span_id for span in own.values()} == {root.span_id}
    assert request.links[0].span_id == root.span_id
    begin, end = root.start_time_unix_nano, root.end_time_unix_nano
    assert all(
        begin <= span.start_time_unix_nano <= span.end_time_unix_nano for span in own.values()
    )
    assert begin == own["queued"].start_time_unix_nano < own["queued"].end_time_unix_nano <= end


def test_what_failed_is_told_by_its_code(child: Child, ear: Ear) -> None:
    box = [90, 90, 99, 99]
    nodes = {
        "made": {"node": "EmptyImage", "width": 8, "height": 8},
        "mask": {"node": "MaskFromBox", "image": "${made.image}", "box": box},
    }
    graph = {"nodes": nodes, "outputs": {"mask": "${mask.mask}"}}
    assert child.call("POST", "/v1/jobs?wait=60", graph).json["state"] == "failed"

    told = {span.name: span.status for span in _spans(ear, "POST /v1/jobs")}
    assert [told[name].code for name in ("EmptyImage", "MaskFromBox", "job")] == [0, 2, 2]
    assert (told["MaskFromBox"].message, told["job"].message) == ("bad_box", "bad_box")


def test_none_are_made_where_no_collector_is_named_or_the_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert wished_tracing() is None
    assert caplog.text == ""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    assert wished_tracing() is None
    assert "Install 'paintgraph[tracing]'." in caplog.text
