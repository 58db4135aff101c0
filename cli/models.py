"""`paintgraph models`: what there is, getting it, checking it, letting go of it."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from paintgraph.base.errors import Problem
from paintgraph.base.listening import Listening
from paintgraph.cli.faults import FAILED, OK, lines, misused, plain, print_json, print_table, tell
from paintgraph.cli.lists import page_width, wrapped
from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.model_index import Finding, ModelIndex
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.catalogue.places import COMFY_VARIABLE, VARIABLE, default_models_dir
from paintgraph.models.catalogue.wording import cure_in_words, in_bytes, licence_in_words
from paintgraph.models.errors import ModelError, UnknownModelError
from paintgraph.models.families import FAMILIES, open_index
from paintgraph.models.pulling.file_pulling import PullNote, PullProgress
from paintgraph.models.pulling.pulling import Puller, remove_model

_INDENT = "    "


def open_model_index() -> ModelIndex:
    """The models of this user."""
    return open_index(default_models_dir())


def list_models(*, json: bool) -> int:
    """List all models, and whether they are there; gives the exit code."""
    index = open_model_index()
    findings = [index.look(entry) for entry in index.catalogue]
    names = ModelNames(index)
    unusable = [names.unusable(finding) for finding in findings]
    if json:
        pairs = zip(findings, unusable, strict=True)
        print_json([{**finding.to_json(), "unusable": why} for finding, why in pairs])
    else:
        _print_findings(findings, unusable)
    return OK


def show_model(name: str, *, json: bool) -> int:
    """Tell everything of one model; gives the exit code."""
    index = open_model_index()
    finding = index.look(*_entries(index, [name]))
    if json:
        why = ModelNames(index).unusable(finding)
        more = {"unusable": why, "folder": str(_folder(index, finding))}
        print_json({**finding.to_json(), **more})
    else:
        typer.echo(plain("\n".join(_lines(index, finding))))
    return OK


def pull_models(names: Sequence[str], *, json: bool) -> int:
    """Get models, each whole and checked; gives the exit code."""
    index = open_model_index()
    entries = _entries(index, names)
    problems = _pull_all(index, entries, quiet=json)
    if json:
        failed = {name: {"failure": problem.to_json()} for name, problem in problems.items()}
        findings = [index.look(entry) for entry in entries]
        print_json([{**f.to_json(), **failed.get(f.entry.name, {})} for f in findings])
    return FAILED if problems else OK


def verify_models(names: Sequence[str], *, json: bool) -> int:
    """Read models again and compare their digests; without names all that are there."""
    index = open_model_index()
    entries = _entries(index, names) or list(index.catalogue)
    there = [entry for entry in entries if names or index.places.find(entry) is not None]
    with PullBars(quiet=json) as bars:
        findings = [index.verify(entry, bars.reading(entry)) for entry in there]
    if json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            typer.echo(plain(f"{finding.entry.name}: {_verdict(finding)}"))
        if not findings:
            typer.echo("there are no models on this machine")
    is_sound = all(finding.state == "present" for finding in findings)
    return OK if is_sound else FAILED


def remove_models(names: Sequence[str], *, json: bool) -> int:
    """Delete the files of models; gives the exit code."""
    index = open_model_index()
    entries = _entries(index, names)
    freed = {entry.name: remove_model(index, entry) for entry in entries}
    if json:
        print_json([{"name": name, "freed_bytes": size} for name, size in freed.items()])
    else:
        for name, size in freed.items():
            typer.echo(f"{name}: removed, {in_bytes(size)} freed")
    return OK


def show_places(*, json: bool) -> int:
    """Tell where models lie, and what decides it; gives the exit code."""
    places = open_model_index().places
    found = {
        "models": (str(places.models_dir), VARIABLE),
        **{
            family.name: (str(family.home(os.environ)), family.home_set_by)
            for family in FAMILIES
            if family.home is not None
        },
        "huggingface": (str(places.hub.folder), "HF_HOME, or HF_HUB_CACHE"),
        "comfyui": (os.environ.get(COMFY_VARIABLE, ""), COMFY_VARIABLE),
    }
    if json:
        print_json({kind: place for kind, (place, _) in found.items()})
    else:
        rows = [(kind, place or "not used", name) for kind, (place, name) in found.items()]
        print_table(("what", "where", "set by"), rows)
    return OK


def _pull_all(
    index: ModelIndex, entries: Iterable[ModelEntry], *, quiet: bool
) -> dict[str, Problem]:
    """Pull one after the other; one that fails does not keep the others from coming."""
    problems = {}
    with PullBars(quiet=quiet) as bars:
        puller = Puller(index, bars.tell)
        for entry in entries:
            try:
                placed = puller.pull(entry)
            except ModelError as error:
                problems[entry.name] = Problem(error.code, str(error))
                bars.say(*lines([problems[entry.name]], ""))
            else:
                bars.say(f"{entry.name}: present, in {placed.folder}")
    return problems


def _entries(index: ModelIndex, names: Sequence[str]) -> list[ModelEntry]:
    """The entries of these names, each once; a name that is not known is a usage error."""
    try:
        return [index.catalogue.get(name) for name in dict.fromkeys(names)]
    except UnknownModelError as error:
        raise misused(error.code, str(error)) from error


def _print_findings(findings: Sequence[Finding], unusable: Sequence[str]) -> None:
    """Two lines for each model: its name and state, and what it is for or why it is not loaded."""
    pairs = list(zip(findings, unusable, strict=True))
    rows = [("model", "family", "state", "size", "commercial use")]
    rows += [_row(finding, "unusable" if why else finding.state) for finding, why in pairs]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    abouts = ["", *(why or finding.entry.about for finding, why in pairs)]
    for row, about in zip(rows, abouts, strict=True):
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        typer.echo(plain("  ".join(cells).rstrip()))
        for line in wrapped(about, page_width() - len(_INDENT)):
            typer.echo(plain(_INDENT + line))


def _row(finding: Finding, state: str) -> tuple[str, str, str, str, str]:
    entry = finding.entry
    size = in_bytes(entry.size) if entry.size else "?"
    return entry.name, entry.family, state, size, entry.licence.commercial


def _lines(index: ModelIndex, finding: Finding) -> list[str]:
    """Everything of a model, for people."""
    entry = finding.entry
    lines = [
        f"{entry.name} ({entry.family}): {entry.about}",
        f"state: {_verdict(finding)}",
        *([f"not loaded: {why}"] if (why := ModelNames(index).unusable(finding)) else []),
        f"folder: {_folder(index, finding)}",
        f"size: {in_bytes(entry.size) if entry.size else 'unknown'}",
        licence_in_words(entry.licence),
    ]
    if entry.memory_bytes:
        lines.append(f"memory: {in_bytes(entry.memory_bytes)}")
    if entry.hub:
        lines.append(f"repository: {entry.hub}, revision {entry.revision or 'main'}")
    for file in entry.files:
        lines.append(f"file: {file.path} {f'from {file.source}' if file.source else '(bring it)'}")
        lines += [f"  accepted: {digest}" for digest in index.accepted(entry, file)]
    return lines


def _verdict(finding: Finding) -> str:
    """The state of a model, and what to do if it is not well."""
    match finding.state:
        case "missing":
            return f"missing. {cure_in_words(finding.entry)}"
        case "damaged":
            faults = "; ".join(map(str, finding.faults))
            return f"damaged: {faults}. {cure_in_words(finding.entry)}"
    return "present" if finding.is_known else "present; its digest was not compared"


def _folder(index: ModelIndex, finding: Finding) -> Path:
    return finding.placed.folder if finding.placed else index.places.folder(finding.entry)


_STEP = 10  # percent between two lines
_ALL = 100
_LINE_BYTES = {"fetch": 50 * 10**6, "check": 500 * 10**6}
"""Between two lines where the end is not known, or the disk is read, which is quick."""
_DOING = {"fetch": "", "check": "checking "}


class PullBars:
    """Hears of pulls; a context manager."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = Console(stderr=True)
        self._progress: Progress | None = None
        self._tasks: dict[tuple[str, str, str], TaskID] = {}
        self._lines: dict[tuple[str, str, str], int] = {}

    def __enter__(self) -> Self:
        if not self._quiet and self._console.is_terminal:
            self._progress = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                TransferSpeedColumn(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress:
            self._progress.stop()

    def tell(self, event: PullProgress | PullNote) -> None:
        """Show one event."""
        if isinstance(event, PullNote):
            self.say(f"{event.model}: {event.text}")
        elif self._progress:
            self._show_bar(self._progress, event)
        elif not self._quiet:
            self._show_line(event)

    def say(self, *words: str) -> None:
        """Lines for people, above the bars."""
        for line in () if self._quiet else words:
            if self._progress:
                self._progress.console.print(plain(line), markup=False, highlight=False)
            else:
                tell(line)

    def reading(self, entry: ModelEntry) -> Listening:
        """Shows how many bytes of a model were read."""

        def progress(done: int, total: int) -> None:
            self.tell(PullProgress(entry.name, entry.name, done, total, 0, "check"))

        return Listening(progress)

    def _show_bar(self, bars: Progress, event: PullProgress) -> None:
        key = (event.model, event.file, event.step)
        if key not in self._tasks:
            name = plain(f"{_DOING[event.step]}{event.file}")
            self._tasks[key] = bars.add_task(name, total=event.total, completed=event.done)
        if event.total is not None:
            bars.update(self._tasks[key], total=event.total)
        bars.update(self._tasks[key], completed=event.done)

    def _show_line(self, event: PullProgress) -> None:
        """A line for each tenth of what is fetched; nothing for small files that are checked."""
        key = (event.model, event.file, event.step)
        step = event.done // _LINE_BYTES[event.step]
        if event.total and event.step == "fetch":
            step = event.done * _ALL // event.total // _STEP
        if step <= self._lines.get(key, -1 if event.step == "fetch" else 0):
            return
        self._lines[key] = step
        of = f" of {in_bytes(event.total)}" if event.total else ""
        speed = f", {in_bytes(event.speed)}/s" if event.speed else ""
        left = event.seconds_left
        ending = f", {left:.0f} s left" if left else ""
        tell(f"{_DOING[event.step]}{event.file}: {in_bytes(event.done)}{of}{speed}{ending}")
