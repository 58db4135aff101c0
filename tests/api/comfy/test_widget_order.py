"""Files for the editor have values in the order of the widgets that its page makes."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import pytest

from paintgraph.api.comfy.node_types.wire import object_info
from paintgraph.assembly import catalogue
from paintgraph.engine.graph.formats.comfy.slots import Slots
from paintgraph.engine.graph.graph import Graph, Node
from paintgraph.engine.graph.spec import NodeSpec

KNOWN = catalogue()
KNOWN.recipes.register_all()
SPECS = [declaration.spec for declaration in KNOWN.registry]
PLAIN = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", "COLOR")


def page_widgets(inputs: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The widgets that the page makes of an input declaration, in its order."""
    for group in ("required", "optional"):
        for name, (type_, *options) in inputs.get(group, {}).items():
            if isinstance(type_, list) or type_ in PLAIN:
                yield prefix + name
                if options and options[0].get("control_after_generate"):
                    yield "control"
            elif type_ == "COMFY_DYNAMICCOMBO_V3":
                yield prefix + name
                yield from page_widgets(options[0]["options"][0]["inputs"], f"{name}.")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_values_stand_in_the_order_of_the_pages_widgets(spec: NodeSpec) -> None:
    """A picture or mask that is not given is a socket without a link, not a value."""
    given = {
        each.name: each.choices[0] if each.required and each.choices else each.default
        for each in spec.inputs
        if not each.when
    }
    node = Graph({"1": Node(spec.id, given)})

    widgets = [slot for slot in Slots(node, KNOWN.registry).inputs("1") if slot.is_widget]
    names = [[slot.name, *["control"] * slot.has_control] for slot in widgets]

    assert [*chain.from_iterable(names)] == list(page_widgets(object_info(spec)["input"]))
