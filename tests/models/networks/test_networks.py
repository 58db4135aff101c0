"""Networks out of single files: told by their headers, built without configuration, loaded once."""

from typing import Any

import pytest
import torch

from paintgraph.models.errors import PipelineError
from paintgraph.models.networks import choosing
from paintgraph.models.networks.loaded import (
    LoadedAutoencoder,
    LoadedControlNet,
    LoadedDenoiser,
    LoadedTextEncoder,
)
from paintgraph.models.sampling.values import (
    Autoencoder,
    ControlNet,
    Denoiser,
    LoraUse,
    Patch,
    TextEncoder,
)
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.models.networks.conftest import FAMILIES, Lent, assert_same

PX = 64 * 64
PART_OF = {
    ("sd3", "t5"): "text_encoder_3",
    ("flux", "t5"): "text_encoder_2",
}
PREDICTIONS = {
    "sd1": "epsilon",
    "sd2": "v_prediction",
    "sdxl": "epsilon",
    "sdxl_refiner": "epsilon",
}

every_family = pytest.mark.parametrize("name", FAMILIES)


def denoiser_of(lent: Lent, name: str) -> Denoiser:
    ref = lent.ref(f"{name}.safetensors")
    return choosing.denoiser(ref, lent.networks.described(ref))


def family_of(name: str) -> str:
    return name.partition("-")[0]


@every_family
def test_a_checkpoint_without_configuration_gives_the_networks_that_were_written(
    lent: Lent, name: str
) -> None:
    parts, family = lent.parts[name], family_of(name)
    networks, denoiser = lent.networks, denoiser_of(lent, name)
    assert denoiser.family == family

    def sampling(loaded: LoadedDenoiser, _: tuple[LoadedControlNet, ...]) -> None:
        assert_same(loaded.network, parts.get("unet") or parts["transformer"])
        assert loaded.prediction == PREDICTIONS.get(family, "flow")
        assert loaded.takes_mask == (name in ("sd1-inpaint", "flux-fill"))
        assert loaded.latents.channels == parts["vae"].config.latent_channels

    def decoding(loaded: LoadedAutoencoder) -> None:
        assert_same(loaded.network, parts["vae"])

    def reading(loaded: LoadedTextEncoder) -> None:
        places = {"l": "text_encoder", "g": "text_encoder_2"}
        for part in loaded.parts:
            place = PART_OF.get((family, part.name)) or places[part.name]
            if family != "sd2":  # its last layer is not used
                assert_same(part.network, parts[place])
            assert part.tokenizer("a boat")["input_ids"]

    networks.with_denoiser(denoiser, (), sampling, PX)
    networks.with_autoencoder(Autoencoder(denoiser.source, family), decoding, PX)
    networks.with_text_encoder(TextEncoder((denoiser.source,), family), reading)


def test_the_text_encoder_of_version_2_is_read_up_to_the_layer_that_is_used(lent: Lent) -> None:
    written = lent.parts["sd2"]["text_encoder"]
    words = torch.tensor([[512, 5, 6, 513]])

    def reading(loaded: LoadedTextEncoder) -> Any:
        (part,) = loaded.parts
        assert part.tokenizer.pad_token_id == 0
        return part.network(words).last_hidden_state

    ref = lent.ref("sd2.safetensors")
    with torch.no_grad():
        found = lent.networks.with_text_encoder(TextEncoder((ref,), "sd2"), reading)
        states = written(words, output_hidden_states=True).hidden_states
        expected = written.final_layer_norm(states[-2])

    assert torch.equal(found, expected)


def test_a_second_use_loads_nothing_and_equal_files_are_loaded_once(lent: Lent) -> None:
    denoiser = denoiser_of(lent, "sd1")
    lent.networks.with_denoiser(denoiser, (), lambda *_: None, PX)
    again = lent.folder / "diffusion_models" / "same.safetensors"
    again.parent.mkdir(exist_ok=True)
    again.write_bytes((lent.folder / "checkpoints" / "sd1.safetensors").read_bytes())
    before = lent.loads()
    networks = lent.networks
    held = [networks.with_denoiser(denoiser, (), lambda d, _: d.network, PX) for _ in range(2)]
    other = choosing.denoiser(
        lent.ref("same.safetensors"), networks.described(lent.ref("same.safetensors"))
    )
    held.append(networks.with_denoiser(other, (), lambda d, _: d.network, PX))

    assert len({id(each) for each in held}) == 1
    assert lent.loads() == before


