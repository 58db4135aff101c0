"""ComfyUI's rules of brackets, as its README and its issue 4610 tell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paintgraph.models.errors import PromptError
from paintgraph.models.prompts.weighting import check_text, weighted


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("foo bar", [("foo bar", 1)]),
        ("(good code:1.2)", [("good code", 1.2)]),
        ("a (bad:0.8) b", [("a ", 1), ("bad", 0.8), (" b", 1)]),
        ("foo (bar) baz", [("foo ", 1), ("bar", 1.1), (" baz", 1)]),
        ("foo ((bar)) baz", [("foo ", 1), ("bar", 1.21), (" baz", 1)]),
        ("((((bar))))", [("bar", 1.4641)]),
        # A number counts whatever surrounds it.
        ("((a:0.5)b:2.0)", [("a", 0.5), ("b", 2)]),
        ("((lol (cat:666) attack))", [("lol ", 1.21), ("cat", 666), (" attack", 1.21)]),
        ("((a):2)", [("a", 2.2)]),
        ("(a:-1)", [("a", -1)]),
        ("(a:+.5)", [("a", 0.5)]),
        ("(a: 1e-1 )", [("a", 0.1)]),
        ("(a:0)", [("a", 0)]),
        # What is no number is text, and so is a number without words.
        ("(a:b)", [("a:b", 1.1)]),
        ("(a:nan)", [("a:nan", 1.1)]),
        ("(a:1e999)", [("a:1e999", 1.1)]),
        ("(a:b:1.2)", [("a:b", 1.2)]),
        ("(:1.2)", [(":1.2", 1.1)]),
        ("a:1.2", [("a:1.2", 1)]),
        ("(a:1.2 (b))", [("a:1.2 ", 1.1), ("b", 1.21)]),
        # Brackets to be read, and those without a partner.
        (r"a \(b\)", [("a (b)", 1)]),
        (r"(a\):1.2)", [("a)", 1.2)]),
        (r"\((a)\)", [("(", 1), ("a", 1.1), (")", 1)]),
        (r"a\b", [(r"a\b", 1)]),
        ("(a", [("(a", 1)]),
        ("a)", [("a)", 1)]),
        ("(a (b:1.2)", [("(a ", 1), ("b", 1.2)]),
        ("()", []),
        # What means something elsewhere means nothing here.
        ("[a] {b|c} BREAK <lora:d:1>", [("[a] {b|c} BREAK <lora:d:1>", 1)]),
        ("(embedding:bad-hands:1.2)", [("embedding:bad-hands", 1.2)]),
    ],
)
def test_brackets_weigh_what_is_in_them(text: str, parts: list[tuple[str, float]]) -> None:
    found = weighted(text)

    assert [part.text for part in found] == [words for words, _ in parts]
    assert [part.weight for part in found] == pytest.approx([weight for _, weight in parts])


@given(st.text(st.characters(exclude_characters="()")))
def test_text_without_brackets_passes_as_it_is(text: str) -> None:
    assert weighted(text) == ([(text, 1.0)] if text else [])


@given(st.text())
def test_escaped_text_passes_as_it_is(text: str) -> None:
    text = text.replace("\\", "/")
    escaped = text.replace("(", r"\(").replace(")", r"\)")

    assert weighted(escaped) == ([(text, 1.0)] if text else [])


@given(st.text("ab():.1\\ ", max_size=40))
def test_nothing_but_brackets_and_numbers_is_taken_out(text: str) -> None:
    words = "".join(part.text for part in weighted(text))
    rest = iter(text)

    assert all(character in rest for character in words)
    assert len([c for c in words if c in "ab"]) == len([c for c in text if c in "ab"])


def test_many_brackets_are_read_quickly_and_refused_by_their_weight() -> None:
    with pytest.raises(PromptError, match=r"gives 'a' the weight .*allowed are -1000 to 1000"):
        check_text("(" * 20_000 + "a" + ")" * 20_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\0b",
            (
                "text has the control character U+0000 at place 1; allowed are letters, digits, "
                "punctuation, blanks and new lines. Take it out."
            ),
        ),
        ("a" * 50_001, "text has 50001 characters; allowed are 50000. Shorten it."),
        (
            "(a:-2000)",
            (
                "text gives 'a' the weight -2000; allowed are -1000 to 1000. Mostly 0.5 to 1.5 is "
                "meant."
            ),
        ),
    ],
)
def test_what_no_encoder_can_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(PromptError) as raised:
        check_text(text)

    assert raised.value.message == message


def test_lines_and_letters_of_all_kinds_are_accepted() -> None:
    check_text("Grüße, 猫 🙂\r\n\tnext line")
