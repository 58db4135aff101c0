"""What a run waits for: which nodes are wanted, which can run, and whose result nobody reads.

The schedule is demand-driven. Demanding a node looks for its result first and follows its links
only if there is none; so a node becomes ready only after everything that it reads is there, and
the order in which nodes become ready is a topological order at every moment. Not thread-safe: the
run holds a lock around every call.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from paintgraph.engine.execution.calls import Reading
from paintgraph.engine.execution.expansions import shown_inside
from paintgraph.engine.execution.plan import Cell, Plan
from paintgraph.engine.execution.store import Keeping
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import Entry, Inside, Row


class State(Enum):
    """Where a node is: not asked for (or let go), wanted, or there."""

    IDLE = auto()
    WANTED = auto()
    DONE = auto()


@dataclass(slots=True, eq=False)
class Step:
    """The state of one node of the plan during a run.

    Attributes:
        waiting: how many steps it still waits for; `dependents` wait for it.
        followers: steps of equal key that share its result.
        readers: how many may still read its result; it is let go at zero unless `pinned`.
        sources: steps that it reads, counted among their readers.
        asked: lazy inputs that turned out to be needed.
        rows: finished calls whose expansions are still running.
        is_stored: its result may be on disk and is to be read from there.
        seconds, inside: what the nodes of its expansions took, and what they show.
    """

    cell: Cell
    reading: Reading
    state: State = State.IDLE
    waiting: int = 0
    dependents: list["Step"] = field(default_factory=list)
    followers: list["Step"] = field(default_factory=list)
    sources: list["Step"] = field(default_factory=list)
    readers: int = 0
    pinned: bool = False
    asked: set[str] = field(default_factory=set)
    rows: list[Row] | None = None
    is_stored: bool = False
    entry: Entry | None = None
    seconds: float = 0.0
    inside: list[Inside] = field(default_factory=list)

    def __lt__(self, other: "Step") -> bool:
        return self.cell.rank < other.cell.rank


class Schedule:
    """The steps of a run.

    `ready(step)` is called when a step can run, or its stored result be read; `found` when a
    result makes running it needless.
    """

    def __init__(
        self,
        plan: Plan,
        keeping: Keeping,
        ready: Callable[[Step], None],
        found: Callable[[Step, Entry], None],
    ) -> None:
        self.open = 0
        self._plan = plan
        self._keeping = keeping
        self._ready = ready
        self._found = found
        self._steps: dict[str, Step] = {}
        self._readings: dict[str, Reading] = {}
        self._leaders: dict[str, Step] = {}

    def step(self, id_: str) -> Step:
        """The step of a node of the plan."""
        step = self._steps.get(id_)
        if step is None:
            cell = self._plan.cells[id_]
            reading = self._readings.get(cell.node.kind)
            if reading is None:
                reading = self._readings[cell.node.kind] = Reading.of(cell.declaration.spec)
            step = self._steps[id_] = Step(cell, reading)
        return step

    def demand(self, steps: Iterable[Step]) -> None:
        """Want these steps' results, and whatever they need."""
        stack = list(steps)
        while stack:
            step = stack.pop()
            if step.state is not State.IDLE:
                continue
            step.state = State.WANTED
            self.open += 1
            leader = self._leaders.setdefault(self._plan.key_of(step.cell), step)
            if leader is not step:
                leader.followers.append(step)
                continue
            entry = self._keeping.recall(step.cell.key)
            if entry is not None:
                self._found(step, entry)
            elif self._keeping.is_stored(step.cell.key, step.cell.declaration.spec):
                step.is_stored = True
                self._ready(step)
            else:
                self.follow(step, stack)

    def follow(self, step: Step, stack: list[Step] | None = None) -> None:
        """Wait for everything that the step reads; ready at once if all is there."""
        sources: list[Step] = [] if stack is None else stack
        lazy = step.reading.lazy
        for name, link in step.cell.links.items():
            source = self.step(link.node)
            self._read(step, source)
            if name not in lazy:
                self._wait(step, source, sources)
        if not step.waiting:
            self._ready(step)
        if stack is None:
            self.demand(sources)

    def ask(self, step: Step, names: Iterable[str]) -> bool:
        """Make lazy links hard ones; False if all that was asked for is already there."""
        stack: list[Step] = []
        for name in names:
            step.asked.add(name)
            self._wait(step, self.step(step.cell.links[name].node), stack)
        waits = step.waiting > 0
        self.demand(stack)
        return waits

    def await_links(self, step: Step, links: Sequence[Link], extra: Sequence[Step]) -> None:
        """Let a step wait for the results of its expansion, and for `extra` steps to be over."""
        stack: list[Step] = []
        for source in extra:
            self._wait(step, source, stack)
        for link in links:
            source = self.step(link.node)
            self._read(step, source)
            self._wait(step, source, stack)
        if not step.waiting:
            self._ready(step)
        self.demand(reversed(stack))

    def finish(self, step: Step, entry: Entry) -> None:
        """The step's result is there: wake what waits for it, let go of what nobody reads."""
        step.entry, step.rows, step.state = entry, None, State.DONE
        self.open -= 1
        parent = step.cell.parent
        if parent is not None:
            above = self.step(parent.id)
            above.seconds += entry.seconds
            above.inside += shown_inside(step.cell, parent, entry)
            parent.is_uncertain = parent.is_uncertain or step.cell.is_uncertain
        if self._leaders.get(step.cell.key) is step:
            del self._leaders[step.cell.key]
        dependents, step.dependents = step.dependents, []
        for dependent in dependents:
            dependent.waiting -= 1
            if not dependent.waiting:
                self._ready(dependent)
        for source in step.sources:
            source.readers -= 1
            self._let_go(source)
        step.sources = []
        self._let_go(step)

    def stuck(self) -> list[Step]:
        """Steps that are wanted and cannot come: they wait for each other."""
        return [step for step in map(self.step, self._plan.cells) if step.state is State.WANTED]

    def _read(self, step: Step, source: Step) -> None:
        source.readers += 1
        step.sources.append(source)

    def _wait(self, step: Step, source: Step, stack: list[Step]) -> None:
        if source.state is not State.DONE:
            step.waiting += 1
            source.dependents.append(step)
            stack.append(source)

    def _let_go(self, step: Step) -> None:
        if not step.readers and not step.pinned and step.state is State.DONE:
            step.state, step.entry = State.IDLE, None
