"""`paintgraph nodes`, `recipes`, `schema` and `doctor`."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from paintgraph import graphs
from paintgraph.assembly import catalogue
from paintgraph.cli.describing import recipe_text
from paintgraph.engine.graph.formats.reading import read_document
from paintgraph.tests.cli.conftest import Paintgraph
from paintgraph.tests.tiny_onnx import SIDES, install, middle_network

RECIPES = sorted(path.stem for path in graphs.FOLDER.glob("*.yaml"))


@pytest.fixture
def own_recipes(tmp_path: Path) -> Path:
    folder = tmp_path / "data/recipes"
    folder.mkdir(parents=True)
    return folder


def _listed(text: str) -> dict[str, list[str]]:
    """The names under each heading of a list."""
    groups: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            group = groups.setdefault(line, [])
        elif line[2:3].strip():
            group.append(line.split()[0])
    return groups


def test_nodes_are_listed_by_category_in_order(paintgraph: Paintgraph) -> None:
    answer = paintgraph("nodes")

    groups = _listed(answer.text)
    names = [name for group in groups.values() for name in group]
    assert answer.code == 0
    assert sorted(names) == sorted(catalogue().registry.ids())
    headings = [heading.removesuffix(":") for heading in groups]
    assert headings == sorted(headings)
    assert all(group == sorted(group) for group in groups.values())


@pytest.mark.parametrize("words", [["nodes"], ["recipes"], ["models", "list"]])
def test_lists_fit_80_columns(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert max(map(len, paintgraph(*words).text.splitlines())) <= 80


def test_recipes_are_listed_by_what_they_need_on_this_machine(
    paintgraph: Paintgraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, {}, monkeypatch)  # a folder of models that is empty
    before = _listed(paintgraph("recipes").text)
    isnet = "isnet-general-use"
    install(tmp_path, {isnet: middle_network(SIDES[isnet])}, monkeypatch)
    after = _listed(paintgraph("recipes").text)

    assert next(iter(before)) == "Works now:"
    assert "inpaint" in before["Works now:"]
    assert before["Needs an engine that reads prompts, by --engine:"] == [
        "improve_detail",
        "modify_content",
        "replace_object",
    ]
    assert "remove_background" in before["Needs u2netp, 4.6 MB:"]
    assert before["Needs RealESRGAN_x4plus.safetensors, 67 MB:"] == ["upscale"]
    two = "Needs grounding-dino-tiny, 690 MB and sam_vit_b, 375 MB:"
    assert "mask_by_text" in before[two]
    assert all(group == sorted(group) for group in before.values())
    assert sorted(name for group in before.values() for name in group) == RECIPES
    assert "remove_background" in after["Works now:"]


def test_a_node_is_described_with_inputs_and_outputs(paintgraph: Paintgraph) -> None:
    text = paintgraph("nodes", "ThresholdMask").text

    assert text.startswith("## ThresholdMask\n")
    assert "- `value`: a number, 0 to 1; default 0.5." in text
    assert "- `mask`: a mask" in text


def test_programs_get_every_declaration(paintgraph: Paintgraph) -> None:
    told = paintgraph("nodes", "--json").json

    assert [spec["id"] for spec in told] == list(catalogue().registry.ids())
    assert paintgraph("nodes", "LoadImage", "--json").json == [
        spec for spec in told if spec["id"] == "LoadImage"
    ]


def test_recipes_are_listed_with_those_of_the_user_first_by_name(
    paintgraph: Paintgraph, own_recipes: Path
) -> None:
    own = "about: '[/b] mine'\n" + (graphs.FOLDER / "outpaint.yaml").read_text().replace(
        "about: Continue a picture past its edges.\n", ""
    )
    (own_recipes / "outpaint.yaml").write_text(own)

    answer = paintgraph("recipes")

    listed = _listed(answer.text).values()
    assert sorted(name for group in listed for name in group) == RECIPES
    assert "[/b] mine" in answer.text


def test_a_broken_recipe_hides_no_other(paintgraph: Paintgraph, own_recipes: Path) -> None:
    (own_recipes / "broken.yaml").write_text("nodes: 5")
    (own_recipes / "folder.yaml").mkdir()

    answer = paintgraph("recipes")
    told = paintgraph("recipes", "--json")

    assert (answer.code, told.code) == (0, 0)
    assert "warning: recipe 'broken' cannot run" in answer.stderr
    assert "'paintgraph validate broken' names them" in answer.stderr
    assert sorted(told.json) == RECIPES


def test_a_recipe_of_the_user_runs_by_name(
    paintgraph: Paintgraph, own_recipes: Path, photo: Path
) -> None:
    (own_recipes / "copy.yaml").write_text(
        "inputs: {image: {type: image}}\n"
        'nodes: {photo: {node: LoadImage, image: "${inputs.image}"}}\n'
        'outputs: {image: "${photo.image}"}\n'
    )

    assert paintgraph("run", "copy", "--image", str(photo)).code == 0
    assert Path("copy.png").exists()


@pytest.mark.parametrize("name", RECIPES)
def test_the_description_of_a_recipe_is_its_help(paintgraph: Paintgraph, name: str) -> None:
    assert paintgraph("run", name, "--help").text.startswith(paintgraph("recipes", name).text)


def _sound(schema: dict[str, Any]) -> Draft7Validator:
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def test_shipped_recipes_fit_the_schema_of_the_format_and_a_misspelt_input_does_not(
    paintgraph: Paintgraph,
) -> None:
    schema = paintgraph("schema").json
    sound = _sound(schema)
    recipes = {name: (graphs.FOLDER / f"{name}.yaml").read_bytes() for name in RECIPES}
    misspelt = {"nodes": {"a": {"node": "ThresholdMask", "mask": "${b.mask}", "valu": 0.5}}}

    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    for name, content in recipes.items():
        faults = [error.message for error in sound.iter_errors(read_document(content).value)]
        assert (name, faults) == (name, [])
    assert not sound.is_valid(misspelt)


def test_the_schema_of_a_recipe_says_what_it_takes(paintgraph: Paintgraph) -> None:
    schema = _sound(paintgraph("schema", "outpaint").json)

    assert schema.is_valid({"image": "photo.png", "sides": ["left"], "seed": -1})
    assert not schema.is_valid({"sides": ["left"]})
    assert not schema.is_valid({"image": "photo.png", "sides": ["up"]})
    assert not schema.is_valid({"image": "photo.png", "left": -1})


def test_a_node_of_each_category_has_a_sound_schema(paintgraph: Paintgraph) -> None:
    """Those of all are looked at where nodes are tested."""
    for name in {d.spec.category: d.spec.id for d in catalogue().registry}.values():
        _sound(paintgraph("schema", name).json)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nodes", "LoadImag"], "there is no node 'LoadImag'. Did you mean 'LoadImage'?"),
        (["nodes", "zzz"], "there is no node 'zzz'. 'paintgraph nodes' lists them."),
        (["nodes", "outpaint"], "there is no node 'outpaint'. 'paintgraph recipes outpaint' desc"),
        (["recipes", "outpant"], "Did you mean 'outpaint'?"),
        (["recipes", "zzz"], "'paintgraph recipes' lists the recipes."),
        (["schema", "InpaintSampl"], "no recipe or node 'InpaintSampl'. Did you mean"),
        (["schema", "zzz"], "'paintgraph nodes' and 'paintgraph recipes' list them."),
    ],
)
def test_an_unknown_name_is_a_fault_of_usage_with_a_cure(
    paintgraph: Paintgraph, words: list[str], message: str
) -> None:
    answer = paintgraph(*words)

    assert answer.code == 2
    assert message in answer.stderr
    assert answer.text == ""


def test_doctor_finds_what_is_there(paintgraph: Paintgraph, tmp_path: Path) -> None:
    answer = paintgraph("doctor", "--json")

    found = {finding["what"]: finding for finding in answer.json}
    assert found["engine telea"]["found"] == found["engine patchmatch"]["found"] == "works"
    assert str(tmp_path / "data") in found["data folder"]["found"]
    assert answer.code == int(any(finding["fault"] for finding in answer.json))


def test_doctor_says_what_is_missing_and_how_to_get_it(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch, photo: Path
) -> None:
    monkeypatch.setattr("paintgraph.cli.doctor._CORE", ("no-such-package",))
    monkeypatch.setenv("PAINTGRAPH_DATA_DIR", str(photo / "data"))

    answer = paintgraph("doctor")

    assert answer.code == 1
    assert (
        "!!  no-such-package: missing. Install it with: pip install no-such-package" in answer.text
    )
    assert "!!  data folder: " in answer.text
    assert "Set PAINTGRAPH_DATA_DIR to a folder that can be written." in answer.text


def test_what_is_printed_for_programs_is_json(paintgraph: Paintgraph) -> None:
    for words in (["nodes"], ["recipes"], ["recipes", "outpaint"], ["doctor"]):
        json.loads(paintgraph(*words, "--json").stdout)


@pytest.mark.parametrize("words", [["--help"], ["models", "--help"]])
def test_no_line_of_the_help_is_cut_off(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = paintgraph(*words).text

    assert "Commands:" in text
    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize("name", RECIPES)
def test_the_help_of_a_recipe_fits_the_terminal_and_keeps_every_word(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = paintgraph("run", name, "-h").text

    whole = recipe_text(name, catalogue().recipes.load(graphs.FOLDER / f"{name}.yaml"))
    assert max(map(len, text.splitlines())) <= 80
    assert text.split()[: len(whole.split())] == whole.split()


def test_nodes_are_found_by_a_word_and_listed_by_category(paintgraph: Paintgraph) -> None:
    found = [spec["id"] for spec in paintgraph("nodes", "magic wand", "--json").json]
    of_masks = paintgraph("nodes", "mask", "--json").json

    assert "MaskFromColor" in found
    assert "EmptyImage" not in [spec["id"] for spec in of_masks]
    categories = [spec["category"] for spec in of_masks]
    assert categories == sorted(categories)
    assert paintgraph("nodes", "GrowMask").text.startswith("## GrowMask")
