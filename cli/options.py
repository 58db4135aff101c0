"""A recipe's inputs as options of the command line, typed by their declarations."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.names import legible
from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.options_file import NO_FILE, OptionsFile
from paintgraph.engine.graph.coercion import Wrong, bounds, canonical, is_of_catalogue
from paintgraph.engine.graph.spec import InputSpec

_ON = ("true", "yes", "on", "1")
_OFF = ("false", "no", "off", "0")
_NUMBERS: Mapping[str, tuple[re.Pattern[str], Callable[[str], int | float], str]] = {
    "int": (re.compile(r"[+-]?[0-9]+"), int, "a whole number"),
    "float": (
        re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
        float,
        "a number",
    ),
}
_MOST_DIGITS = 400


def parse(
    arguments: Sequence[str],
    inputs: Mapping[str, InputSpec],
    main: str = "",
    filed: OptionsFile = NO_FILE,
) -> dict[str, Any]:
    """Values by input name, from `--name value`, `--name=value`, `--flag` and `--no-flag`.

    A name may be written with - for _. With `main`, a picture's option takes several values, which
    come as a tuple, and values without option are those of this input. What they do not give is
    taken from a file of options. Raises UsageError with every fault.
    """
    values: dict[str, Any] = {}
    faults: list[Problem] = []
    for name, text in _pairs(list(arguments), inputs, faults, main):
        spec = replace(inputs[name], name=_option(name))
        if name in values:
            faults.append(
                _fault("given_twice", f"{spec.name} is given twice; once is allowed. Drop one.")
            )
        if isinstance(text, tuple):
            values[name] = text
            continue
        values[name] = value = _value(spec, text)
        fitting = value if isinstance(value, Wrong) else canonical(spec, _in_graph(spec, value))
        if isinstance(fitting, Wrong):
            faults.append(_fault(fitting.code, fitting.message))
    values |= _from_file(filed, inputs, values, faults, main)
    asked = {problem.input for problem in faults}
    for name, spec in inputs.items():
        if spec.required and name not in values and name not in asked:
            option, _ = usage(spec)
            message = f"{_option(name)} is missing; the recipe needs it. Write {option}."
            faults.append(Problem("missing_input", message, None, name))
    if faults:
        raise UsageError(*faults)
    return values


def _pairs(
    arguments: list[str], inputs: Mapping[str, InputSpec], faults: list[Problem], main: str
) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    options = {_option(name): name for name in inputs}
    is_given = any(each.partition("=")[0] == _option(main) for each in arguments)
    while arguments:
        given = arguments.pop(0)
        if main and not is_given and (given == "-" or not given.startswith("-")):
            is_given = True
            yield main, _several(given, arguments)
            continue
        if not given.startswith("--"):
            message = f"'{shorten(given)}' belongs to no option. Write --NAME VALUE."
            faults.append(_fault("stray_argument", message))
            continue
        option, equals, text = given.partition("=")
        option = _option(option[2:])
        positive = option.replace("--no-", "--", 1)
        name = options.get(option)
        if name is not None and equals:
            yield name, text
        elif name is not None:
            value = _next_value(inputs[name], arguments)
            if value is None:
                message = f"{option} has no value. Write {option} VALUE, or {option}=VALUE."
                faults.append(Problem("no_value", message, None, name))
            elif main and inputs[name].resource == "picture":
                yield name, _several(value, arguments)
            else:
                yield name, value
        elif positive in options and inputs[options[positive]].type == "bool" and not equals:
            yield options[positive], "false"
        else:
            faults.append(_unknown(option, options))
            if not equals and arguments and not arguments[0].startswith("--"):
                arguments.pop(0)


def _from_file(
    filed: OptionsFile,
    inputs: Mapping[str, InputSpec],
    given: Mapping[str, Any],
    faults: list[Problem],
    main: str,
) -> dict[str, Any]:
    """The values that a file gives for inputs that have none yet; a text is read as an option's."""
    faults += filed.unknown(inputs)
    values = {}
    for name in [each for each in inputs if each in filed.others and each not in given]:
        value = filed.others[name]
        spec = replace(inputs[name], name=name.replace("_", "-"))
        if main and spec.resource == "picture" and isinstance(value, list):
            fitting = value = _pictures(spec, value)
        else:
            value = _value(spec, value) if isinstance(value, str) else value
            is_wrong = isinstance(value, Wrong)
            fitting = value if is_wrong else canonical(spec, _in_graph(spec, value))
        values[name] = value
        if isinstance(fitting, Wrong):
            fault = filed.fault(name, fitting.code, fitting.message)
            faults.append(replace(fault, input=name))
    return values


