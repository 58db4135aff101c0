"""A pack's detailer repaints with networks of ours, and what changes these is refused by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paintgraph.assembly import Assembly, assemble
from paintgraph.engine.graph.graph import Graph, Link, Node
from paintgraph.engine.node.context import Cancellation
from paintgraph.engine.node.events import Event, Progress
from paintgraph.engine.recipes.checking import check
from paintgraph.jobs.sources.folders import Folders
from paintgraph.models.denoising.loop import Run
from paintgraph.models.loading.devices import DeviceRules
from paintgraph.models.networks.networks import Networks
from paintgraph.models.sampling import values
from paintgraph.nodes.packs.host.places import Places
from paintgraph.nodes.packs.loading.loader import PackLoader
from paintgraph.tests.models.networks.asked_for import bring
from paintgraph.tests.nodes.bench import Bench, given, use
from paintgraph.tests.nodes.packs.conftest import installed

PACK = Path(__file__).parents[2] / "packs" / "sampling"
CHECKPOINT = "sd15.safetensors"
SIDE = 96
TOP, BOTTOM, LEFT, RIGHT = 24, 64, 16, 56
"""The bounds of the mask."""


class Packed(Bench):
    """A bench whose worker has the pack."""

    def __init__(self, assembly: Assembly, inputs: Path, loader: PackLoader) -> None:
        super().__init__(assembly, inputs)
        self.loader = loader

    def loads(self) -> int:
        return int(self.assembly.loaded.numbers()["loads"])


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    folder = tmp_path_factory.mktemp("detailers")
    loader_of_graphs = {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": CHECKPOINT}}
    bring({"ckpt": loader_of_graphs}, folder / "models", folder)
    with installed(Places.below(folder, folder / "models")) as places:
        loader = PackLoader([str(PACK)], places, device="cpu")
        with assemble(
            Folders(folder / "data"),
            folder,
            devices=DeviceRules(device="cpu"),
            nodes=[loader],
            models_dir=folder / "models",
            memory_bytes=2**26,
            with_store=False,
        ) as assembly:
            yield Packed(assembly, folder, loader)


def picture() -> Any:
    return np.random.default_rng(1).random((1, SIDE, SIDE, 3), np.float32)


def mask() -> Any:
    found = np.zeros((1, SIDE, SIDE), np.float32)
    found[:, TOP:BOTTOM, LEFT:RIGHT] = 1
    found[:, TOP : TOP + 8, LEFT : LEFT + 8] = 0
    return found


def graph(way: str = "common", **options: Any) -> dict[str, Node]:
    given_: dict[str, Any] = {"steps": 2, "cfg": 5.0, "sampler_name": "euler", "seed": 3}
    given_ |= {"scheduler": "normal", "denoise": 0.7, "guide_size": 64, "way": way, **options}
    return {
        "ckpt": use("CheckpointLoaderSimple", ckpt_name=CHECKPOINT),
        "positive": use("CLIPTextEncode", text="a boat", clip=Link("ckpt", 1)),
        "negative": use("CLIPTextEncode", text="blurry", clip=Link("ckpt", 1)),
        "detail": use(
            "DetailMasked",
            image=given(picture()),
            mask=given(mask()),
            model=Link("ckpt", 0),
            clip=Link("ckpt", 1),
            vae=Link("ckpt", 2),
            positive=Link("positive", 0),
            negative=Link("negative", 0),
            **given_,
        ),
    }


def test_what_the_mask_selects_is_repainted_and_all_else_stays(packed: Packed) -> None:
    ran = packed.run(graph(), ["detail"])

    found, before = ran.array("detail"), picture()
    selected = mask()[..., None] > 0
    assert np.array_equal(np.where(selected, 0, found), np.where(selected, 0, before))
    changed = np.abs(found - before).max(-1)[selected[..., 0]]
    assert (changed > 0).mean() > 0.9
    assert ran.warnings == []


def test_every_way_to_sample_gives_the_same_bits_and_another_seed_others(packed: Packed) -> None:
    ways = ("common", "sample", "classes")
    first, *others = (packed.run(graph(way), ["detail"]).array("detail") for way in ways)
    another = packed.run(graph(seed=4), ["detail"]).array("detail")

    assert all(np.array_equal(first, each) for each in others)
    assert not np.array_equal(first, another)


def test_a_prompt_that_a_pack_encodes_is_the_one_that_our_node_encodes(packed: Packed) -> None:
    ours = packed.run(graph(), ["detail"]).array("detail")
    theirs = packed.run(graph(wildcard="a boat"), ["detail"]).array("detail")
    other = packed.run(graph(wildcard="a (red:1.4) boat"), ["detail"]).array("detail")

    assert np.array_equal(theirs, ours)
    assert not np.array_equal(other, ours)


def test_what_a_pack_hands_on_in_a_pipe_is_sampled_and_decoded_by_our_nodes(
    packed: Packed,
) -> None:
    nodes = graph() | {
        "pipe": use("FromPipe", detailer_pipe=Link("detail", 2)),
        "sample": use(
            "KSampler",
            model=Link("pipe", 0),
            positive=Link("pipe", 3),
            negative=Link("pipe", 4),
            latent_image=Link("detail", 1),
            steps=1,
        ),
        "it": use("VAEDecode", samples=Link("sample", 0), vae=Link("pipe", 2)),
    }

    ran = packed.run(nodes, ["it", "pipe", "detail"])

    assert ran.array().shape == (1, 64, 64, 3)
    model = ran.value("pipe").data
    assert [patch.kind for patch in model.patches] == ["differential"]
    assert ran.value("detail", 1).data.noise_mask.shape == (1, 64, 64)


def test_networks_that_a_pack_had_loaded_serve_others(packed: Packed) -> None:
    ran = packed.run(graph(), ["detail", "ckpt"])
    vae = ran.value("ckpt", 2).data
    assert isinstance(vae, values.Autoencoder)
    networks = packed.assembly.worker.services.get(Networks)
    loads = packed.loads()

    made_for_good = networks.with_autoencoder(
        vae, lambda held: not any(each.is_inference() for each in held.network.parameters()), 64
    )

    assert made_for_good
    assert packed.loads() == loads


def test_a_cancelled_job_ends_a_pack_s_sampling_at_its_next_step(
    packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancellation = Cancellation()
    steps: list[int] = []
    told = Run._ended

    def ended(self: Run, done: int, total: int, clean: Any, x: Any) -> None:
        steps.append(done)
        if done == 2:
            cancellation.cancel()
        told(self, done, total, clean, x)

    monkeypatch.setattr(Run, "_ended", ended)
    outcome = packed.run(graph(steps=9, seed=9), ["detail"], cancellation=cancellation).outcome

    assert outcome.state == "cancelled"
    assert steps == [1, 2]


def test_steps_are_progress_of_the_pack_s_node(packed: Packed) -> None:
    events: list[Event] = packed.run(graph(steps=3, denoise=1.0, seed=8), ["detail"]).events

    told = [(e.done, e.total) for e in events if isinstance(e, Progress)]
    assert [pair for pair in told if pair[1] == 3] == [(1, 3), (2, 3), (3, 3)]


def test_what_changes_a_model_is_refused_before_anything_runs(packed: Packed) -> None:
    (report,) = packed.loader.reports
    registry = packed.assembly.registry
    nodes = graph() | {"it": use("PatchAttention", model=Link("ckpt", 0))}

    (problem,) = [p for p in check(Graph(nodes), registry).errors if "PatchAttention" in p.message]

    assert list(report.left_out) == ["PatchAttention"]
    assert "it changes ComfyUI's model objects (set_model_attn2_patch)" in problem.message
    assert "use the model as it is, and leave the node out" in problem.message


def test_what_changes_a_model_unforeseen_fails_by_name_and_loads_nothing(packed: Packed) -> None:
    loads = packed.loads()
    nodes = {**graph(), "it": use("PatchAtRun", model=Link("ckpt", 0))}

    _, message = packed.run(nodes, ["it"]).fault

    assert "'MODEL.add_patches' belongs to ComfyUI's model objects" in message
    assert "Use LoraLoader." in message
    assert packed.loads() == loads


def test_a_sampler_that_there_is_not_is_refused_before_anything_runs(packed: Packed) -> None:
    checked = check(Graph(graph(sampler_name="dpm_fast")), packed.assembly.registry).errors

    assert any("sampler_name is 'dpm_fast'" in problem.message for problem in checked)
