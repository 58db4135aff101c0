"""Traces by OpenTelemetry, from requests to nodes: what took how long, for a collector's pages.

They are made where the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT), and sent
nowhere else. The trace of a job has the job's own id, so that it is found by it, and goes on after
a restart; a request that submitted one is linked with it.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from paintgraph.api.http.access import JOB
from paintgraph.base.packages import installed_version
from paintgraph.jobs.store.job import Job

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanContext

_LOG = logging.getLogger(__name__)
_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_SECOND = 1_000_000_000


def wished_tracing() -> "Tracing | None":
    """Traces, if the environment names a collector."""
    if not any(os.environ.get(name) for name in _ADDRESSES):
        return None
    try:
        return Tracing(_provider())
    except ImportError as error:
        _LOG.warning(
            "the environment names a collector of traces, but the package '%s' is missing; none "
            "are sent. Install 'paintgraph[tracing]'.",
            error.name,
        )
        return None


def _provider() -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {"service.name": "paintgraph"} if not os.environ.get("OTEL_SERVICE_NAME") else {}
    provider = TracerProvider(resource=Resource.create(named), id_generator=_job_ids())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class Tracing:
    """Makes spans: an `Observer` of jobs, and a middleware for requests."""

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider
        self._failures: dict[str, dict[str, str]] = {}  # codes by job and node
        self._tracer = provider.get_tracer("paintgraph", installed_version("paintgraph"))

    def node_ended(self, job: Job, fact: Mapping[str, Any]) -> None:
        """The span of a node, inside that of its job; a call that failed says why."""
        from opentelemetry.trace import Status, StatusCode

        failures = self._failures.setdefault(job.id, {})
        if fact["type"] == "node_failed":
            failures[fact["node"]] = fact["code"]
            return
        end = time.time_ns()
        span = self._tracer.start_span(
            fact["kind"],
            context=_inside(job),
            start_time=end - round(fact["seconds"] * _SECOND),
            attributes={
                "paintgraph.node": fact["submitted"],
                "paintgraph.how": fact["how"],
            },
        )
        if fact["node"] in failures:
            span.set_status(Status(StatusCode.ERROR, failures[fact["node"]]))
        span.end(end)

    def job_ended(self, job: Job) -> None:
        """The span of a job from its acceptance on, with one of its time in the queue."""
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind, Status, StatusCode

        self._failures.pop(job.id, None)
        begun, ended = (round((when or job.created) * _SECOND) for when in (job.started, job.ended))
        accepted = round(job.created * _SECOND)
        ids: Any = self._provider.id_generator
        with ids.of(job):
            span = self._tracer.start_span(
                "job",
                context=Context(),
                kind=SpanKind.CONSUMER,
                start_time=accepted,
                attributes={
                    "paintgraph.job": job.id,
                    "paintgraph.client": job.client,
                    "paintgraph.state": job.state,
                    "paintgraph.size": job.size,
                },
            )
        if job.state == "failed":
            codes = ", ".join(str(problem.get("code", "")) for problem in job.problems)
            span.set_status(Status(StatusCode.ERROR, codes))
        queued = self._tracer.start_span("queued", context=_inside(job), start_time=accepted)
        queued.end(begun)
        span.end(ended)

    def middleware(self, client_of: Callable[[web.Request], str]) -> Middleware:
        """A span for each request, a part of the trace that the client's own span belongs to."""
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind

        @web.middleware
        async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            route = resource.canonical if resource else ""
            with self._tracer.start_as_current_span(
                f"{request.method} {route}".rstrip(),
                context=extract(request.headers),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": request.method, "http.route": route},
                record_exception=False,  # its text may quote what was sent
                set_status_on_exception=False,
            ) as span:
                response = await handler(request)
                span.set_attribute("http.response.status_code", response.status)
                span.set_attribute("paintgraph.client", client_of(request))
                if job := request.get(JOB):
                    span.set_attribute("paintgraph.job", job)
                    if context := _context(job):
                        span.add_link(context)
                return response

        return trace

    def close(self) -> None:
        """Send what is left; takes no longer than the exporter's time-out."""
        self._provider.shutdown()


def _context(job_id: str) -> "SpanContext | None":
    """The span of a job, which is known by its id alone."""
    from opentelemetry.trace import SpanContext, TraceFlags

    try:
        number = int(job_id, 16)
    except ValueError:  # what a client calls a job
        return None
    span = number >> 64 or 1
    return SpanContext(number, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _inside(job: Job) -> "Context":
    from opentelemetry.context import Context
    from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, set_span_in_context

    context = _context(job.id) or INVALID_SPAN_CONTEXT
    return set_span_in_context(NonRecordingSpan(context), Context())


def _job_ids() -> Any:
    """Random ids for spans, and those of a job for its own."""
    from contextlib import contextmanager

    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class JobIds(RandomIdGenerator):
        def __init__(self) -> None:
            super().__init__()
            self._job: SpanContext | None = None

        @contextmanager
        def of(self, job: Job) -> Any:
            self._job = _context(job.id)
            try:
                yield
            finally:
                self._job = None

        def generate_span_id(self) -> int:
            return self._job.span_id if self._job else super().generate_span_id()

        def generate_trace_id(self) -> int:
            return self._job.trace_id if self._job else super().generate_trace_id()

    return JobIds()
