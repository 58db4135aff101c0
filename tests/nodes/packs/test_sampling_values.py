"""Values of sampling at the border to packs: nothing is lost there and back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paintgraph.engine.errors import NodeError
from paintgraph.engine.graph.sockets import ANY
from paintgraph.engine.node.context import ALONE
from paintgraph.engine.node.events import Event, Warned
from paintgraph.models.sampling import codec, values
from paintgraph.nodes.packs.host.placeholders import NeedsModelObjectsError
from paintgraph.nodes.packs.host.running import running
from paintgraph.nodes.packs.sampling.crossing import from_wire, to_wire
from paintgraph.nodes.packs.sampling.handles import Model, Vae
from paintgraph.tests.models.sampling import random_values

torch = pytest.importorskip("torch")

REFERENCE = f"sd15.safetensors@sha256:{'0' * 64}"
KINDS: Mapping[str, Any] = {
    "model": values.Denoiser,
    "clip": values.TextEncoder,
    "vae": values.Autoencoder,
    "latent": values.Latent,
    "control_net": values.ControlNet,
    "noise": values.Noise,
    "sampler": values.SamplerChoice,
    "guider": values.Guider,
}


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("declared", ["as it is", ANY])
@settings(max_examples=10)
@given(data=st.data())
def test_a_value_comes_back_as_it_went(type_: str, declared: str, data: st.DataObject) -> None:
    kind = KINDS[type_]
    value = data.draw(random_values.of(kind))
    as_type = type_ if declared == "as it is" else declared

    back = from_wire(to_wire(value, as_type), as_type)

    assert codec.digest(kind, back) == codec.digest(kind, value)


def told(condition: values.Condition) -> values.Condition:
    """A condition as ComfyUI can say it: in whole latents, and bound to a mask if there is one."""
    area = condition.area
    if area is not None and not area.is_relative:
        sides = (8.0 * (each // 8) for each in (area.left, area.top, area.width, area.height))
        left, top, width, height = sides
        area = values.Area(left, top, width, height)
    is_bound = condition.is_mask_bound and condition.mask is not None
    return replace(condition, area=area, is_mask_bound=is_bound)


@pytest.mark.parametrize("declared", ["conditioning", ANY])
@settings(max_examples=25)
@given(condition=random_values.of(values.Condition).map(told))
def test_a_condition_comes_back_as_it_went(condition: values.Condition, declared: str) -> None:
    kind = values.Conditioning

    back = from_wire(to_wire((condition,), declared), declared)

    assert codec.digest(kind, back) == codec.digest(kind, (condition,))


def test_a_pack_says_of_controlnets_whether_they_act_on_the_negative_side() -> None:
    network = values.ControlNet(REFERENCE, "sd1")
    use = values.ControlUse(network, np.zeros((1, 8, 8, 3), np.float32))
    told_ = values.Condition(np.zeros((1, 3, 4), np.float32), controls=(use,))
    wire = to_wire((told_,), "conditioning")

    wire[0][1]["control_apply_to_uncond"] = True
    (found,) = from_wire(wire, "conditioning")

    assert found.controls[0].acts_on_negative
    assert not told_.controls[0].acts_on_negative


def test_latents_are_a_dict_of_tensors_that_a_pack_may_write_into() -> None:
    ones = np.ones((2, 4, 8, 6), np.float32)
    mask = np.ones((1, 64, 48), np.float32)
    latent = values.Latent(ones, mask, (3, 5))

    wire = to_wire(latent, "latent")
    wire["samples"][:] = 0

    assert [*wire] == ["samples", "noise_mask", "batch_index"]
    assert wire["noise_mask"].shape == (1, 1, 64, 48)
    assert wire["batch_index"] == [3, 5]
    assert latent.samples.all()


@pytest.mark.parametrize("shape", [(8, 6), (1, 8, 6), (1, 1, 8, 6)])
def test_masks_of_latents_have_every_shape_that_packs_give_them(shape: tuple[int, ...]) -> None:
    given_ = {"samples": torch.zeros(1, 4, 8, 6), "noise_mask": torch.full(shape, 2.0)}

    latent = from_wire(given_, "latent")

    assert latent.noise_mask.shape == (1, 8, 6)
    assert latent.noise_mask.max() == 1


def test_a_condition_is_a_pair_with_options_by_comfyuis_names() -> None:
    condition = values.Condition(
        np.ones((1, 77, 8), np.float32),
        np.ones((1, 8), np.float32),
        values.SizeHint(1, 2, 3, 4, 5, 6, 7.0),
        area=values.Area(8, 16, 24, 32),
        mask=np.ones((1, 4, 4), np.float32),
        strength=0.5,
        start=0.25,
    )

    ((embeddings, options),) = to_wire((condition,), "conditioning")

    assert embeddings.shape == (1, 77, 8)
    assert options["pooled_output"].shape == (1, 8)
    sizes = ("width", "height", "crop_w", "crop_h", "target_width", "target_height")
    assert [options[name] for name in (*sizes, "aesthetic_score")] == [1, 2, 3, 4, 5, 6, 7.0]
    assert options["area"] == (4, 3, 2, 1)
    assert (options["mask_strength"], options["start_percent"]) == (0.5, 0.25)


def test_levels_of_noise_are_a_tensor() -> None:
    wire = to_wire((14.5, 7.25, 0.0), "sigmas")

    assert torch.equal(wire, torch.tensor([14.5, 7.25, 0.0]))
    assert from_wire(wire, "sigmas") == (14.5, 7.25, 0.0)


@pytest.mark.parametrize(
    ("datum", "type_", "message"),
    [
        ({"mask": 1}, "latent", "it gave a LATENT that lacks 'samples'"),
        (
            {"samples": torch.zeros(1, 4, 2, 8, 8)},
            "latent",
            r"it gave a LATENT that has samples of shape \[1, 4, 2, 8, 8\]; allowed are latents of",
        ),
        (
            {"samples": torch.full((1, 4, 8, 8), torch.nan)},
            "latent",
            "it gave a LATENT that is wrong in 'samples', which holds NaN or infinity",
        ),
        ([torch.zeros(1, 77, 8)], "conditioning", "it gave a CONDITIONING that is none"),
        (torch.tensor([1.0, torch.inf]), "sigmas", "it gave a SIGMAS that "),
    ],
)
def test_what_is_no_value_is_told_as_a_fault_of_the_node(
    datum: Any, type_: str, message: str
) -> None:
    with pytest.raises(NodeError, match=message):
        from_wire(datum, type_)


def test_options_that_no_sampler_here_knows_are_told_and_those_that_count_are_refused() -> None:
    heard: list[Event] = []
    pair = torch.zeros(1, 77, 8)
    with running(replace(ALONE, listen=heard.append)):
        from_wire([[pair, {"pooled_output": None, "of_a_pack": 1}]], "conditioning")
        from_wire({"samples": torch.zeros(1, 4, 8, 8), "of_a_pack": 1}, "latent")
        with pytest.raises(NeedsModelObjectsError, match=r"'gligen'.*Use ConditioningSetArea"):
            from_wire([[pair, {"gligen": 1}]], "conditioning")

    messages = [event.message for event in heard if isinstance(event, Warned)]
    assert messages == [
        "No sampler here knows 'of_a_pack' of a conditioning; left out.",
        "No node here knows 'of_a_pack' of a LATENT; left out.",
    ]


def test_a_dict_of_a_packs_own_is_no_latent() -> None:
    own = {"samples": torch.zeros(1, 4, 8, 8), "of_a_pack": 1}

    assert from_wire(own, ANY) is own
    assert from_wire(own, "PIPE") is own


MODEL = Model(values.Denoiser(REFERENCE, "sd1"))


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("add_patches", "LoraLoader"),
        ("set_model_denoise_mask_function", "DifferentialDiffusion"),
        ("add_object_patch", "ModelSamplingDiscrete"),
        ("set_model_attn2_patch", "leave the node out"),
        ("model", "leave the node out"),
    ],
)
def test_what_changes_a_model_is_refused_by_name_with_the_way_out(name: str, instead: str) -> None:
    assert not hasattr(MODEL, name)
    with pytest.raises(NeedsModelObjectsError, match=rf"'MODEL\.{name}' belongs.*{instead}"):
        getattr(MODEL.clone(), name)


def test_options_of_a_model_can_be_read_and_not_changed() -> None:
    options = MODEL.model_options
    soft = Model(replace(MODEL.value, patches=(values.Patch("differential", (1.0,)),)))

    assert "denoise_mask_function" not in options
    assert "denoise_mask_function" in soft.model_options
    with pytest.raises(NeedsModelObjectsError, match=r"model_options\['sampler_cfg_function'\]"):
        options.copy()["sampler_cfg_function"] = print
    with pytest.raises(NeedsModelObjectsError, match=r"model_options\['patches'\]"):
        options["transformer_options"]["patches"] = {}
    with pytest.raises(NeedsModelObjectsError, match=r"'MODEL\.model_options'"):
        MODEL.model_options = {}  # type: ignore[misc, assignment]


def test_networks_work_while_a_node_runs_alone() -> None:
    vae = Vae(values.Autoencoder(REFERENCE, "sd1"))

    with pytest.raises(NeedsModelObjectsError, match="no node runs that has Autoencoders"):
        vae.decode(torch.zeros(1, 4, 8, 8))
    with pytest.raises(NeedsModelObjectsError, match="CheckpointLoaderSimple"):
        Vae("a network")
