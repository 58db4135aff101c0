"""Which pictures one command means, and which of several inputs belong together."""

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.file_kinds import OTHER_SUFFIXES, SUFFIXES
from paintgraph.base.pairing import Key, number_of, pair
from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.faults import misused
from paintgraph.cli.preparing import ELSEWHERE, STDIN, WEB
from paintgraph.cli.wishes import PAIRINGS, Gathering
from paintgraph.engine.graph.spec import InputSpec

_IS_PATTERN = re.compile(r"[*?\[]")
_DIGITS = re.compile(r"(\d+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """One picture as a command names it.

    Attributes:
        given: a path, an address, or - for standard input.
        name: its place in the folder that was named, such as `sub/photo.jpg`.
    """

    given: str
    name: PurePosixPath


@dataclass(frozen=True, slots=True)
class Item:
    """What one run of the recipe takes.

    Attributes:
        name: that of its main picture.
        given: a picture for each input that has one.
    """

    name: PurePosixPath
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All items, what of the pictures has no partner, and the inputs that name several."""

    items: Sequence[Item]
    alone: Sequence[str]
    several: Sequence[str]


def are_many(value: object) -> bool:
    """Whether an input's value names several pictures, or may."""
    return isinstance(value, tuple) or (
        isinstance(value, str) and (is_pattern(value) or _is_folder(value))
    )


def has_many(given: Mapping[str, Any], inputs: Mapping[str, InputSpec]) -> bool:
    """Whether an input of pictures names several, or may; a prompt may have a question mark."""
    return any(are_many(v) for n, v in given.items() if inputs[n].resource == "picture")


def gather(
    given: Mapping[str, Any], inputs: Mapping[str, InputSpec], main: str, wishes: Gathering
) -> Gathered:
    """The pictures of each run; raises UsageError with all that is wrong.

    Inputs that name one picture have it in every run. Those that name several are paired with the
    main one, or the first.
    """
    if wishes.pair not in PAIRINGS:
        near = suggestion(wishes.pair, PAIRINGS)
        message = f"--pair is '{shorten(wishes.pair)}'; allowed are name and number.{near}"
        raise misused("not_a_choice", f"{message} Choose one of them.")
    pictures = {n: v for n, v in given.items() if inputs[n].resource == "picture"}
    several = {
        name: [*_found(f"--{name}", value, wishes)]
        for name, value in pictures.items()
        if are_many(value)
    }
    if not several:
        single = str(pictures.get(main, ""))
        return Gathered([Item(_named(single), {n: str(v) for n, v in pictures.items()})], (), ())
    leading = main if main in several else next(iter(several))
    same = {n: str(v) for n, v in pictures.items() if n not in several}
    others = {n: found for n, found in several.items() if n != leading}
    pairs = pair(
        f"--{leading}",
        [str(found.name) for found in several[leading]],
        {f"--{n}": [str(found.name) for found in each] for n, each in others.items()},
        _key(wishes, several),
    )
    faults = [*pairs.twice, *(() if wishes.skip_unpaired else pairs.alone)]
    if faults:
        cure = "Add what is missing, take the others out, or write --skip-unpaired."
        cure = "Rename them." if pairs.twice else cure
        raise UsageError(*(Problem("unpaired", f"{fault} {cure}") for fault in faults))
    items = []
    for place, row in pairs.rows.items():
        partners = {n: others[n][row[f"--{n}"]].given for n in others}
        found = several[leading][place]
        taken = {leading: found.given, **partners, **same}
        items.append(Item(_named(same[main]) if main in same else found.name, taken))
    return Gathered(items, pairs.alone, [leading, *others])


def by_number(option: str, value: str | tuple[str, ...], wishes: Gathering) -> dict[int, str]:
    """The pictures that an input names, by the last number in their names; raises UsageError."""
    found: dict[int, str] = {}
    for each in _found(option, value, wishes):
        number = number_of(each.name.name)
        if not number or int(number) in found:
            why = "has the number of another one" if number else "has no number in its name"
            message = f"{option}: '{shorten(each.given)}' {why}; allowed is one picture for each"
            raise misused("unpaired", f"{message} number. Rename it, or take it out.")
        found[int(number)] = each.given
    return found


def _key(wishes: Gathering, several: Mapping[str, Sequence[Found]]) -> Key:
    """What partners have in common: with sub-folders in every input, these too."""
    if wishes.pair == "number":
        return number_of
    if all(any(len(each.name.parts) > 1 for each in found) for found in several.values()):
        return lambda name: str(PurePosixPath(name).with_suffix(""))
    return lambda name: PurePosixPath(name).stem


def _found(option: str, value: str | tuple[str, ...], wishes: Gathering) -> Iterator[Found]:
    for place, text in enumerate([value] if isinstance(value, str) else value):
        if _is_folder(text):
            yield from _in_folder(option, Path(text), wishes)
        elif is_pattern(text):
            yield from _matching(option, text)
        elif place and not text.startswith(ELSEWHERE) and text != STDIN and not Path(text).exists():
            message = (
                f"'{shorten(text)}' belongs to no option. Write --NAME VALUE; or, if it is one of "
                f"the pictures of {option}, check its spelling; or -o FILE for a result."
            )
            raise misused("stray_argument", message)
        else:
            yield Found(text, _named(text))


def _is_folder(text: str) -> bool:
    return not text.startswith(ELSEWHERE) and os.path.isdir(text)  # noqa: PTH112 - may be too long


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern of names, and no file's name."""
    if text.startswith(ELSEWHERE) or not _IS_PATTERN.search(text):
        return False
    return not os.path.lexists(text)


def _named(text: str) -> PurePosixPath:
    """What a picture is called that no folder was searched for."""
    if text == STDIN or (text.startswith(ELSEWHERE) and not text.startswith(WEB)):
        return PurePosixPath("picture")
    if text.startswith(WEB):
        text = text.partition("?")[0].partition("#")[0]
        name = PurePosixPath(text.partition("//")[2].partition("/")[2]).name
        return PurePosixPath("picture" if name in ("", "..") else name)
    return PurePosixPath(Path(text).name)


def _in_folder(option: str, folder: Path, wishes: Gathering) -> Iterator[Found]:
    """The pictures of a folder, 2 before 10; hidden files and folders are left out."""
    try:
        found = sorted(_files(folder, recursive=wishes.recursive), key=_natural)
    except OSError as error:
        message = f"{option}: the folder '{folder}' cannot be read: {error.strerror}."
        raise misused("unreadable_folder", f"{message} Check its permissions.") from error
    pictures = [path for path in found if path.name.lower().endswith(SUFFIXES)]
    if not pictures and not wishes.watch:
        others = sum(path.name.lower().endswith(OTHER_SUFFIXES) for path in found)
        there = f", but {others} to be converted to PNG first" if others else ""
        cure = "" if wishes.recursive else ", or take sub-folders with --recursive"
        message = f"{option}: the folder '{folder}' holds no picture{there}; allowed are"
        raise misused("no_pictures", f"{message} {', '.join(SUFFIXES)}. Check the folder{cure}.")
    for path in pictures:
        yield Found(str(path), PurePosixPath(path.relative_to(folder).as_posix()))


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            yield entry
        elif recursive and entry.is_dir() and not entry.is_symlink():
            yield from _files(entry, recursive=True)


def _matching(option: str, pattern: str) -> Iterator[Found]:
    """The files that a pattern names; ** stands for any folders."""
    fixed = Path(_IS_PATTERN.split(pattern, maxsplit=1)[0] + "x").parent
    found = [Path(each) for each in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - as shells do
    pictures = sorted((each for each in found if each.is_file()), key=_natural)
    if not pictures:
        message = f"{option}: no file is named like '{shorten(pattern)}'. Check the pattern."
        raise misused("no_pictures", message)
    for path in pictures:
        yield Found(str(path), PurePosixPath(path.relative_to(fixed).as_posix()))


def _natural(path: Path) -> tuple[list[str | int], str]:
    """What paths are sorted by: numbers in them count as numbers."""
    parts = _DIGITS.split(str(path).casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], str(path)
