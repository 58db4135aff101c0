"""What ComfyUI's engine promises to nodes of packs, as clients see it over HTTP and a socket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paintgraph.tests.api.comfy.asking import error_types, node, post
from paintgraph.tests.api.comfy.followed import Followed, followed
from paintgraph.tests.api.comfy.hearing import unpacked
from paintgraph.tests.api.serving import Served, serving

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

PACK = Path(__file__).parents[2] / "packs" / "semantics"
Prompt = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that keeps the results of its last prompt, as ComfyUI's does."""
    folder = tmp_path_factory.mktemp("data")
    with serving(folder, node_packs=(str(PACK),), most_results=0) as server:
        yield server


def plain(level: float, mode: str = "gray") -> Any:
    """A picture of one level."""
    return node("Plain", level=level, size=8, mode=mode)


def mixed(level: float) -> Prompt:
    """Two pictures of which a mask needs one or both."""
    return {
        "one": plain(0.5),
        "two": plain(1.0),
        "mask": node("PlainMask", level=level, size=8),
        "mix": node("Mix", image1=["one", 0], image2=["two", 0], mask=["mask", 0]),
        "out": node("SaveImage", images=["mix", 0], filename_prefix="mixed"),
    }


def shown(**nodes: Any) -> Prompt:
    """Nodes, and one that shows the picture of `it`."""
    return {"i": plain(0.5), **nodes, "out": node("PreviewImage", images=["it", 0])}


def test_only_what_changed_runs_anew(packed: Served) -> None:
    first = followed(packed, mixed(0.5))
    again = followed(packed, mixed(0.5))
    partly = followed(packed, mixed(0.25))

    assert set(first.ran) == {"one", "two", "mask", "mix", "out"}
    assert (first.cached, first.level("out")) == ([], 191)
    assert (again.ran, sorted(again.cached)) == ([], ["mask", "mix", "one", "out", "two"])
    assert again.level("out") == 191
    assert (set(partly.ran), set(partly.cached)) == ({"mask", "mix", "out"}, {"one", "two"})
    assert partly.level("out") == 159


def test_of_nodes_that_show_nothing_only_a_kept_output_is_told_as_executed(packed: Served) -> None:
    prompt = {"w": node("Whole", value=77), "q": node("Quiet", value=["w", 0])}
    first, again = followed(packed, prompt), followed(packed, prompt)

    assert first.heard.of("executed") == []
    assert [(d["node"], d["output"]) for d in again.heard.of("executed")] == [("q", None)]


@pytest.mark.parametrize(("level", "needed", "shade"), [(0.0, "one", 127), (1.0, "two", 255)])
def test_a_lazy_input_runs_only_if_it_is_asked_for(
    packed: Served, level: float, needed: str, shade: int
) -> None:
    followed(packed, {"o": node("Text", value=str(level))})  # lets go of all else
    first = followed(packed, mixed(level))
    again = followed(packed, mixed(level))

    assert set(first.ran) == {"mask", needed, "mix", "out"}
    assert first.level("out") == shade
    assert set(again.cached) == {"mask", needed, "mix", "out"}


@pytest.mark.parametrize("kind", ["SwitchLater", "LazyLater"])
def test_a_coroutine_may_say_what_is_needed(packed: Served, kind: str) -> None:
    second = len(kind)  # of its own, so that none is kept
    prompt = {
        "a": node("Whole", value=1),
        "b": node("Whole", value=second),
        "s": node(kind, first=False, a=["a", 0], b=["b", 0]),
        "o": node("Text", value=["s", 0]),
    }
    it = followed(packed, prompt)

    assert (it.ran, it.text("o")) == (["b", "s", "o"], [str(second)])


