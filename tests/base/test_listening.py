import pytest

from paintgraph.base.listening import SILENT, Listening


def test_by_default_nothing_is_heard_and_nothing_ends() -> None:
    SILENT.progress(1, 2)
    SILENT.check()
    SILENT.warn("nobody reads this")

    assert SILENT.preview is None


def test_parts_report_as_one() -> None:
    reports: list[tuple[int, int]] = []
    whole = Listening(lambda done, total: reports.append((done, total)))

    for number in range(2):
        for done in range(3):
            whole.part(number, 2).progress(done + 1, 3)

    assert reports == [(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]


def test_a_part_passes_on_everything_else() -> None:
    heard: list[object] = []

    def check() -> None:
        raise KeyboardInterrupt

    part = Listening(check=check, warn=heard.append, preview=heard.append).part(0, 1)
    part.warn("a warning")
    assert part.preview is not None
    part.preview("a picture")

    assert heard == ["a warning", "a picture"]
    with pytest.raises(KeyboardInterrupt):
        part.check()
