"""`paintgraph run` with many pictures: one program and its models for all of them, one by one."""

import os
import signal
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from paintgraph.assembly import Assembly
from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.base.files import remove_parts
from paintgraph.cli.faults import misused, problems_of, tell
from paintgraph.cli.finishing import check_formats, if_exists_of, quality_of
from paintgraph.cli.many.gathering import Item, gather, has_many
from paintgraph.cli.many.ledger import Ledger
from paintgraph.cli.many.naming import Template, destinations, is_template, taken_already
from paintgraph.cli.many.showing import Board, Ended, Failure, Tally
from paintgraph.cli.many.watching import Arrivals
from paintgraph.cli.preparing import (
    STDIN,
    WEB,
    Asked,
    Prepared,
    RunOptions,
    bound_to,
    main_picture,
    opened,
)
from paintgraph.cli.results import Destinations, Encoded, Wanted, encoded, write_file
from paintgraph.cli.wishes import IfExists
from paintgraph.engine.execution.run import Outcome
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Warned
from paintgraph.engine.recipes.binding import Binders
from paintgraph.jobs.publishing import write_new
from paintgraph.nodes.made import surroundings
from paintgraph.python.results import named_results, numbered
from paintgraph.python.running import interruptible, perform

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOST_TOLD = 5


def is_for_many(options: RunOptions, asked: Asked) -> bool:
    """Whether a run takes several pictures, or names its results as such a run does."""
    files = [text.partition("=")[2] or text for text in options.outputs]
    wishes = asked.gathering
    return (
        has_many(asked.given, asked.graph.inputs)
        or any(map(is_template, files))
        or wishes.watch
        or asked.writing.if_exists is not None
    )


def run_many(options: RunOptions, asked: Asked, assembly: Assembly) -> Ended:
    """Run a recipe for each of many pictures."""
    many = _Many.of(options, asked, assembly)
    main = main_picture(asked.graph)
    tally = Tally()
    with Board(tally, quiet=options.json) as board, interruptible(*_SIGNALS) as cancellation:
        work = _Work(many, tally, board, cancellation)
        arrivals = Arrivals()
        wishes = asked.gathering
        for wait in count():
            try:
                gathered = gather(asked.given, asked.graph.inputs, main, wishes)
                if not wait:
                    for sentence in gathered.alone:
                        board.warn(sentence)
                fresh = arrivals.new(gathered.items)
                work.go_on(fresh, gathered.several[:1], is_first=not wait)
            except UsageError as error:
                if not wait:
                    raise
                for problem in problems_of(error):
                    board.warn(f"watch: {problem.message}")
            # A picture may come before its partner.
            wishes = replace(asked.gathering, skip_unpaired=True)
            if not asked.gathering.watch or arrivals.wait(cancellation):
                break
    is_whole = asked.gathering.watch or not cancellation.is_set
    return Ended(tally, work.answers, [*work.notices, *board.taken()], is_whole)


@dataclass(frozen=True, slots=True)
class _Many:
    """What is the same for all pictures."""

    options: RunOptions
    asked: Asked
    assembly: Assembly
    templates: Mapping[str, Template]
    others: tuple[str, ...]
    if_exists: IfExists
    quality: int | None = None
    read: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(options: RunOptions, asked: Asked, assembly: Assembly) -> "_Many":
        wanted = Wanted.of(options.outputs, asked.graph, assembly.registry)
        if wanted.main and not wanted.pairs:
            message = "the results of many pictures need a place. Write -o FOLDER, or a name with "
            raise misused("no_output", f"{message}{{stem}}, such as -o 'out/{{stem}}_new.png'.")
        is_many = has_many(asked.given, asked.graph.inputs) or asked.gathering.watch
        templates: dict[str, Template] = {}
        for text, name, file in wanted.pairs:
            if name in templates:
                message = f"-o {text}: '{name}' already has a place; one each is allowed. Drop one."
                raise misused("given_twice", message)
            templates[name] = Template.of(file, many=is_many)
        writing = asked.writing
        check_formats(
            [(f"-o {t.folder / t.pattern}", n, t.pattern) for n, t in templates.items()],
            asked.graph,
            writing,
        )
        if_exists, quality = if_exists_of(writing), quality_of(writing)
        return _Many(options, asked, assembly, templates, wanted.others, if_exists, quality)

    def given(self, item: Item) -> dict[str, Any]:
        """The values of the recipe's inputs for one item."""
        once_only = {n: text for n, text in item.given.items() if _is_read_once(text)}
        for name, text in once_only.items():
            if text not in self.read:
                references = opened({name: text}, self.asked.graph.inputs, self.assembly)
                self.read[text] = references[name]
        kept = {name: self.read[text] for name, text in once_only.items()}
        return {**self.asked.given, **item.given, **kept}

    def key(self, item: Item) -> str:
        """What an item's results are made of: pictures, options, models, and how it is written."""
        seeds = Binders({**self.assembly.binders.all, "seed": lambda seed: seed})
        bound = bound_to(self.asked, self.given(item), _NOWHERE, self.assembly, seeds).bound
        made_by = surroundings(bound, self.assembly.registry, "")
        parts = {
            "nodes": {id_: [node.kind, node.inputs] for id_, node in bound.nodes.items()},
            "outputs": {name: str(link) for name, link in bound.outputs.items()},
            "versions": made_by["nodes"],
            "told": [str(bound.descriptions), *self.templates],
            "scaled": self.asked.gathering.scale_masks,
        }
        if self.quality is not None:
            parts["quality"] = self.quality
        body = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS, default=str)
        return blake2b(body, digest_size=20).hexdigest()


