"""An agent as an actor of Ray: a process that Ray starts again wherever there is room."""

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypedDict

from paintgraph.agent import Agent, check_nodes, first
from paintgraph.api.settings import load_settings
from paintgraph.base.errors import Error
from paintgraph.base.logs import set_up_log
from paintgraph.base.platforms import return_large_blocks

_LOG = logging.getLogger("paintgraph.cluster")
_AGAIN_SECONDS = 5.0
_LEFT_SECONDS = 5.0  # until then `drain` has answered


class State(TypedDict):
    """How an agent is: its name in the job store, its process, and what it lacks to take jobs."""

    agent: str
    pid: int
    lacks: list[str]


class AgentActor:
    """Works from when it is made until it drains, by the settings of its node's environment.

    What is wrong there is told by `state`, and tried again: a job store comes back.
    """

    def __init__(self) -> None:
        return_large_blocks()
        self._agent: Agent | None = None
        self._fault = ""
        self._leaving = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._working = self._begin(self._work())
        self._working.add_done_callback(_end_process)
        threading.Thread(target=self._loop.run_forever, name="agent", daemon=True).start()

    def state(self) -> State:
        """How it is."""
        agent = self._agent
        name, lacks = (agent.name, agent.lacks()) if agent else ("", ["it is starting"])
        return {"agent": name, "pid": os.getpid(), "lacks": [self._fault] if self._fault else lacks}

    def drain(self) -> None:
        """Claim no more jobs; return once those at work have ended, or had `drain_seconds`."""
        self._loop.call_soon_threadsafe(self._leaving.set)
        self._working.result()

    def _begin(self, what: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    async def _work(self) -> None:
        while not self._leaving.is_set():
            try:
                await self._work_once()
            except Error as error:
                self._fault = error.to_text()
                _LOG.error(self._fault)
                await first(self._leaving.wait(), asyncio.sleep(_AGAIN_SECONDS))

    async def _work_once(self) -> None:
        settings = load_settings({})
        set_up_log(settings.log)
        check_nodes(settings)
        agent = Agent(settings)
        await agent.start()
        try:
            self._agent, self._fault = agent, ""
            await first(self._leaving.wait(), agent.until_refused())
            if agent.refusal:
                raise agent.refusal
            await agent.drain()
        finally:
            self._agent = None
            await agent.stop()


def _end_process(working: "Future[None]") -> None:
    """End the process, so that Ray makes another: after a fault of ours, or if nobody ended it.

    Whoever let it drain may be lost meanwhile, and its share of the node would be idle for ever.
    """
    if error := working.exception():
        _LOG.critical("the agent is made anew after a fault of paintgraph", exc_info=error)
        os._exit(1)
    ending = threading.Timer(_LEFT_SECONDS, os._exit, (0,))
    ending.daemon = True
    ending.start()
