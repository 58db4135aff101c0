"""docs/own-nodes.md works from its first block to its last, as whoever follows it would type it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from paintgraph.nodes.own import GROUP
from paintgraph.tests.following import ROOT, follow, like_a_clone, samples

pytestmark = pytest.mark.slow

TEXT = (ROOT / "docs" / "own-nodes.md").read_text(encoding="utf-8")
MODULE = "# my_nodes.py\n"


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    clone = like_a_clone(tmp_path)
    for language, block in re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL):
        if block.startswith(MODULE):
            (clone / "my_nodes.py").write_text(block)
        elif language == "python":
            follow(clone, [sys.executable, "-"], block)
        elif language == "bash":
            printed = follow(clone, ["bash", "-e"], block)
        else:
            package = tomllib.loads(block)["project"]

    photo = samples(ROOT / "docs" / "photos" / "coffee.jpg")
    faded, darker = samples(clone / "faded.png"), samples(clone / "darker.png")
    assert faded.shape == darker.shape == photo.shape
    assert photo[:20, :20].mean() > faded[:20, :20].mean() > darker[:20, :20].mean()
    assert "How dark the corners become." in printed
    assert not (clone / "no.png").exists()
    assert package["entry-points"] == {GROUP: {"mine": "my_nodes"}}
