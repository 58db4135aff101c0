"""`paintgraph cluster`: its faults, and what becomes of agents in a real Ray cluster."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NAMESPACE = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "passed"),
    [("in_namespace.py", "5 passed"), ("page_in_namespace.py", "1 passed")],
    ids=["what is lost", "commands"],
)
def test_agents_in_a_ray_cluster(file: str, passed: str) -> None:
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs to be root, with 'unshare' and 'ip', for a network of its own")
    tests = (sys.executable, "-m", "pytest", "-qx", "-n0", "-pno:cacheprovider", HERE / file)
    done = subprocess.run(
        [*NAMESPACE, sys.executable, HERE / "init.py", *tests],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert passed in done.stdout
