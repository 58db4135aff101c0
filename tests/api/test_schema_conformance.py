"""Requests drawn from the OpenAPI document: the server answers as the document says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.serving import Served, mask_png, run_recipe

OUTER_SECONDS = 600
LONG_SECONDS = 3600
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance,negative_data_rejection"
)
# Without positive_data_acceptance: a graph that the schema allows may still be wrong.
OPTIONS = ("--checks", CHECKS, "--seed", "20", "--no-color")
# One route serves the operations of all recipes: one that paints nothing stands for them.
TYPED = ("--exclude-path-regex", r"^/v1/recipes/(?!\{name\}|grow_mask$)")
KNOWN = """
[dictionaries]
jobs = {{ values = {jobs} }}
pictures = {{ values = {pictures} }}
names = {{ values = ["grow_mask", "LoadImage", "isnet-general-use"] }}

[parameters]
"path.id" = {{ dictionary = "jobs", probability = 0.7 }}
"path.digest" = {{ dictionary = "pictures", probability = 0.7 }}
"path.name" = {{ dictionary = "names", probability = 0.7 }}
"""
"""What there is, so that answers are not all 404."""


def conformance(server: Served, folder: Path, examples: int, seconds: float) -> None:
    """Try all operations, with so many requests for each."""
    jobs = [run_recipe(server, "grow_mask", {"mask": mask(server), "amount": n}) for n in range(3)]
    digests = [job["outputs"]["mask"]["digest"] for job in jobs]
    known = KNOWN.format(jobs=[job["id"] for job in jobs], pictures=digests)
    (folder / "schemathesis.toml").write_text(known)
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    count = ("--max-examples", str(examples))

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            "run",
            f"{server.url}/openapi.json",
            *OPTIONS,
            *TYPED,
            *count,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )

    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert server.call("GET", "/livez").status == 200


def mask(server: Served) -> Any:
    return server.upload(mask_png())


@pytest.mark.slow
def test_with_the_real_nodes_every_answer_is_one_that_the_document_has(
    server: Served, tmp_path: Path
) -> None:
    conformance(server, tmp_path, 2, OUTER_SECONDS)


@pytest.mark.storm
def test_with_many_requests_every_answer_is_one_that_the_document_has(
    server: Served, tmp_path: Path
) -> None:
    conformance(server, tmp_path, 300, LONG_SECONDS)
