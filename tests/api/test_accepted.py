"""What the API accepts as a picture runs: it asks the engine's own examination."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paintgraph.api.fooocus.pictures import _inside
from paintgraph.api.services.pictures import PictureBinder, Pictures
from paintgraph.engine.errors import BindError
from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.imaging.errors import PictureError
from paintgraph.imaging.files.decode import decode
from paintgraph.jobs.sources.references import References
from paintgraph.jobs.sources.trees import FolderTree
from paintgraph.tests.api.serving import Served
from paintgraph.tests.imaging.corpus import CORPUS, WHOLE

RAW = {"Content-Type": "application/octet-stream"}
REFUSED = {
    "WEBP of 3 frames": "animated_picture",
    "PNG of 3 frames": "animated_picture",
    "GIF of 3 frames": "animated_picture",
    "AVIF of 3 frames": "animated_picture",
    "TIFF of two pages": "animated_picture",
    "TIFF F ": "unsupported_picture",
    "TIFF I ": "unsupported_picture",
    "TIFF LAB ": "unsupported_picture",
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    return Pictures(FolderBlobs(tmp_path_factory.mktemp("blobs")))


def ways(pictures: Pictures, data: bytes) -> list[str]:
    """How each way to send a picture ends: its digest, or the code of the error."""
    binder = PictureBinder(
        pictures, References(FolderBlobs(Path("nowhere")), FolderTree(Path("nowhere"))), {}
    )
    text = base64.b64encode(data).decode()
    sent: list[Callable[[], str]] = [
        lambda: pictures.put(data).digest,
        lambda: binder.bind(f"data:image/png;base64,{text}"),
        lambda: binder.bind(text),
        lambda: _inside(pictures, text),
    ]
    ended = []
    for send in sent:
        try:
            ended.append(send())
        except BindError as error:
            ended.append(error.code)
    return ended


def is_decoded(data: bytes) -> bool:
    try:
        decode(data)
    except PictureError:
        return False
    return True


def check(pictures: Pictures, data: bytes) -> None:
    accepted = {way.startswith("sha256:") for way in ways(pictures, data)}

    assert accepted == {is_decoded(data)}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "AVIF", "GIF"])
def test_what_is_accepted_is_decoded_and_nothing_else(pictures: Pictures, kind: str) -> None:
    """Of the grid of TIFF and BMP files every seventh, as their examination has a test itself."""
    names = [name for name in CORPUS if name.startswith(kind)]
    for name in names[: 100 if len(names) < 300 else 40] + names[100::7]:
        check(pictures, CORPUS[name])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WHOLE)), share=st.floats(0, 1))
def test_what_was_cut_off_is_not_accepted(pictures: Pictures, name: str, share: float) -> None:
    check(pictures, WHOLE[name][: int(len(WHOLE[name]) * share)])


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_what_the_engine_does_not_read_is_refused_at_the_door(
    server: Served, name: str, code: str
) -> None:
    data = CORPUS[name]
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    order = {"image": url, "box": [1, 1, 4, 4]}

    uploaded = server.call("POST", "/v1/images", data=data, headers=RAW)
    ordered = server.call("POST", "/v1/recipes/erase_object", json=order)

    assert (uploaded.status, uploaded.codes) == (422, [code])
    assert (ordered.status, ordered.codes) == (422, [code])
