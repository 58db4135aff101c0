"""Stand-in for `comfy_api.latest.io`: schemas of V3 nodes, their sockets and results.

Sockets are classes with `Input` and `Output` in them: `io.Int.Input("steps", default=20)`. What an
input was declared with is in its `options`, under the names that `/object_info` uses.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

from paintgraph.nodes.packs.standins.comfy_api.latest._io_nodes import (
    ComfyNode,
    NodeOutput,
    Schema,
)
from paintgraph.nodes.packs.standins.comfy_api.latest._io_options import (
    TYPES,
    ControlAfterGenerate,
    FolderType,
    Hidden,
    HiddenHolder,
    NumberDisplay,
    RemoteOptions,
    UploadType,
)

__all__ = [
    "ComfyNode",
    "ComfyType",
    "ControlAfterGenerate",
    "Custom",
    "FolderType",
    "Hidden",
    "HiddenHolder",
    "Input",
    "NodeOutput",
    "NumberDisplay",
    "Output",
    "RemoteOptions",
    "Schema",
    "UploadType",
]
"""What a star imports; the types are found by name."""

_WIRE_NAMES = {"force_input": "forceInput", "dynamic_prompts": "dynamicPrompts"}
_WIRE_NAMES |= {"raw_link": "rawLink", "display_mode": "display", "widget_type": "widgetType"}


class Input:
    """One input: its id, type and options."""

    io_type = "*"

    def __init__(
        self,
        id: str,
        display_name: str | None = None,
        optional: bool = False,
        tooltip: str | None = None,
        lazy: bool | None = None,
        extra_dict: Mapping[str, Any] | None = None,
        raw_link: bool | None = None,
        advanced: bool | None = None,
        **options: Any,
    ) -> None:
        self.id = id
        self.display_name = display_name
        self.optional = optional
        self.tooltip = tooltip
        self.lazy = lazy
        self.raw_link = raw_link
        given = {"display_name": display_name, "tooltip": tooltip, "lazy": lazy}
        given |= {"raw_link": raw_link, "advanced": advanced, **options, **(extra_dict or {})}
        self.options = {_WIRE_NAMES.get(n, n): _plain(v) for n, v in given.items() if v is not None}
        for name, value in options.items():
            if not hasattr(self, name):
                setattr(self, name, value)

    def get_io_type(self) -> str:
        """The name of the type."""
        return self.io_type

    def as_dict(self) -> dict[str, Any]:
        """The options as `/object_info` has them."""
        return dict(self.options)

    def get_all(self) -> list["Input"]:
        """This input, and those that it brings."""
        return [self]


WidgetInput = Input


def _plain(value: Any) -> Any:
    """An option as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, RemoteOptions):
        return {name: each for name, each in vars(value).items() if each is not None}
    return value


class Output:
    """One output."""

    io_type = "*"

    def __init__(
        self,
        id: str | None = None,
        display_name: str | None = None,
        tooltip: str | None = None,
        is_output_list: bool = False,
        **_: Any,
    ) -> None:
        self.id = id
        self.display_name = display_name or id
        self.tooltip = tooltip
        self.is_output_list = is_output_list

    def get_io_type(self) -> str:
        """The name of the type."""
        return self.io_type


class ComfyType:
    """A type of sockets: its name, and the classes of its inputs and outputs."""

    io_type: ClassVar[str] = "*"
    Type: Any = Any
    Input: ClassVar[Any] = Input
    Output: ClassVar[Any] = Output


ComfyTypeIO = ComfyTypeI = ComfyType


def comfytype(io_type: str, **_: Any) -> Any:
    """Name the type that a class declares."""

    def name(cls: type) -> type:
        named: type = _named(cls, io_type)
        return named

    return name


def _named(cls: Any, io_type: str) -> Any:
    """A class of a type whose inputs and outputs know its name."""
    cls.io_type = io_type
    for part, default in (("Input", Input), ("Output", Output)):
        base = getattr(cls, part, default)
        made = type(part, (base,), {"io_type": io_type, "__module__": __name__, "Parent": cls})
        setattr(cls, part, made)
    return cls


def Custom(io_type: str) -> Any:
    """A type of the pack's own."""
    return _named(type(io_type, (ComfyType,), {"__module__": __name__}), io_type)


class _Choices(WidgetInput):
    """An input of which the value is one of some texts."""

    def __init__(
        self,
        id: str,
        options: Any = None,
        display_name: str | None = None,
        **more: Any,
    ) -> None:
        if isinstance(options, type) and issubclass(options, Enum):
            options = [each.value for each in options]
        upload = more.pop("upload", None)
        super().__init__(id, display_name, **more)
        self.options["options"] = list(options or [])
        if upload is not None:
            self.options[_plain(upload)] = True


