"""Graphs that are wrong, endless, huge, or ask for what they must not have."""

from typing import Any

from paintgraph.tests.api.hostile.asking import Hostile, graph

_MANY = 5_000
_CHAIN = 20_000
_LONG = "x" * 10_000
_EMPTY = {"node": "EmptyImage", "width": 8, "height": 8}


def _native(nodes: Any, outputs: Any = None, **more: Any) -> dict[str, Any]:
    return {"paintgraph": 1, "nodes": nodes, "outputs": outputs or {}, **more}


def _one(node: dict[str, Any], output: str = "image") -> dict[str, Any]:
    return _native({"a": node}, {"x": f"${{a.{output}}}"})


def _saved(prefix: Any) -> dict[str, Any]:
    save = {"node": "SaveImage", "images": "${a.image}", "filename_prefix": prefix}
    return _native({"a": _EMPTY, "s": save})


def _comfy(inputs: Any, kind: Any = "EmptyImage") -> dict[str, Any]:
    return {"1": {"class_type": kind, "inputs": inputs}}


def _circle(length: int) -> dict[str, Any]:
    last = length - 1
    nodes = {
        f"n{n}": {"node": "ImageInvert", "image": f"${{n{n - 1 if n else last}.image}}"}
        for n in range(length)
    }
    return _native(nodes, {"x": "${n0.image}"})


def _chain(length: int) -> dict[str, Any]:
    nodes: dict[str, Any] = {"n0": {"node": "SolidMask", "width": 2, "height": 2}}
    for n in range(1, length):
        nodes[f"n{n}"] = {"node": "InvertMask", "mask": f"${{n{n - 1}.mask}}"}
    return _native(nodes, {"x": f"${{n{length - 1}.mask}}"})


def _wide(count: int) -> dict[str, Any]:
    nodes = {f"n{n}": {"node": f"Nope{n}", "a": n, "b": "${missing.x}"} for n in range(count)}
    return _native(nodes, {"x": "${n0.image}"})


def _map(recipe: str, names: list[str], **more: Any) -> dict[str, Any]:
    node = {"node": "MapImages", "names": names, "recipe_name": recipe, **more}
    return _native({"m": node})


