"""What flows between sampling nodes has one canonical form, one digest, and bytes."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.models.sampling import codec
from paintgraph.models.sampling.values import (
    Autoencoder,
    Condition,
    Conditioning,
    ControlNet,
    ControlUse,
    Latent,
    Noise,
    SamplerChoice,
    Sigmas,
)
from paintgraph.tests.models.sampling import random_values

DRAWN = st.sampled_from(random_values.KINDS).flatmap(
    lambda kind: st.tuples(st.just(kind), random_values.of(kind))
)


def leaves(datum: Any) -> list[Any]:
    """All plain parts, arrays as shape and bytes."""
    if isinstance(datum, np.ndarray):
        return [datum.shape, datum.tobytes()]
    if is_dataclass(datum):
        return [leaf for field in fields(datum) for leaf in leaves(getattr(datum, field.name))]
    if isinstance(datum, tuple):
        return [len(datum), *(leaf for entry in datum for leaf in leaves(entry))]
    return [type(datum), datum]


def arrays(datum: Any) -> list[np.ndarray]:
    if isinstance(datum, np.ndarray):
        return [datum]
    if is_dataclass(datum):
        return [each for field in fields(datum) for each in arrays(getattr(datum, field.name))]
    return [each for entry in datum for each in arrays(entry)] if isinstance(datum, tuple) else []


def latent(**changes: Any) -> Latent:
    return replace(Latent(np.zeros((1, 4, 2, 3), np.float32)), **changes)


@given(DRAWN)
def test_bytes_give_the_same_value_again(drawn: tuple[Any, Any]) -> None:
    kind, datum = drawn
    datum = codec.canonical(kind, datum)

    again = codec.decode(kind, codec.encode(kind, datum))

    assert leaves(again) == leaves(datum)
    assert codec.digest(kind, again) == codec.digest(kind, datum)
    assert codec.canonical(kind, again) is again
    assert not any(array.flags.writeable for array in arrays(again) + arrays(datum))
    assert codec.weigh(datum) >= sum(array.nbytes for array in arrays(datum))


@settings(max_examples=50)
@given(DRAWN, DRAWN)
def test_other_values_have_other_digests(one: tuple[Any, Any], other: tuple[Any, Any]) -> None:
    (kind, datum), (other_kind, other_datum) = one, other
    is_same = kind is other_kind and leaves(codec.canonical(kind, datum)) == leaves(
        codec.canonical(kind, other_datum)
    )

    assert (codec.digest(kind, datum) == codec.digest(other_kind, other_datum)) == is_same


@given(DRAWN, st.data())
def test_one_changed_sample_is_another_digest(drawn: tuple[Any, Any], data: st.DataObject) -> None:
    kind, datum = drawn
    before = codec.digest(kind, datum)
    found = arrays(datum)
    if not found:
        return
    changed = codec.decode(kind, codec.encode(kind, datum))
    array = data.draw(st.sampled_from(arrays(changed)))
    array.flags.writeable = True
    place = np.unravel_index(data.draw(st.integers(0, array.size - 1)), array.shape)
    array[place] = 0.25 if array[place] != 0.25 else 0.5

    assert codec.digest(kind, changed) != before


@given(DRAWN, st.data())
def test_broken_bytes_are_a_value_error_or_a_value(
    drawn: tuple[Any, Any], data: st.DataObject
) -> None:
    kind, datum = drawn
    whole = codec.encode(kind, datum)
    start = data.draw(st.integers(0, len(whole)))
    broken = whole[:start] + data.draw(st.binary(max_size=9)) + whole[start + 1 :]
    try:
        read = codec.decode(kind, broken)
    except ValueError:
        return
    codec.canonical(kind, read)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\n", b"null\n", b"{}\n", b"[1]\n", b"[[1,4,2,3],null,[]]\n"),
        *(b'[[1,4,1,-1],null,[]]\n"', b"[[1,4,1e9,1],null,[]]\n", b"[[9999999,9999999],1,[]]\n"),
        *(b"[" * 100_000 + b"\n", b"[[1,1,1,1],null,[]]\n" + bytes(8), b"\xff\n"),
    ],
)
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        codec.decode(Latent, data)


@pytest.mark.parametrize(
    ("kind", "datum", "message"),
    [
        (Latent, latent(batch_index=(10**400,)), "is wrong in 'batch_index[0]', which is 1"),
        (Latent, {"samples": 1}, "is a dict; allowed is a Latent, as nodes give it"),
        (Latent, None, "is nothing; allowed is a Latent, as nodes give it"),
        (
            Latent,
            latent(samples=np.zeros((4, 2, 3), np.float32)),
            "is wrong in 'samples', which has the shape [4, 2, 3]; allowed is [batch, channels, ",
        ),
        (
            Latent,
            latent(samples=np.full((1, 4, 2, 3), np.nan, np.float32)),
            "is wrong in 'samples', which holds NaN or infinity; allowed is an array of finite",
        ),
        (
            Latent,
            latent(noise_mask=np.full((1, 2, 3), 1.5, np.float32)),
            "is wrong in 'noise_mask', which is 1.5; allowed is 0 to 1",
        ),
        (
            Latent,
            latent(batch_index=(0, "1")),
            "is wrong in 'batch_index[1]', which is '1'; allowed is a whole number",
        ),
        (
            Noise,
            Noise(2**64),
            "is wrong in 'seed', which is 18446744073709551616; allowed is 0 to",
        ),
        (Sigmas, (1.0, float("nan")), "is wrong in '[1]', which is nan; allowed is a finite"),
        (Sigmas, "1, 0", "is '1, 0'; allowed is a list"),
        (Conditioning, (1,), "is wrong in '[0]', which is 1; allowed is a Condition"),
        (SamplerChoice, SamplerChoice(cast("str", 7)), "is wrong in 'name',"),
        (Autoencoder, Autoencoder("some.pt", "sd1"), "is wrong in 'source': 'some.pt' is no ref"),
    ],
)
def test_what_is_wrong_is_named(kind: Any, datum: object, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        codec.canonical(kind, datum)
    assert str(caught.value).startswith(message)


def test_numbers_and_lists_come_to_one_form() -> None:
    sigmas = codec.canonical(Sigmas, [14, 1.5, -0.0])

    assert sigmas == (14.0, 1.5, 0.0)
    assert all(type(sigma) is float for sigma in sigmas)
    assert codec.digest(Sigmas, sigmas) == codec.digest(Sigmas, (14, 1.5, 0))


def test_wider_samples_become_32_bits_and_right_ones_are_not_copied() -> None:
    wide = codec.canonical(Latent, latent(samples=np.ones((1, 4, 1, 1))))
    right = latent()

    assert wide.samples.dtype == np.float32
    assert codec.canonical(Latent, right) is right
    assert not right.samples.flags.writeable


def test_controls_of_conditions_are_checked_too() -> None:
    net = ControlNet(f"net@sha256:{'0' * 64}", "sd1")
    use = ControlUse(net, np.zeros((1, 2, 2, 4), np.float32))
    condition = Condition(np.zeros((1, 77, 8), np.float32), controls=(use,))
    with pytest.raises(ValueError, match=r"'\[0\].controls\[0\].picture', which has the shape"):
        codec.canonical(Conditioning, (condition,))
