"""JSON for people: two spaces of indentation, Unicode as it is, what the reader reads back."""

import orjson

from paintgraph.base.text.limits import check_tree


def write_json(value: object) -> str:
    """Text of a tree of plain values; raises `TextError` for what `read_json` would refuse."""
    check_tree(value)
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
