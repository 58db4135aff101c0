"""What packs import from ComfyUI is there under its names and does what it is called for."""

import asyncio
import importlib
import inspect
import json
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import web
from PIL import Image

from paintgraph.engine.node.context import Cancellation, Context, Services
from paintgraph.engine.node.events import Event, Origin, Preview, Progress, Sent
from paintgraph.nodes.packs.host.finder import place
from paintgraph.nodes.packs.host.places import Places
from paintgraph.nodes.packs.host.running import apart, running

pytestmark = pytest.mark.usefixtures("standins")
torch = pytest.importorskip("torch")


def call(heard: list[Event], cancellation: Cancellation | None = None) -> Context:
    origin = Origin("7", "Any", "7", None, "7")
    cancelled = cancellation or Cancellation()
    return Context(origin, 0, "job", Services(), cancelled, heard.append, {})


def test_an_import_gives_the_same_module_as_our_own_name() -> None:
    theirs = importlib.import_module("comfy_execution.graph_utils")
    ours = importlib.import_module("paintgraph.nodes.packs.standins.comfy_execution.graph_utils")

    assert theirs is ours
    assert ours.__spec__ is not None
    assert ours.__spec__.name == ours.__name__


def test_models_are_found_in_every_folder_of_their_kind(standins: Places) -> None:
    folder_paths = importlib.import_module("folder_paths")
    for file in ("models/loras/a.safetensors", "models/loras/b.txt", "more/in/c.pt"):
        path = standins.base / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    folder_paths.add_model_folder_path("loras", str(standins.base / "more"))

    assert folder_paths.get_filename_list("loras") == ["a.safetensors", "in/c.pt"]
    assert folder_paths.get_full_path("loras", "in/c.pt") == str(standins.base / "more/in/c.pt")
    assert folder_paths.get_full_path("loras", "../loras/../../more/in/c.pt") is None
    with pytest.raises(FileNotFoundError, match=r"no file 'd.pt'"):
        folder_paths.get_full_path_or_raise("loras", "d.pt")


