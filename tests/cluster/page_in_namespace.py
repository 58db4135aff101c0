"""The commands of docs/cluster.md for Ray. Run by `test_ray.py` in a namespace of its own."""

from pathlib import Path

import pytest

from paintgraph.tests.cluster.pages import BLOCKS, add_commands, shared, typed
from paintgraph.tests.jobs.postgresql import PostgresqlServer


def test_the_commands_for_ray_work(
    postgresql: PostgresqlServer,
    s3_endpoint: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    add_commands(tmp_path)
    home = {"HOME": str(tmp_path), "PAINTGRAPH_DATA_DIR": str(tmp_path_factory.mktemp("data"))}

    with typed(BLOCKS[1], tmp_path, shared(postgresql, s3_endpoint) | home) as said:
        assert said.returncode == 0, said.stdout
        assert said.stdout.count("takes jobs") == 2
        assert said.stdout.endswith("1 agents have ended\n")
