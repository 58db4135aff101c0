"""How many pixels a picture may have: a variable says it, else the memory of the machine."""

import pytest

from paintgraph.base.errors import UsageError
from paintgraph.imaging.files.examine import VARIABLE
from paintgraph.nodes.pictures import budget
from paintgraph.nodes.pictures.budget import PixelBudget

GIB = 2**30


@pytest.mark.parametrize(
    ("memory", "most"),
    [
        (None, 50_000_000),  # unknown, as on Windows
        (2 * GIB, 50_000_000),
        (8 * GIB, 67_108_864),
        (1024 * GIB, 100_000_000),
    ],
)
def test_the_memory_says_it(monkeypatch: pytest.MonkeyPatch, memory: int | None, most: int) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(budget, "machine_bytes", lambda: memory)

    assert PixelBudget.here() == PixelBudget(most)


def test_the_variable_stands_before_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " 123 ")

    assert PixelBudget.here() == PixelBudget(123)


@pytest.mark.parametrize("text", ["many", "0", "-5", "1e8", "4.5", "\u0664"])
def test_another_text_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)

    with pytest.raises(UsageError) as error:
        PixelBudget.here()

    assert error.value.reasons[0].message == (
        f"PAINTGRAPH_MAX_PIXELS is '{text}'; allowed is a whole number of pixels. Write e.g. "
        "100000000, or unset it."
    )
