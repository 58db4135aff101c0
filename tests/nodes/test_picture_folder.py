from collections.abc import Sequence

import pytest

from paintgraph.base.file_kinds import SUFFIXES
from paintgraph.engine.errors import GraphError
from paintgraph.engine.graph.graph import Link, Node
from paintgraph.engine.graph.sockets import Value
from paintgraph.tests.nodes.bench import Bench, Ran, noise, png


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


PHOTOS = ("p/a.jpg", "p/b.jpg", "p/c7.jpg")
MASKS = ("m/a.png", "m/x.png", "m/mask007.png")


def _pairs(bench: Bench, names: Sequence[str], others: Sequence[str], **inputs: object) -> Ran:
    nodes = {
        "names": Node("EachText", {"texts": tuple(names)}),
        "others": Node("EachText", {"texts": tuple(others)}),
        "it": Node(
            "PairByName", {"names": Link("names", 0), "others": Link("others", 0), **inputs}
        ),
    }
    return bench.run(nodes, ["it"])


def _lists(ran: Ran) -> list[list[object]]:
    slots = ran.outcome.results["it"].slots
    return [[element.data for element in slot if isinstance(element, Value)] for slot in slots]


def test_names_of_two_folders_are_paired(bench: Bench) -> None:
    ran = _pairs(bench, ["p/b.jpg", "p/a.jpg"], ["m/a.png", "m/b.png"])

    assert _lists(ran) == [["p/b.jpg", "p/a.jpg"], ["m/b.png", "m/a.png"]]
    assert ran.warnings == []


def test_names_without_a_partner_are_an_error_unless_they_may_be_left_out(bench: Bench) -> None:
    code, message = _pairs(bench, PHOTOS, MASKS).fault
    assert code == "unpaired"
    assert message == (
        "node 'it' (PairByName): others has no partner for 'p/b.jpg', 'p/c7.jpg' of names. names "
        "has no partner for 'm/x.png', 'm/mask007.png' of others. Add what is missing, or set "
        "unpaired to skip."
    )

    skipped = _pairs(bench, PHOTOS, MASKS, unpaired="skip")
    assert _lists(skipped) == [["p/a.jpg"], ["m/a.png"]]
    assert skipped.warnings == [
        "others has no partner for 'p/b.jpg', 'p/c7.jpg' of names. Left out.",
        "names has no partner for 'm/x.png', 'm/mask007.png' of others. Left out.",
    ]


def test_names_are_paired_by_the_last_number(bench: Bench) -> None:
    ran = _pairs(bench, PHOTOS, MASKS, unpaired="skip", pair_by="number")

    assert _lists(ran) == [["p/c7.jpg"], ["m/mask007.png"]]


def test_names_that_could_have_two_partners_are_refused(bench: Bench) -> None:
    code, message = _pairs(bench, ["a.jpg"], ["m/a.png", "n/a.png"], unpaired="skip").fault

    assert code == "unpaired"
    assert "'m/a.png' and 'n/a.png' are both 'a'" in message
    assert message.endswith("Rename them.")


def test_photos_and_masks_of_unequal_number_are_told(bench: Bench) -> None:
    for name in ("u/a.png", "u/b.png", "u/c.png", "v/a.png", "v/b.png"):
        bench.put(name, png(noise(4, 5)))
    nodes = {
        "photos": Node("LoadImagesFromFolder", {"folder": "u"}),
        "masks": Node("LoadImagesFromFolder", {"folder": "v"}),
        "photo": Node("LoadImage", {"image": Link("photos", 0)}),
        "mask": Node("LoadImageMask", {"image": Link("masks", 0), "channel": "red"}),
        "it": Node("InvertMask", {"mask": Link("mask", 0)}),
        "both": Node("JoinImageWithAlpha", {"image": Link("photo", 0), "alpha": Link("it", 0)}),
    }

    (warning,) = [text for text in bench.run(nodes, ["both"]).warnings if "list" in text]
    assert warning == (
        "'alpha' is a list of 2, but 'image' is one of 3; the last of the shorter list goes with "
        "the rest. If they are files that belong together, put PairByName between, which goes by "
        "their names."
    )
    assert [t for t in bench.run(nodes, ["it"]).warnings if "list" in t] == []
