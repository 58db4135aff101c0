"""YAML 1.2 from hostile hands: an iterative composer over libyaml's events.

libyaml's own composer recurses until the process dies, and PyYAML's constructors read YAML 1.1
(`no` is false), run tags and let the last of two equal keys win. Here nothing recurses but the copy
of an alias, which is bounded, and a value is refused rather than guessed.
"""

import re
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

import yaml

from paintgraph.base.errors import Place
from paintgraph.base.text import limits
from paintgraph.base.text.document import (
    MAX_PLACED,
    NOTHING_INSIDE,
    Document,
    Path,
    Spot,
    TextError,
    place_at,
)

_OPEN = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSE = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def bad_yaml(text: str, error: yaml.MarkedYAMLError) -> TextError:
    """What libyaml says of a text that is not YAML."""
    mark = error.problem_mark or error.context_mark
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return TextError(
        "bad_yaml",
        f"this is not YAML ({reason}); allowed are keys and values, indented by spaces or in"
        " brackets. Check indentation, quotes and brackets here and on the lines before.",
        place_at(text, mark.index) if mark else None,  # At the end, its line is one too many.
    )


def place_of(event: yaml.Event) -> Place:
    """Place where an event starts."""
    mark: Any = event.start_mark
    return Place(mark.line + 1, mark.column + 1)


def locate(text: str, until: Place | None = None) -> Spot | None:
    """Places of all values of a text that was read before, or of those that start before a place.

    Of two equal keys the first counts.
    """
    top: dict[str | int, Spot] = {}
    inside, is_mapping, key = top, False, None
    stack: list[tuple[dict[str | int, Spot], bool]] = []
    events = iter(yaml.CSafeLoader(text).get_event, None)
    for event in islice(events, None if until else MAX_PLACED):
        if isinstance(event, _CLOSE):
            inside, is_mapping = stack.pop()
        if not isinstance(event, yaml.NodeEvent):
            continue
        place = place_of(event)
        if place == until:
            break
        if is_mapping and key is None and isinstance(event, yaml.ScalarEvent):
            key = (str(event.value), place)
            continue
        is_open = isinstance(event, _OPEN)
        spot = Spot(key[1] if key else None, place, {} if is_open else NOTHING_INSIDE)
        inside.setdefault(key[0] if key else len(inside), spot)
        key = None
        if is_open:
            stack.append((inside, is_mapping))
            inside, is_mapping = spot.inside, isinstance(event, yaml.MappingStartEvent)
    return top.get(0)


MAX_YAML_BYTES = 2**20
MAX_ALIASED = 100_000  # Values; a text or key counts once more for each 100 characters.

# The core schema of YAML 1.2, chapter 10.3.
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NO_KEYS = frozenset([*_CONSTANTS, "<<"])
_NUMERIC = frozenset("+-.0123456789")  # How a number starts.
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    f"{_CORE}int": (int,),
    f"{_CORE}float": (float, int),
    f"{_CORE}bool": (bool,),
    f"{_CORE}null": (type(None),),
}
_TEXT_TAGS = ("!", f"{_CORE}str")
_TAG_DIRECTIVE = re.compile("(?:^|[\\r\\n\x85\u2028\u2029])(%TAG)")


def read_yaml(text: bytes | str, *, max_bytes: int = MAX_YAML_BYTES) -> Document:
    """Value of the one YAML document in a text; raises `TextError` for anything doubtful."""
    text = limits.decode(text, max_bytes)
    limits.refuse_unprintable(text)
    # libyaml compares each of these with all before it.
    if found := _TAG_DIRECTIVE.search(text):
        raise _tag_refused("directive %TAG").at(place_at(text, found.start(1)))
    value = _compose(text)
    return Document(value, cache(lambda: locate(text)))


