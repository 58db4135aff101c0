"""The shipped catalogue against the installed rembg, and the user's own file."""

from pathlib import Path

import pytest

from paintgraph.models.catalogue.catalogue import SHIPPED, USER_FILE, ModelCatalogue, read_entries
from paintgraph.models.catalogue.entries import ModelEntry, ModelFile, ModelRef
from paintgraph.models.errors import CatalogueError, ModelError, UnknownModelError
from paintgraph.models.families import FAMILIES
from paintgraph.tests.models.rembg_facts import fetches, is_custom, local_sessions

KNOWN = FAMILIES.of_entries()
SHA = "sha256:" + "ab" * 32
MINE = f"""
my-matte:
  family: rembg
  about: Hair.
  files:
    - path: my-matte.onnx
      url: https://example.org/my-matte.onnx
      size: 1000
      digests: ["{SHA}"]
  licence: {{name: MIT, commercial: free}}
  options: {{session: dis_custom}}
"""


@pytest.fixture(scope="module")
def shipped() -> ModelCatalogue:
    return ModelCatalogue.load(FAMILIES)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / USER_FILE


def test_it_has_every_local_session_of_rembg_and_no_other(shipped: ModelCatalogue) -> None:
    ours = {entry.name for entry in shipped.of_family("rembg")}

    assert ours == {name for name, _ in local_sessions()}


@pytest.mark.parametrize("name", [name for name, _ in local_sessions()])
def test_files_addresses_and_digests_are_those_of_rembg(name: str, shipped: ModelCatalogue) -> None:
    session = dict(local_sessions())[name]
    entry = shipped.get(name)

    if is_custom(session) or "made_from" in entry.options:
        assert [(file.path, file.url, file.digests) for file in entry.files] == [
            (f"{name}.onnx", "", ())
        ]
        return
    found = fetches(session)
    assert [(file.path, file.url) for file in entry.files] == [(f.path, f.url) for f in found]
    for file, fetch in zip(entry.files, found, strict=True):
        assert fetch.digest in file.digests


def test_what_rembg_makes_itself_is_made_from_a_model_that_is_there(
    shipped: ModelCatalogue,
) -> None:
    made = [entry for entry in shipped if "made_from" in entry.options]

    assert [entry.name for entry in made] == ["birefnet-general-fp16"]
    assert all(shipped.get(entry.options["made_from"]).can_be_pulled for entry in made)


def test_every_family_has_models_the_best_first(shipped: ModelCatalogue) -> None:
    assert {entry.family for entry in shipped} <= set(FAMILIES.of_entries())
    for family in ("rembg", "sam", "groundingdino", "eraser", "diffusion"):
        ranks = [entry.rank for entry in shipped.of_family(family)]
        assert ranks
        assert ranks == sorted(ranks, reverse=True)
    assert shipped.of_family("rembg")[0].name == "isnet-general-use"


def test_what_costs_money_is_known(shipped: ModelCatalogue) -> None:
    assert shipped.get("bria-rmbg").licence.commercial == "paid"


def test_what_is_known_of_a_licence_has_a_name_and_the_address_where_it_was_read(
    shipped: ModelCatalogue,
) -> None:
    stated = [entry for entry in shipped if entry.licence.commercial != "unknown"]

    assert [e.name for e in stated if not (e.licence.name and e.licence.url)] == []
    assert shipped.get("flux-fill").licence.commercial == "forbidden"
    assert shipped.get("sam_vit_b").licence.name == "Apache-2.0"


def test_an_unknown_name_is_answered_with_the_nearest(shipped: ModelCatalogue) -> None:
    with pytest.raises(UnknownModelError) as caught:
        shipped.get("isnet-generl-use")

    message = "there is no model 'isnet-generl-use'. Did you mean 'isnet-general-use'?"
    assert str(caught.value) == message


