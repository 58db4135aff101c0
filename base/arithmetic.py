"""Arithmetic written as text, computed without running code: `a * b + 1`, `max(a, 5) // 2`.

The text is parsed by Python and its tree walked; what is not listed here is refused, so no name
leads to anything but a given value or a function of this module. Time and memory are bounded by
the length of the text and by the size of each whole number on the way.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

from paintgraph.base.errors import Error

Number = int | float
"""A number; true and false are among them and count as 1 and 0."""

MOST_CHARACTERS = 2_000
MOST_BITS = 4_096
"""Of a whole number on the way; a result must fit into a float, which has 1,024."""

_DEEPEST = 200
_LONGEST_SHOWN = 40


class ExpressionError(Error):
    """A text that cannot be computed: its form, or the values that it was given."""

    code = "bad_expression"


def evaluate(
    text: str, variables: Mapping[str, Number], lists: Mapping[str, Sequence[Number]] | None = None
) -> Number:
    """The value of an arithmetic text, as Python has it: whole numbers stay whole.

    Args:
        text: numbers, variables, `+ - * / // % **`, `& | ^ ~ << >>`, comparisons, `and or not`,
            `x if c else y`, and the functions of `FUNCTIONS`.
        variables: numbers by name.
        lists: rows of numbers by name, for `sum`, `min`, `max` and an index such as `values[0]`.

    Raises:
        ExpressionError: with the place in the text.

    Examples:
        >>> evaluate("a * b + 1", {"a": 3, "b": 0.5})
        2.5
        >>> evaluate("max(values) if a > 2 else 0", {"a": 3}, {"values": [3, 8]})
        8
        >>> evaluate("1 + a / b", {"a": 1, "b": 0})
        Traceback (most recent call last):
        paintgraph.base.arithmetic.ExpressionError: character 5: 'a / b' divides by 0; ...
    """
    return _Walk(text, variables, lists or {}).number(_parsed(text))


def _parsed(text: str) -> ast.expr:
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            f"the text has {len(text):,} characters; allowed are {MOST_CHARACTERS:,}. Shorten it."
        )
    if not text.strip():
        raise ExpressionError("the text is empty; allowed is arithmetic such as a + b. Write it.")
    try:
        return ast.parse(_wrapped(text), mode="eval").body
    except SyntaxError as error:
        place = _place(text, error.lineno or 1, (error.offset or 1) - 1)
        reason = error.msg.rstrip(".")
        raise ExpressionError(
            f"character {place}: {reason}; allowed is arithmetic such as a + b. Correct it."
        ) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise ExpressionError("the text is too deep to be read. Simplify it.") from error


def _wrapped(text: str) -> str:
    """The text in parentheses, so that it may go over several lines."""
    return f"({text}\n)"


def _place(text: str, line: int, column: int) -> int:
    """Which character of the text, counted from 1, a place of the wrapped one is."""
    before = _wrapped(text).splitlines(keepends=True)[: line - 1]
    return min(max(1, sum(map(len, before)) + column), len(text))


class _Walk:
    def __init__(
        self,
        text: str,
        variables: Mapping[str, Number],
        lists: Mapping[str, Sequence[Number]],
    ) -> None:
        self._text = text
        self._variables = variables
        self._lists = lists
        self._depth = 0

    def number(self, node: ast.expr) -> Number:
        """The value of a part of the text."""
        if self._depth >= _DEEPEST:
            raise self._wrong(node, f"lies too deep; allowed are {_DEEPEST} levels. Simplify it.")
        self._depth += 1
        value = self._value(node)
        self._depth -= 1
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise self._too_large(node)
        return value

    def _value(self, node: ast.expr) -> Number:
        value: Number
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                pass
            case ast.Name(id=name) if name in self._variables:
                value = self._variables[name]
            case ast.UnaryOp() if type(node.op) in _UNARY:
                value = self._computed(node, _UNARY[type(node.op)], self.number(node.operand))
            case ast.BinOp() if type(node.op) in _BINARY:
                left, right = self.number(node.left), self.number(node.right)
                value = self._computed(node, _BINARY[type(node.op)], left, right)
            case ast.BoolOp():
                value = self._either(node)
            case ast.Compare():
                value = self._compared(node)
            case ast.IfExp():
                value = self.number(node.body if self.number(node.test) else node.orelse)
            case ast.Subscript(value=ast.Name(id=name)) if name in self._lists:
                value = self._entry(node, self._lists[name])
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
                value = self._called(node, name)
            case _:
                raise self._refused(node)
        return value

    def _either(self, node: ast.BoolOp) -> Number:
        """The first value that decides an `and` or `or`; no further one is looked at."""
        stops_at = isinstance(node.op, ast.Or)
        value: Number = not stops_at
        for part in node.values:
            value = self.number(part)
            if bool(value) is stops_at:
                break
        return value

    def _compared(self, node: ast.Compare) -> bool:
        left = self.number(node.left)
        for operation, part in zip(node.ops, node.comparators, strict=True):
            if type(operation) not in _ORDERS:
                raise self._refused(node)
            right = self.number(part)
            if not _ORDERS[type(operation)](left, right):
                return False
            left = right
        return True

    def _entry(self, node: ast.Subscript, row: Sequence[Number]) -> Number:
        index = self.number(node.slice)
        if isinstance(index, float) or not -len(row) <= index < len(row):
            raise self._wrong(
                node, f"has the index {index}; allowed are 0 to {len(row) - 1}. Change it."
            )
        return row[index]

    def _called(self, node: ast.Call, name: str) -> Number:
        arguments: list[Number | Sequence[Number]] = []
        for part in node.args:
            is_list = isinstance(part, ast.Name) and part.id in self._lists and name in _OF_LISTS
            is_row = isinstance(part, ast.List | ast.Tuple) and name in _OF_LISTS
            if is_list and isinstance(part, ast.Name):
                arguments.append(self._lists[part.id])
            elif is_row and isinstance(part, ast.List | ast.Tuple):
                arguments.append([self.number(entry) for entry in part.elts])
            else:
                arguments.append(self.number(part))
        return self._computed(node, FUNCTIONS[name], *arguments)

    def _computed(self, node: ast.expr, function: Callable[..., object], *given: object) -> Number:
        """What an operation gives, if that is a number."""
        try:
            value = function(*given)
        except ZeroDivisionError:
            cure = "allowed is any other number. Change the values, or test them by 'if'"
            raise self._wrong(node, f"divides by 0; {cure}.") from None
        except OverflowError:
            raise self._too_large(node) from None
        except (ValueError, TypeError) as error:
            is_bitwise = isinstance(error, TypeError) and isinstance(node, ast.BinOp | ast.UnaryOp)
            cure = "It takes whole numbers: put int() around others" if is_bitwise else "Change it"
            raise self._wrong(node, f"has no value: {error}. {cure}.") from error
        if isinstance(value, int | float) and (isinstance(value, int) or not math.isnan(value)):
            return value
        raise self._wrong(node, "has no value among the real numbers. Change it.")

    def _too_large(self, node: ast.expr) -> ExpressionError:
        allowed = f"allowed are numbers of {MOST_BITS:,} bits"
        return self._wrong(node, f"is too large; {allowed}. Make it smaller.")

    def _refused(self, node: ast.expr) -> ExpressionError:
        """What a part is that is not allowed, by name where it has one."""
        name = node.func if isinstance(node, ast.Call) else node
        if not isinstance(name, ast.Name):
            allowed = "allowed are numbers, variables, operators and functions"
            return self._wrong(node, f"is no arithmetic; {allowed}. Take it out.")
        if isinstance(node, ast.Call):
            if name.id in FUNCTIONS:
                return self._wrong(node, "names an argument; allowed are values alone. Change it.")
            what = f"is no function; allowed are {', '.join(FUNCTIONS)}"
        elif name.id in FUNCTIONS:
            what = "is a function without its values; write them in parentheses"
        elif name.id in self._lists:
            what = f"is a list; allowed is one of its values, such as {name.id}[0], or its sum"
        else:
            known = ", ".join([*self._variables, *self._lists]) or "none"
            what = f"is no variable; there are {known}"
        return self._wrong(name, f"{what}. Change it.")

    def _wrong(self, node: ast.expr, reason: str) -> ExpressionError:
        part = ast.get_source_segment(_wrapped(self._text), node) or ""
        shown = part if len(part) <= _LONGEST_SHOWN else f"{part[: _LONGEST_SHOWN - 3]}..."
        line = _wrapped(self._text).splitlines()[node.lineno - 1]
        before = line.encode()[: node.col_offset]  # Python counts bytes
        column = len(before.decode(errors="ignore"))
        place = _place(self._text, node.lineno, column)
        return ExpressionError(f"character {place}: '{shown}' {reason}")


def _power(base: Number, exponent: Number) -> object:
    """`base ** exponent`, refused before it takes long."""
    are_whole = isinstance(base, int) and isinstance(exponent, int)
    if are_whole and (int(base).bit_length() - 1) * exponent > MOST_BITS:
        raise OverflowError
    return base**exponent


def _shifted_left(value: int, by: int) -> int:
    if isinstance(by, int) and by > MOST_BITS:
        raise OverflowError
    return value << by


def _rounded(value: Number, digits: int | None = None) -> Number:
    """Rounded half to even; to whole numbers without digits."""
    if isinstance(digits, int) and abs(digits) > MOST_BITS:
        raise OverflowError
    return round(value, digits)


_UNARY: Mapping[type[ast.unaryop], Callable[..., object]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
    ast.Invert: lambda value: ~int(value) if isinstance(value, bool) else ~value,
}
_BINARY: Mapping[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: _shifted_left,
    ast.RShift: operator.rshift,
}
_ORDERS: Mapping[type[ast.cmpop], Callable[[Number, Number], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "abs": abs,
    "round": _rounded,
    "pow": _power,
    "sqrt": math.sqrt,
    "ceil": math.ceil,
    "floor": math.floor,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "int": int,
    "float": float,
}
_OF_LISTS = ("sum", "min", "max")
