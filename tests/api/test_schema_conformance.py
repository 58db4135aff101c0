"""Requests drawn from the OpenAPI document: the server answers as the document says."""

import subprocess
import sys
from pathlib import Path

import pytest

from paintgraph.tests.api.serving import Served

OUTER_SECONDS = 600
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection"
)
# Without positive_data_acceptance: a graph that the schema allows may still be wrong.
OPTIONS = ("--checks", CHECKS, "--max-examples", "15", "--seed", "20", "--no-color")
# One route serves the operations of all recipes: one that paints nothing stands for them.
TYPED = ("--exclude-path-regex", r"^/v1/recipes/(?!\{name\}|grow_mask$)")


@pytest.mark.slow
def test_with_the_real_nodes_every_answer_is_one_that_the_document_has(
    server: Served, tmp_path: Path
) -> None:
    program = "from schemathesis.cli import schemathesis; schemathesis()"

    done = subprocess.run(
        [sys.executable, "-c", program, "run", f"{server.url}/openapi.json", *OPTIONS, *TYPED],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=OUTER_SECONDS,
    )

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert server.call("GET", "/livez").status == 200
