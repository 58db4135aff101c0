"""All models by name: whether they are there and sound, and how to refer to their files."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from paintgraph.base.listening import SILENT, Listening
from paintgraph.models.catalogue.catalogue import ModelCatalogue
from paintgraph.models.catalogue.digests import ModelDigests, Records, oddity_of
from paintgraph.models.catalogue.entries import Digest, ModelEntry, ModelFile, ModelRef, Placed
from paintgraph.models.catalogue.places import ModelPlaces
from paintgraph.models.catalogue.wording import cure_in_words, missing_in_words
from paintgraph.models.errors import DamagedModelError, MissingModelError

State = Literal["present", "missing", "damaged"]
_INNER = ".paintgraph"
"""Our own notes in the models folder."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong with one file; `file` is its path inside the model's folder."""

    file: str
    problem: str
    expected: tuple[Digest, ...] = ()
    actual: Digest = ""

    def __str__(self) -> str:
        if not self.actual:
            return f"'{self.file}': {self.problem}"
        wanted = " or ".join(self.expected)
        return f"'{self.file}': {self.problem}: expected is {wanted}, actual is {self.actual}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a model.

    Attributes:
        placed: its files, unless it is missing.
        faults: of a damaged model, what is wrong with its files.
        is_known: whether every file has a digest that is accepted, and has it.
    """

    entry: ModelEntry
    placed: Placed | None
    faults: tuple[FileFault, ...] = ()
    is_known: bool = False

    @property
    def state(self) -> State:
        """In one word."""
        if self.placed is None:
            return "missing"
        return "damaged" if self.faults else "present"

    def to_json(self) -> dict[str, object]:
        """Plain data for programs; where the model lies is not in it."""
        entry = self.entry
        return {
            "name": entry.name,
            "family": entry.family,
            "about": entry.about,
            "state": self.state,
            "verified": self.is_known,
            "size_bytes": entry.size,
            "memory_bytes": entry.memory_bytes or None,
            "licence": asdict(entry.licence),
            "command": entry.pull_command if entry.can_be_pulled else None,
            "problems": [str(fault) for fault in self.faults],
        }


class ModelIndex:
    """The catalogue and the files on this machine. Nothing here makes a connection."""

    def __init__(self, catalogue: ModelCatalogue, places: ModelPlaces) -> None:
        self.catalogue = catalogue
        self.places = places
        self.digests = ModelDigests(places.models_dir / _INNER / "digests")
        self.records = Records(places.models_dir / _INNER / "records")

    def look(self, entry: ModelEntry) -> Finding:
        """What can be found without reading files whole; damage that was seen before is known."""
        return self._find(entry, self.digests.known)

    def verify(self, entry: ModelEntry, listening: Listening = SILENT) -> Finding:
        """What is found when every file is read again; bytes are reported as they are read."""
        placed = self.places.find(entry)
        total = sum(path.stat().st_size for path in placed.files.values()) if placed else 0
        before = 0

        def progress(done: int, _: int) -> None:
            listening.progress(before + done, total)

        def read(path: Path) -> Mapping[str, Digest]:
            nonlocal before
            found = self.digests.digests_of(path, fresh=True, listening=Listening(progress))
            before += path.stat().st_size
            return found

        return self._find(entry, read)

    def bind(self, name: str) -> ModelRef:
        """The reference to a model's very files.

        Reads files that were never read before. Raises UnknownModelError, MissingModelError or
        DamagedModelError, each with the command that cures it.
        """
        return self.ref(self.require(self.look(self.catalogue.get(name))))

    def ref(self, placed: Placed) -> ModelRef:
        """The reference to the very files of a model that was found; see `bind`."""
        self.require(self._examined(placed, self.digests.digests_of))
        return ModelRef(placed.entry.name, self.digests.of(placed))

    def require(self, finding: Finding) -> Placed:
        """The files of a sound model; raises MissingModelError or DamagedModelError."""
        entry = finding.entry
        if finding.placed is None:
            raise MissingModelError(missing_in_words(entry))
        if finding.faults:
            raise DamagedModelError(damaged_in_words(finding))
        return finding.placed

    def accepted(self, entry: ModelEntry, file: ModelFile) -> tuple[Digest, ...]:
        """The digests that a file may have: the catalogue's, else what its first pull saw."""
        return file.digests or self.records.digests(entry.name, file.path)

    def _find(
        self, entry: ModelEntry, digests: Callable[[Path], Mapping[str, Digest] | None]
    ) -> Finding:
        placed = self.places.find(entry)
        return Finding(entry, None) if placed is None else self._examined(placed, digests)

    def _examined(
        self, placed: Placed, digests: Callable[[Path], Mapping[str, Digest] | None]
    ) -> Finding:
        entry = placed.entry
        faults = []
        is_known = True
        for name, path in placed.files.items():
            accepted, size = self._wanted(entry, name, path)
            fault = None
            try:
                fault = _odd(name, path, size)
                found = None if fault else digests(path)
            except OSError as error:
                fault = FileFault(name, f"it cannot be read: {error.strerror}")
            if fault is None and found is not None and accepted:
                fault = _unlike(name, accepted, found)
            is_known = is_known and bool(accepted) and found is not None and fault is None
            faults += [fault] if fault else []
        return Finding(entry, placed, tuple(faults), is_known)

    def _wanted(
        self, entry: ModelEntry, name: str, path: Path
    ) -> tuple[tuple[Digest, ...], int | None]:
        """The digests and the size that a file should have, as far as they are known."""
        for file in entry.files:
            if file.path == name:
                return self.accepted(entry, file), file.size
        return self.places.hub.digests(path) or self.records.digests(entry.name, name), None


def damaged_in_words(finding: Finding) -> str:
    """Which files are damaged, and the command that repairs them."""
    faults = "; ".join(str(fault) for fault in finding.faults)
    return f"model '{finding.entry.name}' is damaged: {faults}. {cure_in_words(finding.entry)}"


def _odd(name: str, path: Path, size: int | None) -> FileFault | None:
    found = path.stat().st_size
    if size is not None and found != size:
        return FileFault(name, f"it has {found} bytes; {size} are expected")
    problem = oddity_of(path) if path.suffix in _WEIGHTS else None
    return FileFault(name, problem) if problem else None


_WEIGHTS = (".onnx", ".pth", ".pt", ".bin", ".safetensors", ".ckpt")


def _unlike(
    name: str, accepted: tuple[Digest, ...], found: Mapping[str, Digest]
) -> FileFault | None:
    if set(accepted) & set(found.values()):
        return None
    kind = accepted[0].partition(":")[0]
    return FileFault(name, "its digest is wrong", accepted, found[kind])
