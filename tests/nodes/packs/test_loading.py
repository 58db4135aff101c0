"""Packs are imported with care: what does not work is named, and all else works."""

import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.declaration import Declaration
from paintgraph.engine.node.registry import Registry
from paintgraph.nodes.packs.host.places import Places
from paintgraph.nodes.packs.loading.finding import Pack, PackFolderError, find_packs
from paintgraph.nodes.packs.loading.guard import RefusedError, process_guard
from paintgraph.nodes.packs.loading.loader import PackLoader
from paintgraph.nodes.packs.loading.report import PackReport

PACKS = Path(__file__).parents[2] / "packs"
SOUND, ODD = PACKS / "sound", PACKS / "odd"

Load = Callable[..., dict[str, PackReport]]


@pytest.fixture
def load(standins: Places) -> Load:
    def load(*sources: Path, into: Registry | None = None, **options: Any) -> dict[str, PackReport]:
        loader = PackLoader(map(str, sources), standins, **options)
        loader.load_into(Registry() if into is None else into)
        return {report.name: report for report in loader.reports}

    return load


def test_each_kind_of_pack_is_loaded(load: Load) -> None:
    registry = Registry()

    reports = load(SOUND, into=registry)

    assert {name: report.state for name, report in reports.items()} == {
        "extending_nodes": "loaded",
        "mask_tools": "loaded",
        "mixed_nodes": "loaded",
        "schema_nodes": "loaded",
        "served_nodes": "loaded",
    }
    assert reports["mask_tools"].nodes == ("PackGrowMask", "Pack Resize+", "PackFillColor")
    assert reports["schema_nodes"].nodes == ("SchemaInvert", "SchemaShowText", "SchemaDynamic")
    assert reports["mixed_nodes"].nodes == ("MixedAdd", "MixedText")
    assert reports["extending_nodes"].nodes == ("SaveTwice", "PreviewHalf", "PadAndInvert")
    assert [name for report in reports.values() for name in report.nodes] == registry.ids()
    spec = registry.spec("PackGrowMask")
    assert spec is not None
    assert spec.title == "Grow Mask (Pack)"


def test_nodes_that_need_model_objects_are_left_out_by_name(load: Load) -> None:
    registry = Registry()

    reports = load(SOUND / "mixed_nodes", into=registry)

    why = "it needs ComfyUI's model objects (CLIP_VISION, STYLE_MODEL)"
    assert reports["mixed_nodes"].left_out == {"MixedSampler": why}
    assert registry.fault("MixedSampler") == f"Pack 'mixed_nodes' has it, but {why}."


def test_routes_and_scripts_of_packs_are_told(load: Load) -> None:
    reports = load(SOUND)

    assert set(reports["served_nodes"].routes) == {
        "GET /served_nodes/value",
        "POST /served_nodes/value",
        "GET /served_nodes/headers",
        "GET /served_nodes/stream",
        "GET /served_nodes/echo",
        "GET /served_nodes/rest/{rest:.*}",
        "GET /{any:.+}/served_nodes_tail",
        "GET /served_nodes/ping",
        "GET /served_nodes/files",
    }
    (refused,) = reports["served_nodes"].refused
    assert refused.startswith("routes: add_on_prompt_handler")
    assert reports["mask_tools"].web == str((SOUND / "mask_tools" / "js").resolve())
    assert reports["mask_tools"].routes == ()


def test_a_pack_that_fails_is_told_and_its_neighbours_load(load: Load) -> None:
    reports = load(ODD)

    failed = {name: each.why for name, each in reports.items() if each.state == "failed"}
    place = ODD.resolve() / "leaving_nodes.py"
    assert failed == {
        "missing_nodes": "it needs the Python module 'no_such_module_at_all', not installed here. "
        "Install the package that has it.",
        "empty_nodes": "it declares no nodes: it has neither NODE_CLASS_MAPPINGS nor "
        "comfy_entrypoint. Remove it from the folder if it is no node pack.",
        "leaving_nodes": f"it cannot be imported: it ended the program ({place}, line 4). Mend it, "
        "or leave it out.",
    }
    assert reports["replacing_nodes"].nodes == ("ReplacingCount", "ReplacingPatch")


