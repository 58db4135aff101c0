"""What came of a run: pictures, values and numbers by name; and how pictures become files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.base.file_kinds import KINDS
from paintgraph.base.files import write_whole
from paintgraph.base.words import shorten, suggestion
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.graph.descriptions import read_descriptions
from paintgraph.engine.graph.formats.carried import GRAPH
from paintgraph.engine.graph.graph import (
    NOTHING_SAID,
    Descriptions,
    Graph,
    InputRef,
    Metadata,
)
from paintgraph.engine.graph.sockets import NO_FACTS, Facts, Value
from paintgraph.imaging.files.encode import writes_avif
from paintgraph.imaging.files.heic import NEEDED, has_heic
from paintgraph.imaging.masks.algebra import to_image
from paintgraph.imaging.samples import pixel_digest, quantise
from paintgraph.jobs.publishing import PublishError, cannot_write
from paintgraph.nodes.facts import REPAINT
from paintgraph.nodes.pictures.files import (
    digest_as,
    encode_with_facts,
    losses,
    tells_of_itself,
)
from paintgraph.nodes.pictures.formats import SUFFIXES, Format, Packing, Wanted, format_for
from paintgraph.nodes.results import plain, results_of, texts_of_result

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

MAIN = "image"
_BY_DEFAULT = Descriptions("keep", graph=True)
_SPELLINGS = {own: kind.suffixes for kind in KINDS.values() for own in kind.suffixes}
FORMATS: Mapping[str, Wanted] = {
    **{suffix: form for form, own in SUFFIXES.items() for suffix in _SPELLINGS[own]},
    ".*": "same",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Picture:
    """One picture or mask of a result.

    Attributes:
        array: float32, 0..1, read-only: `[H, W, 3]` RGB, `[H, W, 4]` with straight alpha, or
            `[H, W]` for a mask, 1 where it selects.
        facts: what is known of it beside its samples: depth, colour profile, EXIF, measures.
        texts: what its file carries of how it was made, by key: `paintgraph` is the graph.
        output, place: which of the graph's pictures it is.
        descriptions: what its files tell beside the samples, unless the caller says it.
    """

    array: NDArray[np.float32]
    facts: Facts = field(default_factory=lambda: NO_FACTS)
    texts: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    place: int = 0
    descriptions: Descriptions = NOTHING_SAID

    @property
    def graph(self) -> str:
        """The graph that made it, as JSON, or ""."""
        return self.texts.get(GRAPH, "")

    @property
    def image(self) -> "PillowImage":
        """As a PIL image of 8 bits a sample: L, RGB or RGBA; its `info` has profile and dpi."""
        from PIL import Image

        image = Image.fromarray(quantise(self.array))
        if "icc" in self.facts:
            image.info["icc_profile"] = self.facts["icc"]
        if "dpi" in self.facts:
            image.info["dpi"] = tuple(self.facts["dpi"])
        return image

    @property
    def measures(self) -> dict[str, Any]:
        """How well a repainted picture fits its surroundings; empty for other pictures."""
        return dict(self.facts.get(REPAINT, {}))

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the samples at the picture's depth: equal for equal pictures."""
        return pixel_digest(
            self._as_image()[np.newaxis], self.facts.get("depth", 8), self.facts.get("icc")
        )

    def digest_in(self, form: Format) -> str:
        """The digest of the samples as a file of that format holds them."""
        return digest_as(self._as_image(), form, self.facts)

    def losses(self, form: Format, *, quality: int | None = None) -> list[str]:
        """What a file of that format does not keep of the picture: sentences.

        That a quality was wished says enough of pixels that change.
        """
        told = self.descriptions.or_else(_BY_DEFAULT)
        return losses(form, self.facts, told, changes_are_known=quality is not None)

    def encode(
        self,
        form: Wanted = "png",
        *,
        quality: int | None = None,
        metadata: Metadata | bool | None = None,
        graph: bool | None = None,
    ) -> bytes:
        """The picture as a file's bytes, at the depth and with the profile that it was read with.

        `metadata` is what is kept of what the given picture says of itself: "keep", which is the
        default: all, "private": colours, resolution and copyright, or "none": colours and
        resolution. `graph` writes the graph and the numbers of a repaint into PNG and WebP; as
        before, this is also what True and False mean as `metadata`. `quality` is 1 to 100 for JPEG,
        WebP, AVIF and HEIC; without it, it is 95, and WebP keeps every sample. Raises Error for
        what a format cannot hold.
        """
        form, _ = self.format_for(form)
        told = wished(metadata, graph).or_else(self.descriptions).or_else(_BY_DEFAULT)
        image, texts = self._as_image(), self.texts
        if tells_of_itself(form, told):
            texts = texts_of_result(texts, image, form, self.facts, self.output, self.place)
        return encode_with_facts(image, form, self.facts, told, Packing.of(quality), texts)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        quality: int | None = None,
        metadata: Metadata | bool | None = None,
        graph: bool | None = None,
    ) -> Path:
        """Write a file of the format that its suffix names; replaces one that is there.

        With the suffix .* the format is that of the file which the picture comes from, or PNG.
        `metadata` and `graph` are those of `encode`. Raises Error for a suffix or folder that
        cannot be used, or a disk that cannot be written.
        """
        file = Path(path)
        form, _ = self.format_for(format_of(file, f"save '{file}'"))
        file = with_format(file, form)
        try:
            data = self.encode(form, quality=quality, metadata=metadata, graph=graph)
            write_whole(file, data)
        except Error as error:
            raise PublishError(f"save '{file}': {error}", error.code) from error
        except OSError as error:
            raise cannot_write(file, error) from error
        return file

    def format_for(self, wanted: Wanted) -> tuple[Format, str]:
        """The format to save in; for `same` also why it is not that of the picture's file."""
        return format_for(wanted, self.facts, has_alpha=self.array.shape[2:] == (4,))

    def __repr__(self) -> str:
        height, width, *channels = self.array.shape
        kind = {3: "RGB", 4: "RGBA"}[channels[0]] if channels else "mask"
        return f"<Picture {kind} {width}x{height} px, {self.facts.get('depth', 8)} bits>"

    def _repr_png_(self) -> bytes:
        """What a notebook shows, and holds when it is passed on: nothing private."""
        return self.encode("png", metadata="private", graph=False)

    def _as_image(self) -> NDArray[np.float32]:
        """The samples `[H, W, 3 or 4]`; a mask as grey."""
        return to_image(self.array[np.newaxis])[0] if self.array.ndim == 2 else self.array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Result:
    """What a run gave, by the names of the recipe's outputs.

    Attributes:
        outputs: per name its pictures and values; one entry each, unless it is a list.
        warnings: what the run reported without stopping.
        saved: files that the graph's own save nodes wrote.
    """

    outputs: Mapping[str, tuple[Any, ...]]
    warnings: list[str] = field(default_factory=list)
    saved: list[Path] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all outputs."""
        return tuple(self.outputs)

    def __getitem__(self, name: str) -> Any:
        """An output by name: a PIL image, a value, or a list where there are several."""
        entries = [e.image if isinstance(e, Picture) else e for e in self._entries(name)]
        return entries[0] if len(entries) == 1 else entries

    def __contains__(self, name: object) -> bool:
        return name in self.outputs

    def pictures(self, name: str = "") -> tuple[Picture, ...]:
        """The pictures of an output, by default of the main one; raises Error if it has none."""
        entries = self._entries(name or self._main())
        found = tuple(entry for entry in entries if isinstance(entry, Picture))
        if not found:
            message = f"the result '{name}' is no picture. Read it as result['{name}']."
            raise UsageError(Problem("unknown_result", message))
        return found

    @property
    def image(self) -> "PillowImage":
        """The main picture, the first of several, as a PIL image of 8 bits a sample."""
        return self.pictures()[0].image

    @property
    def images(self) -> list["PillowImage"]:
        """All pictures of the main output as PIL images."""
        return [picture.image for picture in self.pictures()]

    @property
    def array(self) -> NDArray[np.float32]:
        """The main picture, the first of several: float32 `[H, W, 3 or 4]`, 0..1, read-only."""
        return self.pictures()[0].array

    @property
    def arrays(self) -> list[NDArray[np.float32]]:
        """All pictures of the main output as arrays."""
        return [picture.array for picture in self.pictures()]

    @property
    def measures(self) -> dict[str, Any]:
        """How well the main picture fits its surroundings; empty if nothing was repainted."""
        return self.pictures()[0].measures

    def save(
        self,
        path: str | os.PathLike[str],
        name: str = "",
        *,
        quality: int | None = None,
        metadata: Metadata | bool | None = None,
        graph: bool | None = None,
    ) -> list[Path]:
        """Write the pictures of an output, by default of the main one; gives the files.

        The suffix names the format: .png, .jpg, .webp, .avif, .heic, .tif, or .* for that of the
        file which the picture comes from. Several pictures get numbers: wide.png, wide_2.png. PNG
        and TIFF keep 16 bits; the other options are those of `Picture.encode`.
        """
        wishes: dict[str, Any] = {"quality": quality, "metadata": metadata, "graph": graph}
        return [
            picture.save(numbered(Path(path), number), **wishes)
            for number, picture in enumerate(self.pictures(name), start=1)
        ]

    def __repr__(self) -> str:
        told = [f"{name}={_in_short(entries)}" for name, entries in self.outputs.items()]
        told += [f"{len(self.warnings)} warnings"] if self.warnings else []
        told += [f"{len(self.saved)} files saved"] if self.saved else []
        return f"<Result {', '.join(told) or 'without outputs'}>"

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows: the main picture."""
        return self.pictures()[0]._repr_png_() if self._main() else None

    def _main(self) -> str:
        with_pictures = [
            name
            for name, entries in self.outputs.items()
            if any(isinstance(entry, Picture) for entry in entries)
        ]
        return MAIN if MAIN in with_pictures else next(iter(with_pictures), "")

    def _entries(self, name: str) -> tuple[Any, ...]:
        if name in self.outputs:
            return self.outputs[name]
        known = ", ".join(self.outputs) or "none"
        what = f"there is no result '{name}'" if name else "the run gave no picture by name"
        message = f"{what}; there are {known}.{suggestion(name, self.outputs)}"
        raise UsageError(Problem("unknown_result", message))