def test_a_lazy_input_that_is_kept_comes_unasked(packed: Served) -> None:
    prompt = {
        "a": node("Whole", value=101),
        "b": node("Whole", value=102),
        "s": node("Seen", wants="a", a=["a", 0], b=["b", 0]),
        "o": node("Text", value=["s", 0]),
    }
    before = followed(packed, prompt)
    prompt["ob"] = node("Text", value=["b", 0])
    followed(packed, prompt)
    prompt["s"]["inputs"]["wants"] = " a"
    after = followed(packed, prompt)

    assert (before.text("o"), after.text("o")) == (["101 None"], ["101 102"])
    assert set(after.cached) == {"a", "b", "ob"}


def test_each_element_of_a_list_may_need_another_input(packed: Served) -> None:
    prompt = {
        "n": node("Numbers", n=4),
        "small": node("IsSmall", value=["n", 0]),
        "ten": node("Whole", value=10),
        "s": node("SwitchLater", first=["small", 0], a=["ten", 0], b=["n", 0]),
        "o": node("Text", value=["s", 0]),
    }

    assert followed(packed, prompt).text("o") == ["10", "10", "2", "3"]


def test_a_picture_that_is_saved_twice_is_saved_twice(packed: Served) -> None:
    prompt = {
        "i": plain(0.25),
        "a": node("SaveImage", images=["i", 0], filename_prefix="twice"),
        "b": node("SaveImage", images=["i", 0], filename_prefix="twice"),
        "p": node("PreviewImage", images=["i", 0]),
    }
    it = followed(packed, prompt)

    assert [it.level(id_) for id_ in "abp"] == [63, 63, 63]
    assert it.entry["outputs"]["a"] != it.entry["outputs"]["b"]


@pytest.mark.parametrize("kind", ["Changing", "ChangingLater"])
def test_a_node_that_says_that_it_changed_runs_anew(packed: Served, kind: str) -> None:
    prompt = shown(it=node(kind, image=["i", 0], changes=False))
    runs = [followed(packed, prompt), followed(packed, prompt)]
    prompt["it"]["inputs"]["changes"] = True
    runs += [followed(packed, prompt), followed(packed, prompt)]

    assert ["it" in run.ran for run in runs] == [True, False, True, True]
    assert runs[-1].cached == ["i"]
    assert runs[-1].ran == ["it", "out"]


def test_a_mark_of_the_prompt_counts_in_place_of_what_the_node_says(packed: Served) -> None:
    prompt = shown(it=node("Changing", image=["i", 0], changes=True))
    prompt["it"]["is_changed"] = ["as it was"]
    followed(packed, prompt)
    again = followed(packed, prompt)
    prompt["it"]["is_changed"] = [float("NaN")]

    assert (again.ran, set(again.cached)) == ([], {"i", "it", "out"})
    assert [followed(packed, prompt).ran for _ in range(2)] == [["it", "out"]] * 2


def test_a_state_is_made_of_constants(packed: Served) -> None:
    prompt = shown(it=node("Scaled", image=["i", 0], value=0.5))
    first, again = followed(packed, prompt), followed(packed, prompt)
    prompt["it"]["inputs"]["value"] = 2.0

    assert (first.level("out"), again.ran) == (63, [])
    assert followed(packed, prompt).level("out") == 255


def test_undeclared_links_are_passed(packed: Served) -> None:
    pictures = {str(place): plain(place / 4) for place in (1, 2, 3)}
    given = {f"input{place}": [str(place), 0] for place in (1, 2, 3)}

    assert followed(packed, shown(**pictures, it=node("Average", **given))).level("out") == 127


@pytest.mark.parametrize(
    ("value", "levels"), [(0.05, (0, 255)), (0.15, (0, 255)), (0.5, (127, 127))]
)
def test_values_and_links_may_come_of_one_expansion(
    packed: Served, value: float, levels: tuple[int, int]
) -> None:
    prompt = {
        "v": node("Real", value=value),
        "m": node("MixedReturns", input1=["v", 0]),
        "a": node("PreviewImage", images=["m", 0]),
        "b": node("PreviewImage", images=["m", 1]),
    }
    it = followed(packed, prompt)

    assert (it.level("a"), it.level("b")) == levels


