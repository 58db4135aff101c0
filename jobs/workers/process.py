"""A worker: python -m paintgraph.jobs.workers.process ADDRESS SERVER-PID MODULE:FUNCTION SETTINGS.

Runs one job at a time. A control thread takes what the server says: run, cancel, and the end of the
connection, at which the process ends at once. The function named builds what jobs need, from
settings in JSON.
"""

import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import orjson

from paintgraph.base import frames, platforms, usage
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event
from paintgraph.engine.node.registry import Registry
from paintgraph.jobs.workers.bodies import Signal, keep_newest, without_bytes
from paintgraph.jobs.workers.questions import answer
from paintgraph.jobs.workers.runner import SIGNALS, Loading, Parts, run_job, to_wire

Tell = Callable[[Event | Loading], None]
Factory = Callable[[dict[str, Any], Tell], AbstractContextManager[Parts]]
NICENESS = 5
_NEVER_AT_WORK = ("idle-models",)
"""Threads that wake up from time to time to look after something."""

_GATHER_SECONDS = 0.005


class _Reporter:
    """Sends events in batches, so that a thousand small nodes cost a few frames.

    Of signals only the newest of each node is kept between two frames.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._changed = threading.Condition()
        self._facts: list[dict[str, Any]] = []
        self._signals: dict[tuple[str, str], Signal] = {}
        self.job = ""
        threading.Thread(target=self._send_all, name="reporter", daemon=True).start()

    def listen(self, event: Event | Loading) -> None:
        if isinstance(event, Loading):  # it may be the last that this process can say
            self.send({"type": "loading", "what": event.what})
            return
        plain = to_wire(event)
        with self._changed:
            if plain["type"] in SIGNALS:
                keep_newest(self._signals, plain)
            else:
                self._facts.append(plain)
            self._changed.notify()

    def send(self, message: frames.Message) -> None:
        """Send a message at once."""
        with self._sending:
            self._send(message)

    def send_with_events(self, message: frames.Message) -> None:
        """Send a message, and with it the events that no frame has carried yet."""
        with self._sending:  # taking and sending are one step, or "done" could overtake
            facts, signals = self._take()
            plain, bodies = without_bytes(signals)
            self._send({**message, "facts": facts, "signals": plain}, *bodies)

    def _send_all(self) -> None:
        while True:
            with self._changed:
                while not self._facts and not self._signals:
                    self._changed.wait()
            time.sleep(_GATHER_SECONDS)
            self.send_with_events({"type": "events", "job": self.job})

    def _take(self) -> tuple[list[dict[str, Any]], list[Signal]]:
        with self._changed:
            taken = self._facts, list(self._signals.values())
            self._facts, self._signals = [], {}
        return taken

    def _send(self, message: frames.Message, *bodies: bytes) -> None:
        try:
            self._connection.sendall(frames.pack(message, *bodies))
        except OSError:
            os._exit(0)  # nobody is there to work for


class _Control:
    """What the server says, taken by a thread of its own."""

    def __init__(self, connection: socket.socket, reporter: _Reporter) -> None:
        self._reporter = reporter
        self.orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.questions: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._stream = connection.makefile("rb")
        self._running: tuple[str, Cancellation] | None = None
        self._cancelled = ""
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, name="control", daemon=True).start()

    def begin(self, job: str, cancellation: Cancellation) -> None:
        with self._lock:
            self._running = (job, cancellation)
            if job == self._cancelled:  # which came before this thread had taken the job
                cancellation.cancel()

    def _listen(self) -> None:
        try:
            while True:
                message, _ = frames.read(self._stream)
                if message["type"] in ("run", "free"):
                    self.orders.put(message)
                elif message["type"] == "ask":
                    self.questions.put(message)
                elif message["type"] == "cancel":
                    self._cancel(message["job"])
                elif message["type"] == "ping":
                    self._reporter.send({"type": "pong", **_pulse()})
        except frames.BrokenFrameError:
            os._exit(0)

    def _cancel(self, job: str) -> None:
        with self._lock:
            running, self._cancelled = self._running, job
        if running is not None and running[0] == job:
            running[1].cancel()


def _pulse() -> dict[str, Any]:
    """How long the threads but this one have computed, and whether they all wait for locks."""
    idle = {each.native_id for each in threading.enumerate() if each.name in _NEVER_AT_WORK}
    passed_over = frozenset(id_ for id_ in (threading.get_native_id(), *idle) if id_)
    computed = time.process_time() - time.thread_time()
    return {"computed": computed, "waits": usage.waits_for_locks(passed_over)}


def _answer_all(control: _Control, reporter: _Reporter, registry: Registry) -> None:
    """Answer questions in a thread of its own: a node's code may take its time."""
    while True:
        question = control.questions.get()
        said = answer(registry, question["graph"])
        reporter.send({"type": "answer", "number": question["number"], **said})


def main() -> None:
    """Build what jobs need, then work until the server is gone."""
    address, server, factory_name, settings = sys.argv[1:]
    # Linux watches the thread that began this process: it is the one of the server's event loop,
    # without which no worker is of use. Elsewhere the end of the connection has to do.
    platforms.end_with_parent(int(server))
    connection = platforms.connect(address)
    platforms.lower_priority(NICENESS)
    platforms.be_ended_first()
    reporter = _Reporter(connection)
    control = _Control(connection, reporter)
    module, _, function = factory_name.partition(":")
    factory: Factory = getattr(import_module(module), function)
    with factory(orjson.loads(settings), reporter.listen) as parts:
        registry = parts.worker.registry
        known = {
            "specs": [declaration.spec.to_json() for declaration in registry],
            "replacements": dict(registry.replacements),
            "faults": dict(registry.faults),
            "packs": list(parts.packs),
            "notices": list(parts.notices),
            "door": dict(parts.door),
        }
        reporter.send({"type": "ready", "pid": os.getpid(), **known})
        asked = (control, reporter, registry)
        threading.Thread(target=_answer_all, args=asked, name="questions", daemon=True).start()
        parts.watch(lambda numbers: reporter.send({"type": "numbers", "numbers": numbers}))
        while True:
            order = control.orders.get()
            if order["type"] == "free":
                parts.free(models=order["models"], results=order["results"])
                continue
            reporter.send({"type": "begun", "job": order["job"]})
            cancellation = Cancellation()
            control.begin(order["job"], cancellation)
            reporter.job = order["job"]
            ended = run_job(
                parts,
                order["job"],
                order["graph"],
                order["texts"],
                listen=reporter.listen,
                cancellation=cancellation,
                on_failure=order["on_failure"],
                extra=order["extra"],
                done_elsewhere=order["done_elsewhere"],
            )
            done = {
                "type": "done",
                "job": order["job"],
                "state": ended.state,
                "outputs": ended.outputs,
                "problems": ended.problems,
                "given": ended.given,
            }
            reporter.send_with_events(done)


if __name__ == "__main__":
    main()
