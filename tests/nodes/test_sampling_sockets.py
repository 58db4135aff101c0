"""Sockets of samplers' values: their wires are ComfyUI's, and other values are refused by name."""

import numpy as np
import pytest

from paintgraph.engine.graph.formats.comfy.types import wire_type
from paintgraph.engine.graph.sockets import Socket, Value
from paintgraph.models.sampling.values import Latent
from paintgraph.nodes.sampling_sockets import LATENT, SAMPLING_SOCKETS


def test_wires_are_what_their_types_become() -> None:
    assert [wire_type(socket.name) for socket in SAMPLING_SOCKETS] == [
        socket.wire for socket in SAMPLING_SOCKETS
    ]


@pytest.mark.parametrize("socket", SAMPLING_SOCKETS, ids=lambda socket: socket.name)
@pytest.mark.parametrize("datum", [object(), {"samples": 1}, [[1, {}]], "model", 3.5, None])
def test_what_is_none_is_refused(socket: Socket, datum: object) -> None:
    assert socket.digest is not None
    with pytest.raises(ValueError, match="; allowed is "):
        socket.check(datum)
    assert socket.weigh(datum) == 64
    assert socket.digest(Value(datum, key="made")) == "made"


def test_latents_are_weighed_and_keyed_by_content() -> None:
    assert LATENT.digest is not None
    ones = LATENT.check(Latent(np.ones((1, 4, 8, 8), np.float32)))
    others = LATENT.check(Latent(np.ones((1, 4, 8, 8), np.float32), np.ones((1, 8, 8), np.float32)))

    assert LATENT.weigh(ones) >= ones.samples.nbytes
    assert LATENT.weigh(others) >= others.samples.nbytes + 256
    assert LATENT.digest(Value(ones, key="a")) == LATENT.digest(Value(ones, key="b"))
    assert LATENT.digest(Value(ones)) != LATENT.digest(Value(others))
