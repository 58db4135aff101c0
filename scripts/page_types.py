"""Types of the page's client, from a server's OpenAPI document: only those that it uses.

curl -s localhost:7866/openapi.json | python scripts/page_types.py > api/page/web/wire.d.ts
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

USED = ("Error", "Job", "JobEvent", "JobGraph", "Jobs", "Models", "Picture", "PullEvent", "Recipes")
_HEAD = """// SPDX-License-Identifier: Apache-2.0
// What the server sends, as its OpenAPI document says; made by scripts/page_types.py.
"""
_PLAIN = {
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "string": "string",
    "null": "null",
}
_PREFIX = "#/components/schemas/"
_REFERENCE = re.compile(f'"{_PREFIX}([^"]+)"')
_FREE = "unknown"
_GRAPHS = ("Recipe", "ComfyPrompt", "Editor")  # the page only passes them on


def declarations(schemas: Mapping[str, Any]) -> str:
    """TypeScript's declarations of the schemas that are used, and of all that these refer to."""
    found: list[str] = []
    waiting = list(USED)
    while waiting:
        name = waiting.pop()
        if name not in found and name not in _GRAPHS:
            found.append(name)
            waiting += _REFERENCE.findall(json.dumps(schemas[name]))
    return "\n".join(
        [_HEAD, *(f"export type {name} = {_type(schemas[name])};\n" for name in sorted(found))]
    )


def _type(schema: Mapping[str, Any]) -> str:
    """The type of what a schema allows."""
    match schema:
        case {"$ref": reference}:
            name = reference.removeprefix(_PREFIX)
            found = "object" if name in _GRAPHS else name
        case {"const": value}:
            found = json.dumps(value)
        case {"enum": values}:
            found = " | ".join(map(json.dumps, values))
        case {"anyOf": options}:
            types = list(dict.fromkeys(map(_type, options)))
            found = _FREE if _FREE in types else " | ".join(types)
        case {"type": "array", "items": items}:
            entry = _type(items)
            found = f"({entry})[]" if " | " in entry else f"{entry}[]"
        case {"properties": _}:
            found = "{\n" + "".join(f"  {line}\n" for line in _fields(schema)) + "}"
        case {"type": "object"}:
            further = schema.get("additionalProperties")
            found = f"Record<string, {_type(further) if isinstance(further, dict) else _FREE}>"
        case {"type": str(name)}:
            found = _PLAIN[name]
        case _:
            found = _FREE
    return found


def _fields(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    for name, of in schema["properties"].items():
        mark = "" if name in required else "?"
        yield f"{name}{mark}: {_type(of)};"


if __name__ == "__main__":
    sys.stdout.write(declarations(json.load(sys.stdin)["components"]["schemas"]))
