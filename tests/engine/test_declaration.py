"""What a function's signature declares, and what is refused."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import orjson
import pytest
from pydantic import ValidationError

from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.sockets import TEXT, Blocked, Result
from paintgraph.engine.graph.spec import InputSpec, NodeSpec, OutputSpec
from paintgraph.engine.node.context import Context
from paintgraph.engine.node.declaration import (
    LAZY,
    MULTILINE,
    RAW,
    Conversion,
    OneOf,
    Output,
    Range,
    Resource,
    declaration_of,
    node,
)
from paintgraph.engine.node.registry import Registry
from paintgraph.nodes import build_registry
from paintgraph.tests import fake_nodes
from paintgraph.tests.fake_nodes import BOX, Box, BoxIn

declare = node(title="Test", category="test")
SPECS = [d.spec for d in (*fake_nodes.registry(), *build_registry())]


class Two(NamedTuple):
    """A number and a box."""

    first: Annotated[int, "The first."]
    second: BoxIn


def every_form(  # noqa: PLR0913 - one of each
    context: Context,
    whole: int,
    ranged: Annotated[float, Range(0, 1, "px", 0.1), "How far."],
    flag: bool,  # noqa: FBT001
    boxed: BoxIn,
    anything: Any,
    either: Annotated[Any, OneOf((TEXT, BOX))],
    choice: Literal["a", "b"] = "b",
    texts: list[str] | None = None,
    choices: list[Literal["x", "y"]] = ["y"],  # noqa: B006 - becomes a tuple
    numbers: list[int] = [1, 2],  # noqa: B006 - becomes a tuple
    later: Annotated[int, LAZY] = 3,
    link: Annotated[Any, RAW] = None,
    prompt: Annotated[str, MULTILINE] = "",
    picture: Annotated[str, Resource("picture")] = "",
    maybe: BoxIn | None = None,
    number: float = 5,
) -> Two:
    """Take everything.

    And more.
    """
    del context, ranged, flag, anything, either, choice, texts, choices, numbers, later, link
    del prompt, picture, maybe, number
    return Two(whole, boxed)


def test_each_annotation_declares_an_input() -> None:
    spec = declaration_of(declare(every_form)).spec

    assert (
        InputSpec("whole", "int"),
        InputSpec("ranged", "float", minimum=0, maximum=1, unit="px", step=0.1, about="How far."),
        InputSpec("flag", "bool"),
        InputSpec("boxed", "box"),
        InputSpec("anything", "any"),
        InputSpec("either", "text|box"),
        InputSpec("choice", "text", required=False, default="b", choices=("a", "b")),
        InputSpec("texts", "list", required=False, items="text"),
        InputSpec(
            "choices", "list", required=False, default=("y",), choices=("x", "y"), items="text"
        ),
        InputSpec("numbers", "list", required=False, default=(1, 2), items="int"),
        InputSpec("later", "int", required=False, default=3, lazy=True),
        InputSpec("link", "any", required=False, raw=True),
        InputSpec("prompt", "text", required=False, default="", multiline=True),
        InputSpec("picture", "text", required=False, default="", resource="picture"),
        InputSpec("maybe", "box", required=False),
        InputSpec("number", "float", required=False, default=5.0),
    ) == spec.inputs
    assert repr(spec.inputs[-1].default) == "5.0"


def test_each_return_type_declares_outputs() -> None:
    def outputs(returned: object) -> tuple[OutputSpec, ...]:
        def function() -> Any:
            """Do."""

        function.__annotations__["return"] = returned
        return declaration_of(declare(function)).spec.outputs

    assert outputs(None) == ()
    assert outputs(Result) == ()
    assert (OutputSpec("int", "int"),) == outputs(int)
    assert (OutputSpec("total", "int"),) == outputs(Annotated[int, Output("total")])
    assert (OutputSpec("box", "box"),) == outputs(BoxIn | Blocked)
    assert (OutputSpec("int", "int", is_list=True),) == outputs(list[int])
    assert (OutputSpec("all", "box", is_list=True),) == outputs(
        Annotated[list[BoxIn], Output("all")]
    )
    assert (OutputSpec("first", "int", "The first."), OutputSpec("second", "box")) == outputs(Two)


def test_the_rest_of_a_declaration_comes_from_the_function() -> None:
    declared = declaration_of(declare(every_form))

    assert ("EveryForm", "Test", "test", __name__) == (
        declared.spec.id,
        declared.spec.title,
        declared.spec.category,
        declared.spec.module,
    )
    assert declared.spec.about == "Take everything.\n\nAnd more."
    assert {"box", "text"} == {socket.name for socket in declared.sockets}
    assert not declared.is_async
    assert declaration_of(fake_nodes.wait).is_async


def test_a_declared_function_stays_a_function() -> None:
    assert fake_nodes.add(2, b=3) == 5
    assert fake_nodes.split(3) == (1, 2)


def test_inputs_of_a_node_that_takes_lists_have_the_type_of_the_items() -> None:
    @node(title="Test", category="test", takes_lists=True)
    def both(a: list[int], b: Annotated[list[float], Range(0, 1)], c: list[BoxIn]) -> int:
        """Take lists."""
        return len(a) + len(b) + len(c)

    assert (
        InputSpec("a", "int"),
        InputSpec("b", "float", minimum=0, maximum=1),
        InputSpec("c", "box"),
    ) == declaration_of(both).spec.inputs


def no_type(value) -> int:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Do."""
    del value
    return 1


