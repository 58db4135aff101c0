"""`paintgraph validate` and `convert`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from paintgraph import graphs
from paintgraph.base.text.yaml_reader import read_yaml
from paintgraph.engine.graph.formats.reading import read_graph
from paintgraph.engine.graph.graph import Graph
from paintgraph.models.catalogue import places
from paintgraph.tests.cli.conftest import Paintgraph

RECIPES = sorted(path.stem for path in graphs.FOLDER.glob("*.yaml"))
TRICKY = """\
about: 'Quotes "and" # no comment, é, 画'
inputs:
  image: {type: image, about: The picture.}
  seed: {type: seed, default: -1}
  sides: {type: list, items: [left, top], default: [top]}
  amount: {type: float, min: 0, max: 1, unit: px, default: 0.25}
  flag: {type: bool, default: true}
nodes:
  "1.5 odd: id": {node: LoadImage, _title: A title, image: "${inputs.image}", alpha: keep}
  inverted: {node: InvertMask, mask: "${1.5 odd: id.mask}"}
  saved: {node: SaveImage, images: "${1.5 odd: id.image}", filename_prefix: "$${not.a.link}"}
  text: {node: SaveImage, images: "${1.5 odd: id.image}", filename_prefix: "yes"}
outputs:
  image: "${1.5 odd: id.image}"
  mask: "${inverted.mask}"
