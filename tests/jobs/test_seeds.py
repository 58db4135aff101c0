"""Random seeds become numbers."""

from paintgraph.engine.graph.formats.native import SEED_MAXIMUM
from paintgraph.jobs.sources.references import draw_seed


def test_a_seed_stays_itself() -> None:
    assert [draw_seed(seed) for seed in (0, 7, SEED_MAXIMUM)] == [0, 7, SEED_MAXIMUM]


def test_minus_one_draws_another_number_each_time() -> None:
    drawn = {draw_seed(-1) for _ in range(20)}

    assert len(drawn) > 15
    assert all(0 <= seed <= SEED_MAXIMUM for seed in drawn)
