"""A job's facts and signals as the messages that ComfyUI's clients follow a prompt by.

ComfyUI sends the state of all nodes with each step of one. Here each `progress_state` holds the
nodes that changed since the last one and those that run; `whole` has all, for clients that come
later, and at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson

from paintgraph.api.comfy.following import telling
from paintgraph.api.comfy.following.telling import Told
from paintgraph.api.http.refusals import Hide
from paintgraph.jobs.store.job import Fact, Job
from paintgraph.jobs.store.queries import Reported


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture of what a node has so far; `about` says of which node it is."""

    about: Mapping[str, Any]
    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line that a node of a pack shows while it works."""

    node: str
    text: str


Message = Told | Preview | Text
Signal = Mapping[str, Any]


@dataclass(slots=True)
class Narrator:
    """Tells of one prompt, from its start to its end.

    Attributes:
        targets: the nodes that are wanted.
        hide: takes out of messages what clients must not see.
    """

    job: Job
    targets: frozenset[str]
    hide: Hide
    _states: dict[str, dict[str, Any]] = field(default_factory=dict)
    _running: dict[str, str] = field(default_factory=dict)
    _changed: dict[str, None] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)
    _has_begun: bool = False

    def start(self, when: float) -> list[Message]:
        """The prompt begins."""
        return [telling.started(self.job, when)]

    def take(self, facts: Iterable[Fact], signals: Iterable[Signal], when: float) -> list[Message]:
        """What nodes have done, each after what it said meanwhile, and what others are doing."""
        waiting: dict[str, list[Signal]] = {}
        for signal in signals:
            waiting.setdefault(signal.get("node", ""), []).append(signal)
        told: list[Message] = []
        for fact in facts:
            begun, later = self._take_signals(waiting.pop(fact.get("node", ""), ()), when)
            told += [*begun, *self._increment(), *later] if later else begun
            told += self._take_fact(fact, when)
        begun, later = self._take_signals(chain(*waiting.values()), when)
        return [*told, *self._increment(), *begun, *later]

    def _take_fact(self, fact: Fact, when: float) -> list[Message]:
        match fact["type"]:
            case "kept":
                return self._flush(when, fact["nodes"])
            case "node_finished":
                return self._finish(fact, when)
            case "executed":
                return self._show(fact, when)
            case "node_failed":
                told = self._begin(fact, when)
                self._set(fact, state="error")
                goes_on = self.job.on_failure == "continue"
                return [*told, telling.failed(self.job, fact, self.hide)] if goes_on else told
            case "warning" if fact.get("code") == "blocked":
                return [*self._flush(when), telling.blocked(self.job, fact, self.hide)]
        return []

    def _take_signals(
        self, signals: Iterable[Signal], when: float
    ) -> tuple[list[Message], list[Message]]:
        """Which nodes begin, and what they say; that of nodes that have ended is left out."""
        begun: list[Message] = []
        later: list[Message] = []
        for signal in signals:
            node = signal.get("node", "")
            if signal["type"] == "sent":
                later.append(_sent(signal["event"], orjson.loads(signal["data"])))
                continue
            state = self._states.get(node)
            if state is not None and node not in self._running:
                continue
            begun += self._begin(signal, when)
            if signal["type"] == "progress":
                later.append(self._step(signal, *_bounded(signal["done"], signal["total"])))
            elif signal["type"] == "preview":
                later.append(Preview(self._about(signal), signal["data"], signal["media_type"]))
        return begun, later

    def whole(self) -> Told:
        """The state of every node so far."""
        self._changed.clear()
        return "progress_state", {"prompt_id": self.job.name, "nodes": dict(self._states)}

    def catch_up(self) -> list[Message]:
        """What a client has to know that comes while the prompt runs."""
        at_work: list[Message] = [
            ("executing", {"node": node, "display_node": display, "prompt_id": self.job.name})
            for node, display in self._running.items()
        ]
        return [self.whole(), *at_work]

    def end(self, reported: Reported, when: float) -> list[Message]:
        """The prompt has ended."""
        told = self._flush(when)
        if self._states:
            told.append(self.whole())
        return [*told, telling.ending(reported, self.hide)]

    def _finish(self, fact: Fact, when: float) -> list[Message]:
        node, how = fact["node"], fact["how"]
        if how == "skipped":
            return []
        if how == "cached" and node not in self._running:
            is_mute = node in self.targets and node not in self._shown
            return [("executed", self._executed(fact, None))] if is_mute else []
        told = self._begin(fact, when)
        self._running.pop(node, None)
        if how == "failed":
            self._set(fact, state="error")
        else:
            value, most = (self._states[node][which] for which in ("value", "max"))
            if 0 < value < most:  # only the newest step is heard of, and the last may come too late
                told.append(self._step(fact, most, most))
            self._set(fact, state="finished", value=most)
        return told

    def _step(self, event: Mapping[str, Any], value: float, most: float) -> Message:
        """A node is so far, of so many steps."""
        self._set(event, value=value, max=most)
        about = {"prompt_id": self.job.name, "node": event["node"]}
        return "progress", {"value": value, "max": most, **about}

    def _show(self, fact: Fact, when: float) -> list[Message]:
        """A node shows something, now or when it ran before."""
        output = telling.ui_of(fact["ui"], fact.get("files", []))
        message = "executed", self._executed(fact, output)
        self._shown.add(fact["node"])
        return [message] if fact["cached"] else [*self._begin(fact, when), message]

    def _begin(self, event: Mapping[str, Any], when: float) -> list[Message]:
        """A node begins, if that is news: its start may have been overtaken by its end."""
        node = event["node"]
        if node in self._states:
            return []
        told = self._flush(when)
        self._running[node] = event["display"]
        self._set(event, state="running", value=0.0, max=1.0)
        about = {"node": node, "display_node": event["display"], "prompt_id": self.job.name}
        return [*told, ("executing", about)]

    def _flush(self, when: float, kept: Sequence[str] = ()) -> list[Message]:
        """Tell once of which nodes results are kept: that is the first fact, if there are any."""
        if self._has_begun:
            return []
        self._has_begun = True
        return [telling.cached(self.job, kept, when)]

    def _increment(self) -> list[Message]:
        """The states of nodes that changed since the last time, and of those that run."""
        if not self._changed:
            return []
        nodes = {node: self._states[node] for node in {**self._changed, **self._running}}
        self._changed.clear()
        return [("progress_state", {"prompt_id": self.job.name, "nodes": nodes})]

    def _set(self, event: Mapping[str, Any], **state: Any) -> None:
        node = event["node"]
        # A new mapping each time: those in messages that wait must not change.
        self._states[node] = {**self._about(event), **self._states.get(node, {}), **state}
        self._changed[node] = None

    def _about(self, event: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "node_id": event["node"],
            "prompt_id": self.job.name,
            "display_node_id": event["display"],
            "parent_node_id": event["parent"],
            "real_node_id": event["submitted"],
        }

    def _executed(self, fact: Fact, output: object) -> dict[str, Any]:
        return {
            "node": fact["node"],
            "display_node": fact["display"],
            "output": output,
            "prompt_id": self.job.name,
        }


def _sent(event: str, data: Any) -> Message:
    """A message of a node's own; lines that nodes show have frames of their own."""
    match event, data:
        case "progress_text", {"node": str(node), "text": str(text)}:
            return Text(node, text)
    return event, data


def _bounded(done: float, total: float) -> tuple[float, float]:
    """Steps done and in all, where that is not known as if there were one."""
    return (min(done, total), total) if total > 0 else (0.0, 1.0)
