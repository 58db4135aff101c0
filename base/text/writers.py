"""JSON and YAML for people, which the readers read back as the same value.

YAML is written in blocks, a short mapping on one line, quotes only where a reader needs them: a
text is quoted whenever YAML 1.1 or 1.2 could take it for something else.
"""

import re

import orjson

from paintgraph.base.text import limits

_WIDTH = 100
_MAX_KEY = 1000  # libyaml looks no further than 1024 characters for the colon.
_FLOW_DEPTH = 2  # The top of a recipe and its sections are blocks, however short.

_ESCAPED = re.compile(rf'["\\\t\n\r\x85\u2028\u2029]|{limits.UNPRINTABLE.pattern}')
_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_NOT_LITERAL = re.compile(rf"[\r\x85\u2028\u2029]|{limits.UNPRINTABLE.pattern}")
# Readers of YAML 1.1 take these for booleans or null.
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null"])
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$|\t")
_NOT_PLAIN_IN_FLOW = re.compile(r"[,:?#\[\]{}]")


def write_json(value: object) -> str:
    """Text of a tree of plain values, indented by two spaces, Unicode as it is.

    Raises `TextError` for what `read_json` would refuse.
    """
    limits.check_tree(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def write_yaml(value: object) -> str:
    """Text of a tree of plain values; raises `TextError` for what `read_yaml` would refuse."""
    limits.check_tree(value)
    return "\n".join(_block(value, "", 0)) + "\n"


def _block(value: object, indent: str, depth: int) -> list[str]:
    """Lines of a value that stands alone, all of them indented."""
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for key, child in value.items():
            lines += _entry(key, child, indent, depth + 1)
        return lines
    if isinstance(value, list | tuple) and value:
        return [line for child in value for line in _item("-", child, indent, depth + 1)]
    first, *rest = _inline(value, f"{indent}  ")
    return [indent + first, *rest]


def _entry(key: str, child: object, indent: str, depth: int) -> list[str]:
    name = _scalar(key, in_flow=False)
    if len(name) > _MAX_KEY:
        return [f"{indent}? {name}", *_item(":", child, indent, depth)]
    room = _WIDTH - len(indent) - len(name) - 2
    if _is_block(child, room, depth):
        # A list is indented below its key too: that reads as what it is, a part of it.
        return [f"{indent}{name}:", *_block(child, f"{indent}  ", depth)]
    first, *rest = _inline(child, f"{indent}  ", room)
    return [f"{indent}{name}: {first}", *rest]


def _item(mark: str, child: object, indent: str, depth: int) -> list[str]:
    deeper = f"{indent}  "
    room = _WIDTH - len(deeper)
    if _is_block(child, room, depth):
        first, *rest = _block(child, deeper, depth)
        return [f"{indent}{mark} {first.removeprefix(deeper)}", *rest]
    first, *rest = _inline(child, deeper, room)
    return [f"{indent}{mark} {first}", *rest]


def _is_block(value: object, room: int, depth: int) -> bool:
    if not isinstance(value, dict | list | tuple) or not value:
        return False
    if isinstance(value, dict) and depth < _FLOW_DEPTH:
        return True
    return not _is_leaf(value) or len(_flow(value)) > room


def _is_leaf(value: dict[str, object] | list[object] | tuple[object, ...]) -> bool:
    """Whether a mapping or list fits one line by its kind: no lines inside, and little nesting."""
    children = value.values() if isinstance(value, dict) else value
    return all(
        _is_leaf(child) if isinstance(child, list | tuple) else _is_short(child)
        for child in children
    ) and all(len(key) <= _WIDTH for key in value if isinstance(key, str))


def _is_short(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _WIDTH and "\n" not in value
    return not isinstance(value, dict) or not value


def _inline(value: object, indent: str, room: int = _WIDTH) -> list[str]:
    """Lines of a value that starts after its key: the first without indent, the rest with it."""
    if isinstance(value, str):
        if "\n" in value and value[0] not in " \t\n" and not _NOT_LITERAL.search(value):
            return _literal(value, indent)
        text = _scalar(value, in_flow=False)
        if len(text) > room and _is_foldable(value):
            return [">-", *_folded(value, indent)]
        return [text]
    return [_flow(value)]


def _literal(text: str, indent: str) -> list[str]:
    body = text.removesuffix("\n")
    chomp = "-" if body == text else "+" if body.endswith("\n") else ""
    return [f"|{chomp}", *(indent + line if line else "" for line in body.split("\n"))]


def _is_foldable(text: str) -> bool:
    """Whether the text has no white space but single spaces between words."""
    return text == " ".join(text.split()) and not _NOT_LITERAL.search(text)


def _folded(text: str, indent: str) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + len(word) < _WIDTH:
            lines[-1] += f" {word}"
        else:
            lines.append(indent + word)
    return lines


def _flow(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{_scalar(key)}: {_flow(child)}" for key, child in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _scalar(value)


def _scalar(value: object, *, in_flow: bool = True) -> str:
    if isinstance(value, str):
        return value if _is_plain(value, in_flow=in_flow) else _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    return int.__repr__(value) if isinstance(value, int) else "null"


def _float(number: float) -> str:
    """The shortest decimal with a point: YAML 1.1 takes 1e+16 for a text."""
    written = repr(float(number))
    return written if "." in written else written.replace("e", ".0e")


def _is_plain(text: str, *, in_flow: bool) -> bool:
    """Whether a text is safe without quotes: it starts as a word does, and holds no syntax."""
    return (
        (text[:1].isalpha() or text[:1] in ("_", "/"))
        and text.isprintable()
        and text.lower() not in _WORDS
        and not _NOT_PLAIN.search(text)
        and not (in_flow and _NOT_PLAIN_IN_FLOW.search(text))
    )


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT_ESCAPES.get(character) or limits.escape(character)
