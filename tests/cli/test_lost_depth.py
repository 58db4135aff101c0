"""The command line tells of 16 bits that the format of a result cannot hold."""

import numpy as np
import pytest

from paintgraph.engine.graph.graph import Descriptions
from paintgraph.nodes.pictures.files import losses
from paintgraph.python.results import Picture


@pytest.mark.parametrize(("form", "is_lost"), [("png", False), ("tiff", False), ("webp", True)])
def test_sixteen_bits_that_are_lost_are_told(form: str, is_lost: bool) -> None:  # noqa: FBT001
    picture = Picture(np.zeros((2, 3, 3), np.float32), {"depth": 16})
    told = picture.losses(form)  # type: ignore[arg-type] # of the parameters
    assert told == losses(form, {"depth": 16}, Descriptions("keep"))  # type: ignore[arg-type]
    wanted = ["WEBP holds 8 of the picture's 16 bits a sample. PNG holds all."]
    assert told == (wanted if is_lost else [])
