"""What may import what, how large things may grow, and that every public name is documented."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import networkx as nx
import pytest

import paintgraph

ROOT = Path(__file__).parent.parent
FLOORS = {
    "base": 0,
    "engine": 1,
    "imaging": 1,
    "models": 2,
    "jobs": 2,
    "nodes": 3,
    "graphs": 3,
    "api": 4,
    "agent": 5,
    "assembly": 5,
    "server": 5,
    "python": 5,
    "paintgraph": 5,
    "cli": 5,
    "cluster": 5,
}
"""A module imports from lower floors and from its own package; on the top floor from each other."""

TOP = 5
FORBIDDEN = {
    "base": {"aiohttp", "sqlite3", "numpy", "cv2", "PIL", "torch"},
    "engine": {"aiohttp", "sqlite3", "numpy", "cv2", "PIL", "torch"},
    "imaging": {"aiohttp", "sqlite3"},
    "models": {"aiohttp", "sqlite3", "paintgraph.engine", "paintgraph.jobs"},
    "jobs": {"paintgraph.imaging", "paintgraph.models", "numpy", "cv2", "PIL", "aiohttp.web"},
    "nodes": {"aiohttp", "sqlite3", "paintgraph.jobs"},
    "api": {"cv2", "torch"},
}
ALLOWED = {"paintgraph.nodes.packs.standins.server": {"aiohttp"}}
"""What single modules may import in spite of that: packs find aiohttp in ComfyUI's `server`."""

OF_SOME_SYSTEMS = {"resource", "fcntl", "pwd", "grp", "termios", "tty", "ctypes", "msvcrt"}
ON_SOME_SYSTEMS = {
    *("socketpair", "pass_fds", "preexec_fn", "add_signal_handler", "getrusage"),
    *("fork", "nice", "getppid", "getuid", "geteuid", "sched_getaffinity"),
}
"""Modules, and names of functions and options, that some systems lack."""

HEAVY = {"torch", "onnxruntime", "numba", "cv2"}
LIGHT = {"numpy", "PIL", "aiohttp", "pydantic", "networkx", "yaml", "rich", "requests", "orjson"}

MOST_LINES = 400
"""300 is the aim: two files that are always read together are one, up to here."""

MOST_FUNCTION_LINES = 60


def modules() -> list[Path]:
    """All modules of the program."""
    found = []
    for name in FLOORS:
        found += [*(ROOT / name).rglob("*.py"), *ROOT.glob(f"{name}.py")]
    return sorted([*found, ROOT / "__init__.py"])


