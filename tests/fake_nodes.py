"""Small real nodes for tests of the engine."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Blocked, Effect, Result, Socket, Value
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import (
    LAZY,
    RAW,
    Conversion,
    Output,
    Range,
    Resource,
    node,
)
from paintgraph.engine.node.registry import Registry

COUNTS: dict[str, int] = {}
"""How often `count_runs` ran, by label; tests use labels of their own."""

ANSWERS: dict[str, Callable[[], object]] = {}
"""What `answer` returns, by label; tests put functions there."""

MEETINGS: dict[str, threading.Barrier] = {}
"""Where `meet` waits for others, by label."""


class Box:
    """A datum of a type that has no codec."""

    def __init__(self, content: int) -> None:
        self.content = content


def _check_box(value: object) -> Box:
    if not isinstance(value, Box):
        raise ValueError("is no box; allowed is a box")  # noqa: TRY004
    return value


BOX = Socket("box", "BOX", _check_box, weigh=lambda box: max(box.content, 1))
BoxIn = Annotated[Box, BOX]
Sum = Annotated[int, Output("sum")]


class SumOutput(NamedTuple):
    """One number."""

    sum: int


@node(title="Add", category="test")
def add(a: int = 0, b: int = 1) -> Sum:
    """Add two numbers."""
    return a + b


@node(title="Number", category="test")
def number(value: Annotated[int, Range(-1_000_000, 1_000_000, "px"), "Any."] = 0) -> Sum:
    """Give a number."""
    return value


@node(title="Half", category="test")
def half(value: float) -> Annotated[float, Output("half")]:
    """Divide by two."""
    return value / 2


@node(title="Count Up", category="test")
def count_up(n: Annotated[int, Range(0, 1000)]) -> Annotated[list[int], Output("numbers")]:
    """Give the numbers below n, one element each."""
    return list(range(n))


@node(title="Total", category="test", takes_lists=True)
def total(values: list[int]) -> Sum:
    """Add up all elements."""
    return sum(values)


@node(title="Show", category="test", is_target=True)
def show(value: Any) -> Result:
    """Show a value."""
    return Result(ui={"text": [str(value)]})


@node(title="Save", category="test", is_target=True)
def save(value: int) -> Result:
    """Want a file written."""
    return Result(effects=[Effect(blob=f"blob-{value}", prefix="number", suffix=".txt")])


def _branch(on: bool, when_true: object = None, when_false: object = None) -> list[str]:  # noqa: FBT001
    del when_true, when_false
    return ["when_true" if on else "when_false"]


@node(title="Choose", category="test", needs=_branch)
def choose(
    on: bool,  # noqa: FBT001 - a node's input
    when_true: Annotated[Any, LAZY] = None,
    when_false: Annotated[Any, LAZY] = None,
) -> Annotated[Any, Output("chosen")]:
    """Give one of two; the other is not evaluated."""
    return when_true if on else when_false


@node(title="Fail", category="test")
def fail(value: int = 0) -> Sum:
    """Fail."""
    raise RuntimeError(f"no luck with {value}")


@node(title="Fail If Odd", category="test")
def fail_if_odd(value: int) -> Sum:
    """Fail for odd numbers."""
    if value % 2:
        raise RuntimeError(f"{value} is odd")
    return value


@node(title="Block If Odd", category="test")
def block_if_odd(value: int) -> Sum | Blocked:
    """Hold odd numbers back."""
    return Blocked(f"{value} is odd") if value % 2 else value


@node(title="Count Runs", category="test")
def count_runs(label: str, value: int = 0, seconds: float = 0.0) -> Sum:
    """Count how often it really runs."""
    time.sleep(seconds)
    COUNTS[label] = COUNTS.get(label, 0) + 1
    return value


@node(title="Count Volatile Runs", category="test", volatile=True)
def count_volatile_runs(label: str) -> Sum:
    """Give another number each time."""
    COUNTS[label] = COUNTS.get(label, 0) + 1
    return COUNTS[label]


@node(title="Sleep", category="test", lane="io")
def sleep(value: int = 0, seconds: float = 0.1) -> Sum:
    """Wait in a thread."""
    time.sleep(seconds)
    return value


@node(title="Wait", category="test")
async def wait(value: int = 0, seconds: float = 0.1) -> Sum:
    """Wait on the event loop."""
    await asyncio.sleep(seconds)
    return value


@node(title="Steps", category="test")
def steps(context: Context, n: int = 3, seconds: float = 0.0) -> Sum:
    """Tell progress, step by step."""
    for done in range(n):
        context.progress(done + 1, n)
        time.sleep(seconds)
    context.warn("all steps are done")
    return n


@node(title="Repeat", category="test", outputs=SumOutput)
def repeat(times: int, value: int = 0) -> Result:
    """Add one as often as told, each time by expanding into an Add and another Repeat."""
    if times == 0:
        return Result([value])
    return Result(
        [Link("next", "sum")],
        expand={
            "add": Node("Add", {"a": value, "b": 1}),
            "next": Node("Repeat", {"times": times - 1, "value": Link("add", 0)}),
        },
    )


@node(title="Knot", category="test", outputs=SumOutput)
def knot() -> Result:
    """Expand into two nodes that wait for each other."""
    return Result(
        [Link("a", 0)],
        expand={"a": Node("Add", {"a": Link("b", 0)}), "b": Node("Add", {"a": Link("a", 0)})},
    )


@node(title="Link Text", category="test")
def link_text(source: Annotated[Any, RAW]) -> Annotated[str, Output("text")]:
    """Name the link itself."""
    return str(source)


@node(title="Wrap", category="test", converts=(Conversion("int", "content", "box"),))
def wrap(content: int) -> BoxIn:
    """Put a number into a box."""
    return Box(content)


@node(title="Unwrap", category="test")
def unwrap(box: BoxIn) -> Sum:
    """Take the number out of a box."""
    return box.content


class Pair(NamedTuple):
    """Two numbers."""

    low: int
    high: int


@node(title="Split", category="test")
def split(value: int, at: Literal["half", "third"] = "half") -> Pair:
    """Split a number in two."""
    low = value // (2 if at == "half" else 3)
    return Pair(low, value - low)


@node(title="Pick", category="test")
def pick(
    sides: list[Literal["left", "right"]],
    name: Annotated[str, Resource("picture")] = "",
    seed: Annotated[int, Resource("seed")] = -1,
) -> Annotated[str, Output("text")]:
    """Join what it was given."""
    return f"{','.join(sides)} {name} {seed}"


@node(title="Answer", category="test", outputs=SumOutput)
def answer(label: str, value: Annotated[Any, RAW] = None) -> Any:
    """Return what a test wants."""
    del value
    return ANSWERS[label]()


class PairOutput(NamedTuple):
    """Two numbers."""

    low: int
    high: int


@node(title="Answer Pair", category="test", outputs=PairOutput)
def answer_pair(label: str) -> Any:
    """Return what a test wants where two numbers are declared."""
    return ANSWERS[label]()


@node(title="Answer List", category="test")
def answer_list(label: str) -> Annotated[list[int], Output("numbers")]:
    """Return what a test wants where a list is declared."""
    return ANSWERS[label]()  # type: ignore[return-value] # or anything


@node(title="Answer Box", category="test")
def answer_box(label: str) -> BoxIn:
    """Return a box that a test has made."""
    return ANSWERS[label]()  # type: ignore[return-value] # or anything


@node(title="Fail Long", category="test", takes_lists=True)
def fail_long(values: list[int]) -> Sum:
    """Fail for a whole list."""
    raise RuntimeError(f"no luck with {len(values)}")


@node(title="Meet", category="test", lane="io")
def meet(label: str, value: int = 0) -> Sum:
    """Wait in a thread until all others are there."""
    MEETINGS[label].wait(timeout=120)
    return value


@node(title="Meet Cpu", category="test")
def meet_cpu(label: str, value: int = 0) -> Sum:
    """Wait in a computing thread until all others are there."""
    MEETINGS[label].wait(timeout=120)
    return value


@node(title="Answer Async", category="test")
async def answer_async(label: str) -> Sum:
    """Return what a coroutine of a test gives."""
    return await ANSWERS[label]()  # type: ignore[no-any-return, misc] # or anything


ARRIVED: dict[str, int] = {}
"""How many `meet_async` are there, by label."""


@node(title="Meet Async", category="test")
async def meet_async(label: str, parties: int = 2, value: int = 0) -> Sum:
    """Wait on the event loop until all others are there."""
    ARRIVED[label] = ARRIVED.get(label, 0) + 1
    while ARRIVED[label] < parties:  # noqa: ASYNC110 - runs have loops of their own
        await asyncio.sleep(0.001)
    return value


def _misled(value: int = 0) -> list[str]:
    raise LookupError(f"no need for {value}")


@node(title="Misled", category="test", needs=_misled)
def misled(value: Annotated[int, LAZY] = 0) -> Sum:
    """Fail to say what is needed."""
    return value


@node(title="Tell Depth", category="test")
def tell_depth(value: int, depth: int = 16) -> Sum:
    """Give a number a fact."""
    return Value(value, {"depth": depth})  # type: ignore[return-value] # with facts


@node(title="Show Depth", category="test")
def show_depth(context: Context, value: int) -> Annotated[str, Output("text")]:
    """Name the facts of a number."""
    del value
    return str(dict(context.facts("value")))


@node(title="Is Odd", category="test")
def is_odd(value: int) -> Annotated[bool, Output("odd")]:
    """Tell odd numbers from even ones."""
    return value % 2 == 1


@node(title="Length", category="test")
def length(text: str) -> Sum:
    """Count characters."""
    return len(text)


@node(title="Join Texts", category="test")
def join_texts(texts: list[str]) -> Annotated[str, Output("text")]:
    """Put texts together."""
    return "+".join(texts)


@node(title="Second", category="test")
def second(a: int, b: int) -> Sum:
    """Give the second number on."""
    del a
    return b


NOTES: dict[str, str] = {}
"""What `read_note` finds under a name; tests use names of their own."""

NOTE = Socket(
    "note",
    "NOTE",
    lambda value: (value,) if isinstance(value, str) else value,
    digest=lambda value: f"content {value.data[0]}",
)
Note = Annotated[tuple[str], NOTE]


@node(title="Read Note", category="test")
def read_note(name: Annotated[str, Resource("picture")]) -> Note:
    """Read what a name outside the graph stands for."""
    return NOTES[name]  # type: ignore[return-value] # the socket makes a tuple of it


@node(title="Count Note", category="test")
def count_note(label: str, note: Note) -> Sum:
    """Count how often notes are really looked at."""
    COUNTS[label] = COUNTS.get(label, 0) + 1
    return len(note[0])


@node(title="Text Per Element", category="test")
def text_per_element(text: str, value: int) -> Annotated[str, Output("text")]:
    """Give the text on, once per element of the other input."""
    del value
    return text


@node(title="Warn If Odd", category="test")
def warn_if_odd(context: Context, value: int) -> Sum:
    """Warn of odd numbers."""
    if value % 2:
        context.warn(f"{value} is odd")
    return value


FUNCTIONS = (
    add, number, half, count_up, total, show, save, choose, fail, fail_if_odd, block_if_odd,
    count_runs, count_volatile_runs, sleep, wait, steps, repeat, knot, link_text, wrap, unwrap,
    split, pick, answer, meet, meet_async, misled, tell_depth, show_depth, warn_if_odd,
    is_odd, length, answer_pair, answer_list, answer_box, fail_long,
    meet_cpu, answer_async, join_texts,
    text_per_element, second, read_note, count_note,
)  # fmt: skip


def registry() -> Registry:
    """A registry of all of them."""
    return Registry(FUNCTIONS)
