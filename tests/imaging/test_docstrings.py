"""Examples in docstrings run, and functions on arrays say what goes in and what comes out."""

import doctest
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import FunctionType, ModuleType

import pytest

from paintgraph import base, imaging

ARRAYS = re.compile(r"\b(Image|Mask|NDArray|_?Samples|_Colours|_Flags|_Hole|_Selected)\b")
SHAPE = re.compile(r"`\[[^`]*\]`")


def modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [package, *(importlib.import_module(each.name) for each in found)]


IMAGING = modules(imaging)


@pytest.mark.parametrize("package", [imaging, base], ids=lambda package: package.__name__)
def test_the_examples_in_docstrings_run(package: ModuleType) -> None:
    ran = [
        doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        for module in modules(package)
    ]

    assert sum(each.failed for each in ran) == 0
    assert sum(each.attempted for each in ran) > 0


def functions() -> Iterator[tuple[str, FunctionType]]:
    """Public functions of imaging that take or give arrays."""
    for module in IMAGING:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            annotations = inspect.get_annotations(function)
            source = inspect.getsource(function).partition('"""')[0]
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_own and annotations and ARRAYS.search(source):
                yield f"{module.__name__.removeprefix('paintgraph.')}.{name}", function


def sections(function: FunctionType) -> dict[str, str]:
    """The parts of a docstring by their headings; what stands before them has none."""
    parts = re.split(r"^(\w+):\n", inspect.getdoc(function) or "", flags=re.MULTILINE)
    return dict(zip(["", *parts[1::2]], parts[::2], strict=True))


@pytest.mark.parametrize("function", [pytest.param(f, id=name) for name, f in functions()])
def test_a_function_on_arrays_gives_shapes_of_what_it_takes_and_gives(
    function: FunctionType,
) -> None:
    found = sections(function)

    described = re.findall(r"^    (\w+): ", found["Args"], re.MULTILINE)
    assert described == list(inspect.signature(function).parameters)
    if inspect.get_annotations(function)["return"] is not None:
        assert "Returns" in found or "Yields" in found
    assert SHAPE.search(found["Args"] + found.get("Returns", ""))
