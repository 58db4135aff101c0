"""A server with node packs: each of its workers loads them, none of them keeps it from starting."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from paintgraph.api.services.parts import PARTS
from paintgraph.tests.api.serving import Served, serving

pytest.importorskip("torch")
pytestmark = pytest.mark.slow
PACKS = Path(__file__).parents[1] / "packs"


def reports(server: Served) -> dict[str, Mapping[str, Any]]:
    """What became of each pack, as the workers said last."""
    return {report["name"]: report for report in server.app[PARTS].dispatcher.ready.packs}


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("deadly")
    with serving(folder, node_packs=(str(PACKS / "deadly"),), pack_seconds=2.0) as server:
        yield server


def test_packs_that_end_a_worker_or_hang_are_left_out(deadly: Served) -> None:
    states = {name: report["state"] for name, report in reports(deadly).items()}

    assert states == {
        "crashes": "left out",
        "exits": "left out",
        "hangs": "left out",
        "survivor": "loaded",
    }
    whys = "\n".join(str(report["why"]) for report in reports(deadly).values())
    assert "it ended the process (SIGSEGV)" in whys
    assert "it ended the process (exit code 3)" in whys
    assert "it did not return within 2 s" in whys
