import pytest

from paintgraph.base.file_kinds import SUFFIXES
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.tests.nodes.bench import Bench, noise, png


@pytest.fixture(scope="module", autouse=True)
def _pictures(bench: Bench) -> None:
    for name in ("b/img10.png", "b/img2.PNG", "b/img1.jpg", "b/notes.txt", "b/deep/img3.png"):
        bench.put(name, png(noise(4, 5)))


def _names(bench: Bench, **inputs: object) -> list[object]:
    (slot,) = bench.node("LoadImagesFromFolder", **inputs).outcome.results["it"].slots
    return [element.data for element in slot if isinstance(element, Value)]


def test_pictures_come_in_the_order_in_which_people_count(bench: Bench) -> None:
    assert _names(bench, folder="b") == ["b/img1.jpg", "b/img2.PNG", "b/img10.png"]
    assert _names(bench, folder="b/", pattern="*.png") == ["b/img2.PNG", "b/img10.png"]


def test_what_reads_the_names_is_called_once_for_each(bench: Bench) -> None:
    nodes = {
        "files": Node("LoadImagesFromFolder", {"folder": "b"}),
        "it": Node("LoadImage", {"image": Link("files", 0)}),
    }

    assert len(bench.run(nodes, ["it"]).outcome.results["it"].slots[0]) == 3


def test_a_new_file_is_seen_by_the_next_run(bench: Bench) -> None:
    bench.put("c/one.png", png(noise(4, 5)))
    assert _names(bench, folder="c") == ["c/one.png"]

    bench.put("c/two.png", png(noise(4, 5)))
    assert _names(bench, folder="c") == ["c/one.png", "c/two.png"]


def test_a_folder_without_pictures_is_refused(bench: Bench) -> None:
    why = (
        f"the folder 'b' holds no picture named like 'x*'; allowed are {', '.join(SUFFIXES)}. "
        "Change the folder or the pattern."
    )
    with pytest.raises(GraphError) as caught:
        bench.node("LoadImagesFromFolder", folder="b", pattern="x*")

    assert str(caught.value) == f"node 'it' (LoadImagesFromFolder): folder: {why}"
    assert _late(bench, "b", pattern="x*") == (
        "no_pictures",
        f"node 'it' (LoadImagesFromFolder): {why}",
    )


@pytest.mark.parametrize("folder", ["..", "/etc", "b/../../x"])
def test_no_folder_outside_is_read(bench: Bench, folder: str) -> None:
    with pytest.raises(GraphError) as caught:
        bench.node("LoadImagesFromFolder", folder=folder)

    assert [problem.code for problem in caught.value.problems] == ["outside_input_folder"]
    assert _late(bench, folder)[0] == "outside_input_folder"


def _late(bench: Bench, folder: str, **inputs: object) -> tuple[str, str]:
    """The fault of a folder whose name arrives by a link."""
    nodes = {
        "each": Node("EachText", {"texts": (folder,)}),
        "it": Node("LoadImagesFromFolder", {"folder": Link("each", 0), **inputs}),
    }
    return bench.run(nodes, ["it"]).fault


def test_each_text_gives_the_texts_one_by_one(bench: Bench) -> None:
    (slot,) = bench.node("EachText", texts=["a", "b"]).outcome.results["it"].slots

    assert [element.data for element in slot if isinstance(element, Value)] == ["a", "b"]
