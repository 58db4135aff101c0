"""What depends on the seed or the name is there for each picture; the rest once."""

from hypothesis import given
from hypothesis import strategies as st

from paintgraph.api.fooocus.recipes import repeated
from paintgraph.engine.graph.graph import Graph, InputRef, Link, Node
from paintgraph.engine.graph.spec import InputSpec


def graph() -> Graph:
    nodes = {
        "saved": Node("Save", {"image": Link("painted", 0), "name": InputRef("name")}),
        "photo": Node("Load", {"image": InputRef("image")}),
        "painted": Node("Paint", {"image": Link("photo", 0), "seed": InputRef("seed"), "a": 1}),
    }
    inputs = {name: InputSpec(name, "text") for name in ("image", "seed", "name")}
    return Graph(nodes, inputs)


@given(st.lists(st.integers(), min_size=1, max_size=32))
def test_every_picture_has_its_own_values_and_shares_the_rest(seeds: list[int]) -> None:
    own = [{"seed": seed, "name": f"n{place}"} for place, seed in enumerate(seeds)]

    found = repeated(graph(), own)

    assert list(found.inputs) == ["image"]
    assert len(found.nodes) == 1 + 2 * len(seeds)
    for place, seed in enumerate(seeds):
        end = f"_{place + 1}" if place else ""
        assert found.nodes[f"painted{end}"].inputs == {
            "image": Link("photo", 0),
            "seed": seed,
            "a": 1,
        }
        assert found.nodes[f"saved{end}"].inputs == {
            "image": Link(f"painted{end}", 0),
            "name": f"n{place}",
        }