def _pictures(spec: InputSpec, files: list[Any]) -> Any:
    """Several pictures as a tuple, one alone as it is."""
    if not files or not all(isinstance(file, str) and file for file in files):
        return Wrong("wrong_type", f"{spec.name} takes names of pictures' files. Write some.")
    return files[0] if len(files) == 1 else tuple(files)


def _several(first: str, arguments: list[str]) -> str | tuple[str, ...]:
    """A value with those that follow it; one alone as it is."""
    values = [first]
    while arguments and (arguments[0] == "-" or not arguments[0].startswith("-")):
        values.append(arguments.pop(0))
    return tuple(values) if len(values) > 1 else first


def _next_value(spec: InputSpec, arguments: list[str]) -> str | None:
    """The argument that belongs to an option; None if it has none."""
    if spec.type == "bool" and not (arguments and arguments[0].lower() in _ON + _OFF):
        return "true"
    if not arguments or arguments[0].startswith("--"):
        return None
    return arguments.pop(0)


def _unknown(option: str, options: Mapping[str, str]) -> Problem:
    known = ", ".join(options) or "none"
    return _fault(
        "unknown_option",
        f"there is no option '{shorten(option)}'; allowed are {known}."
        f"{suggestion(option, options)}",
    )


def _fault(code: str, message: str) -> Problem:
    return Problem(code, message)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _value(spec: InputSpec, text: str) -> Any:
    """The literal that a text stands for, or `Wrong`."""
    if spec.type == "list":
        item = InputSpec(f"an entry of {spec.name}", spec.items or "text")
        entries = [_value(item, part.strip()) for part in text.split(",") if part.strip()]
        return next((entry for entry in entries if isinstance(entry, Wrong)), entries)
    if spec.type == "bool":
        lower = text.lower()
        is_known = lower in _ON + _OFF
        return lower in _ON if is_known else _wrong(spec, text, "are true and false")
    if spec.type in _NUMBERS:
        pattern, convert, kind = _NUMBERS[spec.type]
        fits = len(text) <= _MOST_DIGITS and pattern.fullmatch(text)
        return convert(text) if fits else _wrong(spec, text, f"is {kind}")
    if spec.resource == "picture":
        return text or _wrong(spec, text, "is a picture's file, or - for standard input")
    if legible(text) != text:
        allowed = "is UTF-8. In a folder's name write \\xNN for each other byte, as here"
        return _wrong(spec, legible(text), allowed)
    return text


def _in_graph(spec: InputSpec, value: Any) -> Any:
    """The value in a form that a graph can hold: a picture's file may have any name."""
    return legible(value) if spec.resource == "picture" and isinstance(value, str) else value


def _wrong(spec: InputSpec, text: str, allowed: str) -> Wrong:
    return Wrong("wrong_type", f"{spec.name} is '{shorten(text)}'; allowed {allowed}.")


def usage(spec: InputSpec) -> tuple[str, str]:
    """How an input is written as an option, and what it means."""
    option = _option(spec.name)
    if spec.type == "bool":
        return option, _meaning(spec)
    return f"{option} {_metavar(spec)}", _meaning(spec)


def _metavar(spec: InputSpec) -> str:
    if spec.resource == "picture":
        return "FILE"
    if spec.columns:
        each = ",".join(spec.columns).upper()
        return each if spec.most_rows == 1 else f"{each},..."
    if spec.type == "list":
        return "A,B,..." if spec.choices else f"{spec.items.upper() or 'TEXT'},..."
    if is_of_catalogue(spec.resource):
        return "NAME"
    return "|".join(map(str, spec.choices)) if spec.choices else spec.type.upper()


def _meaning(spec: InputSpec) -> str:
    parts = [spec.about]
    if spec.type == "list" and spec.choices:
        parts.append(f"Any of {', '.join(map(str, spec.choices))}.")
    if is_of_catalogue(spec.resource):
        parts.append(f"[one of {', '.join(map(str, spec.choices))}]")
    if spec.type == "bool" and spec.default is True:
        parts.append(f"{_option(f'no_{spec.name}')} turns it off.")
    if spec.resource != "seed" and (spec.minimum is not None or spec.maximum is not None):
        parts.append(f"[{bounds(spec)}]")
    if spec.required:
        parts.append("[required]")
    elif spec.default not in ("", None, (), []):
        default = spec.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple | list) else default
        parts.append(f"[default: {str(shown).lower() if isinstance(shown, bool) else shown}]")
    return " ".join(part for part in parts if part)