def test_import_errors_that_a_pack_swallows_are_told(load: Load) -> None:
    report = load(ODD)["swallowing_nodes"]

    assert report.state == "loaded"
    assert report.nodes == ("SwallowGood",)
    assert report.missing == ("no_such_module_of_a_pack",)
    assert "'no_such_module_of_a_pack'" in "".join(report.sentences())


def test_classes_that_fail_are_left_out_and_named(load: Load) -> None:
    report = load(ODD)["failing_nodes"]

    assert report.nodes == ("FailingGood",)
    assert list(report.left_out) == ["FailingInputs", "NoClass"]
    assert "FileNotFoundError" in report.left_out["FailingInputs"]
    assert "no class" in report.left_out["NoClass"]


NODE = """
import {helper}

class {name}:
    @classmethod
    def INPUT_TYPES(cls):
        return {{"required": {{}}}}
    RETURN_TYPES = ("INT",)
    FUNCTION = "go"
    def go(self):
        return ({helper}.NUMBER,)

NODE_CLASS_MAPPINGS = {{"{name}": {name}}}
"""

FINDS_ITS_FILES = """
import importlib.util, glob, os, sys
import prestarted_by_a_pack

here = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(here, "py"))
NODE_CLASS_MAPPINGS = {}
for file in sorted(glob.glob(os.path.join(here, "py", "node_*.py"))):
    name = os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    NODE_CLASS_MAPPINGS.update(module.NODE_CLASS_MAPPINGS)
"""


