"""The models that paintgraph knows: the shipped ones, and those of the user's `models.yaml`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paintgraph.base.errors import Place
from paintgraph.base.naming import without_pickle
from paintgraph.base.text.document import Document, TextError
from paintgraph.base.text.yaml_reader import MAX_YAML_BYTES, read_yaml
from paintgraph.base.words import shorten, suggestion
from paintgraph.models.catalogue.entries import ModelEntry, ModelFile
from paintgraph.models.catalogue.family import Families, Family
from paintgraph.models.errors import CatalogueError, UnknownModelError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHIPPED = Path(__file__).with_name("catalogue.yaml")
USER_FILE = "models.yaml"
"""The user's own entries, in the models folder; an entry of a shipped name takes its place."""

_FOUND = "Found in a folder of models."

Elsewhere = Callable[[Family], Iterable[Path]]
"""Folders of a family beside its own in the models folder."""

Find = Callable[[], Mapping[str, ModelEntry]]


class ModelCatalogue:
    """Entries by name, in the order of their files, and the families that they are of.

    What lies in folders of models comes first: `find` gives that, as files come and go.
    """

    def __init__(
        self, families: Families, entries: Mapping[str, ModelEntry], find: Find = dict
    ) -> None:
        self.families = families
        self._written = entries
        self._find = find
        self._known: dict[str, ModelEntry] | None = None

    def refresh(self) -> None:
        """Look again what lies in the folders."""
        self._known = self._look()

    def _look(self) -> dict[str, ModelEntry]:
        return {**self._find(), **self._written}

    @property
    def _entries(self) -> dict[str, ModelEntry]:
        """All entries; the folders are looked through when one is first asked for."""
        if self._known is None:
            self._known = self._look()
        return self._known

    @classmethod
    def load(
        cls,
        families: Families,
        models_dir: Path | None = None,
        elsewhere: Elsewhere = lambda _: (),
    ) -> "ModelCatalogue":
        """The shipped entries, and the user's, and what is found, where a models folder is given.

        Raises CatalogueError with the place of the first fault.
        """
        known = families.of_entries()
        entries = read_entries(SHIPPED, known)
        if models_dir is None:
            return cls(families, entries)
        own = models_dir / USER_FILE
        if own.is_file():
            entries |= read_entries(own, known)
        return cls(families, entries, partial(found_entries, families, models_dir, elsewhere))

    def get(self, name: str, families: Collection[str] = ()) -> ModelEntry:
        """The entry of this name or alias; raises UnknownModelError, with the nearest name.

        Several kinds of models may have files of one name: one of these families is meant, if any.
        A pickle that is not here is meant to be the same model as .safetensors, if that is. For
        what nobody knows the folders are looked through again.
        """
        entry = self._entry(name, families)
        if entry is None:
            self.refresh()
            entry = self._entry(name, families)
        if entry is not None:
            return entry
        cure = suggestion(name, self._entries) or " 'paintgraph models list' lists them."
        raise UnknownModelError(f"there is no model '{shorten(name)}'.{cure}")

    def _entry(self, name: str, families: Collection[str]) -> ModelEntry | None:
        for each in dict.fromkeys((name, without_pickle(name))):
            own = (e for f in families for e in self.of_family(f) if each in (e.name, *e.aliases))
            entry = next(own, None) or self._entries.get(each) or self._called(each)
            if entry is not None:
                return entry
        return None

    def _called(self, alias: str) -> ModelEntry | None:
        """The last entry with this other name."""
        return next((e for e in reversed(self._entries.values()) if alias in e.aliases), None)

    def of_family(self, family: str) -> list[ModelEntry]:
        """All entries of a family, those of the highest rank first."""
        found = [entry for entry in self if entry.family == family]
        return sorted(found, key=lambda entry: -entry.rank)

    def names(self) -> list[str]:
        """All names."""
        return list(self._entries)

    def __iter__(self) -> Iterator[ModelEntry]:
        return iter(self._entries.values())


def found_entries(
    families: Families, models_dir: Path, elsewhere: Elsewhere = lambda _: ()
) -> dict[str, ModelEntry]:
    """An entry, by name, for each model whose user just put it into a folder.

    Of two of one name that of the models folder counts; of two families the second has its family's
    name before it. What has a name that no catalogue takes is passed over.
    """
    entries: dict[str, ModelEntry] = {}
    for family in families:
        for folder in (models_dir / family.name, *elsewhere(family)):
            for name, file, aliases in family.found(folder):
                is_taken = name in entries and entries[name].family != family.name
                own = f"{family.name}-{name}" if is_taken else name
                others = (name, *aliases) if is_taken else aliases
                try:
                    entry = ModelEntry(
                        own, family.name, _FOUND, files=(ModelFile(file),), aliases=others
                    )
                except ValueError:
                    continue
                entries.setdefault(own, entry)
    return entries


def read_entries(path: Path, families: Sequence[str]) -> dict[str, ModelEntry]:
    """The entries of a file by name, each of one of these families; raises CatalogueError."""
    try:
        with path.open("rb") as file:
            document = read_yaml(file.read(MAX_YAML_BYTES + 1))
    except OSError as error:
        raise _fault(path, None, f"it cannot be read: {error.strerror}.") from error
    except TextError as error:
        if error.code == "empty":
            return {}
        raise _fault(path, error.place, error.message) from error
    if document.value is None:
        return {}
    if not isinstance(document.value, dict):
        raise _fault(path, document.place(()), "models have to be given by their names.")
    return {
        name: _entry(path, document, name, given, families)
        for name, given in document.value.items()
    }


def _entry(
    path: Path, document: Document, name: str, given: object, families: Sequence[str]
) -> ModelEntry:
    def fault(what: str, *steps: str | int) -> CatalogueError:
        place = document.place((name, *steps), key=True)
        return _fault(path, place, f"model '{name}'{what}.")

    if not isinstance(given, dict):
        raise fault(": its fields are missing")
    if "name" in given:
        raise fault(": its key is its name already", "name")
    if given.get("family", families[0]) not in families:
        *most, last = (f"'{family}'" for family in families)
        raise fault(f", 'family': Input should be {', '.join(most)} or {last}", "family")
    from pydantic import ValidationError

    try:
        return _adapter().validate_python({**given, "name": name})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        steps = _there(given, first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        field = f", '{'.'.join(map(str, steps))}'" if steps else ""
        raise fault(f"{field}: {what}", *steps) from error


def _there(value: Any, steps: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The beginning of a path that leads to something; pydantic adds steps of its own."""
    for number, step in enumerate(steps):
        is_item = isinstance(value, list) and isinstance(step, int)
        if not is_item and not (isinstance(value, dict) and step in value):
            return steps[:number]
        value = value[step]
    return steps


@cache
def _adapter() -> "TypeAdapter[ModelEntry]":
    from pydantic import TypeAdapter

    return TypeAdapter(ModelEntry)


def _fault(path: Path, place: Place | None, what: str) -> CatalogueError:
    where = f"{path}:{place.line}:{place.column}" if place else str(path)
    return CatalogueError(f"{where}: {what} Mend the file: docs/models.md says what it may hold.")