def resolve(text: str) -> str | int | float | bool | None:
    """Value of a plain scalar by the core schema of YAML 1.2."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC:
        return text
    if _DECIMAL.fullmatch(text):
        return limits.whole_number(text)
    if _PREFIXED.fullmatch(text):
        return limits.check_integer(int(text, 0), text)
    if _FLOAT.fullmatch(text):
        return limits.finite_number(text)
    if _NOT_FINITE.fullmatch(text):
        raise limits.not_finite(text)
    return text


def _compose(text: str) -> object:
    composer = _Composer(text)
    handlers = composer.handlers()
    event: Any = None
    try:
        for event in iter(yaml.CSafeLoader(text).get_event, None):
            handlers[event.__class__](event)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in str(error.problem) and error.problem_mark:
            # libyaml 0.2.6 has a limit of its own and meets it while it reads ahead; the text up
            # to there is deep enough for ours.
            return _compose(text[: error.problem_mark.index])
        raise bad_yaml(text, error) from error
    except TextError as error:
        raise error.at(place_of(event)) from error.__cause__
    if not composer.top:
        raise TextError(
            "empty", "the text holds only comments; a value is needed. Write one.", Place(1, 1)
        )
    return composer.top[0]


class _Composer:
    """Builds the value event by event; `stack` are the open lists and mappings, innermost last.

    Its errors have no place: they stand where the event does.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.top: list[Any] = []
        self.inside: Any = self.top
        self.key: str | None = None  # Of the value that comes next; None where a key comes next.
        self.stack: list[tuple[Any, str | None]] = []
        self.anchors: dict[str, Any] = {}
        self.aliased = 0
        self.plain: dict[str, Any] = {}  # Scalars resolved so far: most come more than once.

    def handlers(self) -> dict[type[yaml.Event], Callable[[Any], None]]:
        return {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.open_mapping,
            yaml.SequenceStartEvent: self.open_list,
            yaml.MappingEndEvent: self.close,
            yaml.SequenceEndEvent: self.close,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.start_document,
            yaml.DocumentEndEvent: _ignore,
            yaml.StreamStartEvent: _ignore,
            yaml.StreamEndEvent: _ignore,
        }

    def start_document(self, _: yaml.Event) -> None:
        if self.top:
            raise TextError(
                "many_documents",
                "a second document starts here; one is allowed. Remove the line '---', or put"
                " what follows into a file of its own.",
            )

    def scalar(self, event: yaml.ScalarEvent) -> None:
        value: Any = event.value
        if self.key is None and self.inside.__class__ is dict:
            self.key = self.read_key(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = value
            return
        if event.tag is not None:
            value = _tagged(value, event.tag)
        elif event.implicit[0]:
            if value not in self.plain:
                self.plain[value] = resolve(value)
            value = self.plain[value]
        self.put(value, event.anchor)

    def read_key(self, event: yaml.ScalarEvent) -> str:
        key: str = event.value
        if event.tag is not None:
            if event.tag not in _TEXT_TAGS:
                raise _bad_key(f"with the tag {_written(event.tag)}")
        elif event.implicit[0] and (key[:1] in _NUMERIC or key in _NO_KEYS):
            _check_plain_key(key)
        if key in self.inside:
            spot: Any = locate(self.text, until=place_of(event))
            first = Document(None, lambda: spot).place((*self.path(), key), key=True)
            raise limits.duplicate_key(key, first)
        return key

    def put(self, value: object, anchor: str | None) -> None:
        if self.inside.__class__ is dict:
            self.inside[self.key] = value
            self.key = None
        else:
            self.inside.append(value)
        if anchor is not None:
            self.anchors[anchor] = value

    def open_mapping(self, event: yaml.MappingStartEvent) -> None:
        self.open(event, {}, f"{_CORE}map")

    def open_list(self, event: yaml.SequenceStartEvent) -> None:
        self.open(event, [], f"{_CORE}seq")

    def open(self, event: yaml.CollectionStartEvent, value: object, tag: str) -> None:
        if self.key is None and self.inside.__class__ is dict:
            raise _bad_key("made of a list or mapping")
        if event.tag is not None and event.tag not in (tag, "!"):
            raise _tag_refused(f"tag {_written(event.tag)}")
        if len(self.stack) >= limits.MAX_DEPTH:
            raise limits.too_deep()
        key = self.key
        self.put(value, event.anchor)
        self.stack.append((self.inside, key))
        self.inside, self.key = value, None

    def close(self, _: yaml.Event) -> None:
        self.inside, _key = self.stack.pop()
        self.key = None

    def alias(self, event: yaml.AliasEvent) -> None:
        name = str(event.anchor)
        if self.key is None and self.inside.__class__ is dict:
            raise _bad_key(f"given by the alias *{limits.excerpt(name)}")
        if name not in self.anchors:
            raise _bad_alias("bad_yaml", name, "has no anchor before it")
        value = self.anchors[name]
        if value is self.inside or any(value is outer for outer, _ in self.stack):
            raise _bad_alias("recursive_alias", name, "stands inside its own anchor")
        self.put(self.copy(value, len(self.stack), event), None)

    def copy(self, value: object, depth: int, event: yaml.AliasEvent) -> object:
        """Copy of an anchor's value: sharing it would make a bomb of what walks the tree."""
        self.aliased += 1 + (len(value) // 100 if isinstance(value, str) else 0)
        if self.aliased > MAX_ALIASED:
            problem = f"makes the text longer than {MAX_ALIASED} values"
            raise _bad_alias("alias_bomb", str(event.anchor), problem)
        if not isinstance(value, dict | list):
            return value
        if depth >= limits.MAX_DEPTH:
            raise limits.too_deep()
        if isinstance(value, dict):
            self.aliased += sum(map(len, value)) // 100
            return {key: self.copy(child, depth + 1, event) for key, child in value.items()}
        return [self.copy(child, depth + 1, event) for child in value]

    def path(self) -> Path:
        """Steps from the top to the mapping that is open."""
        steps: list[str | int] = []
        for outer, key in self.stack[1:]:
            steps.append(len(outer) - 1 if key is None else key)
        return tuple(steps)


def _ignore(_: yaml.Event) -> None:
    pass


def _tagged(text: str, tag: str) -> object:
    if tag in _TEXT_TAGS:
        return text
    if tag not in _SCALAR_TAGS:
        raise _tag_refused(f"tag {_written(tag)}")
    value, kinds = resolve(text), _SCALAR_TAGS[tag]
    if type(value) not in kinds:
        raise TextError(
            "tag_refused",
            f"{limits.excerpt(text)!r} is no {tag.removeprefix(_CORE)}, which its tag says; the"
            " tag must fit the value. Remove the tag.",
        )
    return float(value) if float in kinds and isinstance(value, int) else value


def _check_plain_key(key: str) -> None:
    if key == "<<":
        raise TextError(
            "bad_key",
            "the merge key << is not read; each mapping is written out. Copy the keys here, or"
            ' quote it ("<<") if it is meant as a name.',
        )
    # Node ids of ComfyUI are whole numbers: those are names.
    if not _DECIMAL.fullmatch(key) and not isinstance(resolve(key), str):
        raise _bad_key(f"that reads as another type than text ({limits.excerpt(key)!r})")


def _bad_key(which: str) -> TextError:
    return TextError(
        "bad_key", f"here is a key {which}; a key is a text or a whole number. Quote it."
    )


def _bad_alias(code: str, name: str, problem: str) -> TextError:
    return TextError(
        code,
        f"the alias *{limits.excerpt(name)} {problem}; an alias repeats a value that was written"
        " before. Write the value out.",
    )


def _tag_refused(what: str) -> TextError:
    return TextError(
        "tag_refused",
        f"the {limits.excerpt(what)} is not read; allowed are !!str, !!int, !!float, !!bool,"
        " !!null, !!map and !!seq. Remove it.",
    )


def _written(tag: str) -> str:
    return tag.replace(_CORE, "!!", 1) if tag.startswith(_CORE) else tag
