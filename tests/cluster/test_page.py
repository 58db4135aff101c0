"""What docs/cluster.md shows works as it stands there: many machines without Ray, on one."""

import json
from pathlib import Path

import pytest
from PIL import Image

from paintgraph.tests.api.serving import png
from paintgraph.tests.cluster.pages import BLOCKS, add_commands, free_ports, shared, typed
from paintgraph.tests.jobs.postgresql import PostgresqlServer


@pytest.mark.slow
def test_a_job_of_one_server_is_done_by_an_agent_and_had_from_another_server(
    postgresql: PostgresqlServer, s3_endpoint: str, tmp_path: Path
) -> None:
    add_commands(tmp_path)
    (tmp_path / "photo.png").write_bytes(png())
    block = BLOCKS[0]
    for port, free in zip(("7871", "7872"), free_ports(), strict=False):
        block = block.replace(port, str(free))

    with typed(block, tmp_path, shared(postgresql, s3_endpoint)) as said:
        assert json.loads((tmp_path / "answer.json").read_text())["state"] == "succeeded", said
        with Image.open(tmp_path / "wide.png") as wide:
            assert wide.width > 32
    assert "ok  its rights: paint may read and write all tables" in said.stdout
    assert "paintgraph works as " in said.stdout
