"""Node packs in a session of Python."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import paintgraph as front
from paintgraph.nodes.packs.loading.finding import PackFolderError

pytest.importorskip("torch")
PACKS = Path(__file__).parents[1] / "packs"

STORY = """
import sys, warnings
from pathlib import Path
import numpy as np
import paintgraph

graph = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "2": {"class_type": "SchemaInvert", "inputs": {"image": ["1", 0], "amount": 1.0}},
    "3": {
        "class_type": "SaveTwice",
        "inputs": {"images": ["2", 0], "filename_prefix": "x", "times": 2},
    },
    "4": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "ours"}},
}
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    with paintgraph.Session(
        node_packs=sys.argv[1:], input_dir=".", output_dir="out", fresh=True
    ) as session:
        result = session.run(graph)
print([path.name for path in result.saved])
print(sorted(path.name for path in Path("out").iterdir()))
print(sorted({str(each.message).split("'")[1] for each in told if each.filename == "<string>"}))
"""


def test_a_session_runs_nodes_of_packs_and_warns_of_what_does_not_work(photo: Path) -> None:
    packs = [str(PACKS / "sound"), str(PACKS / "odd" / "missing_nodes.py")]

    ran = subprocess.run(
        [sys.executable, "-c", STORY, *packs], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    saved, written, told = ran.stdout.splitlines()
    assert saved == "['ours_00001_.png']"
    assert written == "['ours_00001_.png', 'x_twice_00001_.png', 'x_twice_00002_.png']"
    assert told == "['missing_nodes', 'mixed_nodes', 'served_nodes']"
    pictures = [np.asarray(Image.open(file)) for file in (photo, *Path("out").iterdir())]
    assert all(np.array_equal(each, 255 - pictures[0]) for each in pictures[1:])


def test_options_of_packs_that_nobody_has_are_refused() -> None:
    with pytest.raises(front.Error, match="allow_packs: is 'all'; allowed are subprocess"):
        front.Session(node_packs=PACKS / "sound", allow_packs=["all"])
    with pytest.raises(PackFolderError, match="is no folder with node packs"):
        front.Session(node_packs="nowhere")
