"""The same to the API that FooocusAPI's clients know: bodies, pictures, names, addresses, files."""

import base64
import json
from collections.abc import Callable
from typing import Any

from paintgraph.tests.api.hostile.asking import JSON, Hostile, ask, get, post
from paintgraph.tests.api.hostile.pictures import ADDRESSES, NAMES, REFUSED, RUN

GENERATE, MASK = "/v1/engine/generate", "/v1/tools/generate_mask"
PAINT = "/v2/generation/image-inpaint-outpaint"
_DEEP = 100_000
_PNG = base64.b64encode(RUN["one bit"][0]()).decode()
_TASK = {"inpaint_input_image": _PNG, "outpaint_selections": ["Left"], "async_process": True}


def _task(name: str, make: Callable[[], dict[str, Any]], *statuses: int, code: str = "") -> Hostile:
    return post(name, GENERATE, lambda: json.dumps(make()).encode(), JSON, *statuses, code=code)


def _pictured(name: str, make: Callable[[], str], *statuses: int) -> list[Hostile]:
    """A text as a picture to outpaint, as a mask, and to make a mask of."""
    return [
        _task(
            f"{name}, outpainted",
            lambda: {"inpaint_input_image": make(), "outpaint_selections": ["Left"]},
            *statuses,
        ),
        _task(
            f"{name}, as a mask",
            lambda: {"inpaint_input_image": _PNG, "inpaint_mask_image_upload": make()},
            *statuses,
        ),
        post(
            f"{name}, selected",
            MASK,
            lambda: json.dumps({"image": make()}).encode(),
            JSON,
            *(424 if status == 200 else status for status in statuses),
        ),
    ]


def _encoded(make: Callable[[], bytes]) -> Callable[[], str]:
    return lambda: base64.b64encode(make()).decode()


_FORM = "multipart/form-data; boundary=x"


def _form(*names: str) -> bytes:
    """A form of fields that say nothing useful."""
    head = 'Content-Disposition: form-data; name="{}"'
    parts = "".join(f"--x\r\n{head.format(name)}\r\n\r\n[[[\0\r\n" for name in names)
    return f"{parts}--x--\r\n".encode()


_BODIES: dict[str, Callable[[], bytes] | bytes] = {
    "nothing": b"",
    "an open brace": b"{",
    "NaN": b'{"image_number": NaN}',
    "lists 100,000 deep": b"[" * _DEEP,
    "mappings 100,000 deep": b'{"a":' * _DEEP,
    "equal keys": b'{"image": "a", "image": "b"}',
    "half a surrogate pair": b'{"image": "\\ud800"}',
    "5,000 digits": b'{"image_number": ' + b"9" * 5000 + b"}",
    "UTF-16": '{"image": "a"}'.encode("utf-16"),
    "random bytes": bytes(range(256)) * 40,
    "a list": b"[]",
    "100,000 unknown fields": lambda: json.dumps({f"f{n}": n for n in range(_DEEP)}).encode(),
    "a text of 30 MB": lambda: b'{"image": "' + b"a" * 30_000_000 + b'"}',
    "100,000 directions": lambda: json.dumps({"outpaint_selections": ["Up"] * _DEEP}).encode(),
    "100,000 LoRAs": lambda: json.dumps({"loras": [{"weight": "x"}] * _DEEP}).encode(),
}

_FILES = {
    "a file above": "/outputs/../jobs.sqlite",
    "a file above in escapes": "/outputs/%2e%2e/jobs.sqlite",
    "a slash in escapes": "/outputs/..%2f../jobs.sqlite",
    "back-slashes": "/outputs/..%5c..%5c/jobs.sqlite",
    "a process": "/outputs/%2fproc%2fself/environ.png",
    "a NUL": "/outputs/a/b%00.png",
    "a long name": "/outputs/a/" + "x" * 5000 + ".png",
    "a file above by its other name": "/files/..%2f../jobs.sqlite",
    "a long name by its other name": "/files/a/" + "x" * 5000 + ".png",
    "an input above": "/inputs/..%2fjobs.sqlite",
    "an input that is not there": f"/inputs/{'0' * 64}.png",
    "an input as a script": f"/inputs/{'0' * 64}.html",
}

