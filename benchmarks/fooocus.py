"""The API of FooocusAPI's clients, end to end: masks by the real ISNet, inpainting by PatchMatch.

Masks are not measured where `paintgraph models pull isnet-general-use` was not run.
"""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from threading import Event

import numpy as np
from PIL import Image, ImageDraw

from paintgraph.benchmarks.client import Client, Server, ready_server
from paintgraph.benchmarks.liveness import answers_during, latencies
from paintgraph.benchmarks.measuring import Figure, seconds_of
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import default_models_dir
from paintgraph.models.errors import ModelError
from paintgraph.models.families import open_index

_MASK, _GENERATE = "/v1/tools/generate_mask", "/v1/engine/generate"
_MODEL = "isnet-general-use"
_WIDTH, _HEIGHT = 1152, 896
_AT_ONCE = 8
_ROUNDS = 3


def figures() -> list[Figure]:
    """Masks if there is a model, then inpainting."""
    return [*_masks(), *_inpainting()]


def _masks() -> list[Figure]:
    names = (
        "generate_mask, first call",
        "generate_mask, later calls",
        "generate_mask, later to first",
        "eight masks at once, each",
        "/livez during eight masks: p50",
        "/livez during eight masks: p99",
    )
    if not _is_there():
        return [Figure(name, (), "s") for name in names]
    with ready_server() as running, running.client() as client:
        first = seconds_of(lambda: _mask(client, 0))
        later = tuple(seconds_of(partial(_mask, client, n)) for n in range(1, 1 + _ROUNDS))
        each, taken = _at_once(running)
    told = latencies(taken)
    return [
        Figure(names[0], (first,), "s"),
        Figure(names[1], later, "s"),
        Figure(names[2], tuple(one / first for one in later), "x", 1.0),
        Figure(names[3], (each,), "s"),
        Figure(names[4], (told.middle,), "ms"),
        Figure(names[5], (told.slow,), "ms", 30),
    ]


def _is_there() -> bool:
    try:
        ModelNames(open_index(default_models_dir())).bind(_MODEL)
    except ModelError:
        return False
    return True


def _at_once(running: Server) -> tuple[float, list[float]]:
    """Seconds for each of eight masks that are asked for at once, and what the server took."""
    ended = Event()

    def ask(number: int) -> None:
        with running.client() as client:
            _mask(client, number)

    with ThreadPoolExecutor(_AT_ONCE + 1) as threads:
        began = time.perf_counter()
        asked = [threads.submit(ask, 100 + number) for number in range(_AT_ONCE)]
        watching = threads.submit(answers_during, running, ended)
        for each in asked:
            each.result()
        seconds = time.perf_counter() - began
        ended.set()
        return seconds / _AT_ONCE, watching.result()


def _inpainting() -> list[Figure]:
    with ready_server() as running, running.client() as client:
        _inpaint(client, 0)
        taken = tuple(seconds_of(partial(_inpaint, client, n)) for n in range(1, 1 + _ROUNDS))
    return [Figure("inpaint 1152x896, hole of 200x160, waiting", taken, "s")]


def _mask(client: Client, number: int) -> None:
    _post(client, _MASK, {"image": _photo(number), "mask_model": _MODEL})


def _inpaint(client: Client, number: int) -> None:
    mask = Image.new("L", (_WIDTH, _HEIGHT))
    ImageDraw.Draw(mask).rectangle((400, 300, 599, 459), fill=255)
    fields = {
        "inpaint_input_image": _photo(1000 + number),
        "inpaint_mask_image_upload": _encoded(mask),
        "image_seed": number,
    }
    _post(client, _GENERATE, fields)


def _post(client: Client, path: str, fields: dict[str, object]) -> None:
    status, body = client.call("POST", path, json.dumps(fields).encode())
    if status != 200 or b'"task_status":"error"' in body:
        raise RuntimeError(f"the server answers {status}: {body[:400]!r}")


def _photo(number: int) -> str:
    """A picture that no other number has, so that no result is known."""
    rng = np.random.default_rng(number)
    small = rng.integers(0, 256, (14, 18, 3), np.uint8)
    return _encoded(Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC))


def _encoded(picture: Image.Image) -> str:
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode("ascii")
