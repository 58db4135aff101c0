"""What is kept of jobs at work, for clients that ask now and then."""

import asyncio

import pytest

from paintgraph.api.services import watching
from paintgraph.api.services.watching import Watches
from paintgraph.jobs.dispatching.subscriptions import Subscriptions


def heard(step: int) -> list[dict[str, object]]:
    """Signals of a step."""
    return [
        {"type": "progress", "node": "a", "done": step, "total": 9},
        {"type": "preview", "node": "a", "data": b"%d" % step},
    ]


async def turn() -> None:
    """Let everything go on that waits for nothing."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_was_published_since_the_first_question_is_seen_until_the_end() -> None:
    async def act() -> None:
        subscriptions = Subscriptions()
        watches = Watches(subscriptions)
        seen = watches.seen("x")
        await turn()
        for step in (1, 2):
            subscriptions.publish("x", heard(step))
        await turn()

        assert watches.seen("x") is seen
        assert (seen.picture, seen.words) == (b"2", "Painting, step 2/9")
        assert subscriptions.want_bytes("x")
        watches.end("x")
        watches.end("x")
        await turn()
        assert not subscriptions.want_bytes("x")
        assert not watches.seen("x").has_any
        await watches.close()

    asyncio.run(act())


def test_who_asks_is_not_crowded_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MOST", 2)

    async def act() -> None:
        subscriptions = Subscriptions()
        watches = Watches(subscriptions)
        mine = watches.seen("mine")
        for number in range(5):
            assert watches.seen("mine") is mine
            watches.seen(str(number))
            await turn()

        assert [subscriptions.want_bytes(job_id) for job_id in ("mine", "3", "4")] == [
            *(True, False, True)
        ]
        await watches.close()

    asyncio.run(act())
