"""What came of a prompt, as ComfyUI's clients are told: in the history and over a socket alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from paintgraph.api.http.refusals import Hide
from paintgraph.jobs.store.job import Fact, Job, Shown
from paintgraph.jobs.store.queries import Reported

Told = tuple[str, dict[str, Any]]
"""A kind of message and its data."""


def milliseconds(seconds: float) -> int:
    """Seconds since 1970 as these clients count them."""
    return int(seconds * 1000)


def started(job: Job, when: float) -> Told:
    """A prompt has begun."""
    return "execution_start", {"prompt_id": job.name, "timestamp": milliseconds(when)}


def cached(job: Job, nodes: Sequence[str], when: float) -> Told:
    """The nodes whose results are kept from before."""
    data = {"nodes": list(nodes), "prompt_id": job.name, "timestamp": milliseconds(when)}
    return "execution_cached", data


def ending(reported: Reported, hide: Hide) -> Told:
    """How a job of this door ended."""
    job, report = reported.job, reported.report
    data: dict[str, Any] = {"prompt_id": job.name, "timestamp": milliseconds(job.ended or 0)}
    if job.state == "succeeded" or (partly := _partly(reported)):
        return "execution_success", data if job.state == "succeeded" else {**data, **partly}
    problem = next(
        (p for p in job.problems if p.get("node")), job.problems[0] if job.problems else {}
    )
    node = problem.get("node") or report.get("stopped_at", "")
    prompt = orjson.loads(reported.request)["prompt"][2]
    data |= {
        "node_id": node,
        "node_type": class_of(prompt, node),
        "executed": report.get("finished", []),
    }
    if job.state == "cancelled":
        return "execution_interrupted", data
    return "execution_error", {
        **data,
        "exception_message": hide(problem.get("message", "")),
        "exception_type": problem.get("exception") or problem.get("code", ""),
        "traceback": [],
        "current_inputs": {n: [hide(text)] for n, text in (problem.get("inputs") or {}).items()},
        "current_outputs": report.get("finished", []),
    }


def _partly(reported: Reported) -> dict[str, Any]:
    """What came of a prompt that goes on after failures, if an output did; else nothing."""
    job, report = reported.job, reported.report
    if job.state != "failed" or job.on_failure != "continue":
        return {}
    targets = orjson.loads(reported.request)["prompt"][4]
    done = {*report.get("finished", ()), *report.get("cached", ())}
    skipped = report.get("skipped", [])
    successful = [target for target in targets if target in done]
    if not successful:
        return {}
    return {
        "completion_status": "partial_success",
        "has_errors": True,
        "execution_error_count": len({problem.get("node") for problem in job.problems}),
        "blocked_node_ids": skipped,
        "blocked_output_node_ids": [target for target in targets if target in skipped],
        "successful_output_node_ids": successful,
    }


def failed(job: Job, fact: Fact, hide: Hide) -> Told:
    """A node has failed in a prompt that goes on without those that read it."""
    return "execution_node_error", {
        "prompt_id": job.name,
        "node_id": fact["submitted"],
        "node_type": fact["kind"],
        "exception_message": hide(fact["message"]),
        "exception_type": fact.get("exception") or fact["code"],
        "traceback": [],
        "current_inputs": {name: [hide(text)] for name, text in fact["inputs"].items()},
    }


def blocked(job: Job, fact: Fact, hide: Hide) -> Told:
    """A node is left out, as another one wants it; the prompt goes on all the same."""
    return "execution_error", {
        "prompt_id": job.name,
        "node_id": fact["submitted"],
        "node_type": fact["kind"],
        "executed": [],
        "exception_message": f"Execution Blocked: {hide(fact['message'])}",
        "exception_type": "ExecutionBlocked",
        "traceback": [],
        "current_inputs": {},
        "current_outputs": [],
    }


def status_of(reported: Reported, hide: Hide) -> dict[str, Any]:
    """The status of a history's entry."""
    job = reported.job
    began, kept = job.started or 0, reported.report.get("cached", [])
    end = ending(reported, hide)
    completed = end[0] == "execution_success"
    return {
        "status_str": "success" if completed else "error",
        "completed": completed,
        "messages": [started(job, began), cached(job, kept, began), end],
    }


def outputs_of(shown: Mapping[str, Shown]) -> dict[str, dict[str, Any]]:
    """What nodes show, by node: lists by name; files are told by name, folder and kind of place."""
    return {id_: ui_of(node["ui"], node["files"]) for id_, node in shown.items()}


def ui_of(ui: Mapping[str, Any], files: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What one node shows: its own lists, and its files."""
    found: dict[str, Any] = {name: list(entries) for name, entries in ui.items()}
    for file in files:
        folder, _, name = str(file["file"]).rpartition("/")
        entry = {"filename": name, "subfolder": folder, "type": file["folder"]}
        found.setdefault(file["ui"], []).append(entry)
    return found


def class_of(prompt: Mapping[str, Any], node: str) -> str:
    """The type of a node; nothing if it is none of the prompt's own."""
    use = prompt.get(node)
    return str(use.get("class_type", "")) if isinstance(use, dict) else ""
