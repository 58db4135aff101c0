"""Parameters that stand for several inputs, and unions of types."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

import pytest

from paintgraph.base.text.document import Document
from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.coercion import canonical
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node, Source
from paintgraph.engine.graph.sockets import BOOL, FLOAT, INT, TEXT, Value, union
from paintgraph.engine.graph.spec import InputSpec, NodeSpec, When
from paintgraph.engine.node.declaration import (
    Forms,
    Grows,
    OneOf,
    Output,
    Range,
    declaration_of,
    node,
)
from paintgraph.engine.node.registry import Registry
from paintgraph.engine.recipes.checking import Checked, check
from paintgraph.tests import fake_nodes
from paintgraph.tests.engine.runs import Ran, run_nodes

declare = node(title="Test", category="test")
Numbers = Annotated[dict[str, int], Grows("abc", least=1), "A number."]


class ByFactor(NamedTuple):
    """Scale by a factor."""

    factor: Annotated[float, Range(0, 8), "2 doubles."] = 1
    sharp: Annotated[bool, "Whether."] = False


class ToSide(NamedTuple):
    """Scale to a side."""

    side: Annotated[int, Range(1, 64), "Its length."]
    sharp: Annotated[bool, "Whether."] = False


Way = Annotated[ByFactor | ToSide, Forms({"by": ByFactor, "to": ToSide}), "How."]


@declare
def scale(way: Way, last: int = 0) -> Annotated[str, Output("said")]:
    """Say what was given."""
    return f"{way} {last}"


@declare
def total_of(values: Numbers, times: int = 1) -> Annotated[int, Output("sum")]:
    """Add some numbers."""
    return sum(values.values()) * times


REGISTRY = Registry([*fake_nodes.FUNCTIONS, scale, total_of])


def checked(kind: str, inputs: dict[str, Any], *, foreign: bool = False) -> Checked:
    """What a check finds in a graph of one node, and a number that it may be linked to."""
    source = Source("", Document({}), form="prompt" if foreign else "recipe")
    nodes = {"n": Node("Number", {"value": 3}), "it": Node(kind, inputs)}
    outputs = {"it": Link("it", 0), "n": Link("n", 0)}
    declared = {"way": InputSpec("way", "text")}
    return check(Graph(nodes, declared, outputs, source=source), REGISTRY)


def messages(found: Checked) -> list[str]:
    """What the check says."""
    return [f"{p.severity} {p.code}: {p.message}" for p in found.problems]


def ran(kind: str, **inputs: object) -> Ran:
    """The run of one node over literals."""
    return run_nodes({"it": Node(kind, inputs)}, registry=REGISTRY)


def test_a_choice_and_its_fields_are_inputs_after_each_other() -> None:
    spec = declaration_of(scale).spec

    assert spec.inputs == (
        InputSpec("way", "text", choices=("by", "to"), about="How."),
        InputSpec("way.factor", "float", required=False, default=1.0, minimum=0, maximum=8,
                  about="2 doubles.", when=When("way", ("by",))),
        InputSpec("way.sharp", "bool", required=False, default=False, about="Whether.",
                  when=When("way", ("by", "to"))),
        InputSpec("way.side", "int", minimum=1, maximum=64, about="Its length.",
                  when=When("way", ("to",))),
        InputSpec("last", "int", required=False, default=0),
    )  # fmt: skip
    assert NodeSpec.from_json(spec.to_json()) == spec


def test_what_grows_are_inputs_of_which_the_first_are_needed() -> None:
    spec = declaration_of(total_of).spec

    grown = [(i.name, i.type, i.required, i.grows, i.about) for i in spec.inputs[:3]]
    assert grown == [
        ("values.a", "int", True, True, "A number."),
        ("values.b", "int", False, True, "A number."),
        ("values.c", "int", False, True, "A number."),
    ]
    assert NodeSpec.from_json(spec.to_json()) == spec


def test_the_function_gets_an_object_of_the_choice_and_a_mapping() -> None:
    by, to = {"way": "by", "way.factor": 2}, {"way": "to", "way.side": 5, "way.sharp": True}

    assert ran("Scale", **by).values("it") == ["ByFactor(factor=2.0, sharp=False) 0"]
    assert ran("Scale", **to, last=1).values("it") == ["ToSide(side=5, sharp=True) 1"]
    assert ran("TotalOf", **{"values.a": 1, "values.c": 4}, times=2).values("it") == [10]


def test_only_what_counts_is_needed_and_filled_in() -> None:
    by = checked("Scale", {"way": "by"})
    to = checked("Scale", {"way": "to"})
    total = checked("TotalOf", {"values.b": 1})

    assert by.graph.nodes["it"].inputs == {
        "way": "by", "way.factor": 1.0, "way.sharp": False, "last": 0
    }  # fmt: skip
    assert messages(to) == [
        (
            "error missing_input: node 'it' (Scale): way.side is missing though way is 'to'; "
            "it needs a whole number. Add it."
        )
    ]
    assert messages(total) == [
        (
            "error missing_input: node 'it' (TotalOf): values.a is missing; "
            "it needs a whole number. Add it."
        )
    ]
    assert "values.c" not in total.graph.nodes["it"].inputs


@pytest.mark.parametrize(
    ("foreign", "expected"),
    [
        (False, ["error unknown_input: {}. Take it out."]),
        (True, ["warning unused_input: {}; it is left out."]),
    ],
)
def test_what_does_not_count_is_told(foreign: bool, expected: list[str]) -> None:  # noqa: FBT001
    found = checked("Scale", {"way": "by", "way.side": 900}, foreign=foreign)

    said = "node 'it' (Scale): way.side does not count while way is 'by', but with 'to'"
    assert messages(found) == [text.format(said) for text in expected]
    assert "way.side" not in found.graph.nodes["it"].inputs


@pytest.mark.parametrize("decisive", [Link("n", 0), InputRef("way")])
def test_where_a_link_or_an_input_decides_all_may_be_given(decisive: object) -> None:
    found = checked("Scale", {"way": decisive, "way.side": 900})

    assert [p.code for p in found.errors if p.input == "way.side"] == ["out_of_range"]
    assert not [p for p in found.problems if p.code == "missing_input"]


def test_what_only_the_run_can_miss_is_told_by_its_name() -> None:
    by = {"it": Node("Scale", {"way": Value("to")})}

    (failure,) = run_nodes(by, registry=REGISTRY).failed()

    assert failure.code == "missing_input"
    assert failure.message == (
        "node 'it' (Scale): way is 'to', but way.side is not given. Link or write a value there."
    )


class OtherSide(NamedTuple):
    """Another input of the same name."""

    side: float


def differing(way: Annotated[ToSide | OtherSide, Forms({"a": ToSide, "b": OtherSide})]) -> int:
    """Have two inputs of one name."""
    raise NotImplementedError(way)


def no_mapping(values: Annotated[list[int], Grows("ab")]) -> int:
    """Grow a list."""
    raise NotImplementedError(values)


def follows_nothing(a: int) -> Annotated[Any, Output("output", ("b",))]:
    """Follow an input that is not there."""
    raise NotImplementedError(a)


def counts_by_nothing(a: Annotated[int, When("b", (1,))]) -> int:
    """Count by an input that is not there."""
    raise NotImplementedError(a)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (differing, "'way' has two different inputs 'way.side'"),
        (no_mapping, "what grows is a mapping by name. Use dict."),
        (follows_nothing, "FollowsNothing: an output follows 'b', which is no input. Correct it."),
        (counts_by_nothing, "'a' counts by 'b', which is no input before it. Correct it."),
    ],
)
def test_what_cannot_be_meant_is_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(function)

    assert message in caught.value.message


@pytest.mark.parametrize("value", [5, 5.0, True, "5", 2**64 - 1])
def test_a_literal_of_a_union_keeps_its_own_type(value: object) -> None:
    found = canonical(InputSpec("a", "text|float|int|bool"), value)

    assert (found, type(found)) == (value, type(value))
    assert canonical(InputSpec("a", "float|bool"), 5) == 5.0


def test_a_union_treats_each_datum_by_the_socket_that_takes_it() -> None:
    either = union([fake_nodes.BOX, TEXT])
    kept = union([INT, FLOAT, BOOL])
    box = fake_nodes.Box(700)

    assert (either.name, either.wire) == ("box|text", "BOX,STRING")
    assert either.check(box) is box
    assert either.weigh(box) == 700
    assert either.encode is None
    with pytest.raises(ValueError, match="is no box; allowed is a box"):
        either.check(3)
    assert kept.encode is not None
    assert kept.decode is not None
    for datum in (3, 0.5, True):
        back = kept.decode(kept.encode(datum))
        assert (back, type(back)) == (datum, type(datum))


def test_what_comes_to_a_union_is_of_one_of_its_types() -> None:
    @declare
    def either(value: Annotated[Any, OneOf((INT, TEXT))]) -> Annotated[Any, OneOf((INT, TEXT))]:
        """Give an int or a text, or what is neither."""
        return 0.5 if value == 3 else value

    registry = Registry([*fake_nodes.FUNCTIONS, either])
    nodes = {"n": Node("Number", {"value": 3}), "it": Node("Either", {"value": Link("n", 0)})}

    (failure,) = run_nodes(nodes, registry=registry).failed()

    assert "output 'int|text' of Either is 0.5; allowed is a whole number" in failure.message
