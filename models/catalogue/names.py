"""Names of models in graphs: which can be chosen, which cannot be used, which files they mean."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from paintgraph.base.words import shorten, suggestion
from paintgraph.models.catalogue.entries import ModelEntry, ModelRef, Placed
from paintgraph.models.catalogue.family import Families, Family, Kind
from paintgraph.models.errors import (
    MissingModelError,
    ModelError,
    RefusedModelError,
    UnknownModelError,
)

if TYPE_CHECKING:
    # Whoever makes names has it; it takes its time.
    from paintgraph.models.catalogue.model_index import Finding, ModelIndex

CHANGED = "model_changed"
"""The code of the error for a model whose files are others than they were."""

AUTO = "auto"
"""Stands for the best model that is on this machine, where any of a kind would do."""

_SHOWN = 8  # names in an error


class ModelNames:
    """The names that graphs may use for the models of an index, alone or with a digest."""

    def __init__(self, index: "ModelIndex") -> None:
        self.index = index
        """The catalogue and the files on this machine."""

    @property
    def families(self) -> Families:
        """All that there are."""
        return self.index.catalogue.families

    def choices(self, *kinds: Kind) -> list[str]:
        """What there is of some kinds, present or not; of a family the highest rank first.

        Before those of a family that has one for a start stands "auto"; see `meant`.
        """
        found: list[str] = []
        for family in self.families.of(*kinds):
            found += [AUTO] if family.for_a_start else []
            entries = [entry.name for entry in self._offered(family)]
            found += [family.name] if family.kind == Kind.FILL else entries
            found += [alias for entry in self._offered(family) for alias in entry.aliases]
        return found

    def entries(self, kind: Kind) -> list[ModelEntry]:
        """What the catalogue says of the models of a kind, in the order of `choices`."""
        return [entry for family in self.families.of(kind) for entry in self._offered(family)]

    def fault(self, text: str, *kinds: Kind) -> ModelError | None:
        """Why a model cannot be used now, or None; reads no more than headers of files.

        Of a name that nobody knows it says how such a file is brought, where the families of its
        kind take any; else nothing: whoever has the choices names them.
        """
        try:
            placed = self.placed(text, *kinds)
            self.family(placed).check_files(placed, self.placed)
        except UnknownModelError:
            return self._to_be_brought(text, kinds) if kinds else None
        except ModelError as error:
            return error
        return None

    def meant(self, text: str, *kinds: Kind) -> str:
        """The model that a name stands for, which need not be here.

        Of "auto" that is the best of these kinds that is here and can be used, as far as headers of
        files tell; where none is, the one that its family is begun with.
        """
        if text != AUTO:
            return text
        (family, *_) = (each for each in self.families.of(*kinds) if each.for_a_start)
        ranked = (entry.name for entry in self.usable(*kinds) if entry.rank)
        return next(ranked, family.for_a_start)

    def usable(self, *kinds: Kind) -> Iterator[ModelEntry]:
        """What of some kinds is here without `fault`; of a family the highest rank first."""
        for family in self.families.of(*kinds):
            for entry in self._offered(family):
                if self.fault(entry.name, family.kind) is None:
                    yield entry

    def unusable(self, finding: "Finding") -> str:
        """Why files that are there are no model that is loaded, such as a pickle; else nothing."""
        if finding.state != "present":
            return ""
        kind = self.families.get(finding.entry.family).kind
        fault = self.fault(finding.entry.name, kind)
        return "" if fault is None else fault.message

    def _to_be_brought(self, text: str, kinds: Iterable[Kind]) -> MissingModelError | None:
        """That a model is not here which a catalogue need not have."""
        (family, *_) = self.families.of(*kinds)
        if not family.brought:
            return None
        known = self.choices(*kinds)
        near = suggestion(text, known) or f" Known are {', '.join(known[:_SHOWN]) or 'none'}."
        return MissingModelError(
            f"model '{shorten(text)}' is not on this machine, and no catalogue has it.{near} "
            f"{family.brought}"
        )

    def bind(self, text: str, *kinds: Kind) -> ModelRef:
        """The model and the digest of its files, which are read if they are new here.

        Of models of one name that of one of these kinds is meant. Raises ModelError, also if `text`
        has a digest and the files another.
        """
        here = self.index.ref(self.placed(text, *kinds))
        if "@" in text and ModelRef.parse(text).digest != here.digest:
            raise ModelError(
                f"'{text}' is asked for, but the files here have the digest {here.digest}; other "
                "files give other results. Bring those files back, or name the model alone.",
                code=CHANGED,
            )
        return here

    def has(self, ref: str) -> bool:
        """Whether the very files of a reference are here; reads those that are new here."""
        try:
            self.bind(ref)
        except ModelError:
            return False
        return True

    def check_unchanged(self, refs: Iterable[str]) -> None:
        """Raise ModelError if other files than those of some references are called so here.

        What is missing is left to who needs it. Files are read only if they are new here.
        """
        for ref in refs:
            try:
                self.bind(ref)
            except ModelError as error:
                if error.code == CHANGED:
                    raise

    def placed(self, text: str, *kinds: Kind) -> Placed:
        """The files of a model; raises ModelError if it is missing, damaged or not offered.

        Of models of one name that of one of these kinds is meant.
        """
        name = self.meant(text.partition("@")[0], *kinds)
        if reason := self.families.refusal(name):
            raise RefusedModelError(f"'{name}' {reason}. Choose another, such as {AUTO}.")
        families = [family.name for family in self.families.of(*kinds)]
        entry = self.index.catalogue.get(name, families)
        placed = self.index.require(self.index.look(entry))
        self.family(placed).check_ready(placed, lambda file: self.index.accepted(entry, file))
        return placed

    def _offered(self, family: Family) -> list[ModelEntry]:
        entries = self.index.catalogue.of_family(family.name)
        return [entry for entry in entries if not self.families.refusal(entry.name)]

    def family(self, model: Placed | ModelRef) -> Family:
        """The family of a model."""
        entry = model.entry if isinstance(model, Placed) else self.index.catalogue.get(model.name)
        return self.families.get(entry.family)