def test_networks_alone_in_files_are_told_apart_by_their_headers(lent: Lent) -> None:
    parts = lent.parts["sdxl"]
    for path, tensors in {
        "diffusion_models/inner/unet.safetensors": tiny_files.ldm_unet(parts["unet"]),
        "diffusion_models/diffusers.safetensors": parts["unet"].state_dict(),
        "vae/soft.safetensors": tiny_files.ldm_vae(parts["vae"]),
        "vae/softer.safetensors": parts["vae"].state_dict(),
        "text_encoders/clip_l.safetensors": tiny_files.hf_clip(parts["text_encoder"]),
        "text_encoders/clip_g.safetensors": tiny_files.open_clip(parts["text_encoder_2"]),
    }.items():
        tiny_files.write(tensors, lent.folder / path)
    networks = lent.networks

    for name in ("inner/unet.safetensors", "inner\\unet.safetensors", "diffusers.safetensors"):
        denoiser = choosing.denoiser(lent.ref(name), networks.described(lent.ref(name)))
        assert denoiser.family == "sdxl"
        networks.with_denoiser(
            denoiser, (), lambda loaded, _: assert_same(loaded.network, parts["unet"]), PX
        )
    for name in ("soft.safetensors", "softer"):
        vae = choosing.autoencoder(lent.ref(name), networks.described(lent.ref(name)))
        networks.with_autoencoder(vae, lambda loaded: assert_same(loaded.network, parts["vae"]), PX)
    both = [lent.ref("clip_g.safetensors"), lent.ref("clip_l.safetensors")]
    encoder = choosing.text_encoder([(ref, networks.described(ref)) for ref in both], "sdxl")

    def reading(loaded: LoadedTextEncoder) -> None:
        assert [part.name for part in loaded.parts] == ["l", "g"]
        assert_same(loaded.parts[0].network, parts["text_encoder"])
        assert_same(loaded.parts[1].network, parts["text_encoder_2"])

    networks.with_text_encoder(encoder, reading)


def test_controlnets_are_lent_beside_the_denoiser_in_the_order_that_is_asked(lent: Lent) -> None:
    made = tiny_files.controlnet(lent.parts["sd1"]["unet"])
    other = tiny_files.controlnet(lent.parts["sd1"]["unet"])
    torch.nn.init.ones_(other.controlnet_mid_block.bias)
    tiny_files.write(
        tiny_files.prefixed("control_model.", tiny_files.ldm_controlnet(made)),
        lent.folder / "controlnet/edges.safetensors",
    )
    tiny_files.write(other.state_dict(), lent.folder / "controlnet/depth.safetensors")
    networks = lent.networks
    refs = [lent.ref(f"{name}.safetensors") for name in ("edges", "depth")]
    edges, depth = (choosing.control_net(ref, networks.described(ref)) for ref in refs)
    assert edges.family == depth.family == "sd1"
    taken: list[list[str]] = []

    def work(_: LoadedDenoiser, controls: tuple[LoadedControlNet, ...]) -> list[Any]:
        pinned = [held.name.partition("@")[0] for held in lent.loaded.held() if held.is_pinned]
        taken.append(pinned)
        return [each.network for each in controls]

    denoiser = denoiser_of(lent, "sd1")
    first = networks.with_denoiser(denoiser, (edges, depth, edges), work, PX)
    second = networks.with_denoiser(denoiser, (depth, edges), work, PX)

    for network, written in zip(first, (made, other, made), strict=True):
        assert_same(network, written)
    assert first[:2] == second[::-1]
    # In one order, whatever is asked: else two users might wait for each other.
    assert taken[0] == taken[1] == ["sd1.safetensors", "depth.safetensors", "edges.safetensors"]


def test_a_network_steers_denoisers_of_its_family_only(lent: Lent) -> None:
    steering = ControlNet(lent.ref("sd1.safetensors"), "sd1")

    with pytest.raises(PipelineError) as caught:
        lent.networks.with_denoiser(denoiser_of(lent, "sdxl"), (steering,), lambda *_: None, PX)
    assert str(caught.value) == (
        "ControlNet 'sd1.safetensors' is for Stable Diffusion 1, and model 'sdxl.safetensors' is "
        "Stable Diffusion XL. Use one that was made for the model's family."
    )


def test_patches_say_how_a_denoiser_is_sampled(lent: Lent) -> None:
    def facts(name: str, *patches: Patch) -> tuple[str, dict[str, Any]]:
        denoiser = denoiser_of(lent, name)
        for patch in patches:
            denoiser = choosing.with_patch(denoiser, patch)
        return lent.networks.with_denoiser(
            denoiser, (), lambda loaded, _: (loaded.prediction, dict(loaded.schedule)), PX
        )

    prediction, schedule = facts("sd1", Patch("v_prediction"), Patch("zero_snr"))
    assert (prediction, schedule["prediction_type"]) == ("v_prediction", "v_prediction")
    assert schedule["rescale_betas_zero_snr"]
    _, schedule = facts("flux", Patch("shift", (2.0,)), Patch("shift", (5.0,)))
    assert (schedule["shift"], schedule["use_dynamic_shifting"]) == (5.0, False)
    with pytest.raises(PipelineError, match="was trained with noise in steps"):
        facts("sd1", Patch("shift", (2.0,)))


