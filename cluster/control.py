"""What `paintgraph cluster` does, as a program that connects to a Ray cluster for a moment."""

import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import ray
from ray.exceptions import RayError

from paintgraph.base.errors import Error
from paintgraph.base.words import first_line
from paintgraph.cluster.actors import (
    FOREMAN,
    actor_of,
    agent_names,
    end_agent,
    make_foreman,
)
from paintgraph.cluster.foreman import Foreman, Report
from paintgraph.cluster.plan import Plan

AUTH_VARIABLE = "RAY_AUTH_MODE"
_NAME_SECONDS = 20.0
_POLL_SECONDS = 0.5
_ANSWER_SECONDS = 5.0


class ClusterError(Error):
    """A Ray cluster cannot be reached, or does not do what it is asked for."""

    code = "cluster_unreachable"


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be a program of a Ray cluster: of this machine's, or that of an address "host:port".

    Who connects shows Ray's token, unless RAY_AUTH_MODE says otherwise. Raises ClusterError.
    """
    if address and "://" in address:
        raise ClusterError(
            f"--address is '{address}'; allowed is HOST:PORT of Ray's head. Name that, on a "
            "machine that is a node of the cluster: Ray's client is not used.",
            "bad_address",
        )
    os.environ.setdefault(AUTH_VARIABLE, "token")
    try:
        _look_for(address or os.environ.get("RAY_ADDRESS", ""))
        ray.init(address=address or "auto", log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise ClusterError(
            f"no Ray cluster can be used: {first_line(error)}. Start one here by 'ray start "
            "--head', or join one by 'ray start --address HOST:6379'. All of them need the same "
            f"token ('ray get-auth-token'), and {AUTH_VARIABLE} as here: "
            f"'{os.environ[AUTH_VARIABLE]}'."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _look_for(address: str) -> None:
    """Raises OSError where nothing listens: Ray would end this process, without a word of ours."""
    host, _, port = address.rpartition(":")
    if port.isdecimal():
        with socket.create_connection((host, int(port)), _ANSWER_SECONDS):
            pass


def default_gpus() -> float:
    """What an agent takes by default: one GPU if the cluster has any."""
    return 1.0 if ray.cluster_resources().get("GPU") else 0.0


def bring_up(plan: Plan) -> None:
    """Have a foreman with this plan; agents that it still wants go on."""
    deadline = time.monotonic() + _NAME_SECONDS
    while True:
        foreman = actor_of(FOREMAN)
        if foreman is not None:
            if _plan_of(foreman) == plan:
                return
            ray.kill(foreman, no_restart=True)
        try:
            make_foreman(Foreman, plan)
        except ValueError:  # the name of the one that is killed is not free at once
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def report(seconds: float = 30.0) -> Report | None:
    """What the foreman says; None if there is none. Raises ClusterError if it does not answer."""
    foreman = actor_of(FOREMAN)
    if foreman is None:
        return None
    deadline = time.monotonic() + seconds
    while True:
        try:
            found: Report = ray.get(foreman.report.remote(), timeout=seconds)
        except RayError as error:
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"the foreman does not answer: {first_line(error)}. Look whether the cluster's "
                    "nodes have paintgraph installed ('ray status'), and ask again.",
                    "no_foreman",
                ) from error
            time.sleep(_POLL_SECONDS)
        else:
            return found


def take_down() -> list[str]:
    """End the foreman, then let all agents end their jobs and themselves; gives their names."""
    foreman = actor_of(FOREMAN)
    if foreman is not None:
        ray.kill(foreman, no_restart=True)
    names = agent_names()
    with ThreadPoolExecutor(max(len(names), 1)) as pool:
        list(pool.map(end_agent, names))
    return names


def _plan_of(foreman: object) -> Plan | None:
    try:
        found: Report = ray.get(foreman.report.remote(), timeout=10.0)  # type: ignore[attr-defined]
    except RayError:
        return None
    return Plan(*found["plan"])