def _in_short(entries: Sequence[Any]) -> str:
    """An output in a line: what stands in it, of several the first and how many there are."""
    first = shorten(repr(entries[0]), 60) if entries else "nothing"
    return first if len(entries) < 2 else f"{len(entries)} of them, the first {first}"


def wished(metadata: object, graph: object) -> Descriptions:
    """What a caller wishes of descriptions; raises UsageError. A bool as metadata means graph."""
    if isinstance(metadata, bool):
        metadata, graph = None, metadata if graph is None else graph
    found, wrong = read_descriptions({"metadata": metadata, "graph": graph})
    if wrong:
        raise UsageError(
            *(Problem(each.code, f"{each.message} Change it.") for each in wrong.values())
        )
    return found


def named_results(
    graph: Graph,
    outcome: Outcome,
    values: Mapping[str, Any],
    told: Descriptions,
    texts: Mapping[str, str],
) -> dict[str, tuple[Any, ...]]:
    """What a run gave by name: `Picture`s and plain values; what was not computed is left out.

    `graph` is the checked graph, `values` are those of its declared inputs, `told` and `texts` say
    what files of the pictures tell.
    """
    found = {name: each for name, each, _ in results_of(graph, outcome)}
    results: dict[str, tuple[Any, ...]] = {}
    for name, reference in graph.outputs.items():
        if isinstance(reference, InputRef):
            results[name] = (plain(values[reference.name]),)
        elif name in found:
            entries = [each for value in found[name] for each in _entries(value)]
            common: dict[str, Any] = {"texts": texts, "output": name, "descriptions": told}
            results[name] = tuple(
                replace(each, place=place, **common) if isinstance(each, Picture) else each
                for place, each in enumerate(entries)
            )
    return results