def test_a_pack_that_finds_its_files_itself_is_loaded_after_its_script_for_the_start(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    pack = tmp_path / "A pack-with.dots"
    (pack / "py").mkdir(parents=True)
    (pack / "__init__.py").write_text(FINDS_ITS_FILES)
    (pack / "prestartup_script.py").write_text(
        "import sys, types\nsys.modules['prestarted_by_a_pack'] = types.ModuleType('it')\n"
    )
    (pack / "py" / "helper_of_a_pack.py").write_text("NUMBER = 7")
    for name in ("NodeA", "NodeB"):
        source = NODE.format(name=name, helper="helper_of_a_pack")
        (pack / "py" / f"node_{name}.py").write_text(source)

    report = load(pack)["A pack-with.dots"]

    assert (report.why, report.missing, report.nodes) == ("", (), ("NodeA", "NodeB"))
    for name in ("prestarted_by_a_pack", "helper_of_a_pack", "node_NodeA", "node_NodeB"):
        sys.modules.pop(name)


FAILING_V3 = """
from comfy_api.latest import ComfyAPI, ComfyExtension, io

class Sound(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema("Sound V3", inputs=[io.Int.Input("a")], outputs=[io.Int.Output()])
    @classmethod
    def execute(cls, a):
        return io.NodeOutput(a)

class Unknown(Sound):
    @classmethod
    def define_schema(cls):
        return io.Schema("Unknown V3", inputs=[io.NewKind.Input(of_the_future=3)])

class Extension(ComfyExtension):
    async def on_load(self):
        await ComfyAPI().node_replacement.register("any")
    async def get_node_list(self):
        return [Unknown, Sound]

async def comfy_entrypoint():
    return Extension()
"""


def test_a_v3_class_that_fails_is_left_out_and_its_neighbours_load(
    load: Load, tmp_path: Path
) -> None:
    (tmp_path / "failing_v3.py").write_text(FAILING_V3)

    report = load(tmp_path / "failing_v3.py")["failing_v3"]

    assert report.nodes == ("Sound V3",)
    assert list(report.left_out) == ["Unknown"]
    assert "its class fails: TypeError" in report.left_out["Unknown"]


AWKWARD = """
import os, folder_paths

class Large:
    @classmethod
    def INPUT_TYPES(cls):
        bounds = {"min": -0xFFFFFFFFFFFFFFFF, "max": 0xFFFFFFFFFFFFFFFFFF, "default": 1 << 70}
        return {
            "required": {
                "number": ("INT", bounds),
                "any": ("FLOAT", {"min": -float("inf"), "max": float("inf")}),
                "file": (os.listdir(folder_paths.get_input_directory()),),
            }
        }
    RETURN_TYPES = ("INT",)
    FUNCTION = "go"
    def go(self, **given):
        return (1,)

class Broken(Large):
    CATEGORY = "half of a sign: \\ud800"

class Huge(Large):
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"choice": ([1, 1 << 70],)}}

NODE_CLASS_MAPPINGS = {"Large": Large, "Broken": Broken, "Huge": Huge}
"""


def test_a_class_that_no_other_process_could_be_told_of_is_left_out(
    load: Load, tmp_path: Path
) -> None:
    (tmp_path / "awkward.py").write_text(AWKWARD)
    registry = Registry()

    report = load(tmp_path / "awkward.py", into=registry)["awkward"]

    assert report.nodes == ("Large",)
    assert list(report.left_out) == ["Broken", "Huge"]
    large = registry.spec("Large")
    assert large is not None
    assert large.inputs[0].minimum == -(2.0**64)
    assert orjson.dumps(large.to_json())


def test_what_a_pack_may_not_do_at_import_is_refused_and_told(load: Load, tmp_path: Path) -> None:
    shutil.copytree(ODD / "installing_nodes", tmp_path / "elsewhere" / "installing_nodes")
    pack = tmp_path / "elsewhere" / "installing_nodes"

    report = load(pack.parent)["installing_nodes"]

    assert report.nodes == ("InstallingNode",)
    told = "\n".join(report.refused)
    assert f"subprocess: subprocess.Popen {sys.executable} -m pip install no-such-pack" in told
    assert "subprocess: os.system true" in told
    assert "subprocess: os.system echo from a thread" in told
    assert "network: urllib.Request http://127.0.0.1:9/weights.bin" in told
    if not str(pack).startswith("/tmp"):  # noqa: S108 - temporary folders may be written to
        assert f"write: open {pack}/settings.json" in told
        assert not (pack / "settings.json").exists()


def test_a_pack_that_fails_as_it_is_refused_something_names_what_allows_it(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    pack = tmp_path / "packs" / "settings.py"
    pack.parent.mkdir()
    pack.write_text("import os\nos.mkdir(__file__ + '.d')\n")

    report = load(pack)["settings"]

    assert report.why == (
        f"it cannot be imported: write: os.mkdir {pack}.d is refused while packs are imported; "
        f"allow it by --allow-packs write ({pack}, line 2)."
    )


def test_packs_may_lay_scripts_where_comfyui_had_them(
    load: Load, standins: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(standins.base / "temporary"))
    pack = standins.base / "packs" / "old.py"
    pack.parent.mkdir()
    pack.write_text(
        "import inspect, os, server\n"
        "base = os.path.dirname(inspect.getfile(server.PromptServer))\n"
        "os.makedirs(os.path.join(base, 'web', 'extensions', 'old'))\n"
        "NODE_CLASS_MAPPINGS = {}\n"
    )

    report = load(pack)["old"]

    assert (report.state, report.refused) == ("loaded", ())
    assert (standins.base / "web" / "extensions" / "old").is_dir()


def test_what_is_allowed_is_not_refused(load: Load) -> None:
    report = load(ODD / "installing_nodes", allowed=["subprocess", "network"])["installing_nodes"]

    assert {call.partition(":")[0] for call in report.refused} == {"write"}
    assert not (ODD / "installing_nodes" / "settings.json").exists()


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda place: (place / "x").write_text(""), id="write"),
        pytest.param(lambda place: (place / "x").mkdir(), id="mkdir"),
        pytest.param(lambda place: os.open(place / "x", os.O_WRONLY | os.O_CREAT), id="os.open"),
        pytest.param(lambda place: (place / "there").unlink(), id="remove"),
        pytest.param(lambda place: (place / "there").rename(place / "x"), id="rename"),
        pytest.param(shutil.rmtree, id="rmtree"),
    ],
)
def test_a_guard_lets_nothing_be_changed_outside_of_its_folders(
    act: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "there").write_text("kept")

    with process_guard().guarding((), [inside], tmp_path / "pack") as refused:
        assert (outside / "there").read_text() == "kept"
        act(inside)
        assert refused == []
        with pytest.raises(RefusedError):
            act(outside)
    assert [path.name for path in outside.iterdir()] == ["there"]
    assert len(refused) == 1
    act(outside)


