import pickle

from paintgraph.base.errors import Place
from paintgraph.base.text.document import Document, TextError


def test_an_error_survives_the_way_to_another_process() -> None:
    error = TextError("empty", "nothing; something is needed. Write it.", Place(1, 2))
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own bytes

    assert (error.code, str(error), error.place) == (copy.code, str(copy), copy.place)


def test_a_value_that_was_not_read_has_no_places() -> None:
    assert Document({"a": 1}).place(("a",)) is None