def test_the_users_models_come_beside_and_instead(own: Path) -> None:
    own.write_text(f"{MINE}\nu2net:\n  family: rembg\n  files: [{{path: u2net.onnx}}]\n")

    found = ModelCatalogue.load(FAMILIES, own.parent)

    assert found.get("my-matte") == ModelEntry(
        name="my-matte",
        family="rembg",
        about="Hair.",
        files=(ModelFile("my-matte.onnx", "https://example.org/my-matte.onnx", 1000, (SHA,)),),
        licence=found.get("my-matte").licence,
        options={"session": "dis_custom"},
    )
    assert not found.get("u2net").can_be_pulled
    assert found.names().count("u2net") == 1


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: [\n", "2:1", "did not find expected node content"),
        ("a: 3\n", "1:1", "model 'a': its fields are missing"),
        ("- a\n", "1:1", "models have to be given by their names"),
        (MINE.replace("rembg", "rembgg"), "3:3", "'family': Input should be 'rembg', 'sam'"),
        (MINE.replace("about", "abuot"), "4:3", "'abuot': Unexpected keyword argument"),
        (MINE.replace(SHA, "sha256:12"), "6:7", "digest 'sha256:12' has to be"),
        (MINE.replace("path: my", "path: ../my"), "6:7", "has to lie in the model's folder"),
        (MINE.replace("path: my", "path: /my"), "6:7", "has to lie in the model's folder"),
        (MINE.replace("https:", "file:"), "6:7", "has to begin with https://"),
        (MINE.replace("1000", "-1"), "6:7", "size -1 has to be 1 or more"),
        (MINE.replace("commercial: free", "commercial: gratis"), "10:24", "'licence.commercial'"),
        (MINE + "  hub: a/b\n", "2:1", "either 'files' or 'hub'"),
        (MINE + MINE, "13:1", "the key 'my-matte' was given before"),
        (
            "a: &x {family: rembg, files: [{path: a}], options: *x}\n",
            "1:52",
            "the alias *x stands inside its own anchor",
        ),
        ("'../x':\n  family: rembg\n  files: [{path: a}]\n", "1:1", "name '../x' has to be"),
        ("? [a]\n: 1\n", "1:3", "a key is a text or a whole number"),
        ("a: {name: b}\n", "1:5", "its key is its name already"),
    ],
)
def test_a_fault_of_the_users_file_is_told_with_its_place(
    own: Path, text: str, place: str, words: str
) -> None:
    own.write_text(text)

    with pytest.raises(CatalogueError) as caught:
        ModelCatalogue.load(FAMILIES, own.parent)

    assert str(caught.value).startswith(f"{own}:{place}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"a" * (2**20 + 1), b"[" * 100_000, b"\x00", b"{a: " * 5000]
)
def test_bytes_that_are_no_yaml_are_told_of(own: Path, data: bytes) -> None:
    own.write_bytes(data)

    with pytest.raises(CatalogueError, match=r"models\.yaml"):
        ModelCatalogue.load(FAMILIES, own.parent)


def test_the_example_of_the_docs_is_read(own: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text()
    own.write_text(text.partition("```yaml\n")[2].partition("```")[0])

    assert read_entries(own, KNOWN)["my-matte"].licence.commercial == "free"


def test_an_empty_file_is_no_fault(own: Path) -> None:
    own.write_text("# nothing yet\n")

    assert read_entries(own, KNOWN) == {}
    assert ModelCatalogue.load(FAMILIES, own.parent).names() == list(read_entries(SHIPPED, KNOWN))


def test_a_reference_survives_being_written() -> None:
    ref = ModelRef("isnet-general-use", SHA)

    assert str(ref) == f"isnet-general-use@{SHA}"
    assert ModelRef.parse(str(ref)) == ref


@pytest.mark.parametrize("text", ["", "u2net", "u2net@", f"@{SHA}", "u2net@sha256:12", "../x@y"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ModelError, match="is no reference to a model"):
        ModelRef.parse(text)