def test_lists_are_mapped_gathered_and_given_back(packed: Served) -> None:
    prompt = {
        "n": node("Numbers", n=4),
        "s": node("Sum", a=["n", 0], b=1),
        "t": node("Total", values=["s", 0], factor=2),
        "total": node("Text", value=["t", 0]),
        "reversed": node("Text", value=["t", 1]),
        "each": node("Text", value=["s", 0]),
    }
    it = followed(packed, prompt)

    assert it.text("total") == ["20"]
    assert it.text("reversed") == ["4", "3", "2", "1"]
    assert it.text("each") == ["1", "2", "3", "4"]


def test_a_blocked_element_leaves_out_its_readers_alone(packed: Served) -> None:
    prompt = {
        "n": node("Numbers", n=4),
        "small": node("IsSmall", value=["n", 0]),
        "b": node("Block", value=["n", 0], block=["small", 0], verbose=False),
        "o": node("Text", value=["b", 0]),
        "beside": node("Text", value=["n", 0]),
    }
    it = followed(packed, prompt)

    assert it.succeeded
    assert it.heard.of("execution_error") == []
    assert (it.text("o"), it.text("beside")) == (["2", "3"], ["0", "1", "2", "3"])


@pytest.mark.parametrize(
    ("block", "why"),
    [
        (node("Block", value=["i", 0], block=True, verbose=True), "blocked by hand"),
        (node("Blocks3", value=["i", 0], block=True), "blocked by V3"),
    ],
)
def test_a_blocker_with_a_message_is_told_and_harms_nobody(
    packed: Served, block: Any, why: str
) -> None:
    it = followed(packed, {**shown(it=block), "beside": node("PreviewImage", images=["i", 0])})

    assert it.succeeded
    assert list(it.entry["outputs"]) == ["beside"]
    assert (it.error["node_id"], it.error["exception_type"]) == ("out", "ExecutionBlocked")
    assert why in it.error["exception_message"]


def test_while_a_condition_holds_a_loop_goes_on(packed: Served) -> None:
    prompt = {
        "begin": node("WhileOpen", condition=True, initial0=0, initial1="kept"),
        "add": node("Sum", a=["begin", 1], b=1),
        "small": node("IsSmall", value=["add", 0]),
        "end": node(
            "WhileClose",
            flow=["begin", 0],
            condition=["small", 0],
            initial0=["add", 0],
            initial1=["begin", 2],
        ),
        "o": node("Text", value=["end", 0]),
        "data": node("Text", value=["end", 1]),
    }
    it = followed(packed, prompt)

    assert (it.text("o"), it.text("data")) == (["2"], ["kept"])
    inner = {data["display_node"] for data in it.heard.of("executing") if data["node"]}
    assert inner == {"begin", "add", "small", "end", "o", "data"}


def looped(kind: str, value: Any, begin: Any) -> Prompt:
    """A loop of three turns around a node that reads the number of turns, or a picture."""
    first = {} if begin is None else {"initial1": begin}
    return {
        "open": node("ForOpen", remaining=3, **first),
        "body": node(kind, **value),
        "close": node("ForClose", flow_control=["open", 0], initial1=["body", 0]),
    }


def test_a_loop_of_a_number_of_turns_carries_its_data(packed: Served) -> None:
    adding = looped("Sum", {"a": ["open", 2], "b": ["open", 1]}, 10)
    summed = followed(packed, {**adding, "o": node("Text", value=["close", 0])})
    gathering = looped("Gather", {"value": ["open", 1], "gathered": ["open", 2]}, None)
    spread = {"s": node("Spread", gathered=["close", 0]), "o": node("Text", value=["s", 0])}
    gathered = followed(packed, {**gathering, **spread})

    assert summed.text("o") == ["16"]
    assert gathered.text("o") == ["3", "2", "1"]


