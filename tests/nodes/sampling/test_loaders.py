"""Nodes that choose files of diffusion models give small values; what does not fit is refused."""

import json
from collections.abc import Iterator

import pytest
import torch

from paintgraph.engine.graph.coercion import Resources
from paintgraph.engine.graph.formats.comfy.known import known
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.recipes.checking import check
from paintgraph.models.sampling.values import Denoiser, Patch, TextEncoder
from paintgraph.nodes import build_registry
from paintgraph.nodes.resource_names import checks
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.nodes.bench import Bench, bench_in, use

CHOOSING = [
    declaration.spec
    for declaration in build_registry()
    if declaration.spec.module.endswith((".sampling.loaders", ".sampling.patches"))
]
WIDE = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A worker over one checkpoint and two LoRAs, one of another family."""
    folder = tmp_path_factory.mktemp("loading")
    models, parts = folder / "models", tiny_files.sd1()
    tiny_files.write(
        tiny_files.checkpoint("sd1", parts), models / "checkpoints" / "old" / "sd.safetensors"
    )
    ink = tiny_files.lora(parts["unet"], parts["text_encoder"], "kohya")
    tiny_files.write(ink, models / "lora" / "ink.safetensors")
    tiny_files.write({WIDE: torch.zeros(2, 2048)}, models / "lora" / "xl.safetensors")
    with pytest.MonkeyPatch.context() as patching:
        patching.setenv("PAINTGRAPH_MODELS_DIR", str(models))
        with bench_in(folder) as bench:
            yield bench


def chosen(**more: Node) -> dict[str, Node]:
    name = "old\\sd.safetensors"  # as graphs made on Windows have it
    return {"file": use("CheckpointLoaderSimple", ckpt_name=name), **more}


def inked(lora: str) -> Node:
    return use(
        "LoraLoader",
        model=Link("file", 0),
        clip=Link("file", 1),
        lora_name=lora,
        strength_model=0.5,
        strength_clip=0,
    )


def test_a_checkpoint_becomes_three_values_that_nodes_change(bench: Bench) -> None:
    ran = bench.run(
        chosen(
            ink=inked("ink.safetensors"),
            skip=use("CLIPSetLastLayer", clip=Link("ink", 1), stop_at_clip_layer=-2),
            it=use("DifferentialDiffusion", model=Link("ink", 0)),
        )
    )
    model, clip = ran.value("file").data, ran.value("file", 1).data
    changed = ran.value().data

    assert isinstance(model, Denoiser)
    assert (model.family, model.source.partition("@")[0]) == ("sd1", "old-sd.safetensors")
    assert clip == TextEncoder((model.source,), "sd1")
    assert ran.value("file", 2).data.source == model.source
    ((lora, strength),) = [(each.source, each.strength) for each in changed.loras]
    assert (lora.partition("@")[0], strength) == ("ink", 0.5)
    assert changed.patches == (Patch("differential", (1.0,)),)
    assert ran.value("skip").data == TextEncoder((model.source,), "sd1", last_layer=-2)


def test_what_was_made_for_another_family_is_refused_by_name(bench: Bench) -> None:
    code, message = bench.run(chosen(it=inked("xl.safetensors"))).fault
    assert code == "bad_lora"
    assert "LoRA 'xl' is for Stable Diffusion XL, and model 'old-sd.safetensors'" in message

    shifted = use("ModelSamplingSD3", model=Link("file", 0))
    _, message = bench.run(chosen(it=shifted)).fault
    assert "was trained with noise in steps; this node is for models trained with flow" in message


def test_a_prompt_that_names_a_missing_file_is_told_its_folder_before_a_run(bench: Bench) -> None:
    nodes = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd.safetensors"}},
        "2": {"class_type": "VAELoader", "inputs": {"vae_name": "soft.safetensors"}},
    }
    graph, problems = read_graph(json.dumps(nodes).encode(), "prompt")
    assembly = bench.assembly
    found = check(graph, assembly.registry, problems, Resources(checks(assembly.names)))
    missing = {p.node: p.message for p in found.errors if p.code == "model_missing"}

    assert "Did you mean 'old" in missing["1"]
    assert "into the folder 'checkpoints'" in missing["1"]
    assert "into the folder 'vae'" in missing["2"]


@pytest.mark.parametrize("spec", CHOOSING, ids=lambda spec: spec.id)
def test_inputs_stand_in_the_order_that_graphs_of_comfyui_have(spec: object) -> None:
    id_, names = spec.id, [each.name for each in spec.inputs]  # type: ignore[attr-defined]
    assert known(id_), "ComfyUI has no such node"
    theirs = list(known(id_)[0].inputs)

    assert names[: len(theirs)] == theirs
