"""Nodes that combine prompts and say where and when they count."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.base.listening import Listening
from paintgraph.models.errors import PromptError
from paintgraph.models.prompts import conditions
from paintgraph.models.sampling.values import Area, Array, Condition, ControlNet, Latent
from paintgraph.nodes import build_registry
from paintgraph.nodes.sampling import conditioning as nodes
from paintgraph.nodes.sampling.controls import control_net_apply, control_net_apply_advanced

RANDOM = np.random.default_rng(1)


def condition(tokens: int = 3, width: int = 4, vector: int = 2) -> Condition:
    draw: Callable[..., Any] = RANDOM.standard_normal
    embeddings = draw((1, tokens, width)).astype(np.float32)
    return Condition(embeddings, draw((1, vector)).astype(np.float32) if vector else None)


def pooled(one: Condition) -> Array:
    assert one.pooled is not None
    return one.pooled


def test_the_old_controlnet_node_is_for_both_sides_and_the_new_one_for_what_it_is_given() -> None:
    one, network = condition(), ControlNet("net", "sd1")
    picture = np.zeros((1, 8, 8, 3), np.float32)
    (old,) = control_net_apply((one,), network, picture)
    new = control_net_apply_advanced((one,), (one,), network, picture)

    assert [use.acts_on_negative for use in old.controls] == [True]
    for (each,) in new:
        assert [use.acts_on_negative for use in each.controls] == [False]


def test_zeroed_out_is_zeros_of_the_same_form() -> None:
    one, other = condition(), condition(vector=0)
    found = nodes.conditioning_zero_out((one, other))

    assert not any(each.embeddings.any() for each in found)
    assert [each.embeddings.shape for each in found] == [(1, 3, 4)] * 2
    assert found[0].pooled is not None
    assert not found[0].pooled.any()
    assert found[1].pooled is None


def test_combined_conditions_are_all_there() -> None:
    one, other = condition(), condition()

    assert nodes.conditioning_combine((one,), (other,)) == (one, other)


def test_concatenated_words_follow_those_of_each() -> None:
    to, source = (condition(), condition(5)), condition(2)
    found = conditions.concatenated(to, (source,))

    for before, after in zip(to, found, strict=True):
        expected = np.concatenate([before.embeddings, source.embeddings], 1)
        np.testing.assert_array_equal(after.embeddings, expected)
        assert after.pooled is before.pooled


@pytest.mark.parametrize(("tokens", "strength"), [(3, 0.25), (2, 0.5), (5, 1.0), (3, 0.0)])
def test_an_average_mixes_what_is_as_long_as_the_first(tokens: int, strength: float) -> None:
    to, source = condition(), condition(tokens)
    (found,) = conditions.averaged((to,), (source,), strength)
    other = np.zeros_like(to.embeddings)
    shared = min(tokens, 3)
    other[:, :shared] = source.embeddings[:, :shared]

    expected = to.embeddings * strength + other * (1 - strength)
    np.testing.assert_allclose(found.embeddings, expected, atol=1e-6)
    mixed = pooled(to) * strength + pooled(source) * (1 - strength)
    np.testing.assert_allclose(pooled(found), mixed, atol=1e-6)


def test_of_several_the_first_is_taken_with_a_warning() -> None:
    heard: list[str] = []
    two = (condition(), condition())
    (found,) = conditions.averaged((condition(),), two, 0.0, Listening(warn=heard.append))

    np.testing.assert_array_equal(found.embeddings, two[0].embeddings)
    assert heard == ["conditioning_from has 2 prompts in it; the first one is used."]


def test_prompts_of_two_families_are_not_mixed() -> None:
    with pytest.raises(PromptError, match="are 4 and 6 wide; they must be of one family"):
        conditions.averaged((condition(),), (condition(width=6),), 0.5)
    with pytest.raises(PromptError, match="are 4 and 6 wide"):
        conditions.concatenated((condition(),), (condition(width=6),))


def test_where_and_when_is_said_of_every_condition() -> None:
    two = (condition(), condition())
    mask = np.ones((1, 8, 8), np.float32)
    area = nodes.conditioning_set_area(two, 128, 64, x=8, y=16, strength=0.5)
    share = nodes.conditioning_set_area_percentage(two, 0.5, 1, x=0.25)
    masked = nodes.conditioning_set_mask(two, mask, 2.0, "mask bounds")
    timed = nodes.conditioning_set_timestep_range(two, 0.25, 0.75)

    assert [each.area for each in area] == [Area(8, 16, 128, 64)] * 2
    assert [each.strength for each in area] == [0.5, 0.5]
    assert [each.area for each in share] == [Area(0.25, 0, 0.5, 1, is_relative=True)] * 2
    assert [(each.mask is mask, each.is_mask_bound, each.strength) for each in masked] == [
        *[(True, True, 2.0)] * 2
    ]
    assert [(each.start, each.end) for each in timed] == [(0.25, 0.75)] * 2
    assert [each.guidance for each in nodes.flux_guidance(two, 30)] == [30, 30]


def test_reference_latents_add_up() -> None:
    one, other = (Latent(np.full((1, 4, 2, 2), n, np.float32)) for n in (1, 2))
    found = nodes.reference_latent(nodes.reference_latent((condition(),), one), other)

    assert [each.mean() for each in found[0].references] == [1, 2]
    assert nodes.reference_latent(found) == found


def test_inputs_stand_in_comfyuis_order() -> None:
    """Files of its editor hold values by their place; what is filled in before a run has none."""
    registry = build_registry()
    known = json.loads((Path(__file__).parent / "text_inputs.json").read_text())
    specs = {name: registry.spec(name) for name in known}
    own = {n: [i.name for i in spec.inputs if not i.found_by] for n, spec in specs.items() if spec}

    assert own == known
