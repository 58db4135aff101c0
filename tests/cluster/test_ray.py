"""`paintgraph cluster`: its faults, and what becomes of agents in a real Ray cluster."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILE = "in_namespace.py"
NAMESPACE = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")


@pytest.mark.cluster
@pytest.mark.slow
def test_jobs_survive_the_loss_of_agents_nodes_and_head() -> None:
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs to be root, with 'unshare' and 'ip', for a network of its own")
    tests = (sys.executable, "-m", "pytest", "-qx", "-n0", "-pno:cacheprovider", HERE / FILE)
    done = subprocess.run(
        [*NAMESPACE, sys.executable, HERE / "init.py", *tests],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout
