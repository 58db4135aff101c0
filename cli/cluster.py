"""`paintgraph cluster`: agents in a Ray cluster, brought up, looked at, taken down."""

import time
from typing import Annotated, Any

import typer

from paintgraph.base.errors import Error
from paintgraph.cli.commands import GROUP, Json, command
from paintgraph.cli.faults import FAILED, OK, misused, plain, print_json, print_table

app = typer.Typer(help="Run agents in a Ray cluster, which starts them again.", **GROUP)

Address = Annotated[
    str | None,
    typer.Option(help="Ray's head, HOST:PORT; by default the cluster that this machine is in."),
]
_POLL_SECONDS = 1.0


@command(app, subject="cluster")
def up(  # noqa: PLR0913 - the command's options
    agents: Annotated[int, typer.Option(help="How many agents there are to be.")] = 1,
    most_agents: Annotated[
        int, typer.Option(help="Up to so many while jobs would wait for more than a minute.")
    ] = 0,
    gpus_per_agent: Annotated[
        float | None,
        typer.Option(help="What each takes of GPUs: 1, or 0.5; by default 1 if there are any."),
    ] = None,
    cpus_per_agent: Annotated[float, typer.Option(help="What each takes of processors.")] = 1.0,
    seconds: Annotated[
        float, typer.Option(help="How long to wait until they work; they go on starting.")
    ] = 120.0,
    address: Address = None,
    json: Json = False,
) -> int:
    """Have so many agents, whatever becomes of nodes. Again with another number: more or fewer.

    Agents have the settings of their nodes' environment: PAINTGRAPH_JOBS and PAINTGRAPH_OBJECTS,
    AWS_*, and all others of 'paintgraph agent'. Exit code 1: not all of them work yet.
    """
    for name, value in (("--agents", agents), ("--cpus-per-agent", cpus_per_agent)):
        if value < 0:
            raise misused("bad_value", f"{name} is {value:g}; allowed is 0 or more. Correct it.")
    least = max(agents, 1)
    if most_agents and most_agents < least:
        raise misused(
            "bad_value",
            f"--most-agents is {most_agents}; allowed is {least} or more, or 0 for no more than "
            "--agents. Correct it.",
        )
    if most_agents and not agents:
        raise misused(
            "bad_value",
            "--agents is 0; with --most-agents allowed is 1 or more, as without any nobody knows "
            "what can be done. Correct it, or leave --most-agents out.",
        )
    if gpus_per_agent is not None and gpus_per_agent < 0:
        raise misused("bad_value", f"--gpus-per-agent is {gpus_per_agent:g}; allowed is 0 or more.")
    control = _control()
    with control.connected(address):
        gpus = control.default_gpus() if gpus_per_agent is None else gpus_per_agent
        control.bring_up(control.Plan(agents, cpus_per_agent, gpus, most_agents))
        deadline = time.monotonic() + seconds
        while not _is_done(found := control.report()) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    return _show(found, json=json)


@command(app, subject="cluster")
def status(address: Address = None, json: Json = False) -> int:
    """Show the agents, and what each lacks. Exit code 1: not all that are wanted work."""
    control = _control()
    with control.connected(address):
        found = control.report()
    return _show(found, json=json)


@command(app, subject="cluster")
def down(address: Address = None) -> int:
    """End all agents once their jobs have ended, or had drain_seconds. Ray goes on."""
    control = _control()
    with control.connected(address):
        ended = control.take_down()
    typer.echo(plain(f"{len(ended)} agents have ended"))
    return OK


def _control() -> Any:
    """What acts on a Ray cluster, which loads Ray."""
    try:
        from paintgraph.cluster import control
    except ImportError as error:
        raise Error(
            f"a Ray cluster needs the extra 'ray', which is not here: {error}. Install it: pip "
            "install 'paintgraph[cluster,ray]'; or start agents without Ray, by 'paintgraph agent' "
            "on each machine.",
            "missing_extra",
        ) from error
    return control


def _is_done(found: Any) -> bool:
    """Whether the agents are those of the plan, and all take jobs."""
    if not found:
        return False
    agents = found["agents"]
    return len(agents) == found["wanted"] and not any(map(_lack_of, agents.values()))


def _lack_of(state: Any) -> str:
    return state if isinstance(state, str) else "; ".join(state["lacks"])


def _name_of(state: Any) -> str:
    return "" if isinstance(state, str) else str(state["agent"])


def _show(found: Any, *, json: bool) -> int:
    if json:
        print_json(found)
    elif found is None:
        typer.echo("there are no agents. Bring some up: paintgraph cluster up --agents N")
    else:
        rows = [
            (name, _name_of(state), _lack_of(state) or "takes jobs")
            for name, state in found["agents"].items()
        ]
        if found["fault"]:
            typer.echo(plain(f"what waits is not followed: {found['fault']}"))
        print_table(("actor", "agent", "state"), rows)
    return OK if found and _is_done(found) else FAILED
