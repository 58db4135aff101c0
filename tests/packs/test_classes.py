"""Classes of ComfyUI's convention run by the engine, a test for each thing that it knows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch

from paintgraph.base.text.document import Document
from paintgraph.engine.execution.explain import explain, record
from paintgraph.engine.execution.memory import MemoryCache
from paintgraph.engine.execution.store import Keeping, ResultStore
from paintgraph.engine.graph.formats.comfy.prompt import read_comfy
from paintgraph.engine.graph.graph import Graph, Node
from paintgraph.engine.graph.sockets import Blocked, Entry, Value
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.declaration import declaration_of
from paintgraph.engine.node.events import Executed, NodeStarted, Warned
from paintgraph.engine.recipes.book import recipe_declaration
from paintgraph.engine.recipes.checking import check
from paintgraph.nodes.masks.algebra import invert_mask
from paintgraph.nodes.packs.classes.declaring import declare_class
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import ExecutionBlocker
from paintgraph.nodes.pictures.colour import image_invert
from paintgraph.tests.engine.runs import MANY_LANES, ONE_LANE, Ran, link, memory, node, run_nodes
from paintgraph.tests.packs import convention
from paintgraph.tests.packs.convention import RUNS

KNOWN = convention.registry()


@pytest.fixture(autouse=True)
def _no_runs() -> Iterator[None]:
    RUNS.clear()
    convention.Changing.STATE = 1
    yield
    RUNS.clear()


def go(nodes: dict[str, Node], *targets: str, **options: Any) -> Ran:
    """Run a graph of classes."""
    return run_nodes(nodes, *targets, registry=options.pop("registry", KNOWN), **options)


def problems(nodes: dict[str, Node]) -> list[str]:
    """What a check finds wrong."""
    return [p.message for p in check(Graph(nodes), KNOWN).errors if p.code != "no_outputs"]


def test_a_class_gets_its_inputs_and_gives_its_outputs() -> None:
    ran = go({"g": node("Gray", level=1, size=2)})

    assert RUNS == ["gray 1.0 2 nobody"]  # an optional input is left out, not filled in
    (image,) = ran.values("g", 0)
    assert (image == np.ones((1, 2, 2, 3), np.float32)).all()
    assert not image.flags.writeable


def test_a_picture_that_a_class_gives_is_read_where_it_lies() -> None:
    made = torch.rand(1, 4, 6, 3)

    class Gives:
        RETURN_TYPES = ("IMAGE", "MASK")
        FUNCTION = "go"

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {}}

        def go(self) -> tuple[Any, Any]:
            return made, made[0]

    known = convention.registry()
    known.add(declare_class("Gives", Gives, convention.OnePack()))
    ran = go({"g": node("Gives")}, registry=known)

    (image,), (mask,) = ran.values("g", 0), ran.values("g", 1)
    assert image.__array_interface__["data"][0] == made.data_ptr()
    assert mask.__array_interface__["data"][0] == made.data_ptr()


def test_an_optional_input_that_is_given_arrives() -> None:
    go({"g": node("Gray", level=0.25, size=8, name="me")})

    assert RUNS == ["gray 0.25 8 me"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"size": 2}, "node 'g' (Gray): level is missing; it needs a number. Add it."),
        ({"level": 2, "size": 2}, "node 'g' (Gray): level is 2.0; allowed is 0 to 1."),
        ({"level": 1, "size": 3}, "node 'g' (Gray): size is 3; allowed are 2, 4, 8."),
        ({"level": "x", "size": 2}, "node 'g' (Gray): level is 'x'; allowed is a number."),
    ],
)
def test_literals_are_held_to_what_the_class_declares(inputs: Any, message: str) -> None:
    assert problems({"g": node("Gray", **inputs)}) == [message]


def test_a_class_that_writes_into_its_input_changes_only_its_own_copy() -> None:
    ran = go(
        {"g": node("Gray", level=0.5, size=2), "d": node("Darken", image=link("g"), by=0.5)},
        "g",
        "d",
    )

    assert ran.values("g")[0].max() == 0.5
    assert ran.values("d")[0].max() == 0.25


def test_pictures_come_back_without_a_copy() -> None:
    convention.Kept.GIVEN.clear()
    ran = go({"k": node("Kept")})

    given = [tensor.data_ptr() for tensor in convention.Kept.GIVEN]
    assert [ran.values("k", slot)[0].ctypes.data for slot in range(3)] == given


def test_what_goes_beyond_the_contract_is_cut_where_our_nodes_read_it() -> None:
    known = convention.registry()
    for function in (invert_mask, image_invert):
        known.add(declaration_of(function))
    ran = go(
        {
            "b": node("Bright"),
            "image": node("ImageInvert", image=link("b")),
            "mask": node("InvertMask", mask=link("b", 1)),
            "kept": node("Echo", value=link("b")),
        },
        "image",
        "mask",
        "kept",
        registry=known,
    )

    assert (ran.values("image")[0] == np.zeros((1, 2, 2, 3))).all()
    assert (ran.values("mask")[0] == np.ones((1, 2, 2))).all()
    assert ran.values("kept")[0].max() == 1.5


def test_ui_values_are_told_in_json() -> None:
    ran = go({"g": node("Gray", level=0, size=2), "s": node("Show", value=link("g"))})

    (told,) = ran.told(Executed)
    assert told.ui == {"text": ("s: (1, 2, 2, 3)",)}


def test_a_type_of_a_pack_passes_as_the_object_itself() -> None:
    ran = go({"b": node("Bag", things=[1, {"x": 2}]), "u": node("Unbag", bag=link("b"))})

    assert ran.values("u") == ["{'things': [1, {'x': 2}]}"]


@pytest.mark.parametrize(("given", "shown"), [(5, "5"), (5.0, "5.0")])
def test_a_number_of_a_union_stays_as_it_is(given: float, shown: str) -> None:
    assert go({"u": node("Unbag", bag=given)}).values("u") == [shown]


def test_a_link_of_another_type_is_refused_and_a_wildcard_takes_all() -> None:
    nodes = {"g": node("Gray", level=0, size=2), "e": node("Echo", value=link("g"))}

    assert problems({**nodes, "d": node("Darken", image=link("e"), by=0)}) == []
    (found,) = problems({**nodes, "d": node("Darken", image=link("g", 1), by=0)})
    assert found.startswith("node 'd' (Darken): image takes an image, but 'g.picture 2' (Gray) is")


def test_hidden_inputs_are_filled_in() -> None:
    nodes = {"n": node("Number", value=3), "h": node("Hidden", number=link("n"), extra="s")}
    ran = run_nodes(nodes, registry=KNOWN, extra={"extra_pnginfo": {"workflow": {"id": 1}}})

    (given,) = ran.values("h")
    assert given["number"] == 3
    assert given["me"] == "h"
    assert given["png"] == {"workflow": {"id": 1}}
    assert given["token"] is None
    assert given["extra"] == "s"
    assert given["prompt"] == {
        "n": {"class_type": "Number", "inputs": {"value": 3}},
        "h": {"class_type": "Hidden", "inputs": {"number": ["n", 0], "extra": "s"}},
    }
    dynprompt = given["dynprompt"]
    assert dynprompt.all_node_ids() == {"n", "h"}
    assert dynprompt.get_original_prompt() == given["prompt"]
    assert dynprompt.has_node("n")
    assert not dynprompt.has_node("m")


def test_a_hidden_input_that_takes_anything_is_one_that_may_be_given() -> None:
    assert go({"h": node("HiddenWildcard")}).values("h") == ["nothing"]
    assert go({"h": node("HiddenWildcard", value=3)}).values("h") == [3]


def test_the_prompt_is_the_submitted_one_where_it_came_along() -> None:
    ran = run_nodes({"h": node("Hidden", number=3)}, registry=KNOWN, extra={"prompt": {"h": {}}})

    assert ran.values("h")[0]["prompt"] == {"h": {}}


def test_an_undeclared_link_is_passed_as_a_keyword() -> None:
    go({"n": node("Number", value=3), "e": node("Echo", value=1, more=link("n"))})

    assert RUNS == ["echo 1 {'more': 3}"]


def test_an_undeclared_literal_is_refused_in_a_recipe() -> None:
    assert problems({"e": node("Echo", value=1, more=2)}) == [
        "node 'e' (Echo): no input 'more'; allowed are value."
    ]


def test_a_class_with_every_input_gets_every_literal() -> None:
    ran = go({"n": node("Number", value=3), "f": node("Flexible", a=[1, 2], b=link("n"))})

    assert ran.values("f") == ["[('a', [1, 2]), ('b', 3)]"]


def test_a_class_with_every_hidden_input_gets_every_literal() -> None:
    ran = go({"f": node("Secretive", shown=1, extra="x")})

    assert ran.values("f") == ["[('extra', 'x'), ('me', 'f'), ('shown', 1)]"]


def test_a_state_that_is_equal_runs_nothing_anew() -> None:
    kept = memory()
    nodes = {"c": node("Changing", how="state")}

    go(nodes, kept=kept, job="1")
    go(nodes, kept=kept, job="2")
    convention.Changing.STATE = 2
    go(nodes, kept=kept, job="3")

    assert [
        *("asked state absent", "changing state"),
        "asked state absent",
        *("asked state absent", "changing state"),
    ] == RUNS


def test_a_state_is_asked_with_literals_only() -> None:
    go({"n": node("Number", value=3), "c": node("Changing", how="state", value=link("n"))})

    assert RUNS[0] == "asked state None"


@pytest.mark.parametrize(
    ("marks", "runs"), [([["x"], ["x"]], 1), ([["x"], ["y"]], 2), ([[None], [None]], 2)]
)
def test_a_mark_of_the_submitted_prompt_counts_as_the_state(marks: Any, runs: int) -> None:
    kept = memory()
    for job, mark in enumerate(marks):
        extra = {"prompt": {"c": {"is_changed": mark}}}
        go({"c": node("Changing", how="state")}, kept=kept, job=str(job), extra=extra)

    assert ["changing state"] * runs == RUNS


@pytest.mark.parametrize("how", ["always", "broken", "leaving"])
def test_no_state_means_that_it_runs_each_time(how: str) -> None:
    kept = memory()
    nodes = {"c": node("Changing", how=how), "e": node("Echo", value=link("c"))}

    go(nodes, kept=kept, job="1")
    go(nodes, kept=kept, job="2")

    assert RUNS.count(f"changing {how}") == 2
    assert len([run for run in RUNS if run.startswith("echo")]) == 2


def test_a_state_may_come_from_a_coroutine() -> None:
    kept = memory()
    for job in ("1", "2"):
        go({"c": node("ChangingLater", how="state")}, kept=kept, job=job)

    assert RUNS == ["changing state"]


def test_a_class_checks_its_own_literals() -> None:
    assert problems({"s": node("Strict", a=13, b=1)}) == [
        "node 's' (Strict): the node refuses its inputs: 13 brings bad luck. Change them."
    ]
    assert len(problems({"s": node("Strict", a=14, b=1)})) == 1
    (leaving,) = problems({"s": node("Strict", a=15, b=1)})
    assert "it tried to end the program" in leaving
    assert problems({"s": node("Strict", a=99, b=1)}) == []  # it looks at a itself
    assert problems({"s": node("Strict", a=1, b=99)}) == [
        "node 's' (Strict): b is 99; allowed is 0 to 10."
    ]
    assert RUNS == ["check 13", "check 14", "check 15", "check 99"]


def test_a_class_may_check_everything_in_a_coroutine() -> None:
    assert problems({"s": node("StrictAll", a=99, b=98)}) == []
    (found,) = problems({"s": node("StrictAll", a=99, b=99)})
    assert "a and b are both 99" in found


def test_a_class_may_check_the_types_of_what_is_linked() -> None:
    gray = {"g": node("Gray", level=0, size=2)}

    assert problems({**gray, "s": node("StrictTypes", a=link("g"), b=1)}) == []
    (found,) = problems({**gray, "s": node("StrictTypes", a=link("g", 1), b=1)})
    assert "a is MASK" in found


@pytest.mark.parametrize(
    ("a", "is_refused"), [(5.0, False), (5, True), ("five", True), ([1, 2], True)]
)
def test_a_literal_of_a_union_reaches_the_check_as_it_is(a: Any, is_refused: bool) -> None:
    # That of a single type is brought into its form before: b is 1.0 by then.
    assert bool(problems({"s": node("StrictUnion", a=a, b=1)})) is is_refused


@pytest.mark.parametrize(("kind", "is_refused"), [("Number", True), ("Half", False)])
def test_a_prompt_of_comfyui_has_exact_types(kind: str, is_refused: bool) -> None:
    prompt = {
        "n": {"class_type": kind, "inputs": {"value": 2}},
        "s": {"class_type": "StrictUnion", "inputs": {"a": ["n", 0], "b": ["n", 0]}},
    }
    graph, _ = read_comfy(Document(prompt), "")

    codes = [p.code for p in check(graph, KNOWN).errors if p.code != "no_outputs"]

    assert codes == (["type_mismatch"] * 2 if is_refused else [])
    native = {"n": node(kind, value=2), "s": node("StrictUnion", a=link("n"), b=link("n"))}
    assert problems(native) == []


def test_one_object_for_each_node_kept_between_jobs() -> None:
    nodes = {"a": node("Counter", value=1), "b": node("Counter", value=2)}

    assert go(nodes, "a", "b", job="1").values("a") == [1]
    ran = go(nodes, "a", "b", job="2")
    assert (ran.values("a"), ran.values("b")) == ([2], [2])
    go({"b": node("Counter", value=2)}, job="3")
    assert go(nodes, "a", "b", job="4").values("a") == [1]


def test_equal_nodes_run_once_unless_they_are_not_idempotent() -> None:
    ran = go({"a": node("Counter", value=7), "b": node("Counter", value=7)}, "a", "b", job="x")

    assert RUNS == ["count 7"]
    assert ran.finished() in ({"a": "computed", "b": "shared"}, {"a": "shared", "b": "computed"})

    RUNS.clear()
    own = {"a": node("OwnCounter", value=7), "b": node("OwnCounter", value=7)}
    kept = memory()
    go(own, "a", "b", kept=kept, job="y")
    go(own, "a", "b", kept=kept, job="z")
    assert RUNS == ["count 7", "count 7"]


def test_an_error_names_the_node_and_what_it_was_given() -> None:
    (failure,) = go({"b": node("Broken", value=3)}).failed()

    assert failure.message == "node 'b' (Broken): ValueError: cannot stand 3"
    assert failure.inputs == {"value": "3"}


@pytest.mark.parametrize(
    ("returned", "values"),
    [
        ((1, 2), [1, 2]),
        ((1,), [1, None]),
        ((1, 2, 3), [1, 2]),
        ([1, 2], [1, 2]),
        (None, [None, None]),
        ({"result": (1, 2)}, [1, 2]),
        ({"ui": {"text": "abc"}}, [None, None]),
    ],
)
def test_all_that_a_method_may_return(returned: Any, values: list[Any]) -> None:
    convention.Odd.GIVES = returned
    ran = go({"o": node("Odd")})

    assert [ran.values("o", 0)[0], ran.values("o", 1)[0]] == values


def test_a_method_that_gives_no_tuple_is_at_fault_itself() -> None:
    convention.Odd.GIVES = 5
    ran = go({"o": node("Odd"), "e": node("Echo", value=link("o"))})

    (failure,) = ran.failed()
    assert (failure.origin.node, failure.code) == ("o", "bad_node")


def test_a_spec_crosses_processes_and_tells_editors_what_the_class_says() -> None:
    declaration = KNOWN.get("Gray")
    assert declaration is not None
    spec = declaration.spec
    assert NodeSpec.from_json(orjson.loads(orjson.dumps(spec.to_json()))) == spec
    info = orjson.loads(spec.object_info)
    assert info["input"]["required"]["size"] == [[2, 4, 8], {"default": 4}]
    assert info["input_order"] == {"required": ["level", "size"], "optional": ["name"]}
    assert info["output_name"] == ["picture", "picture"]
    assert info["python_module"] == "custom_nodes.convention"
    assert (spec.lane, spec.is_target) == ("serial", False)


def test_every_spec_crosses_processes() -> None:
    for declaration in KNOWN:
        plain = orjson.dumps(declaration.spec.to_json())
        assert NodeSpec.from_json(orjson.loads(plain)) == declaration.spec


def test_another_version_of_a_pack_has_keys_of_its_own() -> None:
    kept = MemoryCache(1 << 20)
    nodes = {"c": node("Counter", value=5)}
    go(nodes, kept=kept, job="1")
    go(nodes, kept=kept, job="2", registry=convention.registry())
    assert RUNS == ["count 5"]

    go(nodes, kept=kept, job="3", registry=convention.registry(convention.OnePack(digest="2")))
    assert RUNS == ["count 5", "count 5"]


def test_lists_go_in_whole_and_come_out_spread() -> None:
    ran = go(
        {
            "n": node("CountUp", n=3),
            "l": node("Lists", values=link("n"), times=2),
            "sum": node("Add", a=link("l"), b=100),
        },
        "l",
        "sum",
    )

    assert RUNS == ["lists [0, 1, 2] [2] ['l']"]
    assert ran.values("l", 0) == [0, 1, 2, 0, 1, 2]
    assert ran.values("l", 1) == [3]
    assert ran.values("sum") == [100, 101, 102, 100, 101, 102]


def test_a_class_without_lists_is_called_for_each_element_shorter_lists_repeat() -> None:
    ran = go(
        {
            "n": node("CountUp", n=3),
            "m": node("CountUp", n=2),
            "e": node("Echo", value=link("n"), more=link("m")),
            "s": node("Show", value=link("e")),
        },
        "s",
    )

    assert RUNS[:3] == ["echo 0 {'more': 0}", "echo 1 {'more': 1}", "echo 2 {'more': 1}"]
    (told,) = ran.told(Executed)
    assert told.ui == {"text": ("s: 0", "s: 1", "s: 2")}


@pytest.mark.parametrize("kind", ["Pick", "PickLater"])
@pytest.mark.parametrize(("first", "chosen"), [(True, 1), (False, 2)])
def test_only_what_a_lazy_class_asks_for_runs(kind: str, first: bool, chosen: int) -> None:
    ran = go(
        {
            "a": node("Number", value=1),
            "b": node("Number", value=2),
            "p": node(kind, first=first, a=link("a"), b=link("b")),
        }
    )

    assert ran.values("p") == [chosen]
    assert ran.started() == ["a" if first else "b", "p"]


def test_a_lazy_class_is_asked_until_it_wants_no_more() -> None:
    go(
        {
            "a": node("Number", value=1),
            "b": node("Number", value=2),
            "p": node("Pick", first=True, a=link("a"), b=link("b")),
        }
    )

    assert RUNS == ["pick asks p None None", "pick asks p 1 None"]


def test_each_element_of_a_list_may_ask_for_another_input() -> None:
    ran = go(
        {
            "n": node("CountUp", n=2),
            "odd": node("IsOdd", value=link("n")),
            "a": node("Number", value=10),
            "b": node("Number", value=20),
            "p": node("Pick", first=link("odd"), a=link("a"), b=link("b")),
        }
    )

    assert ran.values("p") == [20, 10]


def test_a_lazy_input_that_nobody_asks_for_is_none() -> None:
    ran = go({"n": node("Number", value=1), "l": node("NeverAsks", value=link("n"))})

    assert ran.values("l") == ["None"]
    assert ran.started() == ["l"]


def test_a_lazy_input_that_is_there_comes_unasked() -> None:
    kept = memory()
    nodes = {"n": node("Number", value=1), "l": node("NeverAsks", value=link("n"))}
    run_nodes(nodes, "n", registry=KNOWN, kept=kept)
    assert go(nodes, kept=kept).values("l") == ["1"]

    assert go(nodes, "n", "l", lanes=ONE_LANE).values("l") == ["1"]


def test_a_lazy_input_that_failed_or_is_blocked_harms_nobody_who_did_not_ask() -> None:
    nodes = {
        "b": node("Block", value=1, why=""),
        "f": node("Broken", value=1),
        "x": node("NeverAsks", value=link("b")),
        "y": node("NeverAsks", value=link("f")),
    }
    ran = go(nodes, "b", "f", "x", "y", lanes=ONE_LANE)

    assert (ran.values("x"), ran.values("y")) == (["None"], ["None"])


def test_asking_for_an_input_that_is_not_given_is_an_error() -> None:
    (failure,) = go({"p": node("Pick", first=True, a=-1, b=2)}).failed()

    assert failure.message == (
        "node 'p' (Pick): it asks for its input 'c', which is not given. Link it."
    )


def test_a_raw_link_is_the_link_itself_and_its_source_runs_first() -> None:
    ran = go({"n": node("Number", value=1), "r": node("RawLink", link=link("n"))})

    assert ran.values("r") == ["['n', 0]"]
    assert ran.started() == ["n", "r"]


def test_a_blocked_element_leaves_out_its_calls_alone() -> None:
    ran = go(
        {
            "n": node("CountUp", n=3),
            "b": node("Block", value=link("n"), why=""),
            "s": node("Show", value=link("b")),
        }
    )

    assert RUNS == ["show 0", "show 2"]
    assert ran.told(Executed)[0].ui == {"text": ("s: 0", "s: 2")}
    assert ran.told(Warned) == []


def test_a_blocker_with_a_message_is_told_once_by_the_first_that_it_stops() -> None:
    ran = go(
        {
            "b": node("Block", value=1, why="not today"),
            "e": node("Echo", value=link("b")),
            "s": node("Show", value=link("e")),
            "beside": node("Echo", value=link("b", 1)),
        },
        "s",
        "beside",
    )

    assert [(w.origin.node, w.message, w.code) for w in ran.told(Warned)] == [
        ("e", "not today", "blocked")
    ]
    assert ran.told(Executed) == []
    assert ran.outcome.state == "succeeded"
    assert ran.values("beside") == [1]


def test_a_blocker_alone_fills_all_outputs() -> None:
    ran = go({"b": node("Block", value=-1, why="")})

    assert [ran.values("b", 0), ran.values("b", 1)] == [[Blocked()], [Blocked()]]


def test_a_class_expands_into_others() -> None:
    ran = go({"s": node("Sum", n=4)})

    assert ran.values("s", 0) == [10]
    assert ran.values("s", 1) == ["expanded"]


def test_ids_of_an_expansion_are_those_of_the_builder() -> None:
    ran = go({"s": node("Sum", n=1)})

    about = {e.origin.node: e.origin for e in ran.told(NodeStarted)}
    assert sorted(about) == ["s", "s.0.0.1", "s.0.0.2"]
    assert about["s.0.0.1"].parent == "s"
    assert about["s.0.0.1"].display == "s"


def test_calls_of_a_list_expand_each_for_itself() -> None:
    ran = go({"n": node("CountUp", n=4), "s": node("Sum", n=link("n"))})

    assert ran.values("s", 0) == [0, 1, 3, 6]
    assert ran.values("s", 1) == ["the end", "expanded", "expanded", "expanded"]


def test_targets_inside_of_an_expansion_run_too() -> None:
    def give(graph: Any, value: Any) -> Any:
        graph.node("Show", value=value)
        return {"result": (value,), "expand": graph.finalize()}

    convention.Expand.GIVES["target"] = give
    ran = go({"x": node("Expand", how="target", value=5)})

    assert RUNS == ["show 5"]
    assert ran.values("x") == [5]


def told_inside(ran: Ran) -> list[tuple[str, str | None, str, Any]]:
    """What nodes of expansions show: id, parent, where it is displayed, and what."""
    return [
        (e.origin.node, e.origin.parent, e.origin.display, e.ui["text"])
        for e in ran.told(Executed)
        if e.origin.parent
    ]


def test_what_is_shown_inside_of_an_expansion_is_shown_again_where_its_result_is_kept() -> None:
    def give(graph: Any, value: Any) -> Any:
        graph.node("Show", value=value)
        inner = graph.node("Expand", "e", how="inner", value=value)
        return {"result": (inner.out(0),), "expand": graph.finalize()}

    def give_inner(graph: Any, value: Any) -> Any:
        graph.node("Show", value=-value).set_override_display_id("elsewhere")
        return {"result": (value,), "expand": graph.finalize()}

    convention.Expand.GIVES |= {"outer": give, "inner": give_inner}
    kept = memory()
    first = go({"x": node("Expand", how="outer", value=5)}, kept=kept, job="1")
    again = go({"y": node("Expand", how="outer", value=5)}, kept=kept, job="2")

    assert RUNS == ["show 5", "show -5"]
    assert again.finished() == {"y": "cached"}
    assert sorted(told_inside(first)) == [
        ("x.0.0.1", "x", "x", ("x.0.0.1: 5",)),
        ("x.0.0.e.0.0.1", "x.0.0.e", "elsewhere", ("x.0.0.e.0.0.1: -5",)),
    ]
    assert [(id_, parent, display) for id_, parent, display, _ in sorted(told_inside(again))] == [
        ("y.0.0.1", "y", "y"),
        ("y.0.0.e.0.0.1", "y.0.0.e", "elsewhere"),
    ]


def test_an_expansion_in_which_a_target_failed_is_not_kept() -> None:
    def give(graph: Any, value: Any) -> Any:
        graph.node("Show", value=graph.node("Broken", value=value).out(0))
        return {"result": (value,), "expand": graph.finalize()}

    convention.Expand.GIVES["broken"] = give
    kept = memory()
    for job in ("1", "2"):
        ran = go({"x": node("Expand", how="broken", value=5)}, kept=kept, job=job)
        assert ran.outcome.state == "failed"


def test_tensors_objects_and_blockers_may_stand_in_an_expansion() -> None:
    class Thing:
        def __deepcopy__(self, _: Any) -> Any:
            raise TypeError("there is only one")

        def __repr__(self) -> str:
            return "a thing"

    def give(graph: Any, _: Any) -> Any:
        dark = graph.node("Darken", image=torch.ones(1, 2, 2, 3), by=0.5)
        bag = graph.node("Bag", things=[Thing()])
        graph.node("Bag", things="half a \ud800")
        graph.node("Show", value=2**70)
        graph.node("Show", value=ExecutionBlocker(None))
        graph.node("Show", value=graph.node("Unbag", bag=bag.out(0)).out(0))
        return {"result": (dark.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["objects"] = give
    ran = go({"x": node("Expand", how="objects")})

    assert (ran.values("x")[0] == 0.5).all()
    assert ["bag [a thing]", f"show {2**70}", "show {'things': [a thing]}"] == RUNS


@pytest.mark.parametrize("given", [torch.full((1, 2, 2, 3), 0.25), torch.full((2, 2, 3), 0.25)])
def test_a_picture_that_an_expansion_gives_to_a_node_of_ours_is_one_of_ours(given: Any) -> None:
    known = convention.registry()
    known.add(declaration_of(image_invert))

    def give(graph: Any, _: Any) -> Any:
        made = graph.node("ImageInvert", image=given)
        return {"result": (made.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["ours"] = give
    ran = go({"x": node("Expand", how="ours")}, registry=known)

    assert (ran.values("x")[0] == np.full((1, 2, 2, 3), 0.75)).all()


def test_data_that_a_node_of_ours_cannot_take_from_an_expansion_are_an_error() -> None:
    known = convention.registry()
    known.add(declaration_of(image_invert))

    def give(graph: Any, _: Any) -> Any:
        made = graph.node("ImageInvert", image=object())
        return {"result": (made.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["nonsense"] = give
    (failure,) = go({"x": node("Expand", how="nonsense")}, registry=known).failed()

    assert failure.code == "wrong_type"
    assert failure.message.startswith("node 'x' (Expand): its expansion has node '0.1' (ImageInv")


def test_a_result_may_be_a_link_that_came_in() -> None:
    def give(graph: Any, value: Any) -> Any:
        graph.node("Number", value=1)
        return {"result": (["n", 0],), "expand": graph.finalize()}

    convention.Expand.GIVES["outside"] = give
    ran = go({"n": node("Number", value=3), "x": node("Expand", how="outside", value=link("n"))})

    assert ran.values("x") == [3]


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("Broken", {"value": 1}, "node 'x' (Broken): ValueError: cannot stand 1"),
        ("Nobody", {}, "node 'x' (Expand): 'x.0.0.1' has the type 'Nobody', which"),
        ("Pick", {"first": True}, "node 'x' (Pick): TypeError: "),
        ("Half", {}, "node 'x' (Expand): its expansion has node '0.1' (Half): value is missing."),
        ("Half", {"value": "a"}, "node 'x' (Expand): its expansion has node '0.1' (Half): value"),
    ],
)
def test_errors_in_an_expansion_name_the_submitted_node(
    kind: str, inputs: Any, message: str
) -> None:
    def give(graph: Any, _: Any) -> Any:
        made = graph.node(kind, **inputs)
        return {"result": (made.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["fault"] = give
    (failure,) = go({"x": node("Expand", how="fault")}).failed()

    assert failure.message.startswith(message)
    assert failure.origin.submitted == "x"


def test_an_id_that_the_graph_has_already_is_an_error() -> None:
    convention.Expand.GIVES["twice"] = lambda *_: {
        "result": (["n", 0],),
        "expand": {"n": {"class_type": "Number", "inputs": {"value": 1}}},
    }
    nodes = {"n": node("Number", value=3), "x": node("Expand", how="twice", value=link("n"))}
    (failure,) = go(nodes).failed()

    assert failure.code == "duplicate_node"


def test_nodes_of_an_expansion_that_wait_for_each_other_are_an_error() -> None:
    def give(graph: Any, _: Any) -> Any:
        one = graph.node("Echo", "one")
        two = graph.node("Echo", "two", value=one.out(0))
        one.set_input("value", two.out(0))
        return {"result": (one.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["ring"] = give
    (failure,) = go({"x": node("Expand", how="ring")}).failed()

    assert failure.code == "cycle"
    assert failure.origin.submitted == "x"


def test_an_expansion_that_reads_what_waits_for_it_is_at_fault() -> None:
    def give(graph: Any, _: Any) -> Any:
        inner = graph.node("Echo", value=["e", 0])
        return {"result": (inner.out(0),), "expand": graph.finalize()}

    convention.Expand.GIVES["outer ring"] = give
    nodes = {
        "b": node("Number", value=1),
        "x": node("Expand", how="outer ring"),
        "e": node("Echo", value=link("x")),
        "f": node("Echo", value=link("e")),
    }
    ran = go(nodes, "f", "b")

    (failure,) = ran.failed()
    assert (failure.origin.node, failure.code) == ("x", "cycle")
    assert (ran.outcome.state, ran.values("b")) == ("failed", [1])


@pytest.mark.parametrize("lanes", [ONE_LANE, MANY_LANES])
def test_a_loop_repeats_what_lies_between_its_ends(lanes: Any) -> None:
    ran = go(
        {
            "begin": node("WhileOpen", value=0),
            "add": node("Add", a=link("begin", 1), b=2),
            "end": node("WhileClose", flow=link("begin"), value=link("add"), end=9),
        },
        lanes=lanes,
    )

    assert ran.values("end") == [10]
    shown = {e.origin.display for e in ran.told(NodeStarted)}
    assert shown == {"begin", "add", "end"}


def test_async_nodes_overlap() -> None:
    convention.Wait.THERE = 0
    nodes = {str(i): node("Wait", value=i, parties=3) for i in range(3)}

    ran = go(nodes, *nodes)

    assert [ran.values(id_) for id_ in nodes] == [[0], [1], [2]]


def test_calls_of_an_async_node_over_a_list_overlap_in_order() -> None:
    convention.Wait.THERE = 0

    ran = go({"n": node("CountUp", n=4), "w": node("Wait", value=link("n"), parties=4)})

    assert ran.values("w") == [0, 1, 2, 3]


def test_sync_nodes_of_packs_run_one_at_a_time() -> None:
    lanes = {
        declaration.spec.lane for declaration in map(KNOWN.get, ["Echo", "Gray"]) if declaration
    }

    assert lanes == {"serial"}


def test_what_a_class_shows_is_not_kept_on_disk(tmp_path: Path) -> None:
    with ResultStore(tmp_path, 1 << 20) as store:
        show, gray = KNOWN.spec("Show"), KNOWN.spec("Gray")
        assert show is not None
        assert gray is not None
        store.offer("shown", Entry((), {"text": ("a",)}, seconds=9), show, KNOWN)
        odd = [torch.zeros(1, 2, 2, 3)] * 2  # where a picture is declared
        store.offer("made", Entry(((Value(odd),), ()), seconds=9), gray, KNOWN)
        picture = np.zeros((1, 2, 2, 3), np.float32)
        store.offer("picture", Entry(((Value(picture),), ()), seconds=9), gray, KNOWN)

    with ResultStore(tmp_path, 1 << 20) as store:
        assert ["shown" in store, "made" in store, "picture" in store] == [False, False, True]


def test_opaque_values_are_weighed_by_the_arrays_in_them() -> None:
    socket = KNOWN.socket("Bag of things")

    assert socket.weigh({"samples": torch.zeros(1000)}) >= 4000
    ring: list[Any] = []
    ring.append(ring)
    assert socket.weigh(ring) == 64


@pytest.mark.parametrize("kind", ["Interrupted", "InterruptedAsking"])
def test_a_class_may_end_the_run(kind: str) -> None:
    ran = go({"n": node("Number", value=1), "i": node(kind, value=link("n"))})

    assert ran.outcome.state == "cancelled"
    assert ran.failed() == []


@pytest.mark.parametrize("kind", ["Changing", "OwnCounter", "Counter"])
def test_a_recipe_knows_whether_its_nodes_may_give_something_else(kind: str) -> None:
    given = {"how": "always"} if kind == "Changing" else {"value": 1}
    graph = Graph({"it": node(kind, **given)}, outputs={"it": link("it")})

    spec = recipe_declaration("r", graph, KNOWN).spec

    assert spec.volatile is (kind != "Counter")


def test_a_class_that_ends_the_program_fails_alone() -> None:
    ran = go({"l": node("Leaving"), "n": node("Number", value=1)}, "l", "n")

    (failure,) = ran.failed()
    assert "it tried to end the program (exit code 3)" in failure.message
    assert ran.values("n") == [1]


def test_objects_are_let_go_of_when_memory_is_to_be_free() -> None:
    known = convention.registry()
    nodes = {"c": node("Counter", value=1)}
    go(nodes, registry=known, job="1")

    known.release()

    assert go(nodes, registry=known, job="2").values("c") == [1]


def test_explain_tells_of_states() -> None:
    graph = check(
        Graph(
            {
                "a": node("Changing", how="always"),
                "s": node("Changing", how="state"),
                "e": node("Echo", value=link("a")),
            }
        ),
        KNOWN,
    ).graph
    last = record(graph, KNOWN)
    convention.Changing.STATE = 2

    told = explain(graph, ["s", "e"], Keeping(KNOWN, None, None), last)

    by_id = {one.node: (one.changed, one.why) for one in told}
    assert by_id["a"] == ((), "it may give something else each time")
    assert by_id["s"] == (("state",), "")
    assert by_id["e"][1] == "what it reads is known only when it runs; the result is found then"


def test_a_loop_may_be_made_of_a_loop() -> None:
    ran = go(
        {
            "begin": node("WhileOpen", value=0),
            "show": node("Echo", value=link("begin", 1)),
            "end": node("Repeat3", flow=link("begin"), value=link("show")),
        }
    )

    assert ran.values("end") == [6]
    assert RUNS == ["echo 0", "echo 2", "echo 4"]


def test_values_of_an_expansion_that_json_does_not_hold_arrive_as_they_are() -> None:
    values = [(1, 2), [(1, 2)], {3: 4}, [float("inf")], float("-inf"), [1, {"a": None}], 2**70]

    def give(graph: Any, _: Any) -> Any:
        for value in values:
            graph.node("Show", value=value)
        return {"result": (0,), "expand": graph.finalize()}

    convention.Expand.GIVES["values"] = give
    go({"x": node("Expand", how="values")})

    assert sorted(RUNS) == sorted(f"show {value}" for value in values)
