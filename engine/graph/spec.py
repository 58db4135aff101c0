"""What a node declares, as plain data that crosses process borders."""

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Lane = Literal["cpu", "io", "device", "serial"]


@dataclass(frozen=True, slots=True)
class When:
    """Another input of the node, and the values of it with which this one counts."""

    input: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One input of a node.

    Attributes:
        name: its stable id.
        type: socket name, or several joined with "|".
        required: whether the graph must give it; else `default` holds.
        default: literal used when the graph gives none.
        minimum, maximum, step: bounds of a number, both allowed; step is for editors.
        unit: unit of a number, for people ("px").
        choices: the literals allowed, texts for the most part; for a list, of its items.
        similar: names that others have for what is not among the choices, and the nearest choice.
        items: type of a list's items.
        columns: what the numbers of a list are, which is a table row by row: ("x", "y"); or ().
        most_rows: how many rows it may have, or None.
        about: one sentence for people.
        lazy: evaluated only when the node asks for it.
        raw: the node gets the link itself, after its source ran.
        multiline: a text that an editor shows over several lines.
        resource: what a text names, bound before a run: "picture", "engine", "seed", "kind:family"
            for a name of a catalogue; "metadata" and "graph" for what files of results tell; or "".
        found_by: inputs that together lead to the resource; this one is filled before a run.
        when: what lets it count; where it does not, it is not needed and has no default.
        grows: one of as many as a graph gives; where it is not given, it has no default.
        omitted: where it is not given, the call goes without it: the code has a default of its own.
        free: takes literals of any form as they are, such as those of an editor's own widget.
    """

    name: str
    type: str
    required: bool = True
    default: Any = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[Any, ...] = ()
    similar: tuple[tuple[str, str], ...] = ()
    items: str = ""
    columns: tuple[str, ...] = ()
    most_rows: int | None = None
    about: str = ""
    lazy: bool = False
    raw: bool = False
    multiline: bool = False
    resource: str = ""
    found_by: tuple[str, ...] = ()
    when: When | None = None
    grows: bool = False
    omitted: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """One output of a node; `is_list` spreads a returned list into elements.

    An output that `follows` inputs has the type of what comes to them, within `type`.
    """

    name: str
    type: str
    about: str = ""
    is_list: bool = False
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """A promise of a node: what comes to `input` as one type leaves by `output` as another.

    Errors name such nodes as cures, so the meaning must be the same, as `means` says.

    Attributes:
        source: the type that comes; the input may take others, too.
        input, output: names of the node's.
        settings: values of other inputs that keep the meaning where defaults would not.
        means: what is kept, or when, for people; a part of a sentence.
    """

    source: str
    input: str
    output: str
    settings: tuple[tuple[str, Any], ...] = ()
    means: str = ""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """The whole declaration of a node.

    Attributes:
        id: PascalCase name in graphs; title, category, about: for people.
        version: raised when results change; part of every cache key.
        lane: the resource on which it runs.
        volatile: may give another result each time, so it is kept within its job only.
        takes_lists: called once with whole lists instead of once per element.
        is_target: runs for what it saves or shows, even if nothing reads it.
        heavy: takes seconds or much memory, so a job with it waits in the line of such jobs.
        packages: distributions whose version is part of every cache key.
        converts: the types that it turns into another one, for errors to name it as a cure.
        keywords: words by which people look for it, beside those in its title.
        see_also: ids of nodes that do nearly the same, each with what it does otherwise.
        names: of a recipe, the names of a catalogue that its nodes have, each with its kind.
        module: where it comes from, for editors.
        is_open: made for looser rules than these: what comes by links reaches it unchecked, at
            inputs that it does not declare as well; what it gives is checked by who reads it.
        takes_extras: of an open one, literals at inputs that it does not declare are passed, too.
        is_single: results are this node's alone; an equal one under another id makes its own.
        has_checks: its code looks at literals itself before a run, where the code is.
        has_state: its results depend on what only its code can tell, see `Declaration.state`.
        wants_extra: its code asks for what came beside the graph, see `Nodes.extra`.
        object_info: how ComfyUI describes it to editors, as JSON, where it differs from the above.
    """

    id: str
    title: str
    category: str
    about: str
    inputs: tuple[InputSpec, ...]
    outputs: tuple[OutputSpec, ...]
    version: str = "1"
    lane: Lane = "cpu"
    volatile: bool = False
    takes_lists: bool = False
    is_target: bool = False
    heavy: bool = False
    packages: tuple[str, ...] = ()
    converts: tuple[Conversion, ...] = ()
    keywords: tuple[str, ...] = ()
    see_also: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    module: str = "nodes"
    is_open: bool = False
    takes_extras: bool = False
    is_single: bool = False
    has_checks: bool = False
    has_state: bool = False
    wants_extra: bool = False
    object_info: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives an equal spec back."""
        return asdict(self)

    @staticmethod
    def from_json(plain: object) -> "NodeSpec":
        """A spec from plain data; raises pydantic's ValidationError where it does not fit."""
        spec = _adapter().validate_python(plain)
        return replace(spec, inputs=tuple(_with_tuple(declared) for declared in spec.inputs))


def _with_tuple(declared: InputSpec) -> InputSpec:
    """JSON knows lists only; a default is a tuple."""
    if not isinstance(declared.default, list):
        return declared
    return replace(declared, default=tuple(declared.default))


@cache
def _adapter() -> "TypeAdapter[NodeSpec]":
    from pydantic import TypeAdapter

    return TypeAdapter(NodeSpec)