def many(*values: int) -> int:
    """Do."""
    return sum(values)


def no_docstring(value: int) -> int:
    return value


def unknown_type(value: complex) -> int:
    """Do."""
    del value
    return 1


def unknown_item(values: list[complex]) -> int:
    """Do."""
    del values
    return 1


def unknown_output(value: int) -> complex:
    """Do."""
    return complex(value)


def choice_of_numbers(value: Literal[1, 2]) -> int:
    """Do."""
    return value


def bad_default(radius: Annotated[int, Range(0, 9, "px")] = 10) -> int:
    """Do."""
    return radius


def bad_choice(choice: Literal["a", "b"] = "c") -> int:  # type: ignore[assignment]
    """Do."""
    return len(choice)


def takes_node(node: int) -> int:
    """Do."""
    return node


def endless(seed: Annotated[int, Range(-1, 2**64)] = 0) -> int:
    """Do."""
    return seed


def takes_recipe(recipe: int) -> int:
    """Do."""
    return recipe


def takes_title(_title: int) -> int:
    """Do."""
    return _title


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_type, "no_type: parameter 'value' has no type; each input needs one. Annotate it."),
        (many, "many: parameter 'values' has no type; each input needs one. Annotate it."),
        (no_docstring, "NoDocstring has no docstring; its first line is the tooltip."),
        (
            unknown_type,
            (
                "unknown_type: parameter 'value' is a <class 'complex'>; no socket is known for "
                "it. Add one."
            ),
        ),
        (
            unknown_item,
            (
                "unknown_item: parameter 'values', an entry, is a <class 'complex'>; no socket is "
                "known for it. Add one."
            ),
        ),
        (
            unknown_output,
            "unknown_output: output '' is a <class 'complex'>; no socket is known for it. Add one.",
        ),
        (
            choice_of_numbers,
            (
                "choice_of_numbers: parameter 'value' is a typing.Literal[1, 2]; no socket is "
                "known for it. Add one."
            ),
        ),
        (
            bad_default,
            (
                "bad_default: parameter 'radius' has a default that it would refuse: radius is 10; "
                "allowed is 0 to 9 px."
            ),
        ),
        (
            bad_choice,
            (
                "bad_choice: parameter 'choice' has a default that it would refuse: choice is 'c'; "
                "allowed are a, b."
            ),
        ),
        (
            takes_node,
            "takes_node: parameter 'node' has a name that recipes need themselves. Rename it.",
        ),
        (
            endless,
            (
                "endless: parameter 'seed' has the bound 18446744073709551616; allowed are whole "
                "numbers from -9223372036854775808 to 18446744073709551615. Take one of these."
            ),
        ),
        (
            takes_recipe,
            "takes_recipe: parameter 'recipe' has a name that recipes need themselves. Rename it.",
        ),
        (
            takes_title,
            "takes_title: parameter '_title' has a name that recipes need themselves. Rename it.",
        ),
    ],
)
def test_a_wrong_declaration_is_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(function)

    assert message == str(caught.value)
    assert caught.value.code == "bad_declaration"


