"""Jobs in the shapes that clients of Fooocus-API read: results, or the job as a whole."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

import orjson
from typing_extensions import TypedDict

from paintgraph.api.fooocus.answers import NEARLY, address_of, encoded, saved, sent_with
from paintgraph.api.fooocus.pictures import FILES
from paintgraph.api.http.routes import JsonSchema
from paintgraph.api.services.parts import ServerParts
from paintgraph.api.services.watching import Seen
from paintgraph.jobs.store.job import Job, State

DOOR = "generation"
"""Names this API's jobs among all."""

JobType = Literal["Image Inpaint or Outpaint", "Image Prompt"]
Stage = Literal["WAITING", "RUNNING", "SUCCESS", "ERROR"]
Reason = Literal["SUCCESS", "QUEUE_IS_FULL", "USER_CANCEL", "ERROR"]

_STAGES: Mapping[State, Stage] = {
    "queued": "WAITING",
    "running": "RUNNING",
    "succeeded": "SUCCESS",
    "failed": "ERROR",
    "cancelled": "ERROR",
}
_REASONS: Mapping[State, Reason] = {"cancelled": "USER_CANCEL"}


class GenerationResultJson(TypedDict):
    """A picture of a job, or why there is none."""

    base64: str | None
    url: str | None
    seed: str
    finish_reason: Reason
    message: NotRequired[str]


class GenerationJobJson(TypedDict):
    """A job, how far it is, and what came of it."""

    job_id: str
    job_type: JobType
    job_stage: Stage
    job_progress: Annotated[int, JsonSchema(minimum=0, maximum=100)]
    job_status: str | None
    job_step_preview: str | None
    job_result: list[GenerationResultJson] | None
    position: NotRequired[Annotated[int, JsonSchema(minimum=0)]]
    warnings: NotRequired[list[str]]


def refused(reason: Reason, message: str) -> GenerationResultJson:
    """What stands for a picture that will never be."""
    return {
        "base64": None,
        "url": None,
        "seed": "",
        "finish_reason": reason,
        "message": message,
    }


def refused_job(type_: JobType, result: GenerationResultJson) -> GenerationJobJson:
    """What stands for a job that was not taken."""
    return {
        "job_id": "",
        "job_type": type_,
        "job_stage": "ERROR",
        "job_progress": 0,
        "job_status": result.get("message"),
        "job_step_preview": None,
        "job_result": [result],
    }


def results(parts: ServerParts, job: Job, base: str) -> list[GenerationResultJson]:
    """A job's pictures in their order, or why there is none; call it in a thread."""
    sent, files = sent_with(parts, job), saved(parts, job)
    reason = _REASONS.get(job.state, "ERROR")
    why = _why(parts, job)
    found = []
    for place, seed in enumerate(sent.get("seeds", ()), 1):
        file = files.get(place)
        shown: GenerationResultJson
        if file is None:
            shown = {**refused(reason, why), "seed": str(seed)}
        else:
            shown = {
                "base64": encoded(parts, file) if sent.get("require_base64") else None,
                "url": address_of(parts, file, base, FILES),
                "seed": str(seed),
                "finish_reason": "SUCCESS",
            }
        found.append(shown)
    return found


def _why(parts: ServerParts, job: Job) -> str:
    if job.state == "cancelled":
        return "The job was stopped."
    words = "; ".join(str(problem["message"]) for problem in job.problems)
    return parts.serializer.hide(words) or "the job failed"


def shown_job(
    parts: ServerParts, job: Job, base: str, seen: Seen | None = None
) -> GenerationJobJson:
    """A job as it is now, with what was `seen` of it at work; call it in a thread."""
    sent = sent_with(parts, job)
    shown: GenerationJobJson = {
        "job_id": job.id,
        "job_type": sent.get("type", "Image Inpaint or Outpaint"),
        "job_stage": _STAGES[job.state],
        "job_progress": 100 if job.has_ended else 0,
        "job_status": None,
        "job_step_preview": None,
        "job_result": None,
        "warnings": [parts.serializer.hide(warning) for warning in job.warnings],
    }
    if job.has_ended:
        shown["job_status"] = "Finished" if job.state == "succeeded" else _why(parts, job)
        shown["job_result"] = results(parts, job, base)
        return shown
    status = parts.serializer.status(job)
    shown["job_progress"] = min(NEARLY, int(100 * status["progress"]))
    if status["state"] == "queued":
        shown["job_stage"], shown["job_status"] = "WAITING", "Waiting"
        if "position" in status:
            shown["position"] = status["position"]
    else:
        shown["job_stage"] = "RUNNING"
        shown["job_status"] = (seen or Seen()).words
    return shown


def message_of(parts: ServerParts, job: Job) -> bytes:
    """What a webhook hears of a job that has ended."""
    told: list[dict[str, Any]] = [
        {name: value for name, value in each.items() if name != "base64"}
        for each in results(parts, job, sent_with(parts, job).get("base", ""))
    ]
    return orjson.dumps({"job_id": job.id, "job_result": told})
