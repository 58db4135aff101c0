import pytest

from paintgraph.base.environment import wanted_offline
from paintgraph.base.words import first_line, shorten, suggestion


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("raduis", " Did you mean 'Radius'?"), ("xyz", ""), ("r" * 10_000, ""), ("", "")],
)
def test_the_nearest_name_is_proposed(wrong: str, said: str) -> None:
    assert suggestion(wrong, ["Radius", "shape"]) == said


def test_a_text_is_cut_where_it_is_too_long() -> None:
    assert (shorten("nine", 4), shorten("ninety", 4)) == ("nine", "nine...")
    assert len(shorten("x" * 1000)) == 83


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("it failed.\nhere"), "it failed"),
        (ValueError("\n  late \nhere"), "late"),
        (ValueError(""), "ValueError"),
        (ValueError("x" * 300), "x" * 200),
    ],
)
def test_the_first_line_of_an_error(error: Exception, said: str) -> None:
    assert first_line(error) == said


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, None),
        ({"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": ""}, None),
        ({"HF_HUB_OFFLINE": "yes"}, "HF_HUB_OFFLINE"),
        ({"TRANSFORMERS_OFFLINE": "1"}, "TRANSFORMERS_OFFLINE"),
    ],
)
def test_the_switch_that_wants_no_connection_is_named(
    environ: dict[str, str], name: str | None
) -> None:
    assert wanted_offline(environ) == name