def _entries(value: Value) -> Iterable[Any]:
    if isinstance(value.data, np.ndarray):
        return [Picture(picture, value.facts) for picture in value.data]
    return [plain(value.data)]


def numbered(path: Path, number: int) -> Path:
    """The file of the first, second, ... of several pictures."""
    return path if number == 1 else path.with_stem(f"{path.stem}_{number}")


def with_format(path: Path, form: Format) -> Path:
    """The path, with the suffix of a format in place of .*."""
    return path.with_suffix(SUFFIXES[form]) if FORMATS.get(path.suffix) == "same" else path


def format_of(path: Path, where: str) -> Wanted:
    """The format that a suffix names; raises UsageError, also for a place without folder."""
    form = named_format(path, where)
    check_place(path, where)
    return form


def named_format(path: Path, where: str) -> Wanted:
    """The format that a suffix names; raises UsageError."""
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        has = f"the suffix is '{path.suffix}'" if path.suffix else "there is no suffix"
        message = f"{where}: {has}; allowed are {', '.join(FORMATS)}. Name such a file."
        raise UsageError(Problem("unknown_suffix", message))
    if form == "avif" and not writes_avif():
        message = f"{where}: Pillow was built here without AVIF; allowed are the other suffixes."
        raise UsageError(Problem("missing_library", f"{message} Install Pillow's own wheel."))
    if form == "heic" and not has_heic():
        raise UsageError(Problem("missing_library", f"{where}: {NEEDED}"))
    return form


def check_place(path: Path, where: str) -> None:
    """Refuse a file that cannot be made where it should be, by UsageError."""
    if path.is_dir():
        message = f"{where}: this is a folder. Name a file in it."
        raise UsageError(Problem("no_such_folder", message))
    if not path.parent.is_dir():
        message = f"{where}: there is no folder '{path.parent}'. Make it first."
        raise UsageError(Problem("no_such_folder", message))


def merged(results: Sequence[Result]) -> Result:
    """The results of several runs as one, outputs one after the other."""
    if len(results) == 1:
        return results[0]
    names = dict.fromkeys(name for result in results for name in result.names)
    return Result(
        {n: tuple(e for r in results for e in r.outputs.get(n, ())) for n in names},
        [warning for result in results for warning in result.warnings],
        [path for result in results for path in result.saved],
    )
