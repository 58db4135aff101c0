"""Calls of a node class: its instance, its arguments, its other methods."""

import asyncio
import contextvars
import inspect
import json
import threading
from collections.abc import Coroutine, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from paintgraph.engine.errors import Cancelled, NodeError
from paintgraph.engine.graph.graph import Link
from paintgraph.engine.graph.sockets import Result, Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.context import Context
from paintgraph.nodes.packs.classes.describing import Checks, declared_type
from paintgraph.nodes.packs.classes.prompts import RunningPrompt, as_link, prompt_of
from paintgraph.nodes.packs.classes.returning import result_of
from paintgraph.nodes.packs.classes.values import inference, to_class
from paintgraph.nodes.packs.host.running import running
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import (
    ExecutionBlocker,
    GraphBuilder,
)


class ClassCalls:
    """What the engine calls of one class.

    `hidden` are the inputs that are filled in, each with what it gets.
    """

    def __init__(self, cls: Any, spec: NodeSpec, hidden: Mapping[str, str]) -> None:
        self._class = cls
        self._spec = spec
        self._hidden = hidden
        self._types = {declared.name: declared.type for declared in spec.inputs}
        self._instances = _Instances(cls)

    def call(self, context: Context, inputs: Mapping[str, Any]) -> Result:
        """Call the method; raises what it raises."""
        method = getattr(self._instances.of(context), self._class.FUNCTION)
        arguments = self._arguments(context, inputs)
        with running(context), inference(), _bounded():
            GraphBuilder.set_default_prefix(context.origin.node, context.element)
            return result_of(settled(method(**arguments)), self._spec, context)

    async def call_async(self, context: Context, inputs: Mapping[str, Any]) -> Result:
        """Call the method that is a coroutine."""
        method = getattr(self._instances.of(context), self._class.FUNCTION)
        arguments = self._arguments(context, inputs)
        with running(context), _bounded():
            GraphBuilder.set_default_prefix(context.origin.node, context.element)
            return result_of(await _Inferring(method(**arguments)), self._spec, context)

    def release(self) -> None:
        """Let go of all objects."""
        self._instances.clear()

    def needs(self, context: Context, inputs: Mapping[str, Any]) -> list[str]:
        """The lazy inputs that the call will read, by `check_lazy_status`."""
        ask = self._instances.of(context).check_lazy_status
        with running(context), inference(), _bounded():
            asked = settled(ask(**self._arguments(context, inputs))) or ()
        names = [name for name in asked if isinstance(name, str)]
        for name in names:
            if name not in inputs:
                raise NodeError(
                    f"it asks for its input '{name}', which is not given. Link it.",
                    code="missing_input",
                )
        return names

    def state(self, id_: str, literals: Mapping[str, Any], extra: Mapping[str, Any]) -> str | None:
        """What IS_CHANGED tells, as text; None if that differs each time.

        Prompts of pictures that ComfyUI saved hold what it told then; as there, this counts.
        """
        submitted = (extra.get("prompt") or {}).get(id_, {})
        try:
            if "is_changed" in submitted:
                told = submitted["is_changed"]
                return None if told in (None, [None]) else json.dumps(told)  # NaN is null in JSON
            with _bounded():
                told = settled(self._class.IS_CHANGED(**self._asked(id_, literals)))
            return json.dumps(told, allow_nan=False, sort_keys=True, default=_hexadecimal)
        except Cancelled:
            raise
        except Exception:  # noqa: BLE001 - another author's code; the convention runs it then
            return None

    def faults(
        self, id_: str, literals: Mapping[str, Any], types: Mapping[str, str]
    ) -> list[tuple[str, str]]:
        """What VALIDATE_INPUTS finds wrong: the first input that it looked at, and why."""
        checks = Checks.of(self._class.VALIDATE_INPUTS)
        given = {n: v for n, v in self._asked(id_, literals).items() if checks.covers(n)}
        first = next(iter(given), "")
        if checks.covers_types:
            given["input_types"] = {name: declared_type(type_) for name, type_ in types.items()}
        try:
            with _bounded():
                told = settled(self._class.VALIDATE_INPUTS(**given))
        except Exception as error:  # noqa: BLE001 - another author's code
            return [(first, f"{type(error).__name__}: {error}")]
        if told is True or isinstance(told, ExecutionBlocker):
            return []
        return [(first, str(told) if told else "its check says no more")]

    def _arguments(self, context: Context, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords of a call; of lists only, if the class takes lists."""
        arguments = {name: self._argument(name, given) for name, given in inputs.items()}
        nodes = context.nodes
        for name, kind in self._hidden.items():
            given: Any = None
            match kind:
                case "UNIQUE_ID":
                    given = context.origin.node
                case "PROMPT":
                    given = prompt_of(nodes)
                case "DYNPROMPT":
                    given = RunningPrompt(nodes)
                case "EXTRA_PNGINFO":
                    given = nodes.extra.get("extra_pnginfo")
            arguments[name] = self._listed(given)
        return arguments

    def _argument(self, name: str, given: Any) -> Any:
        type_ = self._types.get(name, "")
        if type(given) is list:
            return [to_class(value, type_) for value in given]
        if type(given) is Value:
            return to_class(given, type_)
        return self._listed(as_link(given) if type(given) is Link else given)

    def _listed(self, given: Any) -> Any:
        return [given] if self._spec.takes_lists else given

    def _asked(self, id_: str, literals: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords of a question that is asked before the run."""
        values = {n: v if type(v) is Value else Value(v) for n, v in literals.items()}
        found = {n: self._listed(to_class(v, self._types.get(n, ""))) for n, v in values.items()}
        known = {"UNIQUE_ID": id_, "PROMPT": {}}
        return found | {n: self._listed(known.get(kind)) for n, kind in self._hidden.items()}


@contextmanager
def _bounded() -> Iterator[None]:
    """Whoever ends the program ends its own call alone."""
    try:
        yield
    except SystemExit as error:
        raise NodeError(
            f"it tried to end the program (exit code {error.code}). This is a fault of the node."
        ) from error


class _Instances:
    """The objects of a class, one for each node id, kept while jobs have that id."""

    def __init__(self, cls: Any) -> None:
        self._class = cls
        self._job = ""
        self._by_id: dict[str, Any] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Make new ones from now on."""
        with self._lock:
            self._by_id = {}

    def of(self, context: Context) -> Any:
        """The object for a call."""
        with self._lock:
            if context.job != self._job:
                self._job = context.job
                there = set(context.nodes.ids())
                self._by_id = {id_: one for id_, one in self._by_id.items() if id_ in there}
            found = self._by_id.get(context.origin.node)
            if found is None:
                found = self._by_id[context.origin.node] = self._class()
            return found


def settled(given: Any) -> Any:
    """What comes of a coroutine in the end, in a thread and a loop of its own; else as it is."""
    if not inspect.isawaitable(given):
        return given

    async def waited() -> Any:
        return await given

    here = contextvars.copy_context()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(here.run, asyncio.run, waited()).result()


class _Inferring:
    """Awaits a coroutine; torch keeps no gradients whenever it goes on, and only then."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self._coroutine.__await__()
        step, given = inner.send, None
        while True:
            try:
                with inference():
                    waited = step(given)
            except StopIteration as end:
                return end.value
            try:
                given = yield waited
                step = inner.send
            except BaseException as error:  # noqa: BLE001 - thrown into the coroutine
                given, step = error, inner.throw


def _hexadecimal(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no lasting form")
