"""Options from a file, `--options job.yaml`: the command line's names; what it says itself wins."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from paintgraph.base.errors import Place, Problem, UsageError
from paintgraph.base.text.document import Document
from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.faults import misused, system_message
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.formats.reading import read_document

_MOST_BYTES = 2**20
_NEVER = ("help_", "options")
_OPTION = re.compile(r"--([a-z-]+)|-o ")


@dataclass(frozen=True, slots=True)
class OptionsFile:
    """What a file gives: options of the command, and the others, which are a recipe's inputs.

    Attributes:
        name: the file, as messages call it.
        own: values of the command's options, by the names of their parameters.
        others: the other values, by names with _ for -.
        known: the command's options, as they are written in the file.
        places: where the value of each name stands.
    """

    name: str = ""
    own: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)

    def fault(self, name: str, code: str, message: str) -> Problem:
        """A fault of the value of a name, with its line."""
        return _fault(self.name, self.places.get(name), code, message)

    def where(self, name: str, context: Any) -> str:
        """The place of an option's value, if it is the file's, for the begin of a message."""
        source = context.get_parameter_source(name)
        if source is None or source.name != "DEFAULT_MAP":
            return ""
        return self.fault(name, "", "").message

    def placing(self, act: Callable[[], int], context: Any) -> Callable[[], int]:
        """The act, in which faults of options that the file gives have the file's lines."""

        def placed(problem: Problem) -> Problem:
            named = _OPTION.match(problem.message)
            name = (named[1] or "output").replace("-", "_") if named else ""
            return replace(problem, message=self.where(name, context) + problem.message)

        def perform() -> int:
            try:
                return act()
            except UsageError as error:
                raise UsageError(*map(placed, error.reasons)) from error

        return perform

    def unknown(self, inputs: Iterable[str]) -> Iterable[Problem]:
        """A fault for each name that neither the command nor the recipe knows."""
        inputs = [*inputs]
        written = [name.replace("_", "-") for name in inputs]
        for name in self.others:
            if name not in inputs:
                shown = shorten(name.replace("_", "-"))
                near = suggestion(shown, [*written, *self.known])
                yield self.fault(
                    name,
                    "unknown_option",
                    f"there is no option '{shown}'; allowed are those of the recipe, "
                    f"{', '.join(written) or 'none'}, and of the command.{near}",
                )


NO_FILE = OptionsFile()


def read_options(path: Path, parameters: Iterable[Any]) -> OptionsFile:
    """The options of a YAML or JSON file for a command with these parameters of click.

    Raises UsageError for a file that cannot be read, and for values that no option takes.
    """
    name = str(path)
    document = _document(path)
    declared = {each.name: each for each in parameters if each.name not in _NEVER}
    values = document.value
    if not isinstance(values, dict):
        message = "the file holds no options; allowed is NAME: VALUE in each line. Write it so."
        raise UsageError(_fault(name, document.place(()), "no_options", message))
    keys: dict[str, str] = {}
    faults = []
    for key in map(str, values):
        plain = key.removeprefix("--").replace("-", "_")
        if plain in keys:
            message = f"{key} is given twice; once is allowed. Drop one."
            faults.append(_fault(name, document.place((key,), key=True), "given_twice", message))
        keys[plain] = key
    places = {plain: document.place((key,)) for plain, key in keys.items()}
    file = OptionsFile(
        name,
        own={},
        others={plain: values[key] for plain, key in keys.items() if plain not in declared},
        known=tuple(each.replace("_", "-") for each in declared),
        places={plain: place for plain, place in places.items() if place},
    )
    own: dict[str, Any] = {}
    for plain in keys.keys() & declared.keys():
        value = _of_command(declared[plain], values[keys[plain]])
        if value is None:
            message = f"{keys[plain]} {_allowed(declared[plain])}. Change it, or leave it out."
            faults.append(file.fault(plain, "wrong_type", message))
        else:
            own[plain] = value
    if faults:
        raise UsageError(*faults)
    return OptionsFile(name, own, file.others, file.known, file.places)


def _document(path: Path) -> Document:
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_BYTES + 1)
        return read_document(text)
    except OSError as error:
        message = f"--options: {system_message(error)}. Name a YAML or JSON file."
        raise misused("no_such_file", message) from error
    except GraphError as error:
        faults = (_fault(str(path), p.place, p.code, p.message) for p in error.problems)
        raise UsageError(*faults) from error


def _fault(name: str, place: Place | None, code: str, message: str) -> Problem:
    at = f":{place.line}:{place.column}" if place else ""
    return Problem(code, f"{name}{at}: {message}", place=place)


def _of_command(parameter: Any, value: object) -> Any:
    """The value as the command's own option takes it, or None if it does not."""
    if getattr(parameter, "is_flag", False):
        return value if isinstance(value, bool) else None
    if getattr(parameter, "multiple", False):
        several = value if isinstance(value, list) else [value]
        return several if all(isinstance(each, str) for each in several) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if getattr(parameter, "count", False):
        return value if isinstance(value, int) and value >= 0 else None
    return str(value)


def _allowed(parameter: Any) -> str:
    if getattr(parameter, "count", False):
        return "takes a whole number from 0 on"
    if getattr(parameter, "is_flag", False):
        return "takes true or false"
    if getattr(parameter, "multiple", False):
        return "takes a text, or a list of texts"
    return "takes one text or number"