def test_a_loop_over_pictures_runs_what_changes_in_each_turn(packed: Served) -> None:
    prompt = {
        "black": plain(0.0),
        "white": plain(1.0),
        **looped("Average", {"input1": ["open", 2], "input2": ["white", 0]}, ["black", 0]),
        "changing": node("Changing", image=["body", 0], changes=True),
        "it": node("Changing", image=["close", 0], changes=False),
        "out": node("PreviewImage", images=["it", 0]),
    }
    prompt["close"]["inputs"]["initial1"] = ["changing", 0]
    runs = [followed(packed, prompt) for _ in range(2)]

    assert [run.level("out") for run in runs] == [223, 223]
    for run in runs:
        turns = [data for data in run.heard.of("executing") if data["node"]]
        assert len([data for data in turns if data["display_node"] == "changing"]) == 3


@pytest.mark.parametrize(
    ("kind", "inputs", "exception", "text"),
    [
        ("Fails", {"value": ["i", 0]}, "RuntimeError", "cannot stand Tensor"),
        ("AsyncFails", {"value": ["i", 0], "after": 0.02}, "RuntimeError", "after a while"),
        ("TimesOut", {"value": ["i", 0], "most": 0.02, "takes": 9.0}, "RuntimeError", "timed out"),
        ("FailsInside", {"image": ["i", 0]}, "RuntimeError", "cannot stand Tensor"),
        ("NoSuchInside", {"image": ["i", 0]}, "unknown_node", "NoSuchNode"),
        ("Circle", {"image": ["i", 0]}, "cycle", "wait for each other"),
        ("Fails", {"value": ["i", 0], "how": "exit"}, "node_failed", "end the program"),
    ],
)
def test_a_failure_is_told_of_the_node_that_was_submitted(
    packed: Served, kind: str, inputs: Any, exception: str, text: str
) -> None:
    dear = node("Plain", level=0.5, size=8, mode="gray", seconds=0.2)
    it = followed(packed, shown(i=dear, it=node(kind, **inputs)))

    assert not it.succeeded
    assert it.error["node_id"] == "it"
    assert it.error["exception_type"] == exception
    assert text in it.error["exception_message"]
    assert it.entry["status"]["status_str"] == "error"
    assert "out" not in it.ran
    retry = followed(packed, shown(i=dear, it=node("Scaled", image=["i", 0], value=1.0)))
    assert (retry.succeeded, retry.cached) == (True, ["i"])


def test_what_waits_beside_a_failure_is_given_up(packed: Served) -> None:
    prompt = {
        **shown(it=node("AsyncFails", value=["i", 0], after=0.02)),
        "sleep": node("Sleep", value=["i", 0], seconds=60.0),
        "beside": node("PreviewImage", images=["sleep", 0]),
    }
    it = followed(packed, prompt)

    assert not it.succeeded
    assert it.error["node_id"] == "it"


def test_an_interruption_by_a_node_is_told_as_one(packed: Served) -> None:
    it = followed(packed, shown(it=node("Fails", value=["i", 0], how="interrupt")))

    (data,) = it.heard.of("execution_interrupted")
    assert data["node_id"] == "it"
    assert it.heard.of("execution_error") == []
    assert not it.succeeded


def test_coroutines_run_side_by_side(packed: Served) -> None:
    prompt = {"meet": node("Whole", value=8)}
    for place in range(8):
        prompt[str(place)] = node("Meet", value=place, parties=["meet", 0])
        prompt[f"o{place}"] = node("Text", value=[str(place), 0])
    it = followed(packed, prompt)

    assert [it.text(f"o{place}") for place in range(8)] == [[str(place)] for place in range(8)]
    assert len(it.ran) == len(set(it.ran)) == 17  # none is told a second time


def test_coroutines_of_an_expansion_run_side_by_side(packed: Served) -> None:
    it = followed(packed, shown(it=node("MeetInside", image=["i", 0], times=3)))

    assert it.level("out") == 127
    assert len([id_ for id_ in it.ran if id_.startswith("it.0.0.")]) == 4