CORPUS = [
    *(
        post(f"{name} to {path}", path, body, JSON, 422)
        for name, body in _BODIES.items()
        for path in (GENERATE, MASK, PAINT)
    ),
    post("a form that ends", PAINT, b"--x--", _FORM, 422),
    post("a form that does not end", PAINT, b"--x\r\n", _FORM, 400),
    post("a form of 2,000 fields", PAINT, lambda: _form(*["prompt"] * 2000), _FORM, 400),
    post("a form of nameless fields", PAINT, lambda: _form(""), _FORM, 400),
    post("a form of unknown fields", PAINT, lambda: _form(*map(str, range(50))), _FORM, 422),
    post("a form", GENERATE, b"--x--", "multipart/form-data; boundary=x", 415),
    post("a text", GENERATE, b"{}", "text/plain", 415),
    post("a page of others", GENERATE, b"{}", JSON, 403, Origin="https://evil.example"),
    post("a page of others, by fetch", MASK, b"{}", JSON, 403, Sec_Fetch_Site="cross-site"),
    ask(
        "control by a page of others", "POST", "/v1/engine/control?action=stop", 403, Origin="null"
    ),
    *(
        hostile
        for name, make in REFUSED.items()
        for hostile in _pictured(name, _encoded(make), 422)
    ),
    *(
        hostile
        for name, (make, _) in RUN.items()
        for hostile in _pictured(name, _encoded(make), 200, 422)
    ),
    *(
        hostile
        for name, text in NAMES.items()
        for hostile in _pictured(f"the name of {name}", lambda text=text: text, 422)  # type: ignore[misc] # bound now
    ),
    *(
        _task(
            f"the address {scheme} {address[:30]}",
            lambda scheme=scheme, address=address: {  # type: ignore[misc] # bound now
                "inpaint_input_image": f"{scheme}://{address}/outputs/a/b.png",
                "outpaint_selections": ["Left"],
            },
            422,
        )
        for address in ADDRESSES
        for scheme in ("http", "https")
    ),
    *(
        _task(
            f"a webhook at {address[:30]}",
            lambda address=address: {**_TASK, "webhook_url": f"http://{address}/hook"},  # type: ignore[misc]
            200,
            422,
        )
        for address in ADDRESSES
    ),
    _task("a webhook that is a file", lambda: {**_TASK, "webhook_url": "file:///etc"}, 422),
    _task("a name that leads out", lambda: {**_TASK, "save_name": "../../x"}, 422),
    _task("a name of all letters", lambda: {**_TASK, "save_name": "x" * 10_000}, 422),
    _task("a name with a NUL", lambda: {**_TASK, "save_name": "a\0b"}, 422),
    _task("a distance beyond all", lambda: {**_TASK, "outpaint_distance": [10**9] * 4}, 422),
    _task("a distance of 16,384", lambda: {**_TASK, "outpaint_distance": [16_384] * 4}, 200),
    _task("100,000 distances", lambda: {**_TASK, "outpaint_distance": [1] * _DEEP}, 200),
    _task("a prompt of 1 MB", lambda: {**_TASK, "prompt": "cat " * 250_000}, 200),
    _task("a million pictures", lambda: {**_TASK, "image_number": 10**6}, 422),
    _task("a seed of 200 digits", lambda: {**_TASK, "image_seed": 10**200}, 422),
    _task("a reference as a prompt", lambda: {**_TASK, "prompt": "${inputs.image}"}, 200),
    _task("a model with a path", lambda: {**_TASK, "base_model_name": "../../etc/passwd"}, 200),
    _task("a LoRA that is a list", lambda: {**_TASK, "loras": [{"model_name": "a:1,b"}]}, 200),
    *(get(name, path, 400, 404) for name, path in _FILES.items()),
    get("a task that is a path", "/tasks/..%2f..%2fetc%2fpasswd", 200),
    get("a page of 30 digits", f"/tasks?page={'9' * 30}", 422),
    get("a time of 1,000 letters", f"/tasks?start_at={'T' * 1000}", 422),
    get("a deletion by GET", "/tasks?action=delete", 422),
]
