"""`paintgraph init`, and the schema by which editors check recipes that use other recipes."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from paintgraph.cli.beginning import SCHEMA
from paintgraph.engine.graph.formats.reading import read_document
from paintgraph.tests.cli.conftest import Paintgraph


@pytest.mark.parametrize("options", [(), ("--copy", "product_on_white")])
def test_a_new_recipe_is_valid_by_its_own_schema_and_for_the_program(
    paintgraph: Paintgraph, tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / "new" / "mine.yaml"

    paintgraph("init", str(file), *options)

    text = file.read_text(encoding="utf-8")
    schema = json.loads((file.parent / SCHEMA).read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n")
    document = read_document(text.encode()).value
    assert [error.message for error in Draft7Validator(schema).iter_errors(document)] == []
    bad = text.replace("image: ", "imgae: ").encode()
    assert not Draft7Validator(schema).is_valid(read_document(bad).value)
    if not options:
        assert paintgraph("validate", str(file)).text == f"{file}: valid\n"


def test_what_is_there_is_never_replaced(paintgraph: Paintgraph, folder: Path) -> None:
    (folder / "mine.yaml").write_text("mine", encoding="utf-8")

    refused = paintgraph("init", "mine.yaml")

    assert refused.code == 2
    assert "mine.yaml is there already; nothing was written." in refused.stderr
    assert [path.name for path in folder.iterdir()] == ["mine.yaml"]
    assert (folder / "mine.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mine",), "mine: there is no suffix; allowed is .yaml or .yml. Write 'mine.yaml'."),
        (("mine.json",), "the suffix is '.json'; allowed is .yaml or .yml. Write 'mine.yaml'."),
        (("mine.yaml", "--copy", "outpiant"), "no recipe 'outpiant'. Did you mean 'outpaint'?"),
    ],
)
def test_what_cannot_be_begun_is_told(
    paintgraph: Paintgraph, words: tuple[str, ...], told: str
) -> None:
    answer = paintgraph("init", *words)

    assert answer.code == 2
    assert told in answer.stderr
