"""Files of diffusion models that do not go together are named before anything is loaded."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from paintgraph.assembly import Catalogue, catalogue
from paintgraph.base.errors import Problem
from paintgraph.cli.app import app
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.sources.folders import VARIABLE, Folders
from paintgraph.nodes.resources import resources
from paintgraph.tests.models.networks import tiny_files

Nodes = dict[str, Any]

WIDE = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
SIXTEEN = {"decoder.conv_in.weight": torch.zeros(32, 16, 3, 3)}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with checkpoints of three families and parts of others."""
    models = tmp_path_factory.mktemp("models")
    old, wide = tiny_files.sd1(), tiny_files.sdxl()
    whole = tiny_files.checkpoint("sd1", old)
    files: Mapping[str, Mapping[str, Any]] = {
        "checkpoints/old.safetensors": whole,
        "checkpoints/flow.safetensors": tiny_files.checkpoint("sd3", tiny_files.sd3()),
        "checkpoints/xl.safetensors": tiny_files.checkpoint("sdxl", wide),
        "checkpoints/bare.safetensors": {n: t for n, t in whole.items() if n.startswith("model.")},
        "lora/xl-ink.safetensors": {WIDE: torch.zeros(2, 2048)},
        "controlnet/edges.safetensors": tiny_files.controlnet(old["unet"]).state_dict(),
        "vae/own.safetensors": tiny_files.ldm_vae(wide["vae"]),
        "vae/sixteen.safetensors": SIXTEEN,
    }
    for name, tensors in files.items():
        tiny_files.write(tensors, models / name)
    cut = (models / "checkpoints/old.safetensors").read_bytes()[:-50]
    (models / "checkpoints/cut.safetensors").write_bytes(cut)
    (models / "checkpoints/text.safetensors").write_text("no weights")
    return models


@pytest.fixture(scope="module")
def known(models: Path) -> Catalogue:
    """What there is to run over these files."""
    return catalogue(Folders(models.parent / "data"), models_dir=models)