def named(path: Path) -> str:
    """Dotted name of a module."""
    parts = ("paintgraph", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {named(path): path for path in modules()}
TREES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a module imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (inner,) if inner in MODULES else (node.module, inner)


def top(name: str) -> str:
    """The folder or module of the program that a dotted name lies in, else the library."""
    return name.removeprefix("paintgraph.").partition(".")[0]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.AST]]:
    """Public functions and classes, and the public methods of those."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield f"{prefix}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}.{node.name}")


def is_allowed(importer: str, imported: str) -> bool:
    """Whether one package may import another."""
    above, below = FLOORS[importer], FLOORS[imported]
    return importer == imported or below < above or (above == below == TOP)


@pytest.mark.parametrize("package", sorted({top(name) for name in MODULES}))
def test_a_module_imports_from_lower_floors_only(package: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, tree in TREES.items()
        for imported in imports(tree)
        if top(name) == package
        and top(imported) in FLOORS
        and not is_allowed(package, top(imported))
    ]

    assert wrong == []


@pytest.mark.parametrize("package", sorted({top(name) for name in MODULES} & FORBIDDEN.keys()))
def test_a_package_knows_nothing_of_what_is_not_its_business(package: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, tree in TREES.items()
        for imported in imports(tree)
        if top(name) == package
        and (FORBIDDEN[package] - ALLOWED.get(name, set()))
        & {imported.partition(".")[0], ".".join(imported.split(".")[:2])}
    ]

    assert wrong == []


def test_what_only_some_systems_have_is_used_in_one_module() -> None:
    uses = {
        name
        for name, tree in TREES.items()
        if OF_SOME_SYSTEMS & {imported.partition(".")[0] for imported in imports(tree)}
        or any(
            isinstance(node, ast.Attribute) and node.attr in ON_SOME_SYSTEMS
            for node in ast.walk(tree)
        )
        or any(
            isinstance(node, ast.keyword) and node.arg in ON_SOME_SYSTEMS for node in ast.walk(tree)
        )
    }

    assert uses == {"paintgraph.base.platforms"}


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    edges = [
        (name, imported)
        for name, tree in TREES.items()
        for imported in imports(tree)
        if imported in MODULES and imported != name
    ]
    knots = nx.strongly_connected_components(nx.DiGraph(edges))

    assert [sorted(knot) for knot in knots if len(knot) > 1] == []


def package(name: str) -> str:
    """The folder that a module lies in; a module right inside a room, or outside, is its own."""
    path = MODULES[name]
    is_own = len(path.relative_to(ROOT).parts) <= 2 and path.name != "__init__.py"
    return name if is_own else named(path.parent / "__init__.py")


def test_packages_do_not_import_each_other_in_a_circle() -> None:
    edges = {
        (package(name), package(imported))
        for name, tree in TREES.items()
        for imported in imports(tree)
        if imported in MODULES and package(imported) != package(name)
    }
    knots = nx.strongly_connected_components(nx.DiGraph(list(edges)))

    assert [sorted(knot) for knot in knots if len(knot) > 1] == []


def test_no_module_outgrows_its_reader() -> None:
    lines = {name: path.read_text().count("\n") for name, path in MODULES.items()}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_no_function_outgrows_a_page() -> None:
    long = [
        f"{name}.{function.name}: {length} lines"
        for name, tree in TREES.items()
        for function in functions(tree)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MOST_FUNCTION_LINES
    ]

    assert long == []


def test_every_module_and_public_name_is_documented() -> None:
    bare = [name for name, tree in TREES.items() if not ast.get_docstring(tree)]
    for name, tree in TREES.items():
        bare += [
            inner
            for inner, node in public(tree.body, name)
            if not ast.get_docstring(node)  # type: ignore[arg-type] # functions and classes
        ]

    assert bare == []


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("paintgraph", HEAVY | LIGHT),
        ("paintgraph.engine.execution.run", HEAVY),
        ("paintgraph.engine.recipes.checking", HEAVY),
        ("paintgraph.engine.recipes.book", HEAVY),
        ("paintgraph.nodes", HEAVY),
        ("paintgraph.cli", HEAVY | {"networkx"}),
        ("paintgraph.cli.app", HEAVY | {"networkx"}),
        ("paintgraph.server", HEAVY | {"networkx", "pydantic"}),
        ("paintgraph.agent", HEAVY | {"networkx", "pydantic", "aiohttp.web"}),
    ],
)
def test_importing_loads_nothing_heavy(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(sorted(set(sys.modules) & set({sorted(unwanted)})))"

    assert fresh(code) == "[]\n"


def fresh(code: str) -> str:
    """What a Python program prints in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_opencv_is_imported_where_its_absence_is_explained() -> None:
    importers = {name for name, tree in TREES.items() if "cv2" in set(imports(tree))}

    assert importers == {"paintgraph.imaging.opencv"}


def test_every_name_of_the_front_door_is_there_as_type_checkers_see_it() -> None:
    seen = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(TREES["paintgraph"])
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("paintgraph.")
        for alias in node.names
    }
    names = "sorted(paintgraph.__all__)"
    code = f"import paintgraph; print([getattr(paintgraph, n) and n for n in {names}])"

    assert fresh(code) == f"{sorted([*seen, '__version__'])}\n"
    for name, place in seen.items():
        module, _, attribute = place.rpartition(".")
        assert getattr(paintgraph, name) is getattr(import_module(module), attribute)
