"""Options of a recipe: every type, every way of writing them, every fault."""

from typing import Any

import pytest

from paintgraph.base.errors import UsageError
from paintgraph.cli.options import parse, usage
from paintgraph.engine.graph.spec import InputSpec

INPUTS = {
    spec.name: spec
    for spec in (
        InputSpec("image", "image|text", required=False, resource="picture"),
        InputSpec("grow_by", "int", required=False, default=0, minimum=-9, maximum=9, unit="px"),
        InputSpec("ratio", "float", required=False, default=1.0),
        InputSpec("soft", "bool", required=False, default=False),
        InputSpec("hard", "bool", required=False, default=True),
        InputSpec("prompt", "text", required=False, default=""),
        InputSpec("engine", "text", required=False, default="auto", choices=("auto", "telea")),
        InputSpec("sides", "list", required=False, default=(), items="text", choices=("a", "b")),
        InputSpec("box", "list", required=False, default=(), items="int"),
        InputSpec("seed", "int", required=False, default=0, resource="seed", minimum=-1),
    )
}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("--grow-by 4", {"grow_by": 4}),
        ("--grow_by 4", {"grow_by": 4}),
        ("--grow-by=4", {"grow_by": 4}),
        ("--grow-by -4", {"grow_by": -4}),
        ("--grow-by=-4", {"grow_by": -4}),
        ("--grow-by +4", {"grow_by": 4}),
        ("--seed -1", {"seed": -1}),
        ("--ratio -0.5", {"ratio": -0.5}),
        ("--ratio .5", {"ratio": 0.5}),
        ("--ratio 1e-3", {"ratio": 0.001}),
        ("--ratio 2", {"ratio": 2.0}),
        ("--soft", {"soft": True}),
        ("--soft --grow-by 1", {"soft": True, "grow_by": 1}),
        ("--no-soft", {"soft": False}),
        ("--no-hard", {"hard": False}),
        ("--soft yes", {"soft": True}),
        ("--soft=OFF", {"soft": False}),
        ("--soft 0", {"soft": False}),
        ("--prompt=a=b", {"prompt": "a=b"}),
        ("--prompt=--soft", {"prompt": "--soft"}),
        ("--prompt=", {"prompt": ""}),
        ("--engine telea", {"engine": "telea"}),
        ("--sides a,b", {"sides": ["a", "b"]}),
        ("--sides a,b,", {"sides": ["a", "b"]}),
        ("--sides=", {"sides": []}),
        ("--box -1,2,3,4", {"box": [-1, 2, 3, 4]}),
        ("--image -", {"image": "-"}),
        ("", {}),
    ],
)
def test_every_way_of_writing_an_option(words: str, values: dict[str, Any]) -> None:
    assert parse(words.split(), INPUTS) == values


def test_entries_of_a_list_may_have_spaces_around_them() -> None:
    assert parse(["--box", " 1, 2 "], INPUTS) == {"box": [1, 2]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--grow-by 5.5", "--grow-by is '5.5'; allowed is a whole number."),
        ("--grow-by 1_0", "--grow-by is '1_0'; allowed is a whole number."),
        ("--grow-by \u0663", "--grow-by is '\u0663'; allowed is a whole number."),
        ("--grow-by=", "--grow-by is ''; allowed is a whole number."),
        ("--grow-by 10", "--grow-by is 10; allowed is -9 to 9 px."),
        (
            "--grow-by 99999999999999999999999",
            "--grow-by is an integer beyond 64 bits; allowed are whole numbers of 64 bits.",
        ),
        ("--ratio nan", "--ratio is 'nan'; allowed is a number."),
        ("--ratio inf", "--ratio is 'inf'; allowed is a number."),
        ("--ratio 1e999", "--ratio is inf; allowed are finite numbers."),
        ("--soft=maybe", "--soft is 'maybe'; allowed are true and false."),
        (
            "--engine tela",
            "--engine is 'tela'; allowed are auto, telea. Did you mean 'telea'?",
        ),
        ("--sides a,c", "--sides has 'c'; allowed are a, b."),
        ("--box 1,x", "an entry of --box is 'x'; allowed is a whole number."),
        ("--grow-by", "--grow-by has no value. Write --grow-by VALUE, or --grow-by=VALUE."),
        (
            "--grow-by --soft",
            "--grow-by has no value. Write --grow-by VALUE, or --grow-by=VALUE.",
        ),
        ("--soft --soft", "--soft is given twice; once is allowed. Drop one."),
        ("--soft --no-soft", "--soft is given twice; once is allowed. Drop one."),
        ("lonely", "'lonely' belongs to no option. Write --NAME VALUE."),
        ("-x", "'-x' belongs to no option. Write --NAME VALUE."),
        ("--image=", "--image is ''; allowed is a picture's file, or - for standard input."),
    ],
)
def test_a_wrong_option_is_told_with_what_is_allowed(words: str, message: str) -> None:
    with pytest.raises(UsageError) as told:
        parse(words.split(), INPUTS)

    assert str(told.value) == message


def test_an_unknown_option_names_all_and_the_nearest() -> None:
    with pytest.raises(UsageError) as told:
        parse(["--prompd", "x"], INPUTS)

    assert str(told.value) == (
        "there is no option '--prompd'; allowed are --image, --grow-by, --ratio, --soft, --hard, "
        "--prompt, --engine, --sides, --box, --seed. Did you mean '--prompt'?"
    )


def test_only_flags_have_a_negative_form() -> None:
    with pytest.raises(UsageError, match="there is no option '--no-prompt'"):
        parse(["--no-prompt"], INPUTS)


def test_all_faults_are_told_at_once_with_their_codes() -> None:
    words = "--grow-by x --nope 1 --soft --soft stray --engine z --prompt"
    with pytest.raises(UsageError) as told:
        parse(words.split(), {**INPUTS, "must": InputSpec("must", "int")})

    assert [problem.code for problem in told.value.problems] == [
        "wrong_type",
        "unknown_option",
        "given_twice",
        "stray_argument",
        "not_a_choice",
        "no_value",
        "missing_input",
    ]


def test_a_hostile_number_is_refused_without_reading_or_repeating_it() -> None:
    with pytest.raises(UsageError) as told:
        parse(["--grow-by", "9" * 100_000], INPUTS)

    assert len(str(told.value)) < 200


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("image", ("--image FILE", "")),
        ("grow_by", ("--grow-by INT", "[-9 to 9 px] [default: 0]")),
        ("ratio", ("--ratio FLOAT", "[default: 1.0]")),
        ("soft", ("--soft", "[default: false]")),
        ("hard", ("--hard", "--no-hard turns it off. [default: true]")),
        ("prompt", ("--prompt TEXT", "")),
        ("engine", ("--engine auto|telea", "[default: auto]")),
        ("sides", ("--sides A,B,...", "Any of a, b.")),
        ("box", ("--box INT,...", "")),
        ("seed", ("--seed INT", "[default: 0]")),
    ],
)
def test_help_shows_how_an_option_is_written(name: str, shown: tuple[str, str]) -> None:
    assert usage(INPUTS[name]) == shown
