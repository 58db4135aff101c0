import ast
import pickle

import pytest

from paintgraph.base.errors import Error, Place, Problem
from paintgraph.base.text.document import TextError
from paintgraph.engine.errors import BindError, Cancelled, GraphError, NodeError
from paintgraph.imaging.errors import ImagingError, MaskError
from paintgraph.jobs.dispatching.quotas import QueueFullError
from paintgraph.models.errors import EngineFailedError, LoraError, ModelError
from paintgraph.tests.test_architecture import TREES

PROBLEM = Problem("wrong_type", "radius is 'x'; allowed are numbers. Write one.", place=Place(3, 7))
LOST = Problem("cycle", "a -> a.", severity="warning", outputs=("filled", "mask"))
OWN_MATTER = {
    "NeedsModelObjectsError",  # raised in a pack, which may know a RuntimeError
    "NoPlaceError",  # answered in ComfyUI's form
    "NotLoadedError",  # becomes a line of the report on packs
    "PromptError",  # answered in ComfyUI's form
    "RefusedError",  # raised in a pack, which may know an OSError
    "BrokenFrameError",  # a pipe that ends, for the module at its other end
    "SlowBodyError",  # a deadline of a connection, answered by an ApiError
    "_BadError",  # answered in ComfyUI's form
    "_BrokenOffError",
    "_SilentError",  # a connection to PostgreSQL, closed and told as away
    "_StoppedError",
}
"""Exceptions that no user meets."""


def test_an_error_knows_message_code_and_facts() -> None:
    error = Error("disk: is full. Free some space.", fields={"retry_seconds": 3})

    assert (str(error), error.message, error.code) == (
        "disk: is full. Free some space.",
        "disk: is full. Free some space.",
        "error",
    )
    assert error.to_json() == {
        "code": "error",
        "message": "disk: is full. Free some space.",
        "problems": [],
        "retry_seconds": 3,
    }
    assert error.to_text() == "disk: is full. Free some space. [error]"


def test_a_code_given_wins_over_that_of_the_class() -> None:
    assert (NodeError("it failed.", code="no_model").code, NodeError.code) == (
        "no_model",
        "node_failed",
    )


def test_an_error_of_several_problems_says_each() -> None:
    error = GraphError([PROBLEM, LOST])

    assert error.to_text("my.yaml") == (
        "my.yaml:3:7: radius is 'x'; allowed are numbers. Write one. [wrong_type]\n"
        "my.yaml: warning: a -> a. [cycle] (costs: filled, mask)"
    )
    assert [each["code"] for each in error.to_json()["problems"]] == ["wrong_type", "cycle"]  # type: ignore[attr-defined]


def test_a_refused_text_is_one_problem_with_its_place() -> None:
    assert TextError("too_deep", "it is too deep. Flatten it.", Place(1, 65)).to_text("a.yaml") == (
        "a.yaml:1:65: it is too deep. Flatten it. [too_deep]"
    )


@pytest.mark.parametrize(
    "error",
    [
        Error("a.", code="b", fields={"c": 1}),
        GraphError([PROBLEM, LOST]),
        TextError("a", "b.", Place(1, 2)),
        QueueFullError("full.", 30),
    ],
)
def test_an_error_survives_a_process(error: Error) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own bytes

    assert type(copy) is type(error)
    assert (str(copy), copy.__dict__) == (str(error), error.__dict__)


def test_errors_of_models_are_none_of_pictures() -> None:
    assert not any(issubclass(kind, ImagingError) for kind in (ModelError, EngineFailedError))
    assert issubclass(MaskError, ImagingError)
    assert issubclass(ImagingError, ValueError)


def test_every_error_has_the_one_root() -> None:
    classes = [
        node
        for name, tree in TREES.items()
        if ".packs.standins." not in name  # they are what ComfyUI has by these names
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    ]
    bases = {node.name: {ast.unparse(base) for base in node.bases} for node in classes}
    wrong = [
        name
        for name, parents in bases.items()
        if name.endswith("Error")
        and name not in {"Error", *OWN_MATTER}
        and not parents & {"Error", *(parent for parent in bases if parent.endswith("Error"))}
    ]

    assert wrong == []
    assert all(issubclass(kind, Error) for kind in (BindError, Cancelled, LoraError, TextError))


def test_errors_of_models_are_defined_in_one_module() -> None:
    places = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and node.name.endswith("Error")
        and not node.name.startswith("_")
        and name.startswith("paintgraph.models.")
    }

    assert places == {"paintgraph.models.errors"}