def test_progress_of_a_coroutine_is_told_of_its_node(packed: Served) -> None:
    it = followed(packed, shown(it=node("Sleep", value=["i", 0], seconds=0.1)))
    told = it.heard.of("progress")

    assert {(data["node"], data["max"]) for data in told} == {("it", 4)}
    assert told[-1]["value"] == 4
    final = it.heard.of("progress_state")[-1]["nodes"]
    assert {node["state"] for node in final.values()} == {"finished"}


def test_a_v3_node_tells_its_progress_with_pictures(packed: Served) -> None:
    it = followed(packed, shown(it=node("Steps", image=["i", 0], steps=3)))

    assert it.level("out") == 127
    assert it.heard.of("progress")[-1]["value"] == 3
    kind, _, picture = unpacked(it.heard.frames[-1])
    assert (kind, picture[:2]) == (1, b"\xff\xd8")


def test_a_v3_node_is_lazy_checked_and_expands(packed: Served) -> None:
    prompt = {
        "a": node("Expands3", value=1),
        "b": node("Whole", value=2),
        "c": node("Choose", which="a", a=["a", 0], b=["b", 0]),
        "o": node("Text", value=["c", 0]),
    }
    it = followed(packed, prompt)

    assert (it.text("o"), it.text("a")) == (["11"], ["1"])
    assert "b" not in it.ran
    prompt["c"]["inputs"]["which"] = "z"
    assert error_types(post(packed, {k: prompt[k] for k in "abco"}))["c"] == [
        "custom_validation_failed"
    ]


def test_what_an_expansion_shows_is_shown_again_where_it_is_kept(packed: Served) -> None:
    prompt = {"s": node("Shows", value=3), "w": node("Sum", a=["s", 0], b=1)}
    first = followed(packed, {**prompt, "o": node("Text", value=["w", 0])})
    prompt["w"]["inputs"]["b"] = 2
    again = followed(packed, {**prompt, "o": node("Text", value=["w", 0])})

    assert again.ran == ["w", "o"]
    assert again.cached == ["s"]
    for it in (first, again):
        assert it.text("s.0.0.1") == ["4"]
        assert it.entry["meta"]["s.0.0.1"]["parent_node"] == "s"


def test_a_class_may_have_a_node_of_ours_save_its_picture(packed: Served) -> None:
    it = followed(packed, {"i": plain(1.0), "s": node("SavesInside", image=["i", 0])})

    assert it.level("s.0.0.1") == 255


CHECKED = {"input1": 0.5, "input2": 0.5, "input3": ["i", 0]}


@pytest.mark.parametrize(
    ("kind", "given", "faults"),
    [
        ("Checked1", {}, None),
        ("Checked1", {"input1": ["i", 0], "input2": ["half", 0]}, None),
        ("Checked1", {"input1": "text"}, "custom_validation_failed"),
        ("Checked1", {"input2": 13}, "value_bigger_than_max"),
        ("Checked1", {"input3": ["mask", 0]}, "return_type_mismatch"),
        ("Checked1", {"input2": ["whole", 0]}, "return_type_mismatch"),
        ("CheckedTypes", {"input1": "text"}, None),
        ("CheckedTypes", {"input3": ["mask", 0]}, "custom_validation_failed"),
        ("CheckedTypes", {"input2": ["whole", 0]}, "custom_validation_failed"),
        ("CheckedTypes", {"input2": 13}, "value_bigger_than_max"),
        ("CheckedAll", {"input2": 12}, None),
        ("CheckedAll", {"input2": 13}, "custom_validation_failed"),
        ("CheckedAll", {"input3": ["mask", 0]}, "return_type_mismatch"),
        ("CheckedAllTypes", {"input2": ["whole", 0]}, None),
        ("CheckedAllTypes", {"input2": ["text", 0]}, "custom_validation_failed"),
    ],
)
def test_a_class_checks_what_it_names(
    packed: Served, kind: str, given: Any, faults: str | None
) -> None:
    sources = {
        "half": node("Real", value=0.5),
        "whole": node("Whole", value=1),
        "mask": node("PlainMask", level=1.0, size=8),
        "text": node("NeverAsks", value=["whole", 0]),
    }
    answer = post(packed, shown(**sources, it=node(kind, **{**CHECKED, **given})))

    if faults is None:
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert error_types(answer)["it"] == [faults]


