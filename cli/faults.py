"""What commands print: faults as one message each, no traceback unless asked for; JSON; tables."""

import logging
import re
import traceback
from collections.abc import Callable, Iterable, Iterator

import orjson
import typer

from paintgraph.base.errors import Error, Problem, UsageError
from paintgraph.base.names import legible
from paintgraph.engine.errors import GraphError

OK, FAILED, USAGE, PARTLY = 0, 1, 2, 3
"""Exit codes of all commands: done; failed, or faults were found; an option is wrong; some
pictures failed and others did not, or a replay gave other pixels.
"""

TOLD = "paintgraph.told"
"""The logger of what is said for people; `voice` sets how much of it."""

_TOLD = logging.getLogger(TOLD)
_NO_TERMINAL = 1000  # columns of a table

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def misused(code: str, message: str) -> UsageError:
    """The error of a command that has one fault."""
    return UsageError(Problem(code, message))


def plain(text: str) -> str:
    """The text without what could command a terminal, or is no Unicode."""
    return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", legible(text))


def tell(message: str) -> None:
    """A line for people, on standard error, unless faults alone are wanted."""
    _TOLD.info("%s", message)


def tell_fault(message: str) -> None:
    """A line that says what went wrong."""
    _TOLD.error("%s", message)


def tell_step(message: str) -> None:
    """A line for those who want to know every step."""
    _TOLD.debug("%s", message)


def is_quiet() -> bool:
    """Whether faults alone are wanted."""
    return not _TOLD.isEnabledFor(logging.INFO)


def print_json(answer: object) -> None:
    """An answer for programs, on standard output."""
    typer.echo(orjson.dumps(_legible(answer), option=orjson.OPT_INDENT_2).decode())


def _legible(answer: object) -> object:
    """The answer, with names of files that are no Unicode as messages show them."""
    match answer:
        case str():
            return legible(answer)
        case dict():
            return {key: _legible(value) for key, value in answer.items()}
        case list() | tuple():
            return [_legible(value) for value in answer]
    return answer


def lines(problems: Iterable[Problem], name: str) -> Iterator[str]:
    """Each problem as FILE:LINE:COLUMN: severity: message [code]."""
    return (problem.to_text(name) for problem in problems)


def guard(action: Callable[[], int], name: str, *, debug: bool, json: bool = False) -> int:
    """The exit code of an action whose faults become messages; the edge of every command.

    With `json` they go to standard output too, as one object.
    """
    try:
        return action()
    except BrokenPipeError:
        raise  # whoever read our output has had enough
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - reported, never hidden
        if debug:
            traceback.print_exc()
        problems = problems_of(error)
        is_usage = isinstance(error, UsageError)
        name = "standard input" if name == "-" else name
        # Neither how a command is used nor what the system lacks is a fault of what it works on.
        is_elsewhere = is_usage or problems[0].code == "missing_library"
        for line in lines(problems, "" if is_elsewhere else name):
            tell_fault(line)
        if json:
            state = "refused" if isinstance(error, UsageError | GraphError) else "failed"
            print_json({"state": state, "problems": [each.to_json() for each in problems]})
        return USAGE if is_usage else FAILED


def problems_of(error: BaseException) -> tuple[Problem, ...]:
    """What an error says; for one that no user can cause, that it is ours."""
    match error:
        case Error():
            return error.reasons
        case KeyboardInterrupt():
            return (Problem("cancelled", "interrupted before the end. Run it again."),)
        case OSError():
            return (Problem("system_error", f"{system_message(error)}."),)
    kind = type(error).__name__
    message = f"{kind}: {error}; this is a fault of paintgraph. Report what --debug prints."
    return (Problem("internal_error", message),)


def system_message(error: OSError) -> str:
    """What the system says, with the file that it says it of."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"'{error.filename}': {reason}" if error.filename else reason


def print_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table as wide as the terminal; where there is none, a line for each row."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console(width=None if Console().is_terminal else _NO_TERMINAL).print(table)
