"""The models that paintgraph knows: the shipped ones, and those of the user's `models.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from paintgraph.models.catalogue.entries import ModelEntry, ModelFile
from paintgraph.models.catalogue.family import Families
from paintgraph.models.errors import CatalogueError, UnknownModelError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHIPPED = Path(__file__).with_name("catalogue.yaml")
USER_FILE = "models.yaml"
"""The user's own entries, in the models folder; an entry of a shipped name takes its place."""

_FOUND = "Found in the models folder."
_MOST_BYTES = 2**20
_Marks = dict[tuple[str | int, ...], yaml.Mark]


class ModelCatalogue:
    """Entries by name, in the order of their files, and the families that they are of."""

    def __init__(self, families: Families, entries: Mapping[str, ModelEntry]) -> None:
        self.families = families
        self._entries = dict(entries)

    @classmethod
    def load(cls, families: Families, models_dir: Path | None = None) -> "ModelCatalogue":
        """The shipped entries, and the user's, and what is found, where a models folder is given.

        Raises CatalogueError with the place of the first fault.
        """
        known = families.of_entries()
        entries = found_entries(families, models_dir) if models_dir else {}
        entries |= read_entries(SHIPPED, known, yaml.CSafeLoader)
        own = models_dir / USER_FILE if models_dir else None
        if own is not None and own.is_file():
            entries |= read_entries(own, known)
        return cls(families, entries)

    def get(self, name: str) -> ModelEntry:
        """The entry of this name; raises UnknownModelError, with the nearest name."""
        entry = self._entries.get(name)
        if entry is not None:
            return entry
        by_lower = {known.lower(): known for known in self._entries}
        near = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.6)
        cure = f"Did you mean '{by_lower[near[0]]}'?" if near else ""
        cure = cure or "'paintgraph models list' lists them."
        raise UnknownModelError(f"there is no model '{name[:100]}'. {cure}")

    def of_family(self, family: str) -> list[ModelEntry]:
        """All entries of a family, those of the highest rank first."""
        found = [entry for entry in self if entry.family == family]
        return sorted(found, key=lambda entry: -entry.rank)

    def names(self) -> list[str]:
        """All names."""
        return list(self._entries)

    def __iter__(self) -> Iterator[ModelEntry]:
        return iter(self._entries.values())


def found_entries(families: Families, models_dir: Path) -> dict[str, ModelEntry]:
    """An entry, by name, for each model whose user just put it into the models folder.

    What has a name that no catalogue takes is passed over.
    """
    found = {}
    for family in families:
        for name, file in family.found(models_dir):
            try:
                found[name] = ModelEntry(name, family.name, _FOUND, files=(ModelFile(file),))
            except ValueError:
                continue
    return found


def read_entries(
    path: Path,
    families: Sequence[str],
    loader: type[yaml.SafeLoader | yaml.CSafeLoader] = yaml.SafeLoader,
) -> dict[str, ModelEntry]:
    """The entries of a file by name, each of one of these families; raises CatalogueError.

    `loader`: the one in C is ten times quicker, but a file nested too deeply ends the process.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise _fault(path, None, f"it is larger than {_MOST_BYTES} bytes")
        root = yaml.compose(text, loader)
    except OSError as error:
        raise _fault(path, None, f"it cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        raise _fault(path, error.problem_mark, error.problem or "it is no YAML") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _fault(path, None, "it is no YAML, or nested too deeply") from error
    if root is None:
        return {}
    marks: _Marks = {}
    plain = _Composed(path, marks).plain(root, ())
    if not isinstance(plain, dict):
        raise _fault(path, root.start_mark, "models have to be given by their names")
    return {name: _entry(path, name, given, marks, families) for name, given in plain.items()}


def _entry(
    path: Path, name: str, given: object, marks: _Marks, families: Sequence[str]
) -> ModelEntry:
    if not isinstance(given, dict):
        raise _fault(path, marks[(name,)], f"model '{name}': its fields are missing")
    if "name" in given:
        raise _fault(path, marks[(name, "name")], f"model '{name}': its key is its name already")
    if given.get("family", families[0]) not in families:
        *most, last = (f"'{family}'" for family in families)
        what = f"'family': Input should be {', '.join(most)} or {last}"
        raise _fault(path, marks[(name, "family")], f"model '{name}', {what}")
    from pydantic import ValidationError

    try:
        return _adapter().validate_python({**given, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        loc: tuple[str | int, ...] = (name, *first["loc"])
        while loc not in marks:
            loc = loc[:-1]
        where = ".".join(str(step) for step in loc[1:])
        what = first["msg"].removeprefix("Value error, ")
        field = f", '{where}'" if where else ""
        raise _fault(path, marks[loc], f"model '{name}'{field}: {what}") from error


@cache
def _adapter() -> "TypeAdapter[ModelEntry]":
    from pydantic import TypeAdapter

    return TypeAdapter(ModelEntry)


class _Composed:
    """Plain data of YAML nodes; `marks` gets the place of every value by its path."""

    def __init__(self, path: Path, marks: _Marks) -> None:
        self._path = path
        self._marks = marks
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, at: tuple[str | int, ...]) -> Any:
        """The value of a node; raises CatalogueError."""
        self._marks[at] = node.start_mark
        if isinstance(node, yaml.ScalarNode):
            return yaml.SafeLoader("").construct_object(node)
        if id(node) in self._seen:
            raise _fault(self._path, node.start_mark, "'*' aliases are not taken here")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(each, (*at, index)) for index, each in enumerate(node.value)]
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _fault(self._path, key.start_mark, "a key has to be a plain word")
            if key.value in found:
                raise _fault(self._path, key.start_mark, f"'{key.value}' is given twice")
            found[key.value] = self.plain(value, (*at, key.value))
            self._marks[(*at, key.value)] = key.start_mark
        return found


def _fault(path: Path, mark: yaml.Mark | None, what: str) -> CatalogueError:
    place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
    return CatalogueError(f"{place}: {what}. Mend the file: docs/models.md says what it may hold.")