def test_what_a_file_says_of_its_prediction_counts(lent: Lent) -> None:
    tensors = tiny_files.checkpoint("sd2", lent.parts["sd2"])
    folder = lent.folder / "checkpoints"
    tiny_files.write(tensors, folder / "said.safetensors", {"modelspec.prediction_type": "epsilon"})
    tiny_files.write(tensors, folder / "beside.safetensors")
    (folder / "beside.yaml").write_text("model: {params: {parameterization: v}}")
    mark = {"v_pred": torch.zeros(1), "ztsnr": torch.zeros(1)}
    xl = tiny_files.checkpoint("sdxl", lent.parts["sdxl"])
    tiny_files.write(xl | mark, folder / "marked.safetensors")

    def prediction(name: str) -> str:
        return lent.networks.with_denoiser(
            denoiser_of(lent, name), (), lambda loaded, _: loaded.prediction, PX
        )

    found = [prediction(name) for name in ("said", "beside", "marked")]
    assert found == ["epsilon", "v_prediction", "v_prediction"]


def test_when_memory_runs_out_the_same_work_begins_anew(lent: Lent) -> None:
    tries = []

    def work(loaded: LoadedDenoiser, _: object) -> str:
        tries.append(loaded.network)
        if len(tries) < 2:
            raise MemoryError
        return "done"

    assert lent.networks.with_denoiser(denoiser_of(lent, "sd1"), (), work, PX) == "done"
    assert len(tries) == 2


@pytest.mark.parametrize("form", ["diffusers", "kohya"])
def test_a_lora_is_on_for_the_use_that_names_it(lent: Lent, form: str) -> None:
    denoiser = denoiser_of(lent, "sd1")
    encoder = TextEncoder((denoiser.source,), "sd1")
    unet, text = lent.parts["sd1"]["unet"], lent.parts["sd1"]["text_encoder"]
    path = lent.folder / f"lora/ink-{form}.safetensors"
    path.parent.mkdir(exist_ok=True)
    tensors = tiny_files.lora(unet, text, form)
    tiny_files.write(tensors, path)
    use = LoraUse(lent.ref(f"ink-{form}.safetensors"), 0.5)

    def layers(loaded: LoadedDenoiser, _: object) -> Any:
        return tiny_files.first_query(loaded.network)(torch.ones(1, 1, 64))

    def words(loaded: LoadedTextEncoder) -> Any:
        return tiny_files.first_query(loaded.parts[0].network)(torch.ones(1, 1, 64))

    def sampled(*loras: LoraUse) -> Any:
        with torch.no_grad():
            return lent.networks.with_denoiser(
                Denoiser(denoiser.source, "sd1", loras), (), layers, PX
            )

    def read(*loras: LoraUse) -> Any:
        with torch.no_grad():
            return lent.networks.with_text_encoder(
                TextEncoder(encoder.sources, "sd1", loras), words
            )

    twice = LoraUse(use.source, 1.0)
    for run, network in ((sampled, unet), (read, text)):
        off = run()
        added = tiny_files.added_by(tensors, network, torch.ones(1, 1, 64), form)
        assert torch.allclose(run(use), off + 0.5 * added, atol=1e-5)
        assert torch.allclose(run(use, use), run(twice), atol=1e-6)
        assert not torch.allclose(run(use), off)
        assert torch.equal(run(), off)


def test_a_lora_for_the_denoiser_alone_leaves_words_as_they_are(lent: Lent) -> None:
    denoiser = denoiser_of(lent, "sd1")
    unet = lent.parts["sd1"]["unet"]
    path = lent.folder / "lora/only.safetensors"
    tiny_files.write(tiny_files.lora(unet, None, "kohya"), path)

    def words(loaded: LoadedTextEncoder) -> Any:
        return loaded.parts[0].network(torch.tensor([[512, 5, 513]])).last_hidden_state

    plain = TextEncoder((denoiser.source,), "sd1")
    changed = TextEncoder((denoiser.source,), "sd1", (LoraUse(lent.ref("only"), 1.0),))
    with torch.no_grad():
        assert torch.equal(
            lent.networks.with_text_encoder(plain, words),
            lent.networks.with_text_encoder(changed, words),
        )
