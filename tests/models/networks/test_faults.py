"""Files that are not what they should be: errors name the file, what is wrong, and the cure."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from paintgraph.models.catalogue.family import Kind
from paintgraph.models.errors import CheckpointError, LoraError, ModelError, WeightsError
from paintgraph.models.networks import choosing
from paintgraph.models.networks.loaded import LoadedTextEncoder
from paintgraph.models.sampling.values import Denoiser, LoraUse, TextEncoder
from paintgraph.tests.models.diffusion import tiny
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.models.networks.conftest import Lent

PX = 64 * 64


def copied(lent: Lent, name: str, change: Callable[[dict[str, Any]], object]) -> str:
    """A checkpoint of Stable Diffusion 1 that was changed, by its name."""
    path = lent.folder / "checkpoints" / name
    tensors = load_file(lent.folder / "checkpoints" / "sd1.safetensors")
    change(tensors)
    save_file(tensors, path)
    return name


def fault(lent: Lent, name: str, kind: Kind = Kind.CHECKPOINT) -> str:
    """What a check before any run says of a file."""
    found = lent.names.fault(name, kind)
    assert found is not None
    return found.message


def load(lent: Lent, name: str) -> None:
    ref = lent.ref(name)
    denoiser = choosing.denoiser(ref, lent.networks.described(ref))
    lent.networks.with_denoiser(denoiser, (), lambda *_: None, PX)


def test_a_file_that_is_cut_off_is_named_before_a_run(lent: Lent) -> None:
    path = lent.folder / "checkpoints" / "cut.safetensors"
    whole = (lent.folder / "checkpoints" / "sd1.safetensors").read_bytes()
    path.write_bytes(whole[:-100])

    assert "'checkpoints/cut.safetensors': it is cut off" in fault(lent, "cut.safetensors")


@pytest.mark.parametrize(
    ("folder", "name", "kind"),
    [
        ("checkpoints", "old.ckpt", Kind.CHECKPOINT),
        ("lora", "ink.pt", Kind.LORA),
        ("vae", "soft.vae.pt", Kind.VAE),
    ],
)
def test_a_pickle_is_refused_and_says_where_its_conversion_is_told(
    lent: Lent, folder: str, name: str, kind: Kind
) -> None:
    path = lent.folder / folder / name
    path.parent.mkdir(exist_ok=True)
    torch.save({"state_dict": {}}, path)

    message = fault(lent, name, kind)
    assert f"'{path.stem if kind != Kind.CHECKPOINT else name}' is a pickle" in message
    page = Path(__file__).parents[3] / "docs" / "diffusion.md"
    assert "convert it once as docs/diffusion.md says" in message
    assert "save_file" in page.read_text()


def test_a_file_of_another_kind_or_family_is_named_before_a_run(lent: Lent) -> None:
    vae = tiny_files.ldm_vae(lent.parts["sd1"]["vae"])
    tiny_files.write(vae, lent.folder / "checkpoints" / "vae-only.safetensors")
    flux2 = {"single_stream_modulation.lin.weight": torch.zeros(2, 2)}
    tiny_files.write(flux2, lent.folder / "diffusion_models" / "flux2.safetensors")
    packed = tiny_files.checkpoint("sd1", lent.parts["sd1"]) | {"a.absmax": torch.zeros(2)}
    tiny_files.write(packed, lent.folder / "checkpoints" / "packed.safetensors")
    depth = tiny_files.checkpoint("sd1", tiny_files.sd1(5))
    tiny_files.write(depth, lent.folder / "checkpoints" / "depth5.safetensors")

    assert fault(lent, "vae-only.safetensors") == (
        "'vae-only.safetensors' is no file for this place: it holds a VAE; needed is a UNet or "
        "transformer. Choose another file here, and give this one to the node that loads such "
        "files."
    )
    assert "is FLUX.2, which is not sampled here" in fault(lent, "flux2.safetensors", Kind.DENOISER)
    assert "packed into 4 or 8 bits" in fault(lent, "packed.safetensors")
    with pytest.raises(CheckpointError, match=r"takes 5 channels; a denoiser of its family"):
        load(lent, "depth5.safetensors")
    editing = lent.folder / "diffusion" / "kontext"
    tiny.flux(editing)
    index = editing / "model_index.json"
    index.write_text(index.read_text().replace("FluxPipeline", "FluxKontextPipeline"))
    with pytest.raises(CheckpointError, match=r"'kontext' is a FluxKontextPipeline, a pipeline"):
        load(lent, "kontext")


def test_weights_that_are_missing_or_no_numbers_are_named(lent: Lent) -> None:
    gone = "model.diffusion_model.middle_block.1.proj_in.weight"
    last = "model.diffusion_model.out.2.weight"
    lacking = copied(lent, "lacking.safetensors", lambda tensors: tensors.pop(gone))
    broken = copied(lent, "nan.safetensors", lambda tensors: tensors[last].fill_(torch.nan))

    with pytest.raises(CheckpointError, match=r"'lacking.safetensors': its part that is a UNet"):
        load(lent, lacking)
    with pytest.raises(CheckpointError, match=r"conv_out.weight' hold values that are no numbers"):
        load(lent, broken)


def test_a_missing_file_is_told_with_its_folder_and_names_that_are_near(lent: Lent) -> None:
    message = fault(lent, "sd1.safetensor")

    assert message.startswith(
        "model 'sd1.safetensor' is not on this machine, and no catalogue has it. "
        "Did you mean 'sd1.safetensors'? Put its .safetensors file into the folder 'checkpoints'"
    )
    assert "or name the extra_model_paths.yaml of a ComfyUI" in message
    assert "folder 'diffusion_models'" in fault(lent, "absent.safetensors", Kind.DENOISER)


def test_a_lora_of_another_family_is_refused_by_its_header_or_its_layers(lent: Lent) -> None:
    wide = {
        "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight": (
            torch.zeros(2, 2048)
        )
    }
    tiny_files.write(wide, lent.folder / "lora" / "xl.safetensors")
    other = tiny_files.lora(lent.parts["sdxl"]["unet"], None, "kohya")
    tiny_files.write(other, lent.folder / "lora" / "tiny-xl.safetensors")
    ref = lent.ref("sd1.safetensors")
    networks = lent.networks
    denoiser = choosing.denoiser(ref, networks.described(ref))

    xl = lent.ref("xl.safetensors")
    with pytest.raises(LoraError) as caught:
        choosing.with_lora(denoiser, xl, networks.described(xl), 1.0)
    assert caught.value.message == (
        "LoRA 'xl' is for Stable Diffusion XL, and model 'sd1.safetensors' is Stable Diffusion 1. "
        "Use one that was made for the model's family."
    )
    use = LoraUse(lent.ref("tiny-xl.safetensors"), 1.0)
    with pytest.raises(LoraError, match=r"LoRA 'tiny-xl' does not fit model 'sd1.safetensors'"):
        networks.with_denoiser(Denoiser(ref, "sd1", (use,)), (), lambda *_: None, PX)


def test_a_checkpoint_without_text_encoders_says_so_when_they_are_needed(lent: Lent) -> None:
    def without(tensors: dict[str, Any]) -> None:
        for name in [name for name in tensors if name.startswith("cond_stage_model")]:
            del tensors[name]

    ref = lent.ref(copied(lent, "no-words.safetensors", without))
    load(lent, "no-words.safetensors")

    def reading(_: LoadedTextEncoder) -> None:
        raise AssertionError

    with pytest.raises(CheckpointError, match=re.escape("'no-words.safetensors': no text encoder")):
        lent.networks.with_text_encoder(TextEncoder((ref,), "sd1"), reading)


def test_a_t5_alone_asks_for_its_tokenizer(lent: Lent) -> None:
    tensors = lent.parts["flux"]["text_encoder_2"].state_dict()
    tensors.pop("encoder.embed_tokens.weight", None)
    clip = tiny_files.hf_clip(lent.parts["flux"]["text_encoder"])
    folder = lent.folder / "text_encoders"
    tiny_files.write(tensors, folder / "t5xxl.safetensors")
    tiny_files.write(clip, folder / "l.safetensors")
    networks = lent.networks
    refs = [lent.ref(f"{name}.safetensors") for name in ("t5xxl", "l")]
    encoder = choosing.text_encoder([(ref, networks.described(ref)) for ref in refs], "flux")

    def names(loaded: LoadedTextEncoder) -> list[str]:
        return [part.name for part in loaded.parts]

    with pytest.raises(ModelError, match=r"Put its tokenizer.json .* into a folder 't5xxl' beside"):
        networks.with_text_encoder(encoder, names)
    tokenizer = lent.folder / "checkpoints" / "tokenizer"
    (folder / "t5xxl").mkdir()
    for file in tokenizer.iterdir():
        (folder / "t5xxl" / file.name).write_bytes(file.read_bytes())
    assert networks.with_text_encoder(encoder, names) == ["l", "t5"]


def test_a_damaged_header_is_an_error_of_weights(lent: Lent) -> None:
    path = lent.folder / "checkpoints" / "text.safetensors"
    path.write_text("this is no file of weights")

    with pytest.raises(WeightsError, match=r"text.safetensors"):
        load(lent, "text.safetensors")
