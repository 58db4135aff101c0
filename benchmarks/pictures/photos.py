"""Photos that free packages hold: where they lie, whose they are, and how to get them.

None is in this repository. Those of scikit-image come with it; the others are taken out of Debian's
packages by `python -m paintgraph.benchmarks.pictures.photos FOLDER`, without installing anything.
Licences are those that the packages state.
"""

import argparse
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image as Pillow

_LONGEST = 1300  # px; larger photos are shrunk to 1200
_SHRUNK = 1200
_SKIMAGE = Path(skimage.__file__).parent
_PHOTOS = "usr/share/backgrounds"
_MATE = f"{_PHOTOS}/mate/nature"
_OPENCV = "usr/share/doc/opencv-doc/examples"


class Photo(NamedTuple):
    """A photo in a package; `digest` begins the SHA-256 of its file, so that boxes fit it."""

    package: str
    path: str
    licence: str
    digest: str


def _scikit_image(file: str, licence: str, digest: str) -> Photo:
    return Photo("scikit-image", f"data/{file}", licence, digest)


def _opencv(file: str, digest: str) -> Photo:
    return Photo("opencv-doc", f"{_OPENCV}/{file}", "Apache-2.0 and BSD-3-Clause", digest)


def _lomiri(edition: str, file: str, licence: str, digest: str) -> Photo:
    return Photo(f"lomiri-wallpapers-{edition}", f"{_PHOTOS}/{file}.jpg", licence, digest)


def _mate(name: str, digest: str) -> Photo:
    return Photo("mate-backgrounds", f"{_MATE}/{name}.jpg", "GPL-2+", digest)


def _plasma(name: str, digest: str) -> Photo:
    path = f"usr/share/wallpapers/{name}/contents/images/2560x1600.jpg"
    return Photo("plasma-workspace-wallpapers", path, "LGPL-3", digest)


PHOTOS: Mapping[str, Photo] = {
    "astronaut": _scikit_image("astronaut.png", "public domain", "88431cd9653ccd53"),
    "chelsea": _scikit_image("chelsea.png", "CC0", "596aa1e7cb875eb7"),
    "coffee": _scikit_image("coffee.png", "CC0", "cc02f8ca188b167c"),
    "brick": _scikit_image("brick.png", "CC0", "7966caf324f6ba84"),
    "grass": _scikit_image("grass.png", "CC0", "b6b6022426b38936"),
    "gravel": _scikit_image("gravel.png", "CC0", "c48615b451bf1e60"),
    "rocket": _scikit_image("rocket.jpg", "public domain", "c2dd0de7c538df8d"),
    "messi": _opencv("data/messi5.jpg", "1d570e49654e84c7"),
    "squirrel": _opencv("data/squirrel_cls.jpg", "20bb6e8ae96918a3"),
    "barrier": _opencv("text/scenetext05.jpg", "63985ac1a9989a83"),
    "notice": _opencv("text/scenetext01.jpg", "7f3041a7019ab4d3"),
    "galleries": _opencv("text/scenetext06.jpg", "e4d64f10bbfb27b2"),
    "pencil": _opencv("data/stuff.jpg", "21cd00afbdd0727f"),
    "building": _opencv("data/building.jpg", "742a1baad62ac82e"),
    "aloe": _opencv("data/aloeL.jpg", "cce5736808efe80d"),
    "leuven": _opencv("data/leuvenA.jpg", "b2977cdbd9fb3f94"),
    "baboon": _opencv("data/baboon.jpg", "1a1dd18d78eec444"),
    "town": _opencv("data/aero1.jpg", "d9a69191f6e3642e"),
    "robin": _opencv("hfs/data/000.jpg", "e4fec7e2e67a8a42"),
    "tree": _opencv("hfs/data/002.jpg", "21b07a5287dec030"),
    "whale": _opencv("data/rubberwhale1.png", "eb312435369dac9e"),
    "copies": _opencv("text/scenetext03.jpg", "cadf4a3d29a7ba6f"),
    "generator": _opencv("text/scenetext04.jpg", "28e08d142a04f92f"),
    "home": _opencv("data/home.jpg", "23b8cf46a1965d0e"),
    "butterfly": _opencv("data/butterfly.jpg", "34a99716b78ded10"),
    "fruits": _opencv("data/fruits.jpg", "9c031d80a1c52da5"),
    "lake": _opencv("hfs/data/001.jpg", "4bcbe0927a8b50f2"),
    "plant": _opencv("alphamat/input_images/plant.jpg", "9928b44eee0d1d7a"),
    "kleiber": _lomiri("20.04", "Kleiber_by_Lukas_Baubkus", "CC-BY-SA-3.0", "6572410c09f4492c"),
    "mountain": _lomiri("16.04", "aitzgorri_by_Aitzol_Berasategi", "CC-BY-4.0", "66268e7b48f8854d"),
    "picos": _lomiri(
        "16.04", "picosdeeuropa_by_Aitzol_Berasategi", "CC-BY-4.0", "414d0072b2f6f2c5"
    ),
    "sunset": _lomiri("16.04", "sunset_by_Aitzol_Berasategi", "CC-BY-4.0", "474dab6a4b9f94dc"),
    "brook": _lomiri("16.04", "life_by_Aitzol_Berasategi", "CC-BY-4.0", "4c119350ead80201"),
    "friends": _lomiri("16.04", "friends_by_Aitzol_Berasategi", "CC-BY-4.0", "cc40e313c74e421e"),
    "dragonfly": _lomiri("16.04", "Dragonfly_by_Bolly", "CC-BY-SA-4.0", "af5af17841009732"),
    "drum": _lomiri("16.04", "Wine_by_Jakkub_Mede", "CC-BY-4.0", "d2e96e6d4da40dd8"),
    "toy": _lomiri("16.04", "free_by_Peter_Nerlich", "CC-BY-SA-4.0", "85a5453c2fed514c"),
    "fig": _lomiri("16.04", "Picture_0B_by_freespace", "CC-BY-4.0", "c8c0ab18e48d9e04"),
    "brushes": _lomiri("16.04", "Picture_1A_by_freespace", "CC-BY-4.0", "89e86af38d04daae"),
    "bridge": _lomiri("16.04", "Bridge_by_Sander_Klootwijk", "CC-BY-SA-4.0", "bd86b081f9975e2b"),
    "meadow": _mate("GreenMeadow", "8fa0de0aa4089f73"),
    "storm": _mate("Storm", "77ca53077831d323"),
    "blade": _mate("Blinds", "f7aac0dcc2e06d04"),
    "planks": _mate("Wood", "19c78500ac00a622"),
    "dune": _mate("Dune", "8a67c2cb0be8c46b"),
    "ladybird": _mate("LadyBird", "e35a9a4126ef969c"),
    "drops": _mate("RainDrops", "3e4ea9671c28c90a"),
    "wings": _mate("TwoWings", "665e5abf8a539907"),
    "water": _plasma("BytheWater", "c272434ef39f2abf"),
    "moss": _plasma("OneStandsOut", "cb507baf1dafdcae"),
    "kite": _plasma("Kite", "bdca288ce296a981"),
    "path": _plasma("Path", "7477457d7f17b736"),
    "boats": _plasma("EveningGlow", "586682dcb362b9f6"),
    "jetty": _plasma("ColdRipple", "05bef6722fc0ed81"),
    "leaf": _plasma("FallenLeaf", "95603a6560c7e8d5"),
}