def test_a_guard_does_not_hold_threads_that_were_there_before(tmp_path: Path) -> None:
    go, done = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        go.wait(10)
        try:
            assert os.system("true") == 0  # noqa: S605, S607 - what the guard listens to
        except BaseException as error:  # noqa: BLE001 - told below
            failed.append(error)
        done.set()

    threading.Thread(target=work, daemon=True).start()
    with process_guard().guarding((), [tmp_path], tmp_path / "pack") as refused:
        go.set()
        assert done.wait(10)

    assert (refused, failed) == ([], [])


def test_of_two_packs_with_one_name_the_first_wins(load: Load) -> None:
    reports = load(ODD)

    assert reports["twin_a"].nodes == ("TwinNode", "ImageInvert")
    assert reports["twin_b"].nodes == ()
    why = "pack 'twin_a' has a node of this name already, and comes first"
    assert reports["twin_b"].left_out == {"TwinNode": why, "ImageInvert": why}


def test_names_of_our_own_nodes_win(load: Load) -> None:
    spec = NodeSpec("ImageInvert", "Invert Image", "image", "Ours.", (), ())
    registry = Registry()
    registry.add(Declaration(spec, lambda *_: None))

    reports = load(ODD, into=registry)

    assert registry.spec("ImageInvert") == spec
    assert registry.fault("ImageInvert") is None
    ours = "paintgraph has a node of this name itself"
    assert reports["twin_a"].left_out == {"ImageInvert": ours}


def test_a_pack_that_is_left_out_is_not_imported(load: Load) -> None:
    reports = load(PACKS / "deadly" / "exits.py", left_out={"exits": "it ended the process"})

    assert reports["exits"].state == "left out"
    assert "it ended the process" in "".join(reports["exits"].sentences())


def test_every_pack_is_announced_before_it_runs_and_the_end_is(load: Load) -> None:
    told: list[str] = []

    load(ODD / "twin_a.py", SOUND / "served_nodes", announce=told.append)

    assert list(dict.fromkeys(told)) == ["twin_a", "served_nodes", ""]


def test_a_report_survives_the_way_between_processes(load: Load) -> None:
    for report in load(ODD).values():
        assert PackReport.from_json(report.to_json()) == report


def test_a_pack_is_known_by_its_files(tmp_path: Path) -> None:
    shutil.copytree(SOUND / "mask_tools", tmp_path / "mask_tools")
    pack = tmp_path / "mask_tools"
    before = Pack(pack).digest
    again = Pack(pack).digest
    (pack / "notes.json").write_text("{}")
    with_data = Pack(pack).digest
    (pack / "__pycache__").mkdir(exist_ok=True)
    (pack / "__pycache__" / "x.pyc").write_bytes(b"x")
    with_cache = Pack(pack).digest
    code = pack / "nodes.py"
    code.write_text(code.read_text().replace("1.0 - out", "1.5 - out"))

    assert before == again
    assert len({before, with_data, Pack(pack).digest}) == 3
    assert with_cache == with_data


def test_packs_are_found_in_folders_by_themselves_and_by_comfyuis_paths(tmp_path: Path) -> None:
    folder = tmp_path / "custom_nodes"
    shutil.copytree(SOUND / "schema_nodes", folder / "schema_nodes")
    shutil.copytree(SOUND / "mask_tools", folder / "old.disabled")
    shutil.copy(ODD / "twin_a.py", folder / "twin_a.py")
    (folder / "__pycache__").mkdir()
    (folder / "notes.txt").touch()
    paths = tmp_path / "extra_model_paths.yaml"
    paths.write_text("other:\n  base_path: .\n  custom_nodes: |\n    custom_nodes\n    gone\n")

    found = [[pack.name for pack in find_packs([source])] for source in (folder, paths)]
    single = [find_packs([folder / name])[0].name for name in ("schema_nodes", "twin_a.py")]

    assert found == [["schema_nodes", "twin_a"]] * 2
    assert single == ["schema_nodes", "twin_a"]
    with pytest.raises(PackFolderError, match="is no folder with node packs"):
        find_packs([tmp_path / "nowhere"])