"""


def _graph(file: Path) -> Graph:
    graph, problems = read_graph(file.read_bytes(), file.name)
    assert not problems
    return graph


@pytest.mark.parametrize("name", RECIPES)
def test_shipped_recipes_are_valid(paintgraph: Paintgraph, name: str) -> None:
    answer = paintgraph("validate", name)

    *warnings, verdict = answer.text.splitlines()  # of models alone: tests have none
    assert all(": warning: " in each and "[model_missing]" in each for each in warnings)
    assert (answer.code, verdict) == (0, f"{graphs.FOLDER / name}.yaml: valid")


def test_many_graphs_are_validated_and_counted(paintgraph: Paintgraph, folder: Path) -> None:
    sub = folder / "sub"
    sub.mkdir()
    (sub / "bad.yaml").write_text("nodes: 5")
    (sub / "lost.json").write_text('{"nodes": {"a": {"node": "PreviewImage"}}}')
    paintgraph("init", "sub/mine.yaml")  # and the schema beside it, which is no graph
    (sub / "other.txt").write_text("no graph")

    by_folder = paintgraph("validate", "sub", "sub/mine.yaml")
    by_pattern = paintgraph("validate", "**/m*.yaml")
    told = paintgraph("validate", "sub/mine.yaml", "sub/bad.yaml", "--json")

    verdicts = [line for line in by_folder.text.splitlines() if "[" not in line]
    assert (by_folder.code, by_pattern.code, told.code) == (1, 0, 1)
    assert verdicts == [
        "sub/bad.yaml: 2 problems",
        "sub/lost.json: 1 problem",
        "sub/mine.yaml: valid",
        "3 graphs: 1 valid, 2 with faults",
    ]
    assert by_pattern.text.splitlines()[-1] == "1 graph: 1 valid, 0 with faults"
    assert told.json["valid"] is False
    assert [(each["file"], each["valid"]) for each in told.json["files"]] == [
        ("sub/mine.yaml", True),
        ("sub/bad.yaml", False),
    ]


def test_all_files_that_are_missing_are_named_before_any_is_checked(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "empty").mkdir()

    answer = paintgraph("validate", "inpaint", "no.yaml", "neither.yaml")
    others = [paintgraph("validate", each) for each in ("empty", "no*.yaml")]

    assert (answer.code, answer.text) == (2, "")
    assert "'no.yaml'" in answer.stderr
    assert "'neither.yaml'" in answer.stderr
    assert [each.code for each in others] == [2, 2]
    assert all("[no_such_graph]" in each.stderr for each in others)


def test_pictures_that_are_missing_are_told_where_the_folder_is_named(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "a.yaml").write_text(
        "inputs: {mask: {type: mask, default: none}}\n"
        "nodes:\n"
        "  there: {node: LoadImage, image: 'there.png [input]'}\n"
        "  gone: {node: LoadImage, image: gone.png}\n"
        "  far: {node: LoadImage, image: 'https://example.org/a.png'}\n"
        "  before: {node: LoadImage, image: 'made.png [output]'}\n"
        "  mask: {node: LoadMaskIfAny, size_of: '${there.image}', image: '${inputs.mask}'}\n"
        "outputs: {a: '${there.image}', b: '${gone.image}', c: '${far.image}',"
        " d: '${before.image}', e: '${mask.mask}'}\n"
    )
    (folder / "pictures").mkdir()
    (folder / "pictures/there.png").write_bytes(b"")

    unasked = paintgraph("validate", "a.yaml")
    asked = paintgraph("validate", "a.yaml", "--input-dir", "pictures", "--json")

    assert unasked.text == "a.yaml: valid\n"
    (told,) = asked.json["problems"]
    assert (asked.code, told["code"], told["severity"]) == (0, "picture_missing", "warning")
    assert told["message"].startswith("gone.image: there is no file 'gone.png' in the folder")


def test_standard_input_is_validated_under_its_name(paintgraph: Paintgraph) -> None:
    answer = paintgraph("validate", "-", stdin=b"nodes: {a: 5}")

    assert answer.code == 1
    assert "standard input:1:12: " in answer.text
    assert answer.stderr == ""


def test_warnings_alone_leave_a_graph_valid(paintgraph: Paintgraph) -> None:
    text = (
        b"nodes: {a: {node: LoadImage, image: x.png}, idle: {node: LoadImage, image: x.png},"
        b" s: {node: PreviewImage, images: '${a.image}'}}"
    )

    plain = paintgraph("validate", "-", stdin=text)
    told = paintgraph("validate", "-", "--json", stdin=text)

    assert (plain.code, told.code) == (0, 0)
    assert "warning: node 'idle' (LoadImage) is not needed" in plain.text
    assert told.json["valid"] is True
    assert [problem["severity"] for problem in told.json["problems"]] == ["warning"]


def test_json_gives_place_pointer_and_lost_outputs(paintgraph: Paintgraph) -> None:
    text = b"nodes:\n  a: {node: LoadImage, imag: x}\noutputs: {p: '${a.image}'}\n"

    answer = paintgraph("validate", "-", "--json", stdin=text)

    unknown = answer.json["problems"][-1]
    assert answer.json["valid"] is False
    assert unknown["code"] == "unknown_input"
    assert (unknown["line"], unknown["column"]) == (2, 30)
    assert (unknown["node"], unknown["input"]) == ("a", "imag")
    assert (unknown["pointer"], unknown["outputs"]) == ("/nodes/a/imag", ["p"])


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_missing_file_is_a_fault_of_usage(paintgraph: Paintgraph, json: list[str]) -> None:
    answer = paintgraph("validate", "no.yaml", *json)

    assert answer.code == 2
    assert "there is no file 'no.yaml'" in answer.stderr
    assert bool(answer.stdout) == bool(json)


@pytest.mark.parametrize("first", ["json", "comfy", "editor"])
def test_every_format_and_back_gives_the_same_graph(
    paintgraph: Paintgraph, folder: Path, first: str
) -> None:
    (folder / "tricky.yaml").write_text(TRICKY, encoding="utf-8")

    there = paintgraph("convert", "tricky.yaml", "--to", first, "-o", "there.json")
    back = paintgraph("convert", "there.json", "-o", "back.yaml")

    assert (there.code, back.code) == (0, 0), there.stderr + back.stderr
    assert _graph(folder / "back.yaml") == _graph(folder / "tricky.yaml")
    assert paintgraph("validate", "there.json").code == 0


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("to", ["json", "comfy"])
def test_shipped_recipes_survive_every_format(
    paintgraph: Paintgraph, folder: Path, name: str, to: str
) -> None:
    paintgraph("convert", name, "--to", to, "-o", "there.json")
    there = paintgraph("convert", "there.json")
    straight = paintgraph("convert", name)

    assert there.stdout == straight.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["there.json"]


@pytest.mark.parametrize("name", ["inpaint", "batch_outpaint"])
def test_a_recipe_comes_back_from_the_editor_as_it_was(paintgraph: Paintgraph, name: str) -> None:
    paintgraph("convert", name, "--to", "editor", "-o", "there.json")
    there = paintgraph("convert", "there.json")
    straight = paintgraph("convert", name)

    assert read_yaml(there.stdout).value == read_yaml(straight.stdout).value


def test_the_suffix_says_the_format_unless_it_is_named(
    paintgraph: Paintgraph, folder: Path
) -> None:
    paintgraph("convert", "outpaint", "-o", "a.json")
    paintgraph("convert", "outpaint", "-o", "a.yml")
    paintgraph("convert", "outpaint", "--to", "comfy", "-o", "b.json")

    assert (folder / "a.json").read_text().startswith('{\n  "paintgraph": 1,')
    assert (folder / "a.yml").read_text().startswith("paintgraph: 1\n")
    assert '"class_type": "LoadImage"' in (folder / "b.json").read_text()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--to", "ymal"], "not_a_choice", "Did you mean 'yaml'?"),
        (["-o", "photo.png"], "unknown_suffix", "allowed for yaml is .yaml or .yml."),
        (["--to", "comfy", "-o", "a.yaml"], "unknown_suffix", "allowed for comfy is .json."),
        (["-o", "no/a.yaml"], "no_such_folder", "there is no folder 'no'. Make it first."),
    ],
)
def test_a_misused_conversion_writes_nothing(
    paintgraph: Paintgraph, folder: Path, words: list[str], code: str, message: str
) -> None:
    answer = paintgraph("convert", "outpaint", *words)

    assert answer.code == 2
    assert message in answer.stderr
    assert f"[{code}]" in answer.stderr
    assert list(folder.iterdir()) == []


def test_a_link_whose_position_is_unknown_is_not_guessed(paintgraph: Paintgraph) -> None:
    text = b"nodes: {a: {node: Foreign}, s: {node: SaveImage, images: '${a.second}'}}"

    answer = paintgraph("convert", "-", "--to", "comfy", stdin=text)

    assert answer.code == 1
    assert answer.text == ""
    assert "a link to 'a.second' has no position" in answer.stderr


def test_a_graph_with_faults_of_form_is_not_converted(paintgraph: Paintgraph) -> None:
    answer = paintgraph("convert", "-", stdin=b"nodes: 5")

    assert (answer.code, answer.text) == (1, "")
    assert "[wrong_shape]" in answer.stderr


SAMPLERS: dict[str, Any] = {
    "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat", "clip": ["9", 1]}},
    "2": {
        "class_type": "KSampler",
        "inputs": {
            "model": ["3", 0],
            "seed": 7,
            "steps": 20,
            "sampler_name": "lms",
            "positive": ["1", 0],
            "latent_image": ["4", 0],
        },
    },
    "3": {"class_type": "IPAdapterAdvanced", "inputs": {"model": ["9", 0]}},
    "4": {"class_type": "SetLatentNoiseMask", "inputs": {"samples": ["6", 0], "mask": ["5", 1]}},
    "5": {"class_type": "LoadImage", "inputs": {"image": "photo.png"}},
    "6": {"class_type": "VAEEncode", "inputs": {"pixels": ["5", 0], "vae": ["9", 2]}},
    "9": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "a"}},
}


def test_a_sampler_graph_becomes_the_recipe_that_does_its_job(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "graph.json").write_text(json.dumps(SAMPLERS))

    told = paintgraph("validate", "graph.json")
    made = paintgraph("convert", "graph.json", "--to", "recipe", "-o", "mine.yaml")
    valid = paintgraph("validate", "mine.yaml")

    taken = "mask 'photo.png', channel 'alpha', image 'photo.png', steps 20, seed 7, prompt 'a cat'"
    assert f"--to recipe' takes over {taken}." in told.stdout.decode()
    assert (made.code, valid.code) == (0, 0), made.stderr
    painted = _graph(folder / "mine.yaml").nodes["painted"]
    assert painted.kind == "recipe/inpaint"
    assert (painted.inputs["prompt"], painted.inputs["steps"]) == ("a cat", 20)


def test_what_a_recipe_has_not_of_a_sampler_graph_is_told(
    paintgraph: Paintgraph, folder: Path
) -> None:
    (folder / "graph.json").write_text(json.dumps(SAMPLERS))
    answer = paintgraph("convert", "graph.json", "--to", "recipe")

    left_out = "has not: sampler lms; node '3' (IPAdapterAdvanced); checkpoint a. What"
    assert left_out in answer.stderr
    assert "recipe: inpaint" in answer.text


def test_loras_that_are_here_go_into_the_recipe_and_others_are_told_with_their_strengths(
    paintgraph: Paintgraph, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "models"))
    (tmp_path / "models/lora").mkdir(parents=True)
    lora(tmp_path / "models/lora/ink.safetensors")
    put_on = {
        f"l{number}": {
            "class_type": "LoraLoader",
            "inputs": {
                "model": [f"l{number + 1}" if number < 2 else "9", 0],
                "clip": [f"l{number + 1}" if number < 2 else "9", 1],
                "lora_name": f"{name}.safetensors",
                "strength_model": weight,
                "strength_clip": of_text,
            },
        }
        for number, (name, weight, of_text) in enumerate(
            [("ink", 0.8, 0.8), ("far", 0.4, 0.5), ("ink", -0.05, 0.3)]
        )
    }
    sampler = {"class_type": "KSampler", "inputs": {**SAMPLERS["2"]["inputs"], "model": ["l0", 0]}}
    (folder / "graph.json").write_text(json.dumps({**SAMPLERS, **put_on, "2": sampler}))

    made = paintgraph("convert", "graph.json", "--to", "recipe", "-o", "mine.yaml")
    valid = paintgraph("validate", "mine.yaml")

    assert _graph(folder / "mine.yaml").nodes["painted"].inputs["loras"] == "ink.safetensors:0.75"
    told = "LoRA far.safetensors at 0.4 (text encoders 0.5); LoRA ink.safetensors's 0.3 in the text"
    assert f"checkpoint a; {told} encoders. What" in made.stderr
    assert valid.code == 0, valid.text


def lora(file: Path) -> None:
    zeros = np.zeros((4, 4), np.float32)
    keys = ("lora_down.weight", "lora_up.weight")
    save_file({f"lora_unet_mid_block_attentions_0_proj_in.{key}": zeros for key in keys}, file)


def test_a_graph_that_paints_whole_pictures_becomes_no_recipe(
    paintgraph: Paintgraph, folder: Path
) -> None:
    empty = {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64}}
    (folder / "graph.json").write_text(json.dumps({**SAMPLERS, "4": empty}))
    told = paintgraph("validate", "graph.json")
    answer = paintgraph("convert", "graph.json", "--to", "recipe")

    assert (answer.code, answer.text) == (2, "")
    assert "[no_mask]" in answer.stderr
    assert "--to recipe" not in told.text


def test_a_graph_without_a_sampler_becomes_no_recipe(paintgraph: Paintgraph) -> None:
    answer = paintgraph("convert", "outpaint", "--to", "recipe")

    assert (answer.code, "[no_sampler]" in answer.stderr) == (2, True)
