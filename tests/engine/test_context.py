"""What a node may ask for while it runs."""

import pytest

from paintgraph.engine.errors import Cancelled
from paintgraph.engine.node.context import Cancellation, Services


def test_a_service_is_found_by_its_type() -> None:
    assert Services("text", 5).get(int) == 5


def test_a_missing_service_is_told_with_those_that_are_there() -> None:
    with pytest.raises(LookupError) as caught:
        Services("text", 5).get(list)

    assert caught.value.args == ("No service list in this worker; there are: str, int.",)
    with pytest.raises(LookupError, match=r"there are: none\."):
        Services().get(list)


def test_a_cancellation_tells_those_who_watch_and_nobody_else() -> None:
    cancellation = Cancellation()
    told: list[str] = []
    with cancellation.watched_by(lambda: told.append("early")):
        pass
    cancellation.check()
    with cancellation.watched_by(lambda: told.append("now")):
        cancellation.cancel()

    assert told == ["now"]
    assert cancellation.is_set
    with pytest.raises(Cancelled, match=r"The run was cancelled\."):
        cancellation.check()
