"""Names of files after those of the pictures that they are made of."""

import re
from pathlib import PurePath, PurePosixPath

from paintgraph.base.names import cut
from paintgraph.base.naming import MOST_NAME_BYTES
from paintgraph.engine.execution.blobs import PREFIX

SOURCE = "%source%"
_NAMELESS = (PREFIX, "data:", "http://", "https://")
_UNNAMED = "picture"
_UNFIT = re.compile(r"[%/\x00-\x1f]")  # what looks like a token in a file's name is none


def source_stem(name: str) -> str:
    """The name of a picture's file without folders and suffix; nothing for what has no name.

    >>> source_stem("holiday/coffee.v2.jpg [input]"), source_stem("data:image/png;base64,AAAA")
    ('coffee.v2', '')
    """
    if name.startswith(_NAMELESS):
        return ""
    plain = name.rpartition(" [")[0] if name.endswith("]") else ""
    return PurePath(plain or name).stem  # a "\\" is a byte that is no Unicode, but on Windows


def named_after(name: str, prefix: str) -> str:
    """The prefix and the name of the picture, if it has one, cut to what file systems hold.

    >>> named_after("50%day%.jpg", "web/made"), named_after("coffee.jpg", "web/%source%")
    ('web/made_50_day_', 'web/coffee')
    """
    if SOURCE in prefix:
        return with_source(prefix, name)
    stem = _UNFIT.sub("_", source_stem(name))
    room = MOST_NAME_BYTES - len(PurePosixPath(prefix).name.encode())
    return f"{prefix}_{cut(stem, room)}" if stem else prefix


def with_source(prefix: str, name: str) -> str:
    """The prefix with the name of a picture's file filled in, cut to what file systems hold.

    >>> with_source("clean/%source%_2", "photos/coffee.jpg"), with_source("clean_%source%", "")
    ('clean/coffee_2', 'clean_picture')
    """
    if SOURCE not in prefix:
        return prefix
    stem = _UNFIT.sub("_", source_stem(name)).strip(" .") or _UNNAMED
    longest = max(len(part.replace(SOURCE, "").encode()) for part in prefix.split("/"))
    most = max(part.count(SOURCE) for part in prefix.split("/"))
    return prefix.replace(SOURCE, cut(stem, max(1, (MOST_NAME_BYTES - longest) // most)))
