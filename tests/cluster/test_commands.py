"""`paintgraph cluster` without a cluster: how many agents it wants, and what it refuses."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from paintgraph.cli.app import app
from paintgraph.cluster.plan import Plan, Scale


def told(*words: str) -> tuple[int, str]:
    """Exit code and message of a command."""
    result = CliRunner().invoke(app, ["cluster", *words])
    return result.exit_code, result.stderr


def test_agents_of_another_share_have_other_names() -> None:
    assert Plan(3).names(2) == ["agent-1-0-0", "agent-1-0-1"]
    assert not {*Plan(3).names(3)} & {*Plan(3, gpus=0.5).names(3), *Plan(3, cpus=2).names(3)}


def test_more_agents_come_at_once_and_go_after_a_while() -> None:
    scale = Scale(Plan(2, most=5))

    counts = [scale.count(seconds, now) for seconds, now in ((0, 0), (200, 1), (900, 2), (0, 3))]
    assert counts == [2, 4, 5, 5]
    assert [scale.count(0, now) for now in (100, 121.5, 122.5)] == [5, 5, 2]


def test_without_a_most_what_waits_changes_nothing() -> None:
    assert Scale(Plan(2)).count(1e6, 0) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--agents", "-1"), "--agents is -1; allowed is 0 or more."),
        (("--cpus-per-agent", "-1"), "--cpus-per-agent is -1; allowed is 0 or more."),
        (("--gpus-per-agent", "-0.5"), "--gpus-per-agent is -0.5; allowed is 0 or more."),
        (("--agents", "4", "--most-agents", "3"), "--most-agents is 3; allowed is 4 or more."),
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