_NOWHERE = Destinations({}, {}, ())


def _is_read_once(text: str) -> bool:
    """Whether a picture is no file that can be read again: a pipe, or far away."""
    is_file = os.path.isfile(text) or not os.path.exists(text)  # noqa: PTH110, PTH113 - long ones
    return text == STDIN or text.startswith(WEB) or not is_file


@dataclass(slots=True)
class _Work:
    """Goes through items one by one, and keeps what became of each."""

    many: _Many
    tally: Tally
    board: Board
    cancellation: Cancellation
    answers: list[dict[str, Any]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ledgers: dict[Path, Ledger] = field(default_factory=dict)
    taken: set[Path] = field(default_factory=set)

    def go_on(self, items: Sequence[Item], leading: Sequence[str], *, is_first: bool) -> None:
        """Do these items; raises UsageError for what is wrong before anything runs."""
        many = self.many
        recipe = many.asked.source.stem
        mine = [item for item in items if not self._is_result(item, leading)]
        files = destinations(many.templates, mine, recipe, self.tally.total)
        self.taken |= {Path(given).resolve() for item in mine for given in item.given.values()}
        self.taken |= {path.resolve() for places in files for path in places.values()}
        if is_first:
            if left := len(items) - len(mine):
                self.board.say(f"left out: {left} that are results of an earlier run")
            self._check_inputs(mine, files)
            self._check_others(mine, files)
        self.tally.total += len(mine)
        self.notices += self.board.taken()
        for item, places in zip(mine, files, strict=True):
            if self.cancellation.is_set:
                return
            began = time.perf_counter()
            name = str(item.name)
            try:
                what, answer = self._one(item, places)
            except (Error, OSError) as error:
                what, answer = "failed", self._failed(item, error)
            if what:
                self.tally.seconds += (
                    0 if answer["state"] == "skipped" else time.perf_counter() - began
                )
                self.board.over(name, what, began)
                told = {**answer, "warnings": self.board.taken()}
                if many.options.json:
                    self.answers.append({"picture": dict(item.given), **told})

    def _failed(self, item: Item, error: Exception) -> dict[str, Any]:
        """Keep why an item failed."""
        if self.many.options.debug:
            traceback.print_exception(error)
        problems = [(each.message, each.code) for each in problems_of(error)]
        given = next(iter(item.given.values()), str(item.name))
        if given.startswith(WEB):
            given = str(item.name)  # an address may hold a password
        failure = Failure(given, problems)
        self.tally.failures.append(failure)
        if self.many.asked.gathering.watch:  # it may not end for days
            for line in failure.lines():
                self.board.say(line)
        said = [{"message": message, "code": code} for message, code in problems]
        return {"state": "failed", "problems": said}

    def _one(self, item: Item, places: Mapping[str, Path]) -> tuple[str, dict[str, Any]]:
        """What became of an item; "" if it was interrupted."""
        many = self.many
        key = ""
        if many.if_exists != "number" and places:
            key = many.key(item)
            states = self._states(places, key)
            if many.if_exists == "skip" and states and all(s == "done" for s in states.values()):
                self.tally.skipped += 1
                return "already there", {"state": "skipped", "files": [*map(str, places.values())]}
            if many.if_exists == "skip" and "other" in states.values():
                raise UsageError(*self._others({p: s for p, s in states.items() if s == "other"}))
        found = bound_to(many.asked, many.given(item), self._targets(places), many.assembly)
        for sentence in found.warnings:
            self.board.warn(f"{item.name}: {sentence}")
        outcome, saved = self._run(found, item)
        if outcome.state == "cancelled":
            return "", {"state": "cancelled"}
        if outcome.failures:
            raise Error(
                outcome.failures[0].message,
                outcome.failures[0].code,
                problems=[Problem(each.code, each.message) for each in outcome.failures],
            )
        told = found.bound.descriptions, found.texts
        results = named_results(found.graph, outcome, found.values, *told)
        written = [
            path
            for result, place in places.items()
            for path in self._write(
                place,
                [*encoded(str(place), results.get(result, ()), self.board.warn, many.quality)],
                key,
            )
        ]
        self.tally.done += 1
        values = {name: results[name] for name in many.others if name in results}
        for name, entries in values.items():
            for value in entries:
                tell(f"{item.name}: {name}: {value}")
        files = [*map(str, [*written, *saved])]
        return ", ".join(files), {"state": "done", "files": files, "values": values}

    def _targets(self, places: Mapping[str, Path]) -> Destinations:
        return Destinations({n: str(p) for n, p in places.items()}, {}, self.many.others)

    def _run(self, found: Prepared, item: Item) -> tuple[Outcome, Sequence[Path]]:
        def listen(event: Event) -> None:
            if isinstance(event, Warned):
                origin = event.origin
                where = f"{item.name}: node '{origin.submitted}' ({origin.kind})"
                self.board.warn(f"{where}: {event.message}")

        own = Cancellation()  # what cannot be saved ends this run, and no other
        with self.cancellation.watched_by(own.cancel):
            ran = perform(
                found.bound,
                self.many.assembly,
                found.wanted.targets(found.bound, self.many.assembly.registry),
                found.texts,
                output_dir=self.many.options.output_dir,
                listen=listen,
                cancellation=own,
                on_failure="stop" if self.many.options.stop else "continue",
            )
        return ran.outcome, ran.saved

    def _write(self, place: Path, files: Sequence[Encoded], key: str) -> Iterator[Path]:
        """Write one result's files."""
        if not files:
            raise Error(
                f"the recipe gave no picture for '{place}'. Look at its options.", "no_result"
            )
        ledger = self._ledger(place.parent)
        if self.many.if_exists == "number":
            for each in files:
                path = write_new((numbered(each.path, n) for n in count(1)), each.data)
                ledger.note(path.name, key, [(path.name, each.data)])
                yield path
            return
        for each in files:
            if each.path != place and each.path.resolve() in self.taken:
                raise UsageError(taken_already(each.path))
        own = ledger.files(place.name)
        others = {
            each.path: "other"
            for each in files
            if each.path != place
            and self.many.if_exists == "skip"
            and os.path.lexists(each.path)
            and each.path.name not in own
        }
        if others:
            raise UsageError(*self._others(others))
        ledger.note(place.name, key, [(each.path.name, each.data) for each in files])
        for each in files:
            write_file(each.path, each.data)
            yield each.path

    def _ledger(self, folder: Path) -> Ledger:
        folder = folder.resolve()
        if folder not in self.ledgers:
            remove_parts(folder)  # of runs that were killed
            self.ledgers[folder] = Ledger(folder)
        return self.ledgers[folder]

    def _states(self, places: Mapping[str, Path], key: str) -> dict[Path, str]:
        return {path: self._ledger(path.parent).state(path.name, key) for path in places.values()}

    def _is_result(self, item: Item, leading: Sequence[str]) -> bool:
        """Whether an item's picture was found only since the results are in the folder searched."""
        wishes = self.many.asked
        if not leading or (self.many.if_exists == "overwrite" and not wishes.gathering.watch):
            return False
        value, path = wishes.given[leading[0]], Path(item.given[leading[0]])
        searched = [
            Path(text).resolve()
            for text in (value if isinstance(value, tuple) else (value,))
            if os.path.isdir(text)  # noqa: PTH112 - may be too long
        ]
        folders = {template.folder.resolve() for template in self.many.templates.values()}
        above = path.parent.resolve()
        is_near = any(
            above.is_relative_to(folder) and folder.is_relative_to(place)
            for folder in folders
            for place in searched
        )
        return is_near and path.name in self._ledger(path.parent).names()

    def _check_inputs(self, items: Sequence[Item], files: Sequence[Mapping[str, Path]]) -> None:
        """Refuse to write over what is read, unless it is wished."""
        if self.many.asked.writing.if_exists in ("overwrite", "number"):
            return
        inputs = {Path(given).resolve() for item in items for given in item.given.values()}
        problems = [
            Problem(
                "input_overwritten",
                f"-o: '{path}' is one of the pictures that are read. Name another folder, or other "
                f"names such as -o '{path.with_name('{stem}_{recipe}' + path.suffix)}', or write "
                "--if-exists overwrite.",
            )
            for places in files
            for path in places.values()
            if path.resolve() in inputs
        ]
        if problems:
            raise UsageError(*problems[:_MOST_TOLD])

    def _check_others(self, items: Sequence[Item], files: Sequence[Mapping[str, Path]]) -> None:
        """Refuse, before anything runs, files that are there and were made otherwise."""
        if self.many.if_exists != "skip":
            return
        others: dict[Path, str] = {}
        for item, places in zip(items, files, strict=True):
            if any(path.exists() for path in places.values()):
                try:
                    states = self._states(places, self.many.key(item))
                except (Error, OSError):
                    continue  # told when it is its turn
                others |= {path: state for path, state in states.items() if state == "other"}
        if others:
            raise UsageError(*self._others(others))

    def _others(self, others: Mapping[Path, str]) -> Iterator[Problem]:
        shown = ", ".join(f"'{path}'" for path in [*others][:_MOST_TOLD])
        more = f" and {len(others) - _MOST_TOLD} more" if len(others) > _MOST_TOLD else ""
        yield Problem(
            "made_otherwise",
            f"-o: there is {shown}{more} already, not made of these pictures and options; skipped "
            "is only what is the same. Write --if-exists overwrite or --if-exists number, or name "
            "another folder.",
        )
