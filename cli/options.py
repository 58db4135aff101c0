"""A recipe's inputs as options of the command line, typed by their declarations."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.faults import UsageError
from engine.literals import Wrong, bounds, canonical
from engine.spec import InputSpec
from engine.suggest import suggestion

_ON = ("true", "yes", "on", "1")
_OFF = ("false", "no", "off", "0")


def parse(arguments: Sequence[str], inputs: Mapping[str, InputSpec]) -> dict[str, Any]:
    """Values by input name, from `--name value`, `--name=value`, `--flag` and `--no-flag`.

    A name may be written with - for _. Raises UsageError with every fault.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, text in _pairs(list(arguments), inputs, faults):
        spec = inputs[name]
        if name in values:
            faults.append(f"--{name} is given twice; once is allowed.")
        value = _value(spec, text)
        fitting = value if isinstance(value, Wrong) else canonical(spec, value)
        if isinstance(fitting, Wrong):
            faults.append(f"--{fitting.message}")
        values[name] = value
    if faults:
        raise UsageError("\n".join(faults))
    return values


def _pairs(
    arguments: list[str], inputs: Mapping[str, InputSpec], faults: list[str]
) -> Iterator[tuple[str, str]]:
    options = {name.replace("_", "-"): name for name in inputs}
    while arguments:
        given = arguments.pop(0)
        if not given.startswith("--"):
            faults.append(f"'{given}' belongs to no option. Write --name value.")
            continue
        option, equals, text = given[2:].partition("=")
        option = option.replace("_", "-")
        name = options.get(option)
        if name is None and option.startswith("no-") and _is_flag(inputs, options, option[3:]):
            yield options[option[3:]], "false"
        elif name is None:
            known = ", ".join(f"--{known}" for known in options) or "none"
            near = suggestion(option, options).replace("'", "'--", 1)
            faults.append(f"there is no option '--{option}'; allowed are {known}.{near}")
            if not equals and arguments and not arguments[0].startswith("--"):
                arguments.pop(0)
        elif equals:
            yield name, text
        elif inputs[name].type == "bool" and (
            not arguments or arguments[0].lower() not in _ON + _OFF
        ):
            yield name, "true"
        elif arguments:
            yield name, arguments.pop(0)
        else:
            faults.append(f"--{option} has no value. Write --{option} VALUE.")


def _is_flag(inputs: Mapping[str, InputSpec], options: Mapping[str, str], option: str) -> bool:
    return option in options and inputs[options[option]].type == "bool"


def _value(spec: InputSpec, text: str) -> Any:  # noqa: ANN401 - a literal of the input's type
    """The literal that a text stands for, or `Wrong`."""
    if spec.type == "list":
        item = InputSpec(spec.name, spec.items or "text")
        entries = [_value(item, part.strip()) for part in text.split(",") if part.strip()]
        return next((entry for entry in entries if isinstance(entry, Wrong)), entries)
    if spec.type == "bool":
        lower = text.lower()
        if lower in _ON + _OFF:
            return lower in _ON
        return Wrong("wrong_type", f"{spec.name} is '{text}'; allowed are true and false.")
    if spec.type in ("int", "float"):
        try:
            return int(text) if spec.type == "int" else float(text)
        except ValueError:
            kind = "a whole number" if spec.type == "int" else "a number"
            return Wrong("wrong_type", f"{spec.name} is '{text}'; allowed is {kind}.")
    return text


def usage(spec: InputSpec) -> tuple[str, str]:
    """How an input is written as an option, and what it means."""
    option = f"--{spec.name.replace('_', '-')}"
    if spec.type == "bool":
        return option, _meaning(spec)
    return f"{option} {_metavar(spec)}", _meaning(spec)


def _metavar(spec: InputSpec) -> str:
    if spec.resource == "picture":
        return "FILE"
    if spec.type == "list":
        return "A,B,..." if spec.choices else f"{spec.items.upper() or 'TEXT'},..."
    return "|".join(spec.choices) if spec.choices else spec.type.upper()


def _meaning(spec: InputSpec) -> str:
    parts = [spec.about]
    if spec.type == "list" and spec.choices:
        parts.append(f"Any of {', '.join(spec.choices)}.")
    if spec.resource != "seed" and (spec.minimum is not None or spec.maximum is not None):
        parts.append(f"[{bounds(spec)}]")
    if spec.required:
        parts.append("[required]")
    elif spec.default not in ("", None):
        default = spec.default
        shown = ",".join(map(str, default)) if isinstance(default, tuple | list) else default
        parts.append(f"[default: {str(shown).lower() if isinstance(shown, bool) else shown}]")
    return " ".join(part for part in parts if part)
