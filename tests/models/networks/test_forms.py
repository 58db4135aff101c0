"""Networks in folders, in ComfyUI's folders, spread over memory; LoRAs of every family."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from safetensors.torch import load_file

from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.errors import PipelineError
from paintgraph.models.families import open_index
from paintgraph.models.families.diffusion.memory import MemoryPlan
from paintgraph.models.loading.devices import Placement
from paintgraph.models.networks import choosing
from paintgraph.models.networks.held import HeldNetwork, place, release
from paintgraph.models.networks.loaded import LoadedDenoiser, LoadedTextEncoder
from paintgraph.models.sampling.values import Autoencoder, Denoiser, LoraUse, TextEncoder
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.models.networks.conftest import Lent, assert_same

PX = 64 * 64


@pytest.mark.parametrize("name", ["sd-inpaint", "sdxl-inpaint", "sd3", "flux-fill"])
def test_a_folder_of_diffusers_is_a_checkpoint_of_its_name(lent: Lent, name: str) -> None:
    folder = lent.folder / "diffusion" / f"tiny-{name}"
    tiny.FAMILIES[name](folder)
    ref = str(lent.names.bind(folder.name, Kind.CHECKPOINT, Kind.GENERATE))
    described = lent.networks.described(ref)
    denoiser = choosing.denoiser(ref, described)
    assert denoiser.family == {"sd-inpaint": "sd1", "sdxl-inpaint": "sdxl"}.get(
        name, name.partition("-")[0]
    )
    part = "unet" if (folder / "unet").is_dir() else "transformer"
    written = load_file(folder / part / "diffusion_pytorch_model.safetensors")

    def sampling(loaded: LoadedDenoiser, _: object) -> None:
        weights = loaded.network.state_dict()
        assert all(torch.equal(weights[key], each) for key, each in written.items())
        assert loaded.takes_mask == (name != "sd3")

    def reading(loaded: LoadedTextEncoder) -> None:
        names = {"sd-inpaint": "l", "sdxl-inpaint": "l g", "sd3": "l g t5", "flux-fill": "l t5"}
        assert [each.name for each in loaded.parts] == names[name].split()
        assert all(each.tokenizer("a")["input_ids"] for each in loaded.parts)

    networks = lent.networks
    networks.with_denoiser(denoiser, (), sampling, PX)
    networks.with_text_encoder(TextEncoder((ref,), denoiser.family), reading)
    vae = Autoencoder(ref, denoiser.family)
    networks.with_autoencoder(vae, lambda loaded: loaded.network.config, PX)


def test_files_of_a_comfyui_have_the_names_that_its_graphs_hold(tmp_path: Path) -> None:
    comfy = tmp_path / "comfy" / "models"
    parts = tiny_files.sd1()
    whole = tiny_files.checkpoint("sd1", parts)
    tiny_files.write(whole, comfy / "checkpoints" / "1.5 (photo)" / "photo.safetensors")
    tiny_files.write(parts["unet"].state_dict(), comfy / "unet" / "photo.safetensors")
    tiny_files.write(parts["vae"].state_dict(), comfy / "vae" / "photo.safetensors")
    (tmp_path / "paths.yaml").write_text(
        "a:\n  base_path: comfy/models\n  checkpoints: checkpoints\n  unet: unet\n  vae: vae\n"
    )
    environ = {"PAINTGRAPH_EXTRA_MODEL_PATHS": str(tmp_path / "paths.yaml")}
    names = ModelNames(open_index(tmp_path / "models", environ))

    for name in ("1.5 (photo)/photo.safetensors", "1.5 (photo)\\photo.safetensors"):
        assert name in names.choices(Kind.CHECKPOINT)
        assert names.fault(name, Kind.CHECKPOINT) is None
    # Files of one name in several kinds of folders are told apart by who asks.
    found = {
        kind: names.placed(str(names.bind("photo.safetensors", kind))).file.parent.name
        for kind in (Kind.DENOISER, Kind.VAE)
    }
    assert found == {Kind.DENOISER: "unet", Kind.VAE: "vae"}


@pytest.mark.parametrize("offload", ["none", "model", "sequential"])
def test_networks_give_the_same_wherever_their_weights_lie(lent: Lent, offload: Any) -> None:
    parts = tiny_files.sd1()
    held = [
        HeldNetwork(parts[name].eval(), Placement("cpu"), torch.float32)
        for name in ("unet", "text_encoder")
    ]
    words = torch.tensor([[512, 5, 513]])
    latents = torch.ones(1, 4, 8, 8)

    def run() -> Any:
        with torch.no_grad():
            states = held[1].network(words).last_hidden_state
            return held[0].network(latents, 5, states).sample

    expected = run()
    for plan in (MemoryPlan(offload, slicing=True), MemoryPlan()):
        place(held, plan)
        assert torch.allclose(run(), expected, atol=1e-5)
        release(held)
    assert lent.folder.is_dir()


def test_loras_of_sdxl_act_on_each_network_with_its_own_strength(lent: Lent) -> None:
    ref = lent.ref("sdxl.safetensors")
    parts = lent.parts["sdxl"]
    tensors = tiny_files.lora(parts["unet"], parts["text_encoder"], "diffusers")
    second = tiny_files.lora(None, parts["text_encoder_2"], "diffusers")
    tensors |= {n.replace("text_encoder.", "text_encoder_2."): each for n, each in second.items()}
    tiny_files.write(tensors, lent.folder / "lora" / "three.safetensors")
    use = LoraUse(lent.ref("three.safetensors"), 1.0)
    half = LoraUse(use.source, 0.5)
    given = {"l": torch.ones(1, 1, 64), "g": torch.ones(1, 1, 128)}

    def read(*loras: LoraUse) -> dict[str, Any]:
        def work(loaded: LoadedTextEncoder) -> dict[str, Any]:
            return {
                each.name: tiny_files.first_query(each.network)(given[each.name])
                for each in loaded.parts
            }

        with torch.no_grad():
            return lent.networks.with_text_encoder(TextEncoder((ref,), "sdxl", loras), work)

    off, on, between = read(), read(use), read(half)
    for name in ("l", "g"):
        assert not torch.allclose(on[name], off[name])
        assert torch.allclose(between[name], (on[name] + off[name]) / 2, atol=1e-5)
        assert torch.equal(read()[name], off[name])


@pytest.mark.parametrize("family", ["sd3", "flux"])
def test_loras_of_transformers_are_on_for_the_use_that_names_them(lent: Lent, family: str) -> None:
    ref = lent.ref(f"{family}.safetensors")
    network = lent.parts[family]["transformer"]
    width = tiny_files.first_query(network).weight.shape[1]
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    for name, layer in network.named_modules():
        if name.endswith("to_q"):
            deep, wide = layer.weight.shape
            start = f"transformer.{name}"
            tensors[f"{start}.lora_A.weight"] = torch.randn(2, wide, generator=generator)
            tensors[f"{start}.lora_B.weight"] = torch.randn(deep, 2, generator=generator)
    tiny_files.write(tensors, lent.folder / "lora" / f"{family}-ink.safetensors")
    use = LoraUse(lent.ref(f"{family}-ink"), 0.5)
    given = torch.ones(1, 1, width)

    def sampled(*loras: LoraUse) -> Any:
        with torch.no_grad():
            return lent.networks.with_denoiser(
                Denoiser(ref, family, loras),
                (),
                lambda loaded, _: tiny_files.first_query(loaded.network)(given),
                PX,
            )

    off = sampled()
    added = tiny_files.added_by(tensors, network, given, "diffusers")
    assert torch.allclose(sampled(use), off + 0.5 * added, atol=1e-4)
    assert torch.equal(sampled(), off)


def test_a_union_controlnet_is_built_by_its_header(lent: Lent) -> None:
    torch.manual_seed(8)
    network = diffusers.ControlNetUnionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        cross_attention_dim=192,
        attention_head_dim=(1, 1),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=6 * 256 + 128,
        conditioning_embedding_out_channels=(16, 32, 96, 256),
        num_control_type=8,
        num_trans_channel=32,
        num_proj_channel=32,
    )
    tiny_files.write(network.state_dict(), lent.folder / "controlnet" / "union.safetensors")
    ref = lent.ref("union.safetensors")
    control = choosing.control_net(ref, lent.networks.described(ref))
    xl = lent.ref("sdxl.safetensors")

    assert control.family == "sdxl"
    with pytest.raises(PipelineError, match=r"none is chosen; allowed are openpose, depth, .*tile"):
        lent.networks.with_denoiser(Denoiser(xl, "sdxl"), (control,), lambda *_: None, PX)
    lent.networks.with_denoiser(
        Denoiser(xl, "sdxl"),
        (replace(control, union_type="depth"),),
        lambda _, controls: assert_same(controls[0].network, network),
        PX,
    )


@pytest.mark.parametrize("is_scaled", [False, True], ids=["plain", "scaled"])
def test_8_bit_floats_are_read_in_the_samples_of_the_device(lent: Lent, is_scaled: bool) -> None:  # noqa: FBT001
    eight = torch.float8_e4m3fn
    tensors, expected = {}, {}
    for name, weight in tiny_files.ldm_unet(lent.parts["sd1"]["unet"]).items():
        is_matrix = name.endswith(".weight") and weight.dim() > 1
        scale = weight.abs().max() / 64 if is_scaled and is_matrix else torch.tensor(1.0)
        small = (weight / scale).to(eight)
        tensors[name] = small
        expected[name] = small.float() * scale
        if is_scaled and is_matrix:
            tensors[name.replace(".weight", ".scale_weight")] = scale
    if is_scaled:
        tensors["scaled_fp8"] = torch.zeros(0, dtype=eight)
    name = f"eight-{is_scaled}.safetensors"
    tiny_files.write(tensors, lent.folder / "diffusion_models" / name)
    ref = lent.ref(name)
    denoiser = choosing.denoiser(ref, lent.networks.described(ref))

    def compare(loaded: LoadedDenoiser, _: object) -> None:
        found = tiny_files.ldm_unet(loaded.network)
        assert loaded.dtype is torch.float32
        assert found.keys() == expected.keys()
        for each, weight in found.items():
            torch.testing.assert_close(weight, expected[each].reshape(weight.shape))

    lent.networks.with_denoiser(denoiser, (), compare, PX)
