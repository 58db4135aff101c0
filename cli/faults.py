"""How faults reach the user: one message each, no traceback unless asked for."""

from collections.abc import Callable, Iterable, Iterator

import typer

from engine.errors import EngineError, GraphError, Problem

OK, FAILED, USAGE = 0, 1, 2


class UsageError(Exception):
    """The command was given in a way that it does not understand."""


def tell(message: str) -> None:
    """A line for people, on standard error."""
    typer.echo(message, err=True)


def lines(problems: Iterable[Problem], name: str) -> Iterator[str]:
    """Each problem as FILE:LINE:COLUMN: severity: message [code]."""
    for problem in problems:
        place = f":{problem.place.line}:{problem.place.column}" if problem.place else ""
        lost = f" (costs: {', '.join(problem.outputs[:8])})" if problem.outputs else ""
        severity = f"{problem.severity}: " if problem.severity == "warning" else ""
        yield f"{name}{place}: {severity}{problem.message} [{problem.code}]{lost}"


def guard(action: Callable[[], int], name: str, *, debug: bool) -> int:
    """The exit code of an action whose faults are told as messages.

    Only faults that a user can cause: anything else is a bug and keeps its traceback.
    """
    try:
        return action()
    except UsageError as error:
        tell(str(error))
        return USAGE
    except GraphError as error:
        if debug:
            raise
        for line in lines(error.problems, name):
            tell(line)
        return FAILED
    except (EngineError, ValueError, OSError) as error:
        if debug or not (isinstance(error, OSError) or hasattr(error, "code")):
            raise
        tell(f"{name}: {error}")
        return FAILED