class MissingPhotosError(Exception):
    """Photos that are in none of the folders; the text says how to get them."""


def find(name: str, folder: Path) -> Path | None:
    """The file of a photo in the folder of unpacked packages or in the system; None if nowhere."""
    photo = PHOTOS[name]
    roots = [_SKIMAGE] if photo.package == "scikit-image" else [folder, Path("/")]
    return next((root / photo.path for root in roots if (root / photo.path).is_file()), None)


def load(name: str, folder: Path) -> NDArray[np.uint8]:
    """A photo `[H, W, 3]`, at most 1300 px on its longer side.

    Raises MissingPhotosError where it is not there or is another one.
    """
    file = find(name, folder)
    photo = PHOTOS[name]
    if file is None:
        raise MissingPhotosError(
            f"there is no {photo.path} of the package {photo.package} in {folder} nor installed. "
            f"python -m paintgraph.benchmarks.pictures.photos {folder} gets it on Debian."
        )
    if not hashlib.sha256(file.read_bytes()).hexdigest().startswith(photo.digest):
        raise MissingPhotosError(
            f"{file} is not the photo that the boxes were drawn on: its SHA-256 does not begin "
            f"with {photo.digest}. Take {photo.package} of Debian 12."
        )
    with Pillow.open(file) as opened:
        picture = opened.convert("RGB")
    if max(picture.size) > _LONGEST:
        picture.thumbnail((_SHRUNK, _SHRUNK), Pillow.Resampling.LANCZOS)
    return np.asarray(picture)


def main() -> None:
    """Unpack what is missing into a folder, with Debian's own tools."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = {PHOTOS[name].package for name in PHOTOS if find(name, folder) is None}
    for package in sorted(missing):
        with tempfile.TemporaryDirectory() as here:
            _run("apt-get", "download", package, folder=here)
            (file,) = Path(here).glob("*.deb")
            _run("dpkg", "-x", str(file), str(folder))


def _run(command: str, *arguments: str, folder: str = ".") -> None:
    found = shutil.which(command)
    if found is None:
        raise SystemExit(f"there is no {command} here; unpack the package by other means.")
    subprocess.run([found, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main()
