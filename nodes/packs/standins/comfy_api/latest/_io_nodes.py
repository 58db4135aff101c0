"""V3 nodes: their schema, their base, what they give."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from paintgraph.nodes.packs.standins.comfy_api.latest._io_options import Hidden, HiddenHolder
from paintgraph.nodes.packs.standins.comfy_execution.graph_utils import ExecutionBlocker


@dataclass
class _Schema:
    """What is read of the declaration of a V3 node."""

    node_id: str
    display_name: str | None = None
    category: str = "sd"
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    description: str = ""
    search_aliases: list[str] = field(default_factory=list)
    is_input_list: bool = False
    is_output_node: bool = False
    is_deprecated: bool = False
    is_experimental: bool = False
    is_dev_only: bool = False
    is_api_node: bool = False
    not_idempotent: bool = False
    enable_expand: bool = False
    accept_all_inputs: bool = False
    price_badge: Any = None
    essentials_category: str | None = None
    has_intermediate_output: bool = False


_READ = frozenset(each.name for each in fields(_Schema))


class Schema(_Schema):
    """The declaration of a V3 node; what newer versions of ComfyUI add to it is left out."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{name: named[name] for name in named if name in _READ})


class NodeOutput:
    """What a V3 node gives: values, and what is shown, expanded or blocked."""

    def __init__(
        self,
        *args: Any,
        ui: Any = None,
        expand: Mapping[str, Any] | None = None,
        block_execution: str | None = None,
    ) -> None:
        self.args = args
        self.ui = ui
        self.expand = expand
        self.block_execution = block_execution

    @property
    def result(self) -> tuple[Any, ...] | None:
        """The values, or None if there are none."""
        return self.args or None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "NodeOutput":
        """The result of a V1 node as one of V3."""
        values = data.get("result", ())
        blocked = values.message if isinstance(values, ExecutionBlocker) else None
        given = values if isinstance(values, tuple | list) else ()
        return cls(*given, ui=data.get("ui"), expand=data.get("expand"), block_execution=blocked)

    def __getitem__(self, index: int) -> Any:
        return self.args[index]


class ComfyNode:
    """The base of V3 nodes: class methods only, called on a locked clone of the class."""

    SCHEMA: ClassVar[Schema | None] = None
    hidden: ClassVar[HiddenHolder | None] = None
    RELATIVE_PYTHON_MODULE: ClassVar[str | None] = None

    @classmethod
    def define_schema(cls) -> Schema:
        """The declaration."""
        raise NotImplementedError(f"{cls.__name__} declares no schema")

    @classmethod
    def GET_SCHEMA(cls) -> Schema:
        """The declaration, made once for each class."""
        if "SCHEMA" not in vars(cls) or cls.SCHEMA is None:
            cls.SCHEMA = cls.define_schema()
        return cls.SCHEMA


class _Locked(type):
    """The type of classes whose attributes cannot be set."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise AttributeError(
            f"'{name}' cannot be set on {cls.__name__}: a V3 node keeps no state in its class"
        )


def locked(cls: type[ComfyNode], hidden: HiddenHolder) -> type[ComfyNode]:
    """A clone of a V3 node for one call: it knows what it asked for, and cannot be changed."""
    made: Any = _Locked(cls.__name__, (cls,), {"hidden": hidden})
    return made  # type: ignore[no-any-return] # a class made by hand
