"""What a family of models is: one object that says how its files are found, checked and loaded.

A family lies in a folder of its own below `models/families`, which gives the object; nothing else
in the program knows it by name.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from paintgraph.models.catalogue.entries import Digest, ModelEntry, ModelFile, Placed
from paintgraph.models.loading.devices import DeviceRules, Devices, Placement, torch_devices

Environment: TypeAlias = Mapping[str, str]
Accepted: TypeAlias = Callable[[ModelFile], tuple[Digest, ...]]
"""The digests that a file of the model at hand may have; empty if nobody knows."""
Find: TypeAlias = Callable[[str], Placed]
"""The files of another model by its name; raises ModelError."""


class Kind(StrEnum):
    """What models are for."""

    SUBJECT = auto()
    """Masks of what stands out in a picture."""
    DETECT = auto()
    """Boxes of what words name."""
    SEGMENT = auto()
    """Masks of what points and boxes point at."""
    FACES = auto()
    """Boxes around faces."""
    WRITING = auto()
    """Where lines of writing are."""
    FILL = auto()
    """Paints without any model: the family itself is the engine."""
    ERASE = auto()
    """Paints without a prompt."""
    GENERATE = auto()
    """Paints what a prompt says."""
    LORA = auto()
    """Changes what a generating model paints."""
    VAE = auto()
    """Replaces a part of a generating model."""
    UPSCALE = auto()
    """Enlarges pictures."""
    CHECKPOINT = auto()
    """The networks of a generating model in one file, for graphs that take it apart."""
    DENOISER = auto()
    """The network of a generating model that removes noise, alone."""
    TEXT_ENCODER = auto()
    """A network that reads a prompt, alone."""
    CONTROL = auto()
    """Steers a generating model by a picture."""
    EMBEDDING = auto()
    """Words that a prompt may use, as learnt vectors."""


ENGINES = (Kind.FILL, Kind.ERASE, Kind.GENERATE)
"""What can paint, in the order in which engines are listed."""


class Found(NamedTuple):
    """A model that lies in a folder of its family and needs no catalogue.

    Attributes:
        name: what the catalogue calls it.
        file: its path in that folder; of several files the one that stands for all.
        aliases: other names that graphs have for it.
    """

    name: str
    file: str
    aliases: tuple[str, ...] = ()


_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def found_files(
    folder: Path, suffixes: Sequence[str], *, is_short: bool = False
) -> Iterator[Found]:
    """Files with one of these endings, those in inner folders too.

    They are called by their path in the folder as ComfyUI lists it; if `is_short` without ending,
    and the path is another name. Of two with one stem that of the earlier ending comes first.
    """

    def place(path: Path) -> tuple[Path, int]:
        return path.with_suffix(""), suffixes.index(path.suffix.lower())

    inner = folder.rglob("*") if folder.is_dir() else ()
    files = (path for path in inner if path.suffix.lower() in suffixes and path.is_file())
    for path in sorted(files, key=place):
        file = path.relative_to(folder).as_posix()
        named = file.removesuffix(path.suffix) if is_short else file
        name = _NOT_IN_NAMES.sub("-", named).lstrip("._-")
        others = dict.fromkeys((named, file, file.replace("/", "\\")))
        yield Found(name, file, tuple(other for other in others if other != name))


def own_folders(entry: ModelEntry, models_dir: Path, _: Environment) -> Iterator[Path]:
    """Where a model of most families may lie: in its own folder, or in its family's."""
    yield models_dir / entry.family / entry.name
    yield models_dir / entry.family


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family. Its functions import libraries when they are called, not before.

    Attributes:
        name: what catalogues call it, and the folder in the models folder; of a family that needs
            no files also the name of its engine.
        kind: what its models are for.
        refused: names that its library knows and that are not offered, and why not.
        folders: where a model may lie, the place for pulls first.
        is_in_comfyui: whether its files may also lie in the folders of a ComfyUI.
        comfy_folders: the kinds of those folders that are its own, so that what lies there needs no
            catalogue; without any, each folder is looked into for models of the catalogue.
        for_a_start: its model that is got where none is here and any would do, which "auto" then
            stands for; of a family without one each model is named.
        brought: how a file becomes a model that needs no catalogue: a sentence that ends errors.
        home, home_set_by: the folder of a library that keeps its models itself, and the
            environment variables that name it.
        found: the models in a folder of the family that need no catalogue.
        check_ready: raises ModelError if a model whose files are there cannot be loaded; looks at
            no file.
        check_files: raises ModelError for what the headers of its files tell; engines only.
        memory_bytes: what a model takes while it works, roughly where nobody measured it.
        devices: where its models can work.
        load: the loaded model, which plays the role that its kind asks for. Raises ModelError.
        has_room: whether `auto` may choose a model for these devices.
        engines: makes the engines of a worker out of its ModelLender and the number of helper
            processes that they may run; see `paintgraph.models.inpainting.protocols.Engines`.
        made_of: other families whose engines it puts together; `engines` is given them as well.
        extra, packages: the extra of paintgraph that it needs, and packages of it that `doctor`
            names.
    """

    name: str
    kind: Kind
    refused: Mapping[str, str] = field(default_factory=dict)
    folders: Callable[[ModelEntry, Path, Environment], Iterator[Path]] = own_folders
    is_in_comfyui: bool = True
    comfy_folders: tuple[str, ...] = ()
    for_a_start: str = ""
    brought: str = ""
    home: Callable[[Environment], Path] | None = None
    home_set_by: str = ""
    found: Callable[[Path], Iterable[Found]] = lambda _: ()
    check_ready: Callable[[Placed, Accepted], object] = lambda _placed, _accepted: None
    check_files: Callable[[Placed, Find], object] = lambda _placed, _find: None
    memory_bytes: Callable[[Placed], int] = lambda placed: placed.entry.memory_bytes
    devices: Callable[[DeviceRules], Devices] = torch_devices
    load: Callable[[Placed, Placement], Any] | None = None
    has_room: Callable[[Placed, Find, DeviceRules], bool] = lambda _placed, _find, _rules: True
    engines: Callable[..., Any] | None = None
    made_of: tuple[str, ...] = ()
    extra: str = ""
    packages: tuple[str, ...] = ()


class Families:
    """All families, in the order in which they are listed."""

    def __init__(self, *families: Family) -> None:
        self._families = {family.name: family for family in families}

    def __iter__(self) -> Iterator[Family]:
        return iter(self._families.values())

    def of(self, *kinds: Kind) -> list[Family]:
        """Those of some kinds, kind by kind."""
        return [family for kind in kinds for family in self if family.kind == kind]

    def get(self, name: str) -> Family:
        """The family of this name; KeyError if there is none."""
        return self._families[name]

    def of_entries(self) -> list[str]:
        """The names that a catalogue's entry may give as its family."""
        return [family.name for family in self if family.kind != Kind.FILL]

    def refusal(self, name: str) -> str | None:
        """Why a model of this name is never offered, or None."""
        return next((f.refused[name] for f in self if name in f.refused), None)
