"""What the tests of nodes over small models that find and select have in common."""

from typing import Any

import numpy as np
import pytest

from paintgraph.imaging.geometry.boxes import Boxes
from paintgraph.nodes.sockets import Array
from paintgraph.tests.models.text_models import FINDERS, PICKERS
from paintgraph.tests.nodes.bench import Bench, Ran, image_of, noise

HEIGHT, WIDTH = 40, 60
IMAGE = image_of(noise(HEIGHT, WIDTH))
TWO = np.concatenate([IMAGE, IMAGE[:, ::-1, ::-1]])
every_finder = pytest.mark.parametrize("finder", FINDERS)
every_picker = pytest.mark.parametrize("picker", PICKERS)


def detect(bench: Bench, image: Array = IMAGE, **inputs: Any) -> Ran:
    given = {"prompt": "cat, red ball", "model": FINDERS[0], "box_threshold": 0.0}
    return bench.node("DetectFromText", image=image, **(given | inputs))


def boxes_in(ran: Ran, node: str = "it", output: int = 0) -> Boxes:
    found: Boxes = ran.value(node, output).data
    return found
