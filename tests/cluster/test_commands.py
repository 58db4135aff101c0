"""`paintgraph cluster` without a cluster: how many agents it wants, and what it refuses."""

import asyncio
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.cluster.agents import AgentActor
from paintgraph.cluster.plan import Plan, Scale, waiting_seconds
from paintgraph.jobs.store.agents import Worker
from paintgraph.jobs.store.database import Connection
from paintgraph.jobs.store.job import Job, NewJob
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.sets import USES


def told(*words: str) -> tuple[int, str]:
    """Exit code and message of a command."""
    result = CliRunner().invoke(app, ["cluster", *words])
    return result.exit_code, result.stderr


def test_agents_of_another_share_have_other_names() -> None:
    assert Plan(3).names(2) == ["agent-1-0-0", "agent-1-0-1"]
    assert not {*Plan(3).names(3)} & {*Plan(3, gpus=0.5).names(3), *Plan(3, cpus=2).names(3)}


def test_more_agents_come_at_once_and_go_after_a_while() -> None:
    scale = Scale(Plan(2, most=5))

    counts = [scale.count(seconds, 0, now) for seconds, now in ((0, 0), (200, 1), (900, 2), (0, 3))]
    assert counts == [2, 4, 5, 5]
    assert [scale.count(0, 0, now) for now in (100, 121.5, 122.5)] == [5, 5, 2]


def test_agents_at_work_stay_and_idle_ones_go_first() -> None:
    plan = Plan(1, most=4)
    names = plan.names(4)

    assert [Scale(plan).count(0, busy, 0) for busy in (0, 3, 9)] == [1, 3, 4]
    assert plan.chosen(1, names, names[2:3]) == names[2:3]
    assert plan.chosen(2, names[1:], ()) == names[1:3]
    assert plan.chosen(3, names[2:3], ()) == [names[2], *names[:2]]
    assert Plan(1).chosen(1, names, names[1:2]) == names[:1]


def test_what_no_live_worker_can_do_waits_for_no_agent(tmp_path: Path) -> None:
    """As none has its models, or its node types."""
    store = JobStore(tmp_path / "jobs.sqlite", "normal")
    spec = {"id": "Here", "inputs": [], "outputs": []}

    async def act() -> None:
        nodes = await store.agents.keep_nodes({"specs": [spec]})
        worker = Worker("a/1", "host", "light", supports=(0, 1), nodes=nodes)
        await store.agents.tell("a", [worker], 60)
        for models in (("a@1",), ("b@1",), ()):
            await store.accept(NewJob({}, {}, models=models))
        for kind in ("Here", "Elsewhere"):
            job = (await store.accept(NewJob({}, {}))).job
            store._database.write(partial(note_use, job, kind)).result()

    def note_use(job: Job, kind: str, connection: Connection) -> None:
        number = USES.number(connection, [(kind, [], [], [])])  # as where servers share the store
        connection.execute("UPDATE jobs SET uses = ? WHERE id = ?", (number, job.id))

    asyncio.run(act())
    assert waiting_seconds(store) == pytest.approx(0.3)
    store.close()


def test_an_agent_that_has_drained_ends_its_process_so_that_ray_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_ended = threading.Event()
    monkeypatch.setattr("os._exit", lambda _: has_ended.set())
    monkeypatch.setattr("paintgraph.cluster.agents._LEFT_SECONDS", 0.01)

    AgentActor().drain()

    assert has_ended.wait(300)


def test_without_a_most_what_waits_changes_nothing() -> None:
    assert Scale(Plan(2)).count(1e6, 0, 0) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--agents", "-1"), "--agents is -1; allowed is 0 or more."),
        (("--cpus-per-agent", "-1"), "--cpus-per-agent is -1; allowed is 0 or more."),
        (("--gpus-per-agent", "-0.5"), "--gpus-per-agent is -0.5; allowed is 0 or more."),
        (("--agents", "4", "--most-agents", "3"), "--most-agents is 3; allowed is 4 or more, or 0"),
        (("--most-agents", "-3"), "--most-agents is -3; allowed is 1 or more, or 0"),
        (("--agents", "0", "--most-agents", "3"), "--agents is 0; with --most-agents allowed is 1"),
    ],
)
def test_a_bad_value_is_refused(words: tuple[str, ...], message: str) -> None:
    code, said = told("up", *words)

    assert code == 2
    assert message in said


def test_an_address_of_rays_client_is_refused_with_the_cure() -> None:
    code, said = told("status", "--address", "ray://head:10001")

    assert code == 1
    assert "--address is 'ray://head:10001'; allowed is HOST:PORT of Ray's head." in said


def test_a_head_that_is_not_there_is_told() -> None:
    code, said = told("status", "--address", "127.0.0.1:1")

    assert code == 1
    assert "no Ray cluster can be used: [Errno 111] Connection refused. Start one here by" in said


def test_without_ray_its_extra_is_named_and_what_works_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in [name for name in sys.modules if name.startswith("paintgraph.cluster.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("paintgraph.cluster.control", raising=False)

    code, said = told("status")

    assert code == 1
    assert "Install it: pip install 'paintgraph[cluster,ray]'" in said
    assert "'paintgraph agent'" in said
    assert "[missing_extra]" in said


def test_servers_and_agents_know_nothing_of_ray() -> None:
    code = "import sys, paintgraph.server, paintgraph.agent; print('ray' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
