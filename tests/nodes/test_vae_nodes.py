"""Nodes that encode and decode, over a checkpoint: as by hand, once for each picture."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from paintgraph.assembly import assemble
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.engine.node.events import NodeStarted
from paintgraph.jobs.sources.folders import Folders
from paintgraph.models.sampling.values import Condition, Latent
from paintgraph.nodes.sockets import Array
from paintgraph.tests.models.networks import tiny_files
from paintgraph.tests.nodes.bench import Bench, noise, png, use

PHOTO = noise(48, 64)
LOADER, VAE = "CheckpointLoaderSimple", Link("loader", 2)


@pytest.fixture(scope="module")
def parts() -> Any:
    return tiny_files.sd1()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, parts: Any) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("vae")
    inputs = folder / "inputs"
    inputs.mkdir()
    (inputs / "photo.png").write_bytes(png(PHOTO))
    tensors = tiny_files.checkpoint("sd1", parts)
    tiny_files.write(tensors, folder / "models" / "checkpoints" / "tiny.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAINTGRAPH_MODELS_DIR", str(folder / "models"))
        with assemble(Folders(folder / "data"), inputs) as assembly:
            yield Bench(assembly, inputs)


def graph(**nodes: Node) -> dict[str, Node]:
    loader = use(LOADER, ckpt_name="tiny.safetensors")
    return {"loader": loader, "photo": use("LoadImage", image="photo.png"), **nodes}


def by_hand(parts: Any, pixels: Array) -> Array:
    with torch.no_grad():
        tensor = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).contiguous() * 2 - 1
        found: Array = parts["vae"].encode(tensor).latent_dist.mean.numpy()
        return found


def test_a_picture_goes_there_and_back_as_by_hand(bench: Bench, parts: Any) -> None:
    encoded = use("VAEEncode", pixels=Link("photo", 0), vae=VAE)
    ran = bench.run(graph(it=encoded, out=use("VAEDecode", samples=Link("it", 0), vae=VAE)))
    latent = ran.value().data

    wanted = by_hand(parts, ran.array("photo"))
    np.testing.assert_allclose(latent.samples, wanted, atol=1e-5)
    with torch.no_grad():
        sample = parts["vae"].decode(torch.from_numpy(wanted)).sample
    picture = (sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(ran.array("out"), picture, atol=1e-5)


def test_the_hole_is_grey_and_what_is_sampled_grows(bench: Bench, parts: Any) -> None:
    mask = np.zeros((1, 48, 64), np.float32)
    mask[0, 16:32, 24:40] = 0.75
    hole = use("VAEEncodeForInpaint", pixels=Link("photo", 0), vae=VAE, mask=mask, grow_mask_by=5)
    ran = bench.run(graph(it=hole))
    latent: Latent = ran.value().data
    greyed = ran.array("photo").copy()
    greyed[0, 16:32, 24:40] = 0.5
    grown = np.zeros_like(mask)
    grown[0, 11:37, 19:45] = 1

    np.testing.assert_allclose(latent.samples, by_hand(parts, greyed), atol=1e-5)
    assert latent.noise_mask is not None
    np.testing.assert_array_equal(latent.noise_mask, grown)


def test_models_for_inpainting_see_the_picture_with_its_hole(bench: Bench, parts: Any) -> None:
    mask = np.zeros((1, 24, 32), np.float32)
    mask[0, 8:16, 8:16] = 1
    told = Value((Condition(np.zeros((1, 77, 64), np.float32)),), key="told")
    inputs = {"positive": told, "negative": told, "mask": mask, "noise_mask": False}
    ran = bench.run(
        graph(it=use("InpaintModelConditioning", pixels=Link("photo", 0), vae=VAE, **inputs))
    )
    (condition,) = ran.value().data
    latent: Latent = ran.value(output=2).data
    photo = ran.array("photo")
    greyed = np.where(condition.concat_mask[..., None] > 0.5, np.float32(0.5), photo)

    assert condition.concat_mask.shape == (1, 48, 64)
    assert condition.concat_mask[0, 18:30, 18:30].all()
    np.testing.assert_allclose(condition.concat_latents, by_hand(parts, greyed), atol=1e-5)
    np.testing.assert_allclose(latent.samples, by_hand(parts, photo), atol=1e-5)
    assert latent.noise_mask is None


def test_what_is_encoded_is_kept_while_later_nodes_change(bench: Bench) -> None:
    def started(amount: int) -> set[str]:
        encoded = use("VAEEncode", pixels=Link("photo", 0), vae=VAE)
        later = use("RepeatLatentBatch", samples=Link("it", 0), amount=amount)
        ran = bench.run(graph(it=encoded, later=later), ["later"])
        return {each.origin.node for each in ran.events if isinstance(each, NodeStarted)}

    started(1)

    assert started(2) == {"later"}


def test_latents_of_another_family_are_refused_by_name(bench: Bench) -> None:
    empty = use("EmptySD3LatentImage", width=64, height=64)
    ran = bench.run(graph(empty=empty, it=use("VAEDecode", samples=Link("empty", 0), vae=VAE)))

    code, message = ran.fault
    assert code == "wrong_latents"
    assert "samples have 16 channels; VAE 'tiny.safetensors' takes those of 4." in message