@pytest.mark.parametrize("name", ["../secret.png", "a/../../x.png [input]", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder_of_pictures(name: str) -> None:
    folder_paths = importlib.import_module("folder_paths")

    with pytest.raises(ValueError, match="leads outside"):
        folder_paths.get_annotated_filepath(name)
    assert not folder_paths.exists_annotated_filepath(name)
    with pytest.raises(ValueError, match="leads outside"):
        folder_paths.get_save_image_path("../" + name.lstrip("/"), folder_paths.output_directory)


def test_saved_pictures_carry_their_graph_and_get_the_next_free_number(standins: Places) -> None:
    nodes = importlib.import_module("nodes")
    picture = torch.full((1, 4, 6, 3), 1 / 3)

    shown = [
        nodes.SaveImage().save_images(picture, "sub/x", {"1": {}}, {"workflow": {"a": 1}})
        for _ in range(2)
    ]

    names = [each["ui"]["images"][0]["filename"] for each in shown]
    assert names == ["x_00001_.png", "x_00002_.png"]
    with Image.open(standins.outputs / "sub" / names[1]) as file:
        assert json.loads(file.info["prompt"]) == {"1": {}}
        assert json.loads(file.info["workflow"]) == {"a": 1}
        assert file.size == (6, 4)


def test_no_saved_picture_is_written_over(standins: Places) -> None:
    nodes = importlib.import_module("nodes")

    for _ in range(2):
        nodes.SaveImage().save_images(torch.zeros(2, 4, 4, 3), "x_%batch_num%")

    assert len(list(standins.outputs.iterdir())) == 4


def test_a_loaded_picture_is_what_was_saved(standins: Places) -> None:
    nodes = importlib.import_module("nodes")
    rgba = np.arange(4 * 6 * 4, dtype=np.uint8).reshape(4, 6, 4)
    standins.inputs.mkdir()
    Image.fromarray(rgba).save(standins.inputs / "p.png")

    image, mask = nodes.LoadImage().load_image("p.png")

    assert torch.equal(image, torch.from_numpy(rgba[None, ..., :3] / np.float32(255)))
    assert torch.allclose(mask, 1 - torch.from_numpy(rgba[None, ..., 3] / np.float32(255)))
    assert nodes.LoadImage.VALIDATE_INPUTS("p.png") is True
    assert "no picture 'q.png'" in nodes.LoadImage.VALIDATE_INPUTS("q.png")
    assert "p.png" in nodes.LoadImage.INPUT_TYPES()["required"]["image"][0]


def test_classes_of_the_convention_do_what_our_nodes_do() -> None:
    nodes = importlib.import_module("nodes")
    image = torch.rand(1, 5, 7, 3)

    (inverted,) = nodes.ImageInvert().invert(image)
    (scaled,) = nodes.ImageScale().upscale(image, "nearest-exact", 14, 0, "disabled")
    (both,) = nodes.ImageBatch().batch(image, image)
    padded, mask = nodes.ImagePadForOutpaint().expand_image(image, 2, 0, 0, 0, 0)
    (blue,) = nodes.EmptyImage().generate(2, 3, 1, 0x0000FF)

    assert torch.allclose(inverted, 1 - image)
    assert torch.equal(scaled, image.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert torch.equal(both, torch.cat([image, image]))
    assert torch.equal(padded[:, :, 2:], image)
    assert mask[:, :, :2].min() == 1
    assert mask[:, :, 2:].max() == 0
    assert blue.shape == (1, 3, 2, 3)
    assert blue[0, 0, 0].tolist() == [0, 0, 1]


def test_classes_of_comfyui_s_extras_do_what_our_nodes_do() -> None:
    extras = importlib.import_module("comfy_extras.nodes_mask")
    mappings = importlib.import_module("nodes").NODE_CLASS_MAPPINGS
    mask = torch.zeros(1, 5, 7)
    mask[0, 2, 3] = 1
    below, above = torch.zeros(1, 5, 7, 3), torch.ones(1, 2, 2, 3)

    # Packs call methods by name, on objects of other classes, and as newer classes have it.
    (grown,) = mappings["GrowMask"]().expand_mask(mask, 1, tapered_corners=True)
    (same,) = getattr(extras.GrowMask(), extras.GrowMask.FUNCTION)(mask[0], expand=1)
    (laid,) = extras.ImageCompositeMasked.composite(object(), below, above, 1, y=1)
    (again,) = extras.ImageCompositeMasked.execute(below, above, 1, 1)

    assert grown.sum() == 5
    assert torch.equal(grown, same)
    assert laid[:, 1:3, 1:3].min() == 1
    assert laid.sum() == above.sum()
    assert torch.equal(laid, again)
    assert below.max() == 0
    required = mappings["GrowMask"].INPUT_TYPES()["required"]
    assert required["expand"] == ("INT", {"default": 0, "min": -16384, "max": 16384})
    assert list(extras.ImageCompositeMasked.INPUT_TYPES()["optional"]) == ["mask"]
    assert mappings["MaskToImage"].RETURN_TYPES == ("IMAGE",)


def test_pictures_are_laid_over_others_in_place_by_units() -> None:
    composite = importlib.import_module("comfy_extras.nodes_mask").composite
    below, above = torch.zeros(1, 3, 40, 40), torch.ones(1, 3, 8, 8)
    mask = torch.full((8, 8), 0.5)

    laid = composite(below, above, 16, 8, mask, 8)

    assert laid is below
    assert laid[:, :, 1:9, 2:10].unique().tolist() == [0.5]
    assert laid.sum() == above.sum() / 2


def test_channels_turn_between_the_pixels_of_what_is_scaled() -> None:
    utils = importlib.import_module("comfy.utils")
    two = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).reshape(1, 2, 1, 2)
    flat = torch.full((1, 4, 3, 5), 0.25)

    turned = utils.common_upscale(two, 4, 1, "bislerp", "disabled")

    assert torch.allclose(turned.norm(dim=1), torch.ones(1, 1, 4))  # not shorter in the middle
    angles = torch.tensor([0.0, 22.5, 67.5, 90.0]).deg2rad()
    assert torch.allclose(turned[0, 0, 0], angles.cos(), atol=1e-6)
    assert torch.allclose(utils.bislerp(flat, 9, 7), torch.full((1, 4, 7, 9), 0.25))
    assert torch.equal(utils.bislerp(two, 2, 1), two)


def test_the_program_seems_to_lie_in_the_data_folder(standins: Places) -> None:
    place(standins.base)

    server = importlib.import_module("server").PromptServer
    assert inspect.getfile(server) == str(standins.base / "server.py")
    assert importlib.import_module("folder_paths").__file__ == str(
        standins.base / "folder_paths.py"
    )
    assert importlib.import_module("comfy").__file__ == str(standins.base / "comfy" / "__init__.py")


def test_packs_find_each_other_among_the_custom_nodes(standins: Places) -> None:
    (standins.base / "packs" / "other_pack").mkdir(parents=True)
    (standins.base / "packs" / "other_pack" / "__init__.py").write_text("NUMBER = 7")
    place(standins.base, [standins.base / "packs"])

    assert importlib.import_module("custom_nodes.other_pack").NUMBER == 7
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("custom_nodes.nobody")
    del sys.modules["custom_nodes.other_pack"]


def test_a_whole_path_has_to_lie_in_a_folder_of_pictures(standins: Places) -> None:
    folder_paths = importlib.import_module("folder_paths")
    shown = str(standins.temp / "sub" / "x.png")

    assert folder_paths.get_annotated_filepath(shown) == shown
    with pytest.raises(ValueError, match="leads outside"):
        folder_paths.get_annotated_filepath(str(standins.user / "x.json"))


def test_a_schema_takes_what_newer_versions_add_to_it() -> None:
    io = importlib.import_module("comfy_api.latest").io

    schema = io.Schema("Mine", "A Node", category="own", of_the_future=True)

    assert (schema.node_id, schema.display_name, schema.category) == ("Mine", "A Node", "own")


def test_tiles_of_the_same_function_join_without_a_seam() -> None:
    utils = importlib.import_module("comfy.utils")
    image = torch.rand(2, 3, 37, 50)

    def twice(tile: Any) -> Any:
        return tile.repeat_interleave(2, 2).repeat_interleave(2, 3)

    tiled = utils.tiled_scale(image, twice, 16, 16, overlap=4, upscale_amount=2)

    assert torch.allclose(tiled, twice(image), atol=1e-6)


def test_the_middle_is_kept_when_a_picture_is_cut_to_a_size() -> None:
    utils = importlib.import_module("comfy.utils")
    image = torch.arange(6.0).reshape(1, 1, 1, 6).expand(1, 1, 2, 6)

    cut = utils.common_upscale(image, 2, 2, "nearest-exact", "center")

    assert cut[0, 0, 0].tolist() == [2, 3]


def test_progress_of_a_pack_is_progress_of_its_call() -> None:
    utils = importlib.import_module("comfy.utils")
    heard: list[Event] = []

    with running(call(heard)):
        bar = utils.ProgressBar(4)
        bar.update(1)
        bar.update_absolute(3, preview=("JPEG", Image.new("RGB", (900, 90)), 256))

    told = [(each.done, each.total) for each in heard if isinstance(each, Progress)]
    assert told == [(1, 4), (3, 4)]
    assert [each.media_type for each in heard if isinstance(each, Preview)] == ["image/jpeg"]


def test_a_thread_of_a_pack_reports_to_the_call_that_began_last() -> None:
    utils = importlib.import_module("comfy.utils")
    first: list[Event] = []
    second: list[Event] = []

    with running(call(first)), running(call(second)):
        thread = threading.Thread(target=lambda: utils.ProgressBar(2).update(1))
        thread.start()
        thread.join()

    assert (len(first), len(second)) == (0, 1)


def test_a_cancelled_call_ends_where_it_asks() -> None:
    management = importlib.import_module("comfy.model_management")
    cancellation = Cancellation()

    with running(call([], cancellation)):
        management.throw_exception_if_processing_interrupted()
        management.interrupt_current_processing()
        assert management.processing_interrupted()
        with pytest.raises(management.InterruptProcessingException):
            management.throw_exception_if_processing_interrupted()
    assert cancellation.is_set
    assert not management.processing_interrupted()


def test_a_pickle_is_read_as_weights_only(tmp_path: Path) -> None:
    utils = importlib.import_module("comfy.utils")
    path = str(tmp_path / "w.safetensors")
    utils.save_torch_file({"a": torch.ones(2)}, path, {"of": "me"})
    bad = str(tmp_path / "bad.pt")
    torch.save({"a": Path("x")}, bad)

    tensors, metadata = utils.load_torch_file(path, return_metadata=True)

    assert tensors["a"].tolist() == [1, 1]
    assert metadata == {"of": "me"}
    with pytest.raises(Exception, match=r"[Ww]eights"):
        utils.load_torch_file(bad)


def test_expanded_graphs_have_ids_of_their_call() -> None:
    graph_utils = importlib.import_module("comfy_execution.graph_utils")
    graph_utils.GraphBuilder.set_default_prefix("2", 0)

    first, second = graph_utils.GraphBuilder(), graph_utils.GraphBuilder()
    loaded = first.node("LoadImage", image="a.png")
    first.node("Invert", "twice", image=loaded.out(0), extra=1).set_input("extra", None)

    assert first.finalize() == {
        "2.0.0.1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
        "2.0.0.twice": {"class_type": "Invert", "inputs": {"image": ["2.0.0.1", 0]}},
    }
    assert second.prefix == "2.0.1."


def test_a_schema_tells_type_and_options_of_each_input() -> None:
    io = importlib.import_module("comfy_api.latest").io

    inputs = [
        io.Int.Input("steps", default=20, min=1, max=50, tooltip="How many."),
        io.Combo.Input("way", options=["a", "b"], upload=io.UploadType.image),
        io.MultiType.Input("value", types=[io.Float, io.String], optional=True),
        io.Custom("MINE").Input("mine", lazy=True),
        io.MultiType.Input(io.Float.Input("both", default=1.0), types=[io.Mask]),
    ]

    assert [each.io_type for each in inputs] == [
        "INT",
        "COMBO",
        "FLOAT,STRING",
        "MINE",
        "FLOAT,MASK",
    ]
    assert inputs[0].options == {"default": 20, "min": 1, "max": 50, "tooltip": "How many."}
    assert inputs[1].options == {"options": ["a", "b"], "image_upload": True}
    assert [each.optional for each in inputs] == [False, False, True, False, False]
    assert inputs[4].options == {"default": 1.0}
    assert io.Image.Output("out", is_output_list=True).io_type == "IMAGE"


def test_a_v3_node_cannot_keep_state_in_its_class() -> None:
    io = importlib.import_module("comfy_api.latest").io

    class Mine(io.ComfyNode):  # type: ignore[misc, name-defined] # a module that packs know
        @classmethod
        def execute(cls) -> None:
            cls.count = 1

    nodes = importlib.import_module("comfy_api.latest._io_nodes")
    clone = nodes.locked(Mine, io.HiddenHolder("7"))

    assert clone.hidden.unique_id == "7"
    with pytest.raises(AttributeError, match="keeps no state"):
        clone.execute()


def test_routes_of_packs_go_into_an_application_of_aiohttp(tmp_path: Path) -> None:
    module = importlib.import_module("server")
    server = module.PromptServer()

    async def answer(request: Any) -> Any:
        return request

    server.routes.get("/mine/{name}")(answer)
    server.app.router.add_post("/mine", answer)
    server.app.add_routes([web.static("/files", tmp_path), web.put("/mine", answer)])

    (got,) = server.routes
    assert (got.method, got.path, got.handler) == ("GET", "/mine/{name}", answer)
    added = {(each.method, each.resource.canonical) for each in server.app.router.routes()}
    assert added == {("POST", "/mine"), ("PUT", "/mine"), ("GET", "/files"), ("HEAD", "/files")}
    assert module.web is web


def test_what_a_pack_awaits_from_a_thread_ends() -> None:
    server = importlib.import_module("server").PromptServer()

    async def answer() -> int:
        return 7

    assert asyncio.run_coroutine_threadsafe(answer(), server.loop).result(10) == 7


def test_handlers_change_prompts_in_turn_and_one_that_fails_is_passed_over() -> None:
    server = importlib.import_module("server").PromptServer()
    server.add_on_prompt_handler(lambda body: {**body, "a": 1})
    server.add_on_prompt_handler(lambda body: body["nothing"])
    server.add_on_prompt_handler(lambda _: None)
    server.add_on_prompt_handler(lambda body: {**body, "b": body["a"] + 1})

    assert server.trigger_on_prompt({"prompt": {}}) == {"prompt": {}, "a": 1, "b": 2}


def test_packs_know_that_a_prompt_runs_and_which() -> None:
    server = importlib.import_module("server").PromptServer.instance
    queue = server.prompt_queue
    apart = server.client_id, server.last_node_id, server.last_prompt_id

    with running(call([])):
        within = bool(server.client_id), server.last_node_id, server.last_prompt_id
        assert [each[1] for each in queue.currently_running.values()] == ["job"]
        assert queue.get_tasks_remaining() == 1
        with pytest.raises(RuntimeError, match="packs cannot queue prompts here"):
            queue.put((0, "x", {}, {}, []))

    assert apart == (None, None, None)
    assert within == (True, "7", "job")
    assert queue.currently_running == {}


@pytest.mark.parametrize(
    ("name", "found"), [("a/b.json", "default/a/b.json"), ("../x", None), (None, "default")]
)
def test_files_of_users_lie_in_the_user_s_folder(
    name: str | None, found: str | None, standins: Places
) -> None:
    manager = importlib.import_module("server").PromptServer.instance.user_manager

    path = manager.get_request_user_filepath(None, name)

    assert path == (found and str(standins.user / found))


def test_what_is_told_apart_from_jobs_is_no_message_of_the_one_that_runs() -> None:
    server = importlib.import_module("server").PromptServer.instance
    of_job: list[Event] = []
    of_route: list[Event] = []

    with running(call(of_job)), apart(of_route.append):
        server.send_sync("mine", {"a": 1})
        assert server.client_id is None

    assert [each.event for each in of_route if isinstance(each, Sent)] == ["mine"]
    assert of_job == []


def test_messages_of_packs_go_to_who_follows_the_job() -> None:
    server = importlib.import_module("server")
    heard: list[Event] = []

    with running(call(heard)):
        server.PromptServer.instance.send_sync("mine", {"a": np.float32(1), "b": Path("x")})
        picture = ("PNG", Image.new("RGB", (8, 4)), None)
        kind = server.BinaryEventTypes.UNENCODED_PREVIEW_IMAGE
        server.PromptServer.instance.send_sync(kind, picture)
    server.PromptServer.instance.send_sync("mine", {})

    sent, shown = heard
    assert isinstance(sent, Sent)
    assert (sent.event, json.loads(sent.content)) == ("mine", {"a": 1.0, "b": "x"})
    assert isinstance(shown, Preview)
    assert shown.media_type == "image/png"
