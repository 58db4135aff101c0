"""What a job names is what it was when the job was accepted, or is said to be gone; never another.

One server accepts jobs and keeps them waiting. Then files, recipes and models are changed, and a
server that is started on the same data runs what was accepted.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paintgraph.tests import tiny_erasers, tiny_onnx
from paintgraph.tests.api.serving import Served, encoded, serving

OLD, NEW = 40, 200
"""Shades of pictures, before and after."""

NODES = '''
import time
from pathlib import Path

from paintgraph.engine.node.declaration import node


def _wait(path: str) -> str:
    while not Path(path).exists():
        time.sleep(0.01)
    return path


@node(title="Wait", category="test", volatile=True)
def wait_light(path: str) -> str:
    """Wait for a file."""
    return _wait(path)


@node(title="Wait", category="test", volatile=True, heavy=True)
def wait_heavy(path: str) -> str:
    """Wait for a file."""
    return _wait(path)


@node(title="Join", category="test")
def join(start: str, end: str) -> str:
    """Join two texts."""
    return start + end

'''
NEGATIVE = """
about: Give the negative.
inputs: {image: {type: image, about: The picture.}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  done: {node: ImageInvert, image: "${photo.image}"}
outputs: {image: "${done.image}"}
"""
RECIPES = {
    "negative": NEGATIVE,
    "gone": NEGATIVE,
    "outer": """
about: Give the negative by another recipe.
inputs: {image: {type: image, about: The picture.}}
nodes: {done: {recipe: negative, image: "${inputs.image}"}}
outputs: {image: "${done.image}"}
""",
    "middle": """
about: Select the middle.
inputs: {image: {type: image, about: The picture.}}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  found: {node: MaskFromModel, image: "${photo.image}", model: u2net}
  shown: {node: MaskToImage, mask: "${found.mask}"}
outputs: {image: "${shown.image}"}
""",
    "with_picture": """
about: Give a picture that the recipe names itself.
inputs: {image: {type: image, about: The picture.}}
nodes: {other: {node: LoadImage, image: kept.png}}
outputs: {image: "${other.image}"}
""",
    "fill": """
about: Fill the middle.
inputs:
  image: {type: image, about: The picture.}
  engine: {type: text, default: auto, about: What paints.}
nodes:
  photo: {node: LoadImage, image: "${inputs.image}"}
  hole: {node: LoadImageMask, image: hole.png, channel: red}
  done:
    node: InpaintSampler
    image: "${photo.image}"
    mask: "${hole.mask}"
    engine: "${inputs.engine}"
outputs: {image: "${done.image}"}
""",
}
EDITED = """
about: Give the picture itself.
inputs: {image: {type: image, about: The picture.}}
nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}
outputs: {image: "${photo.image}"}
"""


def _shade(value: int) -> bytes:
    return encoded(np.full((64, 64, 3), value, np.uint8))


def _hole() -> bytes:
    samples = np.zeros((64, 64, 3), np.uint8)
    samples[24:40, 24:40] = 255
    return encoded(samples)


def _one(nodes: dict[str, Any], output: str) -> dict[str, Any]:
    return {"nodes": nodes, "outputs": {"image": output}}


def _by_recipe(name: str, **inputs: Any) -> dict[str, Any]:
    return _one({"it": {"recipe": name, "image": "kept.png", **inputs}}, "${it.image}")


def _by_name_of(node: dict[str, Any]) -> dict[str, Any]:
    nodes = {"name": node, "photo": {"node": "LoadImage", "image": "${name.text}"}}
    return _one(nodes, "${photo.image}")


def _text(name: str) -> dict[str, Any]:
    return _by_name_of({"node": "PrimitiveString", "value": name})


def _mapped(prefix: str, **inputs: Any) -> dict[str, Any]:
    nodes = {
        "files": {"node": "LoadImagesFromFolder", "folder": "album"},
        "fill": {"node": "AddSetting", "name": "engine", "value": "auto"},
        "it": {"node": "MapImages", "names": "${files.names}", "filename_prefix": prefix, **inputs},
    }
    return {"nodes": nodes}


JOBS: dict[str, dict[str, Any]] = {
    "name": _one({"photo": {"node": "LoadImage", "image": "new.png"}}, "${photo.image}"),
    "recipe": _by_recipe("negative"),
    "nested recipe": _by_recipe("outer"),
    "recipe that went": _by_recipe("gone"),
    "picture in recipe": _by_recipe("with_picture"),
    "model in recipe": _by_recipe("middle"),
    "engine in recipe": _by_recipe("fill"),
    "text": _text("kept.png"),
    "text, changed": _text("other.png"),
    "computed": _by_name_of({"node": "Join", "start": "kept", "end": ".png"}),
    "computed, changed": _by_name_of({"node": "Join", "start": "oth", "end": "er.png"}),
    "batch": _mapped("plain", recipe_name="negative"),
    "batch with settings": _mapped("filled", recipe_name="fill", settings="${fill.settings}"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Mapping[str, Any]]]:
    """A server, and the jobs by name once they have ended."""
    folder = tmp_path_factory.mktemp("bound")
    inputs, recipes = folder / "data" / "inputs", folder / "data" / "recipes"
    (inputs / "album").mkdir(parents=True)
    recipes.mkdir()
    for place, name in enumerate(("kept", "new", "other", "album/b", "album/c")):
        (inputs / f"{name}.png").write_bytes(_shade(OLD + place))
    (inputs / "album" / "a.png").write_bytes(_shade(OLD))
    (inputs / "hole.png").write_bytes(_hole())
    for name, text in RECIPES.items():
        (recipes / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "waiting.py").write_text(NODES, encoding="utf-8")
    own = (str(folder / "waiting.py"),)
    with pytest.MonkeyPatch.context() as patch:
        home, models = tiny_onnx.install(folder, {"u2net": tiny_onnx.middle_network(320)}, patch)
        with serving(folder / "data", nodes=own) as before:
            for kind in ("WaitLight", "WaitHeavy"):
                hold = {"it": {"node": kind, "path": str(folder / "go")}}
                held = before.job(_graph({"nodes": hold, "outputs": {"path": "${it.text}"}}))
                before.until(held, "running")
            accepted = {name: before.job(_graph(graph)) for name, graph in JOBS.items()}
        (inputs / "new.png").write_bytes(_shade(NEW))
        (inputs / "other.png").write_bytes(_shade(NEW))
        (inputs / "album" / "b.png").write_bytes(_shade(NEW))
        (inputs / "album" / "c.png").unlink()
        (inputs / "album" / "d.png").write_bytes(_shade(NEW))
        (recipes / "negative.yaml").write_text(EDITED, encoding="utf-8")
        (recipes / "gone.yaml").unlink()
        tiny_onnx.place(home, {"u2net": tiny_onnx.middle_network(324)})
        tiny_erasers.place(models, {"lama": tiny_erasers.lama()})
        (folder / "go").touch()
        with serving(folder / "data", nodes=own) as after:
            yield after, {name: _ended(after, id_) for name, id_ in accepted.items()}


def _graph(graph: dict[str, Any]) -> dict[str, Any]:
    return {"graph": {"paintgraph": 1, **graph}}


def _ended(server: Served, job_id: str) -> Any:
    return server.call("GET", f"/v1/jobs/{job_id}?wait=60").json


def _picture(server: Served, job: Any) -> Any:
    assert job["state"] == "succeeded", job
    data = server.call("GET", job["outputs"]["image"]["url"]).body
    return np.asarray(Image.open(BytesIO(data)).convert("RGB"))


def _problem(job: Any) -> tuple[str, str]:
    assert job["state"] == "failed", job
    (problem,) = job["problems"]
    return problem["code"], problem["detail"]


@pytest.mark.parametrize(
    ("name", "shade"),
    [
        ("name", OLD + 1),
        ("recipe", 255 - OLD),
        ("nested recipe", 255 - OLD),
        ("recipe that went", 255 - OLD),
        ("picture in recipe", OLD),
        ("text", OLD),
        ("computed", OLD),
        ("engine in recipe", OLD),  # texture goes on; the eraser that came would paint its colour
    ],
)
def test_a_job_gives_what_was_accepted(
    ran: tuple[Served, Mapping[str, Any]], name: str, shade: int
) -> None:
    server, jobs = ran

    assert np.unique(_picture(server, jobs[name])).tolist() == [shade]


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("model in recipe", "model_changed", "'u2net@sha256:"),
        ("text, changed", "file_changed", "other.png' has changed since the job was accepted"),
        ("computed, changed", "file_changed", "other.png' has changed since the job was accepted"),
    ],
)
def test_what_is_gone_is_said_to_be(
    ran: tuple[Served, Mapping[str, Any]], name: str, code: str, says: str
) -> None:
    found = _problem(ran[1][name])

    assert found[0] == code
    assert says in found[1]


@pytest.mark.parametrize(
    ("name", "prefix", "shade"),
    [("batch", "plain", 255 - OLD), ("batch with settings", "filled", OLD)],
)
def test_a_folder_is_what_it_held(
    ran: tuple[Served, Mapping[str, Any]], name: str, prefix: str, shade: int
) -> None:
    """Of three pictures one was replaced and one removed; one that came is none of them."""
    server, jobs = ran
    codes = sorted(problem["code"] for problem in jobs[name]["problems"])
    (file,) = (server.data / "outputs").glob(f"{prefix}_*")

    assert codes == ["file_changed", "no_such_file"]
    assert file.name.startswith(f"{prefix}_a_")
    assert np.unique(np.asarray(Image.open(file))).tolist() == [shade]


def test_what_is_accepted_now_is_new(ran: tuple[Served, Mapping[str, Any]]) -> None:
    server, _ = ran
    job = server.submit(_graph(_by_recipe("negative")), wait=60).json

    assert np.unique(_picture(server, job)).tolist() == [OLD]