def test_two_outputs_of_one_name_are_refused() -> None:
    class Same(NamedTuple):
        mask: int

    spec = declaration_of(fake_nodes.split).spec
    with pytest.raises(DeclarationError) as caught:

        @node(title="Test", category="test", outputs=tuple_of(spec, "low", "low"))
        def same() -> Result:
            """Do."""
            return Result(Same(1))

    assert str(caught.value) == "Same: two outputs have one name in ['low', 'low']; rename one."


def tuple_of(_: NodeSpec, *names: str) -> type[tuple[Any, ...]]:
    """A class that says to have these fields, as no NamedTuple could."""
    return type(
        "Fields", (tuple,), {"_fields": names, "__annotations__": dict.fromkeys(names, int)}
    )


def test_a_node_that_takes_lists_must_declare_lists() -> None:
    with pytest.raises(
        DeclarationError,
        match=re.escape("is a <class 'int'>; a node that takes lists needs a list."),
    ):

        @node(title="Test", category="test", takes_lists=True)
        def one(value: int) -> int:
            """Do."""
            return value


@pytest.mark.parametrize(
    ("conversion", "wrong"),
    [
        (Conversion("text", "value", "int"), "value"),
        (Conversion("int", "content", "int"), "content"),
        (Conversion("int", "value", "box"), "box"),
        (Conversion("int", "value", "int", (("step", 3),)), "step"),
        (Conversion("int", "value", "int", (("value", "three"),)), "value"),
    ],
)
def test_a_conversion_that_the_node_cannot_make_is_refused(
    conversion: Conversion, wrong: str
) -> None:
    with pytest.raises(DeclarationError) as caught:

        @node(title="Test", category="test", converts=(conversion,))
        def one(value: int) -> int:
            """Do."""
            return value

    assert str(caught.value) == (
        f"One: the conversion of {conversion.source} does not fit the node by {wrong}. Correct it."
    )


def test_two_nodes_of_one_name_are_refused() -> None:
    registry = Registry([fake_nodes.add])

    with pytest.raises(DeclarationError) as caught:
        registry.add(declaration_of(fake_nodes.add))

    assert str(caught.value) == (
        "node 'Add' of paintgraph.tests.fake_nodes is already declared in "
        "paintgraph.tests.fake_nodes; ids are unique. Rename one."
    )


def test_an_undeclared_function_is_no_node() -> None:
    with pytest.raises(
        DeclarationError, match=r"no_docstring .*is no node. Decorate it with @node"
    ):
        Registry([no_docstring])


@pytest.mark.parametrize("spec", SPECS, ids=[spec.id for spec in SPECS])
def test_a_spec_crosses_process_borders_as_json(spec: NodeSpec) -> None:
    assert spec == NodeSpec.from_json(orjson.loads(orjson.dumps(spec.to_json())))


def test_something_else_is_no_spec() -> None:
    with pytest.raises(ValidationError):
        NodeSpec.from_json({"id": "Add"})


def test_a_registry_knows_its_nodes_and_their_types() -> None:
    registry = Registry([fake_nodes.add, fake_nodes.wrap], {"Old": "New"})

    assert registry.ids() == ["Add", "Wrap"]
    assert "Add" in registry
    assert "Old" not in registry
    assert registry.replacement("Old") == "New"
    assert registry.get("Old") is None
    assert registry.socket("box") == BOX
    assert Box(3) is not registry.socket("any").check(3)
    assert registry.socket("box|text").name == "box|text"
    assert registry.socket("box|unheard").name == "any"