def use(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def graph(checkpoint: str = "old", **changes: Any) -> Nodes:
    """A prompt of ComfyUI that inpaints, with some of its nodes changed or added."""
    sides = {"positive": ["positive", 0], "negative": ["negative", 0]}
    return {
        "file": use("CheckpointLoaderSimple", ckpt_name=f"{checkpoint}.safetensors"),
        "picture": use("LoadImage", image="photo.png"),
        "positive": use("CLIPTextEncode", text="a boat", clip=["file", 1]),
        "negative": use("CLIPTextEncode", text="", clip=["file", 1]),
        "hole": use(
            "VAEEncodeForInpaint", pixels=["picture", 0], vae=["file", 2], mask=["picture", 1]
        ),
        "sampler": use(
            "KSampler",
            model=["file", 0],
            seed=1,
            steps=2,
            cfg=4.0,
            sampler_name="euler",
            scheduler="normal",
            latent_image=["hole", 0],
            denoise=1.0,
            **sides,
        ),
        "decoded": use("VAEDecode", samples=["sampler", 0], vae=["file", 2]),
        "saved": use("SaveImage", images=["decoded", 0]),
        **changes,
    }


def with_input(nodes: Nodes, node: str, **inputs: Any) -> Nodes:
    changed = {**nodes[node], "inputs": {**nodes[node]["inputs"], **inputs}}
    return {**nodes, node: changed}


def problems(known: Catalogue, nodes: Nodes) -> list[Problem]:
    found, told = read_graph(json.dumps(nodes).encode(), "prompt")
    return check(found, known.registry, told, resources(known.names)).errors


def places(found: list[Problem]) -> list[tuple[str | None, str | None, str]]:
    return [(each.node, each.input, each.code) for each in found]


XL = use("CheckpointLoaderSimple", ckpt_name="xl.safetensors")
EDGES = use("ControlNetLoader", control_net_name="edges.safetensors")


def steered(*sides: str) -> Nodes:
    return {
        f"steered {side}": use(
            "ControlNetApply",
            conditioning=[side, 0],
            control_net=["edges", 0],
            image=["picture", 0],
            strength=1.0,
        )
        for side in sides
    } | {"edges": EDGES}


def test_a_graph_of_one_family_has_no_fault(known: Catalogue) -> None:
    both = graph(**steered("positive"))
    nodes = with_input(both, "sampler", positive=["steered positive", 0])
    own_vae: Nodes = {"vae": use("VAELoader", vae_name="own.safetensors")}

    assert problems(known, nodes) == []
    assert problems(known, with_input(graph(**own_vae), "decoded", vae=["vae", 0])) == []


def test_a_lora_of_another_family_is_named_and_what_comes_after_it_is_checked_on(
    known: Catalogue,
) -> None:
    ink = use(
        "LoraLoader",
        model=["file", 0],
        clip=["file", 1],
        lora_name="xl-ink.safetensors",
        strength_model=1.0,
        strength_clip=1.0,
    )
    nodes = with_input(graph(ink=ink, xl=XL), "sampler", model=["ink", 0])
    found = problems(known, with_input(nodes, "positive", clip=["xl", 1]))

    assert places(found) == [
        ("sampler", "positive", "bad_pipeline"),
        ("ink", None, "bad_lora"),
    ]
    assert found[1].message == (
        "node 'ink' (LoraLoader): LoRA 'xl-ink' is for Stable Diffusion XL, and model "
        "'old.safetensors' is Stable Diffusion 1. Use one that was made for the model's family."
    )
    assert found[0].message == (
        "node 'sampler' (KSampler): positive: text encoder 'xl.safetensors' is for Stable "
        "Diffusion XL, and model 'old.safetensors' is Stable Diffusion 1. Use one that was made "
        "for the model's family."
    )


def test_a_controlnet_of_another_family_is_named_where_the_model_meets_it(
    known: Catalogue,
) -> None:
    nodes = graph("xl", **steered("positive", "negative"))
    nodes = with_input(
        nodes, "sampler", positive=["steered positive", 0], negative=["steered negative", 0]
    )
    found = problems(known, nodes)

    assert places(found) == [
        ("sampler", "positive", "bad_pipeline"),
        ("sampler", "negative", "bad_pipeline"),
    ]
    assert "ControlNet 'edges.safetensors' is for Stable Diffusion 1, and model" in found[0].message


def test_a_vae_of_another_family_is_named_before_and_after_sampling(known: Catalogue) -> None:
    nodes = with_input(graph(xl=XL), "hole", vae=["xl", 2])
    (before,) = problems(known, nodes)
    (after,) = problems(known, with_input(graph(xl=XL), "decoded", vae=["xl", 2]))

    assert (before.node, before.input, before.code) == ("sampler", "latent_image", "wrong_latents")
    assert before.message == (
        "node 'sampler' (KSampler): latent_image: the latents of VAE 'xl.safetensors' are those of "
        "Stable Diffusion XL, and model 'old.safetensors' has those of Stable Diffusion 1. Use a "
        "VAE of the model's family; between two models, decode with the VAE of the one and encode "
        "with that of the other."
    )
    assert (after.node, after.input) == ("decoded", "samples")
    sixteen = use("VAELoader", vae_name="sixteen.safetensors")
    (unsaid,) = problems(known, with_input(graph(vae=sixteen), "hole", vae=["vae", 0]))
    assert "those of a family whose latents have 16 channels" in unsaid.message


def test_parts_that_a_checkpoint_lacks_are_named_where_they_are_taken(known: Catalogue) -> None:
    found = problems(known, graph("bare"))

    assert [node for node, _, _ in places(found)] == ["positive", "hole"]
    assert "'bare.safetensors': no text encoder CLIP-L" in found[0].message
    assert "it holds a denoiser; needed is a VAE" in found[1].message


@pytest.mark.parametrize(
    ("name", "what"), [("cut", "it is cut off"), ("text", "no safetensors file at all")]
)
def test_a_file_that_is_no_checkpoint_is_told_once(known: Catalogue, name: str, what: str) -> None:
    (found,) = problems(known, graph(name))

    assert (found.node, found.input) == ("file", "ckpt_name")
    assert what in found.message


def test_a_sampler_or_schedule_of_comfyui_that_is_not_here_is_told_with_the_nearest(
    known: Catalogue,
) -> None:
    names = {"sampler_name": "res_multistep", "scheduler": "kl_optimal"}
    found = problems(known, with_input(graph(), "sampler", **names))

    assert [each.code for each in found] == ["not_a_choice", "not_a_choice"]
    assert found[0].message.endswith(" 'dpmpp_2m' comes nearest.")
    assert found[1].message.endswith(" 'karras' comes nearest.")


def test_parts_of_a_custom_sampler_and_reroutes_are_followed(known: Catalogue) -> None:
    nodes = graph(
        xl=XL,
        guider=use(
            "CFGGuider",
            model=["file", 0],
            positive=["positive", 0],
            negative=["negative", 0],
            cfg=4.0,
        ),
        noise=use("RandomNoise", noise_seed=1),
        choice=use("KSamplerSelect", sampler_name="euler"),
        sigmas=use("KarrasScheduler"),
        sampler=use(
            "SamplerCustomAdvanced",
            noise=["noise", 0],
            guider=["guider", 0],
            sampler=["choice", 0],
            sigmas=["sigmas", 0],
            latent_image=["hole", 0],
        ),
    )

    assert problems(known, nodes) == []
    found = problems(known, with_input(nodes, "hole", vae=["xl", 2]))
    assert places(found) == [("sampler", "latent_image", "wrong_latents")]


def test_a_sampler_that_flow_models_lack_is_told_wherever_it_is_chosen(known: Catalogue) -> None:
    named = with_input(graph("flow"), "sampler", sampler_name="lms")
    parts = graph(
        "flow",
        guider=use("BasicGuider", model=["file", 0], conditioning=["positive", 0]),
        noise=use("RandomNoise", noise_seed=1),
        choice=use("KSamplerSelect", sampler_name="ddpm"),
        sigmas=use("BasicScheduler", model=["file", 0], scheduler="beta", steps=2, denoise=1.0),
        sampler=use(
            "SamplerCustomAdvanced",
            noise=["noise", 0],
            guider=["guider", 0],
            sampler=["choice", 0],
            sigmas=["sigmas", 0],
            latent_image=["hole", 0],
        ),
    )
    (by_name,), (by_link,) = problems(known, named), problems(known, parts)

    assert (by_name.node, by_name.input) == ("sampler", "sampler_name")
    assert by_name.message.endswith("'dpmpp_2m' comes nearest.")
    assert (by_link.node, by_link.input) == ("sampler", "sampler")
    assert by_link.message.endswith("'euler_ancestral' comes nearest.")
    assert problems(known, with_input(graph("flow"), "sampler", sampler_name="heun")) == []
    assert problems(known, with_input(graph(), "sampler", sampler_name="lms")) == []


def test_a_run_tells_them_before_it_begins(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_MODELS_DIR", str(models))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    nodes = with_input(graph("flow"), "sampler", sampler_name="lms")
    file = tmp_path / "graph.json"
    file.write_text(json.dumps(nodes))
    answer = CliRunner().invoke(app, ["run", str(file)])

    assert answer.exit_code == 1
    assert "node 'sampler' (KSampler): sampler_name: sampler is 'lms'" in answer.stderr
    assert "photo.png" not in answer.stderr  # which is not there, and would be looked for later


INKED = """
paintgraph: 1
inputs:
  lora: {type: text, default: xl-ink.safetensors}
nodes:
  file: {node: CheckpointLoaderSimple, ckpt_name: old.safetensors}
  ink: {node: LoraLoaderModelOnly, model: "${file.model}", lora_name: "${inputs.lora}"}
outputs:
  model: "${ink.model}"
"""
PLAIN = """
paintgraph: 1
inputs:
  checkpoint: {type: text, default: old.safetensors}
nodes:
  file: {node: CheckpointLoaderSimple, ckpt_name: "${inputs.checkpoint}"}
outputs:
  model: "${file.model}"
"""


def test_files_inside_a_recipe_that_is_used_as_a_node_are_followed(known: Catalogue) -> None:
    known.recipes.take({"inked": INKED.encode(), "plain": PLAIN.encode()})
    inked = problems(known, graph(inked=use("recipe/inked")))
    plain = use("recipe/plain", checkpoint="xl.safetensors")
    other = problems(known, with_input(graph(plain=plain), "sampler", model=["plain", 0]))
    same = use("recipe/plain", checkpoint="old.safetensors")

    assert places(inked) == [("inked", None, "bad_lora")]
    assert inked[0].message.startswith(
        "node 'inked' (recipe/inked): its node 'ink' (LoraLoaderModelOnly): LoRA 'xl-ink' is for "
        "Stable Diffusion XL"
    )
    assert {each.node for each in other} == {"sampler", "decoded"}
    assert problems(known, with_input(graph(plain=same), "sampler", model=["plain", 0])) == []


OUTER = """
paintgraph: 1
nodes:
  inside: {node: recipe/inked}
outputs:
  model: "${inside.model}"
"""


def test_what_does_not_fit_in_a_recipe_inside_a_recipe_is_named_with_the_way_to_it(
    known: Catalogue,
) -> None:
    known.recipes.take({"inked": INKED.encode(), "outer": OUTER.encode()})
    (found,) = problems(known, graph(outer=use("recipe/outer")))

    assert (found.node, found.code) == ("outer", "bad_lora")
    assert found.message.startswith(
        "node 'outer' (recipe/outer): its node 'inside.ink' (LoraLoaderModelOnly): LoRA 'xl-ink' is"
    )


def test_files_behind_inputs_of_a_recipe_are_those_that_are_given(
    known: Catalogue,
) -> None:
    found, told = read_graph(INKED.encode(), "recipe")
    (problem,) = check(found, known.registry, told, resources(known.names)).errors

    assert problem.node == "ink"
    assert problem.code == "bad_lora"
