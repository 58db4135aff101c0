"""Requests as programs send them that were written for Fooocus-API."""

import json
import time
from collections.abc import Callable
from typing import Any

import requests

from paintgraph.tests.api.fooocus.asking import PHOTO, large, mask_of, samples, text_of
from paintgraph.tests.api.serving import OUTER_SECONDS, Served

V1 = "/v1/generation/image-inpaint-outpaint"
V2 = "/v2/generation/image-inpaint-outpaint"
QUERY, QUEUE, HISTORY, STOP = (
    f"/v1/generation/{name}" for name in ("query-job", "job-queue", "job-history", "stop")
)
SECONDS = 300  # a loaded machine takes its time
FILES = {"input_image": PHOTO, "input_mask": mask_of()}
INPAINT = {"input_image": text_of(PHOTO), "input_mask": text_of(mask_of()), "image_seed": 7}


def large_job() -> dict[str, Any]:
    """Fields of a job that takes a while."""
    fields = large()
    sides = ("left", "top", "right", "bottom")
    return {
        "input_image": fields["inpaint_input_image"],
        "outpaint_selections": fields["outpaint_selections"],
        **{f"outpaint_distance_{side}": 600 for side in sides},
        "async_process": True,
        "image_number": 4,
    }


def form(server: Served, path: str = V1, /, **options: Any) -> requests.Response:
    """Post a form: `data` and `files` as `requests` takes them."""
    return requests.post(server.url + path, timeout=SECONDS, **options)


def post(server: Served, path: str = V2, /, **fields: Any) -> requests.Response:
    """Post fields as JSON, as the original's examples do: without a type."""
    headers = fields.pop("headers", None)
    body = json.dumps(fields)
    return requests.post(server.url + path, data=body, headers=headers, timeout=SECONDS)


def get(server: Served, path: str, /, **query: Any) -> Any:
    headers = query.pop("headers", None)
    answer = requests.get(server.url + path, params=query, headers=headers, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def results(answer: requests.Response) -> Any:
    """The results of an answer, which have to be there."""
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [each["finish_reason"] for each in found] == ["SUCCESS"] * len(found), found
    return found


def picture(result: Any) -> Any:
    """The samples of a result."""
    answer = requests.get(result["url"], timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return samples(answer.content)


def ended(server: Served, job_id: str, **query: Any) -> Any:
    """A job once it has ended; it is asked for again and again, as such clients do."""
    return asked_until(
        lambda: get(server, QUERY, job_id=job_id, **query),
        lambda job: job["job_stage"] in ("SUCCESS", "ERROR"),
    )


def asked_until(ask: Callable[[], Any], is_enough: Callable[[Any], bool]) -> Any:
    """The first answer that is enough."""
    deadline = time.monotonic() + OUTER_SECONDS
    while not is_enough(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.02)
    return answer


def faults(answer: requests.Response) -> dict[tuple[str, ...], str]:
    """What is wrong, by place."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return {tuple(each["loc"]): each["type"] for each in answer.json()["detail"]}