def test_checks_of_dependent_nodes_fail_alone(packed: Served) -> None:
    prompt = {
        "c": node("Refuses", value=13, most=5.0),
        "d": node("CheckedLater", value=["c", 0], most=5.0),
        "o": node("Text", value=["d", 0]),
        "fine": node("Text", value=4),
    }
    answer = post(packed, prompt)

    assert answer.status == 200
    assert error_types(answer) == {"c": ["custom_validation_failed"]}
    late = {"c": node("CheckedLater", value=30.0, most=5.0), "o": node("Text", value=["c", 0])}
    refused = post(packed, late).json
    assert "value 30.0 is above 5.0" in refused["node_errors"]["c"]["errors"][0]["message"]
    assert refused["node_errors"]["c"]["dependent_outputs"] == ["o"]


@pytest.mark.parametrize(
    ("it", "fault"),
    [
        (node("Whole", value=5000), "value_bigger_than_max"),
        (node("Whole", value="abc"), "invalid_input_type"),
        (node("Whole", value=["x", 0, 1]), "bad_linked_input"),
        (node("Whole"), "required_input_missing"),
        ({"class_type": "Whole"}, "required_input_missing"),
        (node("Plain", level=0.5, size=8, mode="pink"), "value_not_in_list"),
        (node("Scaled", image=["w", 0], value=1.0), "return_type_mismatch"),
        (node("Scaled", image=["nowhere", 0], value=1.0), "bad_linked_input"),
        (node("Scaled", image=["it", 0], value=1.0), "dependency_cycle"),
    ],
)
def test_faults_are_told_by_their_names(packed: Served, it: Any, fault: str) -> None:
    prompt = {"w": node("Whole", value=1), "it": it, "o": node("Text", value=["it", 0])}
    answer = post(packed, prompt)

    assert answer.status == 400
    assert error_types(answer)["it"] == [fault]


def test_only_the_wanted_targets_run(packed: Served) -> None:
    prompt = {
        "a": plain(0.1),
        "b": plain(0.2),
        "through": node("Show", images=["a", 0]),
        "o1": node("PreviewImage", images=["through", 0]),
        "o2": node("PreviewImage", images=["b", 0]),
    }
    it = followed(packed, prompt, partial_execution_targets=["o1"])
    both = followed(packed, prompt, partial_execution_targets=["o1", "o2"])

    assert (it.ran, list(it.entry["outputs"])) == (["a", "through", "o1"], ["through", "o1"])
    assert (both.ran, set(both.cached)) == (["b", "o2"], {"a", "through", "o1"})


def test_ids_may_hold_what_names_of_tests_hold(packed: Served) -> None:
    prefix = "test_it[--cache-lru-100].0.0.3."
    prompt = {
        f"{prefix}1": node("Whole", value=3),
        f"{prefix}2": node("Shows", value=[f"{prefix}1", 0]),
        f"{prefix}3": node("Text", value=[f"{prefix}2", 0]),
    }
    it = followed(packed, prompt)

    assert it.text(f"{prefix}3") == ["4"]
    assert it.entry["meta"][f"{prefix}2.0.0.1"]["real_node_id"] == f"{prefix}2"


def outputs(it: Followed) -> Any:
    """What the last prompt of a server showed, as /api/jobs has it."""
    prompt_id = it.entry["prompt"][1]
    return it.server.call("GET", f"/api/jobs/{prompt_id}").json["outputs"]


def test_jobs_list_what_was_shown_from_before(packed: Served) -> None:
    prompt = shown(it=node("Scaled", image=["i", 0], value=0.75))
    followed(packed, prompt)
    again = followed(packed, prompt)

    assert again.ran == []
    assert list(outputs(again)) == ["out"]