CORPUS: list[Hostile] = [
    graph("nothing known", _native({"a": {"node": "Nope", "b": 1}}), 422, code="unknown_node"),
    graph("an unknown input", _one({**_EMPTY, "nope": 1}), 422),
    graph("an unknown output", _one(_EMPTY, "nope"), 422),
    graph("an unknown version", _native({"a": _EMPTY}, paintgraph=999), 422),
    graph("a version in words", _native({"a": _EMPTY}, paintgraph="one"), 422),
    graph("a version beyond", _native({"a": _EMPTY}, paintgraph=2**63), 422),
    graph("an unknown section", _native({"a": _EMPTY}, imports=["os"]), 422),
    graph("nodes as a list", _native([_EMPTY]), 422),
    graph("nodes as nothing", _native(None), 422),
    graph("a node as a text", _native({"a": "EmptyImage"}), 422),
    graph("a node of no type", _native({"a": {}}), 422),
    graph("a node of a list type", _native({"a": {"node": ["EmptyImage"]}}), 422),
    graph("an import as a type", _one({"node": "os.system", "command": "true"}), 422),
    graph("a recipe with a path", _one({"recipe": "../../etc/passwd"}), 422),
    graph("a recipe with a NUL", _one({"recipe": "outpaint\0"}), 422),
    graph("no outputs", _native({"a": _EMPTY}), 422, code="no_outputs"),
    graph("a circle of two", _circle(2), 422, code="cycle"),
    graph("a circle of one", _circle(1), 422, code="cycle"),
    graph("a circle of 5,000", lambda: _circle(_MANY), 422, code="cycle"),
    graph("5,000 wrong nodes", lambda: _wide(_MANY), 422, code="unknown_node"),
    graph("a chain of 20,000", lambda: _chain(_CHAIN), 200, state="succeeded"),
    graph("an id of 10,000 letters", _native({_LONG: _EMPTY}, {"x": f"${{{_LONG}.image}}"})),
    graph("an input of 10,000 letters", _one({**_EMPTY, _LONG: 1}), 422),
    graph("a type of 10,000 letters", _one({"node": _LONG}), 422, code="unknown_node"),
    graph("an id of all planes", _native({"\U0001f58c\u202e\u0000": _EMPTY})),
    graph("an empty id", _native({"": _EMPTY}, {"x": "${.image}"}), 422),
    graph("an id with a dot", _native({"a.b": _EMPTY}, {"x": "${a.b.image}"})),
    graph("a link to nothing", _one({"node": "ImageInvert", "image": "${.}"}), 422),
    graph("a link without end", _one({"node": "ImageInvert", "image": "${a.image"}), 422),
    graph("a link in a link", _one({"node": "ImageInvert", "image": "${${a}.image}"}), 422),
    graph("100,000 links in a text", _one({"node": "ImageInvert", "image": "${a.b}" * 100_000})),
    graph(
        "a mask for a picture",
        _native(
            {"m": {"node": "SolidMask"}, "i": {"node": "ImageInvert", "image": "${m.mask}"}},
            {"x": "${i.image}"},
        ),
    ),
    graph("a text for a number", _one({**_EMPTY, "width": "eight"}), 422),
    graph("a list for a number", _one({**_EMPTY, "width": [8]}), 422),
    graph("a mapping for a number", _one({**_EMPTY, "width": {"a": 8}}), 422),
    graph("true for a number", _one({**_EMPTY, "width": True}), 422),
    graph("half a number", _one({**_EMPTY, "width": 8.5}), 422),
    graph("a negative width", _one({**_EMPTY, "width": -1}), 422),
    graph("a huge width", _one({**_EMPTY, "width": 2**62, "height": 2**62}), 422),
    graph(
        "the most that may be asked for",
        _one({**_EMPTY, "width": 16384, "height": 16384}),
        200,
        422,
        state="failed",
    ),
    graph(
        "slots out of range",
        {**_comfy({}), "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 99]}}},
        422,
    ),
    graph(
        "a negative slot",
        {**_comfy({}), "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", -1]}}},
        422,
    ),
    graph(
        "a slot in words",
        {**_comfy({}), "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", "0"]}}},
        422,
    ),
    graph(
        "a link to itself", {"1": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}}}, 422
    ),
    graph("inputs as a list", _comfy([]), 422),
    graph("a class as a number", _comfy({}, 5), 422),
    graph("a wrapped link", _comfy({"width": {"__value__": ["1", 0]}}), 422),
    graph("wraps in wraps", _comfy({"width": {"__value__": {"__value__": {"__value__": 8}}}})),
    graph("a wrap with more", _comfy({"width": {"__value__": 8, "__type__": "x"}}), 422),
    graph("a wrapped nothing", _comfy({"width": {"__value__": None}}), 422),
    graph("inputs that nobody declared", {"graph": _one(_EMPTY), "inputs": {"a": 1}}, 422),
    graph(
        "an input that is missing",
        _native(
            {"a": {**_EMPTY, "width": "${inputs.w}"}},
            {"x": "${a.image}"},
            inputs={"w": {"type": "int"}},
        ),
        422,
    ),
    graph(
        "an input of no type",
        _native(
            {"a": {**_EMPTY, "width": "${inputs.w}"}},
            {"x": "${a.image}"},
            inputs={"w": {"type": "__import__"}},
        ),
        422,
    ),
    graph(
        "a default out of bounds",
        _native(
            {"a": {**_EMPTY, "width": "${inputs.w}"}},
            {"x": "${a.image}"},
            inputs={"w": {"type": "int", "min": 5, "max": 1, "default": 3}},
        ),
        422,
    ),
    graph("a huge priority", {"graph": _one(_EMPTY), "priority": 10**15}, 422),
    graph("a recipe of itself", _one({"recipe": "itself"}), 422),
    graph("a circle of recipes", _one({"recipe": "ping"}), 422),
    graph("a recipe that names itself late", _map("late", ["a.png"]), 200, state="failed"),
    graph("a bomb of recipes", _one({"recipe": "bomb9"}, "mask"), 200, 422, state="failed"),
    graph("an unknown recipe for all", _map("../x", ["a.png"]), 200, state="failed"),
    graph(
        "20,000 pictures that are not there",
        lambda: _map("outpaint", [f"{n}.png" for n in range(2_000)]),
        200,
        state="failed",
    ),
    graph(
        "settings that are no JSON",
        _map("outpaint", ["a.png"], settings="[" * 100_000),
        200,
        422,
        state="failed",
    ),
    graph(
        "a folder outside",
        _native({"f": {"node": "LoadImagesFromFolder", "folder": "../.."}}, {"x": "${f.names}"}),
        422,
        code="outside_input_folder",
    ),
    graph(
        "a folder at the root",
        _native({"f": {"node": "LoadImagesFromFolder", "folder": "/etc"}}, {"x": "${f.names}"}),
        422,
        code="outside_input_folder",
    ),
    graph(
        "a pattern that backtracks",
        _native(
            {"f": {"node": "LoadImagesFromFolder", "pattern": "*a" * 5_000}}, {"x": "${f.names}"}
        ),
    ),
    *(
        graph(f"a file name {name}", _saved(prefix), 200, 422, state="failed")
        for name, prefix in {
            "outside": "../../evil",
            "far outside": "../" * 50 + "etc/evil",
            "at the root": "/etc/evil",
            "with a NUL": "a\0b",
            "of 10,000 letters": _LONG,
            "of nothing": "",
            "of blanks": "   ",
            "of dots": "..",
            "of a folder": "a/",
            "of 300 folders": "a/" * 5_000 + "b",
        }.items()
    ),
    graph("a file name of a date twice", _saved("%year%%%year%"), 200, state="succeeded"),
    graph("a file name with a back-slash", _saved("..\\..\\evil"), 200, state="succeeded"),
    graph("a file name of the lock", _saved("../server.lock"), 200, 422, state="failed"),
]
