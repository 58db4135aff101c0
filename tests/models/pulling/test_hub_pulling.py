"""Repositories by huggingface_hub, from a server that speaks like the hub."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.errors import DamagedModelError, DownloadError, OfflineError
from paintgraph.models.families import FAMILIES
from paintgraph.models.pulling.file_pulling import PullNote, PullProgress
from paintgraph.models.pulling.pulling import Puller, remove_model
from paintgraph.tests.models.hub_server import COMMIT, Hub, hub_server
from paintgraph.tests.models.model_server import Handler, broken_after, model_bytes, sha

WEIGHTS = model_bytes(2_000_000)
FILES = {
    "model_index.json": json.dumps({"_class_name": "P", "unet": ["diffusers", "U"]}).encode(),
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS,
    "unet/diffusion_pytorch_model.fp16.safetensors": b"half",
    "unet/diffusion_pytorch_model.bin": b"pickle",
    "README.md": b"read me",
}
WANTED = {"model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"}
ENTRY = ModelEntry("tiny", "diffusion", hub="owner/tiny")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server("owner/tiny", dict(FILES)) as served:
        yield served


@pytest.fixture
def shelf(tmp_path: Path) -> ModelIndex:
    places = ModelPlaces(FAMILIES, tmp_path / "models", {"HF_HOME": str(tmp_path / "hf")})
    return ModelIndex(ModelCatalogue(FAMILIES, {"tiny": ENTRY}), places)


def pull(shelf: ModelIndex, hub: Hub, **environ: str) -> list[PullProgress]:
    heard: list[PullProgress | PullNote] = []
    Puller(shelf, heard.append, environ={"HF_ENDPOINT": hub.url, **environ}).pull(ENTRY)
    return [each for each in heard if isinstance(each, PullProgress)]


def test_a_repository_comes_into_the_hubs_own_cache(
    hub: Hub, shelf: ModelIndex, tmp_path: Path
) -> None:
    progress = pull(shelf, hub)

    placed = shelf.places.find(ENTRY)
    assert placed is not None
    assert set(placed.files) == set(hub.fetched) == WANTED
    cache = tmp_path / "hf" / "hub" / "models--owner--tiny"
    assert placed.folder == cache / "snapshots" / COMMIT
    assert (cache / "refs" / "main").read_text() == COMMIT
    assert progress[-1].done == progress[-1].total == len(WEIGHTS)
    assert shelf.look(ENTRY).is_known
    assert shelf.bind("tiny").digest.startswith("sha256:")


def test_what_is_there_is_not_asked_for_again(hub: Hub, shelf: ModelIndex) -> None:
    pull(shelf, hub)
    asked = len(hub.serving.asked)
    pull(shelf, hub)

    assert len(hub.serving.asked) == asked


def test_what_was_interrupted_goes_on(hub: Hub, shelf: ModelIndex) -> None:
    hub.acts = [broken_after(500_000)]

    def stop(event: object) -> None:
        if isinstance(event, PullNote) and "broke off" in event.text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Puller(shelf, stop, environ={"HF_ENDPOINT": hub.url}).pull(ENTRY)
    assert shelf.look(ENTRY).state == "missing"
    before = len(hub.serving.asked)

    pull(shelf, hub)

    assert shelf.look(ENTRY).state == "present"
    ranges = [each for each in hub.serving.ranges[before:] if each]
    assert ranges == ["bytes=500000-"]


def test_other_bytes_than_the_hub_told_of_are_not_kept(hub: Hub, shelf: ModelIndex) -> None:
    """Same length, so that only the digest tells."""
    name = "unet/diffusion_pytorch_model.safetensors"
    pull(shelf, hub)
    placed = shelf.places.find(ENTRY)
    assert placed is not None
    placed.files[name].resolve().write_bytes(WEIGHTS[::-1])

    finding = shelf.verify(ENTRY)
    assert finding.state == "damaged"
    assert finding.faults[0].expected == (sha(WEIGHTS),)
    pull(shelf, hub)

    assert shelf.verify(ENTRY).state == "present"


def test_a_damaged_download_is_told_and_fetched_again_next_time(
    hub: Hub, shelf: ModelIndex
) -> None:
    def wrong(handler: Handler, _: object) -> None:
        handler.head(200, Content_Length=len(WEIGHTS))
        handler.wfile.write(WEIGHTS[::-1])

    hub.acts = [wrong]
    with pytest.raises(DamagedModelError, match=r"model\.safetensors': its digest is wrong"):
        pull(shelf, hub)
    hub.acts = []

    pull(shelf, hub)

    assert shelf.verify(ENTRY).state == "present"


def test_a_repository_without_weights_that_may_be_used_is_told_of(
    hub: Hub, shelf: ModelIndex
) -> None:
    del hub.files["unet/diffusion_pytorch_model.safetensors"]

    with pytest.raises(DownloadError, match="lacks files that it names itself, or weights"):
        pull(shelf, hub)


@pytest.mark.parametrize(
    ("code", "words"), [(403, "want a login"), (404, "not there, or not public"), (500, "500")]
)
def test_a_hub_that_refuses_is_told_of(hub: Hub, shelf: ModelIndex, code: int, words: str) -> None:
    hub.refuses = code

    with pytest.raises(DownloadError, match=words):
        pull(shelf, hub)


def test_offline_nothing_is_asked_for(hub: Hub, shelf: ModelIndex) -> None:
    with pytest.raises(OfflineError):
        pull(shelf, hub, HF_HUB_OFFLINE="1")

    assert hub.serving.asked == []


def test_whoever_watches_can_end_a_pull(hub: Hub, shelf: ModelIndex) -> None:
    class Stop(Exception):  # noqa: N818 - no fault
        pass

    def stop(_: object) -> None:
        raise Stop

    environ = {"HF_ENDPOINT": hub.url}
    free = ModelEntry("tiny", "diffusion", hub="owner/tiny")
    with pytest.raises(Stop):
        Puller(shelf, stop, environ=environ).pull(free)


def test_a_repository_goes_whole(hub: Hub, shelf: ModelIndex) -> None:
    pull(shelf, hub)

    assert remove_model(shelf, ENTRY) >= len(WEIGHTS)

    assert shelf.look(ENTRY).state == "missing"
    assert not shelf.places.folder(ENTRY).exists()