class Combo(ComfyType):
    """One of some texts."""

    Input = _Choices


class MultiCombo(ComfyType):
    """Several of some texts."""

    class Input(_Choices):
        """Choices of which several may be taken."""

        def __init__(
            self,
            id: str,
            options: Any = None,
            display_name: str | None = None,
            placeholder: str | None = None,
            chip: bool | None = None,
            **more: Any,
        ) -> None:
            super().__init__(id, options, display_name, **more)
            shown = {"placeholder": placeholder, "chip": chip}
            kept = {name: value for name, value in shown.items() if value is not None}
            self.options["multi_select"] = kept or True


class MultiType:
    """An input of several types."""

    Type: Any = Any

    class Input(Input):
        """Takes each of `types`; `id` may be an input whose widget it has."""

        def __init__(
            self,
            id: Any,
            types: Sequence[Any],
            display_name: str | None = None,
            **more: Any,
        ) -> None:
            self.input_override = id if isinstance(id, Input) else None
            name = id.id if isinstance(id, Input) else id
            super().__init__(name, display_name, **more)
            if isinstance(id, Input):
                self.optional = self.optional or id.optional
                self.options = {**id.options, **self.options}
            first = [id.io_type] if isinstance(id, Input) else []
            named = [*first, *(each.io_type for each in types)]
            self.io_type = ",".join(dict.fromkeys(named))


class DynamicCombo(ComfyType):
    """One of some texts, each of which brings inputs of its own."""

    class Option:
        """A text and its inputs."""

        def __init__(self, key: str, inputs: Sequence["Input"] = ()) -> None:
            self.key = key
            self.inputs = list(inputs)

    class Input(Input):
        """The choice; `options` are of type Option."""

        def __init__(
            self,
            id: str,
            options: Sequence["DynamicCombo.Option"],
            display_name: str | None = None,
            **more: Any,
        ) -> None:
            super().__init__(id, display_name, **more)
            self.choices = list(options)
            self.options["options"] = [each.key for each in self.choices]


class Autogrow(ComfyType):
    """As many inputs as a graph gives, in one mapping."""

    class TemplateNames:
        """What grows: like `input`, under these names, of which `min` must be there."""

        def __init__(self, input: "Input", names: Sequence[str], min: int = 1) -> None:
            self.input = input
            self.names = list(names)
            self.min = min

    class TemplatePrefix(TemplateNames):
        """The same, with names that are a prefix and a number from 0."""

        def __init__(self, input: "Input", prefix: str, min: int = 1, max: int = 10) -> None:
            super().__init__(input, [f"{prefix}{number}" for number in range(max)], min)

    class Input(Input):
        """The whole of them."""

        def __init__(
            self, id: str, template: Any, display_name: str | None = None, **more: Any
        ) -> None:
            super().__init__(id, display_name, **more)
            self.template = template


class MatchType:
    """Inputs and outputs that all take the type of what is linked to one of them."""

    Type: Any = Any

    class Template:
        """What they share."""

        def __init__(self, template_id: str, allowed_types: Any = None) -> None:
            self.template_id = template_id
            allowed = allowed_types or [Custom("*")]
            types = allowed if isinstance(allowed, list | tuple) else [allowed]
            self.io_type = ",".join(each.io_type for each in types)

    class Input(Input):
        """An input of the shared type."""

        def __init__(
            self, id: str, template: Any, display_name: str | None = None, **more: Any
        ) -> None:
            super().__init__(id, display_name, **more)
            self.template = template
            self.io_type = template.io_type

    class Output(Output):
        """An output of the shared type."""

        def __init__(self, template: Any, id: str | None = None, **more: Any) -> None:
            super().__init__(id, **more)
            self.template = template
            self.io_type = template.io_type


def __getattr__(name: str) -> Any:
    """The types by name; a type that is new to us is one of its name in capitals."""
    if name.startswith("_"):
        raise AttributeError(name)
    wire = TYPES.get(name)
    if wire is None and not name[0].isupper():
        raise AttributeError(name)
    made = Custom(wire or name.upper())
    globals()[name] = made
    return made


for _wire, _kind in (
    ("COMBO", Combo),
    ("COMBO", MultiCombo),
    ("COMBO", DynamicCombo),
    ("COMFY_AUTOGROW_V3", Autogrow),
):
    _named(_kind, _wire)
